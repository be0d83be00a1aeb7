//! Status codes, the message of the last error, and the fence that no panic crosses.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use metrion_core::{Error, ErrorCode};

/// What became of a call. 0 is success. Numbers are added at the end, and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum Status {
    /// It was done.
    Ok = 0,
    /// A family of that name exists with another schema, or its sample names clash with another's.
    MetricExists = 1,
    /// Label values or names do not fit the label names of the family.
    LabelMismatch = 2,
    /// A label value that is not UTF-8.
    InvalidLabelValue = 3,
    /// A metric or label name that the exposition formats do not allow.
    InvalidName = 4,
    /// A label name that Metrion or Prometheus keeps for itself.
    ReservedName = 5,
    /// A value that cannot be taken: a negative counter add, a null pointer or handle.
    InvalidValue = 6,
    /// Histogram bounds that are not strictly increasing numbers.
    InvalidBuckets = 7,
    /// A summary's quantiles or their allowed errors are not what they must be.
    InvalidObjectives = 8,
    /// An exemplar whose labels are too long or have wrong names.
    InvalidExemplar = 9,
    /// Text or bytes that are not of the format that they should be in.
    ParseError = 10,
    /// A bound on families, series, memory or the caller's buffer is reached.
    LimitReached = 11,
    /// Something that is not there, or a handle that was freed.
    NotFound = 12,
    /// The operation does not exist for this kind of metric.
    Unsupported = 13,
    /// A listening address is taken.
    AddressInUse = 14,
    /// Any other failure of the operating system.
    Io = 15,
    /// A fault of the library itself. Please report it.
    Internal = 16,
    /// The file of a shared registry is damaged, or is no such file.
    Damaged = 17,
    /// The file of a shared registry is of another version of Metrion.
    OtherVersion = 18,
}

/// What functions behind the fence return.
pub(crate) type Result<T> = std::result::Result<T, Error>;

thread_local! {
    static LAST: RefCell<Option<CString>> = const { RefCell::new(None) };
}

/// Runs one call: its result goes to `out`, its error into the status and the thread's last message.
/// After an error `out` has a default, so that no caller goes on with what it did not write.
///
/// # Safety
/// `out` is null or points to room for a `T`.
pub(crate) unsafe fn returning<T: Default>(
    out: *mut T,
    call: impl FnOnce() -> Result<T>,
) -> Status {
    if out.is_null() {
        return failed(&null("the result"));
    }
    let (value, status) = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => (value, Status::Ok),
        Ok(Err(error)) => (T::default(), failed(&error)),
        Err(panic) => (T::default(), panicked(&*panic)),
    };
    // SAFETY: it is not null, and the caller says that it points to room for a T. What was there is
    // not dropped: it need not be initialised.
    unsafe { out.write(value) };
    status
}

/// Runs one call that has no result.
pub(crate) fn done(call: impl FnOnce() -> Result<()>) -> Status {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => Status::Ok,
        Ok(Err(error)) => failed(&error),
        Err(panic) => panicked(&*panic),
    }
}

pub(crate) fn null(what: &str) -> Error {
    Error::new(ErrorCode::InvalidValue, format!("{what} is null"))
}

/// The status that a call had which failed with this error.
pub(crate) fn status_of(code: ErrorCode) -> Status {
    match code {
        ErrorCode::MetricExists => Status::MetricExists,
        ErrorCode::LabelMismatch => Status::LabelMismatch,
        ErrorCode::InvalidLabelValue => Status::InvalidLabelValue,
        ErrorCode::InvalidName => Status::InvalidName,
        ErrorCode::ReservedName => Status::ReservedName,
        ErrorCode::InvalidValue => Status::InvalidValue,
        ErrorCode::InvalidBuckets => Status::InvalidBuckets,
        ErrorCode::InvalidObjectives => Status::InvalidObjectives,
        ErrorCode::InvalidExemplar => Status::InvalidExemplar,
        ErrorCode::ParseError => Status::ParseError,
        ErrorCode::LimitReached => Status::LimitReached,
        ErrorCode::NotFound => Status::NotFound,
        ErrorCode::Unsupported => Status::Unsupported,
        ErrorCode::AddressInUse => Status::AddressInUse,
        ErrorCode::Io => Status::Io,
        ErrorCode::Damaged => Status::Damaged,
        ErrorCode::OtherVersion => Status::OtherVersion,
        // The core's enum may grow; a vector with a new code fails then.
        _ => Status::Internal,
    }
}

fn failed(error: &Error) -> Status {
    remember(error.message());
    status_of(error.code())
}

#[cold]
fn panicked(panic: &(dyn Any + Send)) -> Status {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    remember(&format!("internal error, please report it: {}", text.unwrap_or("no message")));
    Status::Internal
}

fn remember(message: &str) {
    let message = message.replace('\0', "\\0");
    // Neither fails but in a thread that is ending, where nobody asks.
    let message = CString::new(message).unwrap_or_default();
    let _gone = LAST.try_with(|last| last.replace(Some(message)));
}

/// The message of the calling thread's last failed call, in UTF-8; empty when none has failed.
///
/// It is the library's, and good until the next failed call of the same thread.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_last_error() -> *const c_char {
    let found = LAST.try_with(|last| last.borrow().as_ref().map(|own| own.as_ptr()));
    found.ok().flatten().unwrap_or(c"".as_ptr())
}

/// The stable text of a status, the same in every language: `metric_exists`, `label_mismatch`; `ok`
/// for success and `internal` for a fault of the library, or for what is no status.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_status_code(status: i32) -> *const c_char {
    CODES
        .get(usize::try_from(status).unwrap_or(usize::MAX))
        .copied()
        .unwrap_or(c"internal")
        .as_ptr()
}

/// By the numbers of the statuses.
const CODES: [&CStr; 19] = [
    c"ok",
    c"metric_exists",
    c"label_mismatch",
    c"invalid_label_value",
    c"invalid_name",
    c"reserved_name",
    c"invalid_value",
    c"invalid_buckets",
    c"invalid_objectives",
    c"invalid_exemplar",
    c"parse_error",
    c"limit_reached",
    c"not_found",
    c"unsupported",
    c"address_in_use",
    c"io",
    c"internal",
    c"damaged",
    c"other_version",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn text(status: Status) -> &'static str {
        CODES[status as usize].to_str().unwrap()
    }

    fn last() -> String {
        // SAFETY: it is a string of this thread, which is copied at once.
        unsafe { CStr::from_ptr(metrion_last_error()) }.to_str().unwrap().to_owned()
    }

    #[test]
    fn the_codes_are_the_core_s() {
        for code in [
            ErrorCode::MetricExists,
            ErrorCode::LabelMismatch,
            ErrorCode::InvalidLabelValue,
            ErrorCode::InvalidName,
            ErrorCode::ReservedName,
            ErrorCode::InvalidValue,
            ErrorCode::InvalidBuckets,
            ErrorCode::InvalidObjectives,
            ErrorCode::InvalidExemplar,
            ErrorCode::ParseError,
            ErrorCode::LimitReached,
            ErrorCode::NotFound,
            ErrorCode::Unsupported,
            ErrorCode::AddressInUse,
            ErrorCode::Io,
            ErrorCode::Damaged,
            ErrorCode::OtherVersion,
        ] {
            assert_eq!(text(status_of(code)), code.as_str());
        }
        assert_eq!((text(Status::Ok), text(Status::Internal)), ("ok", "internal"));
    }

    #[test]
    fn no_panic_crosses_and_no_result_is_left_as_it_was() {
        assert_eq!(done(|| panic!("a {}", "fault")), Status::Internal);
        assert!(last().ends_with("report it: a fault"), "{}", last());
        let mut out = 7;
        // SAFETY: it is a number of ours.
        let status = unsafe { returning(&raw mut out, || panic!("a\0fault")) };
        assert_eq!((status, out), (Status::Internal, 0));
        assert!(last().ends_with("a\\0fault"), "{}", last());
        out = 7;
        // SAFETY: as above.
        let status = unsafe { returning(&raw mut out, || Err(null("the text"))) };
        assert_eq!((status, out, last().as_str()), (Status::InvalidValue, 0, "the text is null"));
        // SAFETY: null is allowed.
        let status = unsafe { returning(std::ptr::null_mut(), || Ok(1)) };
        assert_eq!((status, last().as_str()), (Status::InvalidValue, "the result is null"));
    }

    #[test]
    fn a_message_is_its_thread_s() {
        done(|| Err(null("mine")));
        std::thread::spawn(|| assert_eq!(last(), "")).join().unwrap();
        assert_eq!(last(), "mine is null");
    }
}
