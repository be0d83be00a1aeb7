//! Updates that are calls, by the number of a handle: a function costs a third of a class method.

use std::cell::RefCell;

use metrion::{Error, ErrorCode, Handle, HandleTable};
use napi_derive::napi;

use crate::errors::{Result, fault};

thread_local! {
    /// Those of this thread's isolate.
    static HANDLES: RefCell<HandleTable> = const { RefCell::new(HandleTable::new()) };
}

/// Gives a handle a number of this thread.
pub(crate) fn number(handle: &Handle) -> u32 {
    HANDLES.with_borrow_mut(|handles| handles.insert(handle.clone()))
}

/// Takes the number back.
pub(crate) fn free(number: u32) {
    // What is left when the thread ends goes with the table.
    drop(HANDLES.try_with(|handles| handles.borrow_mut().remove(number)));
}

fn with(number: u32, then: impl FnOnce(&Handle) -> metrion::Result<()>) -> Result<()> {
    let unknown = || Err(Error::new(ErrorCode::NotFound, "there is no such handle"));
    HANDLES.with_borrow(|handles| handles.get(number).map_or_else(unknown, then)).map_err(fault)
}

/// Adds to a counter or a gauge.
#[napi(catch_unwind)]
#[allow(dead_code, unreachable_pub)] // the macro exports it, though not to a test build
pub fn add(number: u32, amount: f64) -> Result<()> {
    with(number, |handle| handle.add(amount))
}

/// Sets a gauge.
#[napi(catch_unwind)]
#[allow(dead_code, unreachable_pub)]
pub fn set(number: u32, value: f64) -> Result<()> {
    with(number, |handle| handle.set(value))
}

/// Gives a histogram or summary an observation.
#[napi(catch_unwind)]
#[allow(dead_code, unreachable_pub)]
pub fn observe(number: u32, value: f64) -> Result<()> {
    with(number, |handle| handle.observe(value))
}
