//! Registries as bytes, and bytes that are checked.

use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::sync::OnceLock;

use metrion_core::exposition::parse::{parse_openmetrics, parse_text};
use metrion_core::exposition::{
    EncodeOptions as CoreOptions, Escaping, Format as CoreFormat, Syntax,
};
use metrion_core::{Error, ErrorCode, NameFilter};

use crate::family::unsupported;
use crate::handle::Registry;
use crate::status::{Result, Status, done, null, returning, status_of};
use crate::text::{Text, list, names};

/// The formats in which a registry is written.
#[repr(C)]
pub enum Format {
    /// The Prometheus text format 0.0.4.
    Text = 0,
    /// OpenMetrics 1.0.
    Openmetrics = 1,
    /// Delimited protocol buffer messages.
    Protobuf = 2,
    /// JSON.
    Json = 3,
}

/// What a page may leave out or write in more than one way. All zero is the default.
#[repr(C)]
pub struct EncodeOptions {
    /// Whether the text formats tell when each counter, histogram and summary began.
    pub created: bool,
    /// How names are written that are not classic: `underscores` (also when it is empty), `dots`, `values`
    /// or `allow-utf-8`.
    pub escaping: Text,
    /// Only families that have one of these names, or a sample with one; none is all families.
    pub names: *const Text,
    /// How many.
    pub name_count: usize,
}

/// An encoded registry. `metrion_page_free` gives its memory back.
#[repr(C)]
pub struct Page {
    /// The bytes. No NUL follows them.
    pub data: *mut u8,
    /// How many.
    pub length: usize,
    /// Why families were left out that cannot be written under their escaped names, in order.
    pub left_out: *mut Status,
    /// How many.
    pub left_out_count: usize,
}

impl Default for Page {
    fn default() -> Self {
        let (data, left_out) = (ptr::null_mut(), ptr::null_mut());
        Self { data, length: 0, left_out, left_out_count: 0 }
    }
}

/// C can pass any number for an enum.
fn syntax(format: i32) -> Result<Syntax> {
    const SYNTAXES: [Syntax; 4] =
        [Syntax::Text, Syntax::OpenMetrics, Syntax::Protobuf, Syntax::Json];
    let syntax = usize::try_from(format).ok().and_then(|format| SYNTAXES.get(format));
    syntax.copied().ok_or_else(|| unsupported(&format!("there is no format {format}")))
}

fn encode(
    registry: Registry,
    format: i32,
    options: Option<&EncodeOptions>,
) -> Result<(Vec<u8>, Vec<Error>)> {
    // A function that is called for a value may free the handle.
    let registry = registry.get()?.clone();
    let format = CoreFormat { syntax: syntax(format)?, escaping: None };
    let mut core = CoreOptions::default();
    let mut filter = NameFilter::all();
    if let Some(options) = options {
        core.created_samples = options.created;
        // SAFETY: what callers of the library promise.
        let word = unsafe { options.escaping.read("the escaping", ErrorCode::Unsupported)? };
        if !word.is_empty() {
            core.escaping = Escaping::from_word(word)
                .ok_or_else(|| unsupported(&format!("there is no escaping {word:?}")))?;
        }
        filter = NameFilter::only(names(options.names, options.name_count, "the names")?);
    }
    let mut page = Vec::new();
    let left_out = format.encode(&registry.snapshot(&filter), core, &mut page);
    Ok((page, left_out))
}

/// Writes a registry into the caller's buffer. `format` is a `metrion_format`; `options` may be null.
/// `needed`, which may be null, gets how many bytes the page has. When they are more than `capacity`,
/// that is `limit_reached`, and nothing is written; the next page may be longer still.
///
/// Fails with `unsupported` for a format or an escaping that there is not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_encode(
    registry: Registry,
    format: i32,
    options: Option<&EncodeOptions>,
    buffer: *mut u8,
    capacity: usize,
    needed: Option<&mut usize>,
) -> Status {
    done(|| {
        let (page, _) = encode(registry, format, options)?;
        needed.into_iter().for_each(|needed| *needed = page.len());
        if page.len() > capacity {
            let message = format!("the page has {} bytes, the buffer {capacity}", page.len());
            return Err(Error::new(ErrorCode::LimitReached, message));
        }
        if buffer.is_null() && !page.is_empty() {
            return Err(null("the buffer"));
        }
        // SAFETY: the caller's buffer has room for `capacity` bytes, which are at least as many, and it
        // is not part of a vector that was made just now. Of no bytes, null is as good as any address.
        unsafe { ptr::copy_nonoverlapping(page.as_ptr(), buffer, page.len()) };
        Ok(())
    })
}

/// Writes a registry into memory of the library, which `metrion_page_free` gives back. `format` is a
/// `metrion_format`; `options` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_encode_page(
    registry: Registry,
    format: i32,
    options: Option<&EncodeOptions>,
    out: *mut Page,
) -> Status {
    let make = || {
        let (page, left_out) = encode(registry, format, options)?;
        let left_out = left_out.iter().map(|error| status_of(error.code())).collect();
        let (data, length) = into_raw(page);
        let (left_out, left_out_count) = into_raw(left_out);
        Ok(Page { data, length, left_out, left_out_count })
    };
    // SAFETY: what callers of the library promise.
    unsafe { returning(out, make) }
}

/// Gives back the memory of a page, and makes it empty; null is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_page_free(page: Option<&mut Page>) -> Status {
    done(|| {
        let Some(page) = page else { return Ok(()) };
        let Page { data, length, left_out, left_out_count } = std::mem::take(page);
        // SAFETY: `metrion_encode_page` took both out of boxes of these lengths.
        unsafe {
            drop(from_raw(data, length));
            drop(from_raw(left_out, left_out_count));
        }
        Ok(())
    })
}

fn into_raw<T>(values: Vec<T>) -> (*mut T, usize) {
    let values = values.into_boxed_slice();
    let count = values.len();
    (Box::into_raw(values).cast(), count)
}

/// # Safety
/// `data` is null, or [`into_raw`] gave both, and nobody has it any more.
unsafe fn from_raw<T>(data: *mut T, count: usize) -> Option<Box<[T]>> {
    if data.is_null() {
        return None;
    }
    // SAFETY: the caller says so.
    Some(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(data, count)) })
}

/// The value of `Content-Type` for a format; empty for what is no `metrion_format`.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_content_type(format: i32) -> *const c_char {
    static TYPES: OnceLock<[CString; 4]> = OnceLock::new();
    let types = TYPES.get_or_init(|| {
        [0, 1, 2, 3].map(|format| {
            let syntax = syntax(format).unwrap_or_default();
            let content_type = CoreFormat { syntax, escaping: None }.content_type();
            // It has no NUL.
            CString::new(content_type).unwrap_or_default()
        })
    });
    let found = usize::try_from(format).ok().and_then(|format| types.get(format));
    found
        .map_or(c"", |own| CStr::from_bytes_with_nul(own.as_bytes_with_nul()).unwrap_or(c""))
        .as_ptr()
}

/// Checks that bytes are an exposition in the text format or in OpenMetrics. Fails with `parse_error`
/// and a message with line and column when they are not, `unsupported` for another format.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_check(format: i32, data: *const u8, length: usize) -> Status {
    done(|| {
        // SAFETY: what callers of the library promise.
        let data = unsafe { list(data, length, "the data")? };
        match syntax(format)? {
            Syntax::Text => parse_text(data).map(drop).map_err(Error::from),
            Syntax::OpenMetrics => parse_openmetrics(data).map(drop).map_err(Error::from),
            _ => Err(unsupported("only the text formats are checked")),
        }
    })
}
