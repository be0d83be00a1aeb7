//! Functions that are no method of anything.
#![allow(unreachable_pub)] // the macro exports them

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::errors::Result;

/// Bytes that an encoder wrote, as text: it writes nothing but UTF-8.
pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// A list of numbers that is no typed array.
pub(crate) fn array(numbers: &[f64]) -> Array {
    numbers.iter().map(|number| JsValue::from(*number)).collect()
}

/// A plain object.
pub(crate) fn object<const N: usize>(fields: [(&str, JsValue); N]) -> Result<Object> {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &name.into(), &value)?;
    }
    Ok(object)
}

/// `count` bounds from `start`, each `width` above the one before.
#[wasm_bindgen(js_name = linearBuckets)]
#[must_use]
pub fn linear_buckets(start: f64, width: f64, count: u32) -> Array {
    array(&metrion::linear_buckets(start, width, count as usize))
}

/// `count` bounds from `start`, each `factor` times the one before.
#[wasm_bindgen(js_name = exponentialBuckets)]
#[must_use]
pub fn exponential_buckets(start: f64, factor: f64, count: u32) -> Array {
    array(&metrion::exponential_buckets(start, factor, count as usize))
}
