//! The one place where an error of the core becomes one of another language.

use std::fmt;

use metrion::{Error, ErrorCode};

/// What every fallible function returns.
pub(crate) type Result<T> = std::result::Result<T, CoreError>;

/// Why the core refused.
#[derive(Debug, uniffi::Error)]
pub enum CoreError {
    /// With a code that stays the same when messages change.
    Refused {
        /// The stable code: `metric_exists`, `label_mismatch` ...
        code: String,
        /// What was wrong with what, for people.
        reason: String,
    },
}

impl From<Error> for CoreError {
    fn from(error: Error) -> Self {
        let reason = error.message().to_owned();
        Self::Refused { code: error.code().as_str().to_owned(), reason }
    }
}

/// What another language's function raised that is no error of ours.
impl From<uniffi::UnexpectedUniFFICallbackError> for CoreError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        invalid(error.reason).into()
    }
}

impl fmt::Display for CoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Refused { code, reason } = self;
        write!(f, "{code}: {reason}")
    }
}

impl std::error::Error for CoreError {}

pub(crate) fn invalid(what: impl Into<String>) -> Error {
    Error::new(ErrorCode::InvalidValue, what)
}

pub(crate) fn unsupported(what: impl Into<String>) -> Error {
    Error::new(ErrorCode::Unsupported, what)
}
