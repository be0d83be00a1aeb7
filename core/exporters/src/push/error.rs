use std::fmt;

use metrion_model::{Error, ErrorCode};

/// How a push failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushError {
    /// The gateway answered, and the answer was no success.
    Refused {
        /// The address of the group, without a password.
        url: String,
        /// The status of the answer, such as 400.
        status: u16,
        /// The start of the answer's body, in which the gateway says what it did not like.
        body: String,
    },
    /// Nobody answered, or not in time.
    Unreachable(Error),
    /// There was nothing to send: an argument is wrong, or a file cannot be read.
    Invalid(Error),
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) | Self::Invalid(error) => error.fmt(f),
            Self::Refused { url, status, body } => {
                write!(f, "push to {url} failed: the gateway answered {status}")?;
                match body.lines().next().map(str::trim) {
                    None | Some("") => Ok(()),
                    Some(line) => write!(f, ": {line}"),
                }
            }
        }
    }
}

impl std::error::Error for PushError {}

impl From<Error> for PushError {
    fn from(error: Error) -> Self {
        Self::Invalid(error)
    }
}

impl From<PushError> for Error {
    fn from(error: PushError) -> Self {
        match error {
            PushError::Unreachable(error) | PushError::Invalid(error) => error,
            refused @ PushError::Refused { .. } => Self::new(ErrorCode::Io, refused.to_string()),
        }
    }
}
