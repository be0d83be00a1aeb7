//! Large pages as Python's `bytes`.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::ptr;
use std::slice;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// From here on a copy takes longer than it does to let go of the interpreter's lock.
const LARGE: usize = 64 * 1024;

/// `page` as Python's `bytes`. A large one is copied and freed without the interpreter's lock: an
/// event loop would wait some milliseconds for a page of 100,000 series.
pub(crate) fn into_bytes(py: Python<'_>, page: Vec<u8>) -> PyResult<Bound<'_, PyBytes>> {
    if page.len() < LARGE {
        return Ok(PyBytes::new(py, &page));
    }
    // A vector is never longer than `isize::MAX`.
    let length = page.len() as ffi::Py_ssize_t;
    // SAFETY: without a source the new object has `length` bytes of any content, or it is null and an
    // error is set.
    let bytes = unsafe {
        let object = ffi::PyBytes_FromStringAndSize(ptr::null(), length);
        Bound::from_owned_ptr_or_err(py, object)?.cast_into_unchecked::<PyBytes>()
    };
    // SAFETY: it is the content of `bytes`, which lives longer, and nobody else knows it yet.
    let content: &mut [MaybeUninit<u8>] = unsafe {
        slice::from_raw_parts_mut(ffi::PyBytes_AsString(bytes.as_ptr()).cast(), page.len())
    };
    py.detach(move || {
        // SAFETY: both are `page.len()` bytes long, and an object of their own.
        unsafe { ptr::copy_nonoverlapping(page.as_ptr(), content.as_mut_ptr().cast(), page.len()) };
        drop(page);
    });
    Ok(bytes)
}
