//! One error type. Its code is a short string that is the same in every language.

use std::{fmt, io};

/// The result of every fallible call in Metrion.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as a value that programs can compare.
///
/// The string form ([`ErrorCode::as_str`]) is part of the public contract: every language shows the
/// same one, and the conformance vectors assert it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// A family of that name exists with another schema, or its sample names clash with another's.
    MetricExists,
    /// Label values or names do not fit the label names of the family.
    LabelMismatch,
    /// A label value that is not text.
    InvalidLabelValue,
    /// A metric or label name that the exposition formats do not allow.
    InvalidName,
    /// A label name that Metrion or Prometheus keeps for itself.
    ReservedName,
    /// A value that the collector cannot take: a negative counter add, a wrong width.
    InvalidValue,
    /// Histogram bounds that are not strictly increasing numbers.
    InvalidBuckets,
    /// A summary's quantiles or their allowed errors are not what they must be.
    InvalidObjectives,
    /// An exemplar whose labels are too long or have names that the formats do not allow.
    InvalidExemplar,
    /// Text or bytes that are not of the format that they should be in.
    ParseError,
    /// A bound on families, series or memory is reached.
    LimitReached,
    /// Something was named that is not there.
    NotFound,
    /// The operation does not exist for this kind of metric.
    Unsupported,
    /// A listening address is taken.
    AddressInUse,
    /// Stored data is not what it must be: somebody else wrote there, or it is broken.
    Damaged,
    /// Stored data is of another version of Metrion.
    OtherVersion,
    /// Any other failure of the operating system.
    Io,
}

impl ErrorCode {
    /// The stable string code, for instance `metric_exists`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MetricExists => "metric_exists",
            Self::LabelMismatch => "label_mismatch",
            Self::InvalidLabelValue => "invalid_label_value",
            Self::InvalidName => "invalid_name",
            Self::ReservedName => "reserved_name",
            Self::InvalidValue => "invalid_value",
            Self::InvalidBuckets => "invalid_buckets",
            Self::InvalidObjectives => "invalid_objectives",
            Self::InvalidExemplar => "invalid_exemplar",
            Self::ParseError => "parse_error",
            Self::LimitReached => "limit_reached",
            Self::NotFound => "not_found",
            Self::Unsupported => "unsupported",
            Self::AddressInUse => "address_in_use",
            Self::Damaged => "damaged",
            Self::OtherVersion => "other_version",
            Self::Io => "io",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A stable [`ErrorCode`] and a message for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: ErrorCode,
    message: String,
    io_kind: Option<io::ErrorKind>,
}

impl Error {
    /// An error with a code and a message that says what was wrong with which input.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), io_kind: None }
    }

    /// An error of the code `io`: what was tried, and how the operating system refused it.
    pub fn io(what: impl fmt::Display, error: &io::Error) -> Self {
        Self {
            code: ErrorCode::Io,
            message: format!("{what}: {error}"),
            io_kind: Some(error.kind()),
        }
    }

    /// How the operating system refused, where that is known: languages with an exception class for
    /// each kind of refusal raise the right one.
    #[must_use]
    pub const fn io_kind(&self) -> Option<io::ErrorKind> {
        self.io_kind
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// The message without the code.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.message, self.code)
    }
}

impl std::error::Error for Error {}
