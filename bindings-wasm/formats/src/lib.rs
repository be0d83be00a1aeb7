//! Formats that few pages need: a module of their own, so that the others do not download them.
#![cfg(target_arch = "wasm32")]
#![allow(unreachable_pub)] // the macro exports them

#[path = "../../src/errors.rs"]
mod errors;

use metrion::exposition::parse::{parse_openmetrics, parse_text};
use wasm_bindgen::prelude::*;

use errors::{Result, fault, unknown};

/// Checks that bytes are an exposition: `text` or `openmetrics`.
#[wasm_bindgen(js_name = checkExposition)]
pub fn check_exposition(data: &[u8], format: &str) -> Result<()> {
    let parsed = match format {
        "text" => parse_text(data).map(drop),
        "openmetrics" => parse_openmetrics(data).map(drop),
        other => return Err(unknown("format", other)),
    };
    parsed.map_err(|error| fault(error.into()))
}
