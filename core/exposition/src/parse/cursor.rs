//! Reading lines, and reading within a line.

use memchr::{memchr, memchr2};

use super::byte_class::{self, BLANK};
use super::{ParseError, ParseOptions};

/// The lines of an input. After an error there are no more.
#[derive(Clone, Debug)]
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
    max_line_bytes: usize,
}

impl<'a> Lines<'a> {
    pub(super) const fn new(input: &'a [u8], options: &ParseOptions) -> Self {
        Self { rest: input, number: 0, max_line_bytes: options.max_line_bytes }
    }

    /// The number of the line that was read last; 0 before the first.
    pub(super) const fn number(&self) -> usize {
        self.number
    }

    pub(super) fn stop(&mut self) {
        self.rest = &[];
    }

    pub(super) fn next(&mut self) -> Option<Result<Cursor<'a>, ParseError>> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let window = self.rest.get(..=self.max_line_bytes).unwrap_or(self.rest);
        let end = memchr(b'\n', window);
        if end.is_none() && window.len() > self.max_line_bytes {
            self.stop();
            let message = format!("the line is longer than {} bytes", self.max_line_bytes);
            return Some(Err(ParseError::new(self.number, 1, message)));
        }
        let end = end.unwrap_or(window.len());
        let line = window.get(..end).unwrap_or_default();
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        match std::str::from_utf8(line) {
            Ok(line) => Some(Ok(Cursor { line, at: 0, number: self.number })),
            Err(error) => {
                self.stop();
                let valid = line.get(..error.valid_up_to()).unwrap_or_default();
                let column = String::from_utf8_lossy(valid).chars().count() + 1;
                Some(Err(ParseError::new(self.number, column, "the text is not UTF-8")))
            }
        }
    }
}

/// A place in a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    line: &'a str,
    at: usize,
    number: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor over a text that is known to be right, so that its position does not matter.
    pub(super) const fn over(line: &'a str) -> Self {
        Self { line, at: 0, number: 0 }
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.line.as_bytes().get(self.at).copied()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.line.len()
    }

    pub(super) fn rest(&self) -> &'a str {
        self.line.get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn rest_bytes(&self) -> &'a [u8] {
        self.line.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// What was read since `start`.
    #[inline]
    pub(super) fn since(&self, start: usize) -> &'a str {
        self.line.get(start..self.at).unwrap_or_default()
    }

    /// Reads `byte`, which is of ASCII, if it comes next.
    #[inline]
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let eats = self.peek() == Some(byte);
        self.at += usize::from(eats);
        eats
    }

    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), ParseError> {
        match self.eat(byte) {
            true => Ok(()),
            false => Err(self.missing(byte)),
        }
    }

    #[cold]
    fn missing(&self, byte: u8) -> ParseError {
        self.error(format!("expected {:?}, found {}", char::from(byte), self.found()))
    }

    /// Reads spaces and tabs, and tells whether there was any.
    pub(super) fn skip_blanks(&mut self) -> bool {
        !self.take(BLANK).is_empty()
    }

    /// Reads the bytes of a class of [`byte_class`].
    #[inline]
    pub(super) fn take(&mut self, class: u8) -> &'a str {
        let start = self.at;
        self.at += byte_class::count(self.rest_bytes(), class);
        self.since(start)
    }

    pub(super) fn take_rest(&mut self) -> &'a str {
        let rest = self.rest();
        self.at = self.line.len();
        rest
    }

    /// Reads a string from its opening quote on; returns what stands between the quotes, as written.
    #[inline]
    pub(super) fn quoted(&mut self) -> Result<&'a str, ParseError> {
        let opening = self.at;
        self.expect(b'"')?;
        let start = self.at;
        loop {
            let Some(found) = find_quote_or_backslash(self.rest_bytes()) else {
                return Err(self.error_at(opening, "the quote is not closed"));
            };
            self.at += found;
            if self.peek() == Some(b'"') {
                let text = self.since(start);
                self.at += 1;
                return Ok(text);
            }
            // The backslash and the first byte of what it escapes, which is no quote if it goes on.
            self.at = (self.at + 2).min(self.line.len());
        }
    }

    /// What comes next, for messages.
    pub(super) fn found(&self) -> String {
        match self.rest().chars().next() {
            Some(char) => format!("{char:?}"),
            None => "the end of the line".to_owned(),
        }
    }

    #[cold]
    pub(super) fn error(&self, message: impl Into<String>) -> ParseError {
        self.error_at(self.at, message)
    }

    #[cold]
    pub(super) fn error_at(&self, at: usize, message: impl Into<String>) -> ParseError {
        let column = self.line.char_indices().take_while(|(place, _)| *place < at).count() + 1;
        ParseError::new(self.number, column, message)
    }
}

/// Most strings end within a few bytes, where a call of `memchr2` takes longer than to look at each.
#[inline]
fn find_quote_or_backslash(text: &[u8]) -> Option<usize> {
    const NEAR: usize = 24;
    let near = text.get(..NEAR).unwrap_or(text);
    let found = near.iter().position(|byte| matches!(byte, b'"' | b'\\'));
    found.or_else(|| Some(NEAR + memchr2(b'"', b'\\', text.get(NEAR..)?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8], max_line_bytes: usize) -> Vec<Result<String, (usize, usize)>> {
        let options = ParseOptions { max_line_bytes, ..ParseOptions::default() };
        let mut lines = Lines::new(input, &options);
        std::iter::from_fn(|| lines.next())
            .map(|line| match line {
                Ok(cursor) => Ok(cursor.rest().to_owned()),
                Err(error) => Err((error.line(), error.column())),
            })
            .collect()
    }

    #[test]
    fn lines_and_their_limit() {
        let of = |lines: &[&str]| lines.iter().map(|line| Ok((*line).into())).collect::<Vec<_>>();
        assert_eq!(lines(b"", 3), of(&[]));
        assert_eq!(lines(b"abc\n\nd", 3), of(&["abc", "", "d"]));
        assert_eq!(lines(b"abc\n", 3), of(&["abc"]));
        assert_eq!(lines(b"a\nabcd\nb\n", 3), [Ok("a".into()), Err((2, 1))]);
        assert_eq!(lines(b"abcd", 3), [Err((1, 1))]);
        assert_eq!(lines("a\näb\u{fffd}".as_bytes(), usize::MAX).len(), 2);
    }

    #[test]
    fn invalid_utf8_has_a_column_in_characters() {
        assert_eq!(lines(b"a\n\xc3\xa4b\xff\nc", 9), [Ok("a".into()), Err((2, 3))]);
    }

    #[test]
    fn quoted_strings() {
        let read = |text| Cursor::over(text).quoted().map_err(|error| error.column());
        assert_eq!(read(r#""a\"b\\"c"#), Ok(r#"a\"b\\"#));
        assert_eq!(read(r#""\ä""#), Ok(r"\ä"));
        assert_eq!(read(r#""a\"#), Err(1));
        assert_eq!(read(r#""a"#), Err(1));
        assert_eq!(read("a"), Err(1));
    }
}
