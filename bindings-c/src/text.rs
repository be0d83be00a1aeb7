//! Text, pairs and lists as C gives them.

use std::ffi::c_char;
use std::slice;

use metrion_core::{Error, ErrorCode};

use crate::status::{Result, null};

/// UTF-8 text of a given length, so that it may hold any character. Whoever passes one keeps it; the
/// library copies what it needs. `{NULL, 0}` is empty text.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Text {
    /// The bytes. No NUL need follow them.
    pub data: *const c_char,
    /// How many bytes.
    pub length: usize,
}

/// A name and a value: of a label.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Label {
    /// The label's name.
    pub name: Text,
    /// The label's value.
    pub value: Text,
}

/// A list as a pointer and a count; the pointer may be null when the count is 0.
///
/// # Safety
/// A pointer that is not null points to `count` values, for as long as the result is used.
pub(crate) unsafe fn list<'a, T>(data: *const T, count: usize, what: &str) -> Result<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(null(what));
    }
    // SAFETY: it is not null, and the caller says that there are so many.
    Ok(unsafe { slice::from_raw_parts(data, count) })
}

impl Text {
    /// # Safety
    /// As for [`list`].
    pub(crate) unsafe fn read<'a>(self, what: &str, code: ErrorCode) -> Result<&'a str> {
        // SAFETY: the caller says so.
        let bytes = unsafe { list(self.data.cast::<u8>(), self.length, what)? };
        let as_text = std::str::from_utf8(bytes);
        as_text.map_err(|error| Error::new(code, format!("{what} is not UTF-8: {error}")))
    }

    /// The text of a name.
    ///
    /// # Safety
    /// As for [`list`].
    pub(crate) unsafe fn name(self, what: &str) -> Result<String> {
        // SAFETY: the caller says so.
        unsafe { self.read(what, ErrorCode::InvalidName) }.map(str::to_owned)
    }

    pub(crate) fn of(text: &str) -> Self {
        Self { data: text.as_ptr().cast(), length: text.len() }
    }
}

/// Texts that stay on the stack when there are few of them, as labels usually are.
pub(crate) fn with_values<T>(
    values: *const Text,
    count: usize,
    then: impl FnOnce(&[&str]) -> Result<T>,
) -> Result<T> {
    const FEW: usize = 8;
    // SAFETY: what callers of the library promise.
    let values = unsafe { list(values, count, "the label values")? };
    // SAFETY: as above.
    let read = |value: &Text| unsafe { value.read("a label value", ErrorCode::InvalidLabelValue) };
    if values.len() > FEW {
        let all: Result<Vec<&str>> = values.iter().map(read).collect();
        return then(&all?);
    }
    let mut few = [""; FEW];
    for (place, value) in few.iter_mut().zip(values) {
        *place = read(value)?;
    }
    then(few.get(..values.len()).unwrap_or_default())
}

/// Names and values.
pub(crate) fn pairs<'a>(labels: *const Label, count: usize) -> Result<Vec<(&'a str, &'a str)>> {
    // SAFETY: what callers of the library promise.
    let labels = unsafe { list(labels, count, "the labels")? };
    let pair = |label: &Label| {
        // SAFETY: as above.
        let name = unsafe { label.name.read("a label name", ErrorCode::InvalidName)? };
        // SAFETY: as above.
        let value = unsafe { label.value.read("a label value", ErrorCode::InvalidLabelValue)? };
        Ok((name, value))
    };
    labels.iter().map(pair).collect()
}

pub(crate) fn owned_pairs(labels: *const Label, count: usize) -> Result<Vec<(String, String)>> {
    let labels = pairs(labels, count)?;
    Ok(labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

pub(crate) fn names(texts: *const Text, count: usize, what: &str) -> Result<Vec<String>> {
    // SAFETY: what callers of the library promise.
    let texts = unsafe { list(texts, count, what)? };
    // SAFETY: as above.
    texts.iter().map(|text| unsafe { text.name(what) }).collect()
}

pub(crate) fn numbers<'a>(numbers: *const f64, count: usize, what: &str) -> Result<&'a [f64]> {
    // SAFETY: what callers of the library promise.
    unsafe { list(numbers, count, what) }
}
