//! Functions that are no method of anything.
#![allow(unreachable_pub, dead_code)] // the macro exports them, though not to a test build

use metrion::exposition::parse::{parse_openmetrics, parse_text};
use metrion::{Error, ErrorCode};
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use crate::errors::{Result, fault};

/// Bytes that an encoder wrote, as text: it writes nothing but UTF-8.
pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned())
}

/// The error for a word that is not one of those that there are.
pub(crate) fn unknown(what: &str, word: &str) -> Error {
    Error::new(ErrorCode::Unsupported, format!("there is no {what} {word:?}"))
}

/// Checks that bytes are an exposition: `text` or `openmetrics`.
#[napi(catch_unwind)]
pub fn check_exposition(data: Uint8Array, format: String) -> Result<()> {
    let parsed = match format.as_str() {
        "text" => parse_text(&data).map(drop),
        "openmetrics" => parse_openmetrics(&data).map(drop),
        other => return Err(fault(unknown("format", other))),
    };
    parsed.map_err(|error| fault(error.into()))
}

/// `count` bounds from `start`, each `width` above the one before.
#[napi(catch_unwind)]
#[must_use]
pub fn linear_buckets(start: f64, width: f64, count: u32) -> Vec<f64> {
    metrion::linear_buckets(start, width, count as usize)
}

/// `count` bounds from `start`, each `factor` times the one before.
#[napi(catch_unwind)]
#[must_use]
pub fn exponential_buckets(start: f64, factor: f64, count: u32) -> Vec<f64> {
    metrion::exponential_buckets(start, factor, count as usize)
}
