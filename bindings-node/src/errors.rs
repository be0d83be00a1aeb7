//! The one place where an error of the core becomes one of JavaScript.
#![allow(unreachable_pub)] // signatures that the macro exports

use metrion::{Error, ErrorCode};

/// What a function of this module returns.
pub type Result<T> = std::result::Result<T, napi::Error<Code>>;

/// The `code` of the error that JavaScript sees.
pub struct Code(&'static str);

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        self.0
    }
}

/// What is wrong with a call to Node itself.
impl From<napi::Status> for Code {
    fn from(_: napi::Status) -> Self {
        Self(ErrorCode::Io.as_str())
    }
}

/// An error of the core, for JavaScript.
pub(crate) fn fault(error: Error) -> napi::Error<Code> {
    napi::Error::new(Code(error.code().as_str()), error.message())
}

/// A failed call to Node, for JavaScript.
pub(crate) fn of_node(error: napi::Error) -> napi::Error<Code> {
    napi::Error::new(Code::from(error.status), error.reason.clone())
}
