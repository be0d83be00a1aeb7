//! Updates that are calls, by the number of a handle: a function costs a third of a class method.

use std::cell::RefCell;

use metrion::{Error, ErrorCode};
use napi_derive::napi;

use crate::errors::{Result, fault, unsupported};
use crate::kind::Handle;

/// The handles of this thread's isolate that have a number.
#[derive(Default)]
struct Handles {
    all: Vec<Option<Handle>>,
    free: Vec<u32>,
}

thread_local! {
    static HANDLES: RefCell<Handles> = RefCell::default();
}

/// Gives a handle a number of this thread.
pub(crate) fn number(handle: &Handle) -> u32 {
    HANDLES.with_borrow_mut(|handles| {
        if let Some(number) = handles.free.pop()
            && let Some(place) = handles.all.get_mut(number as usize)
        {
            *place = Some(handle.clone());
            return number;
        }
        handles.all.push(Some(handle.clone()));
        handles.all.len() as u32 - 1
    })
}

/// Takes the number back.
pub(crate) fn free(number: u32) {
    // What is left when the thread ends goes with the table.
    let freed = HANDLES.try_with(|handles| {
        let mut handles = handles.borrow_mut();
        let handle = handles.all.get_mut(number as usize).and_then(Option::take);
        handles.free.push(number);
        handle
    });
    drop(freed);
}

fn with<T>(number: u32, then: impl FnOnce(&Handle) -> Result<T>) -> Result<T> {
    HANDLES.with_borrow(|handles| match handles.all.get(number as usize) {
        Some(Some(handle)) => then(handle),
        _ => Err(fault(Error::new(ErrorCode::NotFound, "there is no such handle"))),
    })
}

/// Adds to a counter or a gauge.
#[napi(catch_unwind)]
#[allow(dead_code, unreachable_pub)] // the macro exports it, though not to a test build
pub fn add(number: u32, amount: f64) -> Result<()> {
    with(number, |handle| match handle {
        Handle::Counter(own) => own.checked_add(amount).map_err(fault),
        Handle::Gauge(own) => {
            own.add(amount);
            Ok(())
        }
        _ => Err(unsupported("only counters and gauges are added to")),
    })
}

/// Gives a histogram or summary an observation.
#[napi(catch_unwind)]
#[allow(dead_code, unreachable_pub)]
pub fn observe(number: u32, value: f64) -> Result<()> {
    with(number, |handle| match handle {
        Handle::Histogram(own) => {
            own.observe(value);
            Ok(())
        }
        Handle::Summary(own) => {
            own.observe(value);
            Ok(())
        }
        _ => Err(unsupported("only histograms and summaries observe")),
    })
}
