//! Updates that are calls, by the number of a handle.
#![allow(unreachable_pub)] // the macro exports them

use std::cell::RefCell;

use metrion::{Error, ErrorCode, Handle, HandleTable};
use wasm_bindgen::prelude::*;

use crate::errors::{Result, fault};

thread_local! {
    static HANDLES: RefCell<HandleTable> = const { RefCell::new(HandleTable::new()) };
}

/// Gives a handle a number.
pub(crate) fn number(handle: &Handle) -> u32 {
    HANDLES.with_borrow_mut(|handles| handles.insert(handle.clone()))
}

/// Takes the number back.
pub(crate) fn free(number: u32) {
    drop(HANDLES.with_borrow_mut(|handles| handles.remove(number)));
}

fn with(number: u32, then: impl FnOnce(&Handle) -> metrion::Result<()>) -> Result<()> {
    let unknown = || Err(Error::new(ErrorCode::NotFound, "there is no such handle"));
    HANDLES.with_borrow(|handles| handles.get(number).map_or_else(unknown, then)).map_err(fault)
}

/// Adds to a counter or a gauge.
#[wasm_bindgen]
pub fn add(number: u32, amount: f64) -> Result<()> {
    with(number, |handle| handle.add(amount))
}

/// Sets a gauge.
#[wasm_bindgen]
pub fn set(number: u32, value: f64) -> Result<()> {
    with(number, |handle| handle.set(value))
}

/// Gives a histogram or summary an observation.
#[wasm_bindgen]
pub fn observe(number: u32, value: f64) -> Result<()> {
    with(number, |handle| handle.observe(value))
}
