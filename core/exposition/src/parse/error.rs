use std::fmt;

use metrion_model::{Error, ErrorCode};

/// Where an exposition is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError(
    // One word, so that a parser's results are moved in registers.
    Box<Fault>,
);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault {
    line: usize,
    column: usize,
    message: String,
}

impl ParseError {
    const MAX_CHARS: usize = 300;

    #[cold]
    pub(super) fn new(line: usize, column: usize, message: impl Into<String>) -> Self {
        let mut message = message.into();
        // It can hold a name of the input, which is as long as a line may be.
        if let Some((end, _)) = message.char_indices().nth(Self::MAX_CHARS) {
            message.truncate(end);
            message.push_str("...");
        }
        Self(Box::new(Fault { line, column, message }))
    }

    /// The line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.0.line
    }

    /// The column in characters, from 1. It is 1 for a fault of a whole line or family.
    #[must_use]
    pub fn column(&self) -> usize {
        self.0.column
    }

    /// What is wrong, without the position.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line(), self.column(), self.message())
    }
}

impl std::error::Error for ParseError {}

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Self::new(ErrorCode::ParseError, error.to_string())
    }
}
