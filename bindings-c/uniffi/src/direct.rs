//! Updates as plain functions of C. A call through uniffi costs microseconds in Kotlin and in Ruby: a second
//! call that clones the handle, and a structure for the error. These take an address and a number.
//!
//! Each returns 1 when it was done. After 0 nothing was done, and the method of the same name tells why.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use metrion::{Counter, Handle};

use crate::error::Result;
use crate::family::{Family, with_family};
use crate::series::Series;

#[uniffi::export]
impl Series {
    /// Where it is, for the functions of C; good as long as somebody has the series.
    pub fn address(self: Arc<Self>) -> u64 {
        Arc::as_ptr(&self).expose_provenance() as u64
    }
}

#[uniffi::export]
impl Family {
    /// Where it is, for the functions of C; good as long as somebody has the family.
    pub fn address(self: Arc<Self>) -> u64 {
        Arc::as_ptr(&self).expose_provenance() as u64
    }
}

/// # Safety
/// `address` is that of a `T` which somebody has for as long as the result is used.
unsafe fn at<'a, T>(address: u64) -> &'a T {
    let pointer = std::ptr::with_exposed_provenance::<T>(address as usize);
    // SAFETY: the caller says so.
    unsafe { &*pointer }
}

fn update(series: &Series, update: impl FnOnce(&Series) -> Result<()>) -> i32 {
    let done = catch_unwind(AssertUnwindSafe(|| update(series).is_ok()));
    i32::from(done.unwrap_or_default())
}

/// `Series::add`.
///
/// # Safety
/// `series` is the address of a series that somebody has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_direct_add(series: u64, amount: f64) -> i32 {
    // SAFETY: the caller says so.
    update(unsafe { at(series) }, |series| {
        if matches!(series.series, Handle::Counter(_)) {
            // What is refused is counted by the core, once.
            Counter::check(amount)?;
        }
        series.add(amount)
    })
}

/// `Series::set`.
///
/// # Safety
/// As for [`metrion_direct_add`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_direct_set(series: u64, value: f64) -> i32 {
    // SAFETY: the caller says so.
    update(unsafe { at(series) }, |series| series.set(value))
}

/// `Series::observe`.
///
/// # Safety
/// As for [`metrion_direct_add`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_direct_observe(series: u64, value: f64) -> i32 {
    // SAFETY: the caller says so.
    update(unsafe { at(series) }, |series| series.observe(value))
}

/// A number that changes whenever a series of the family is removed. Whoever keeps series compares it.
///
/// # Safety
/// `family` is the address of a family that somebody has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_direct_generation(family: u64) -> u64 {
    // SAFETY: the caller says so.
    let family = unsafe { at::<Family>(family) };
    with_family!(&family.0, family => family.generation())
}
