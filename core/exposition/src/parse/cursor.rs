//! Reading lines, and reading within a line.

use std::borrow::Cow;

use memchr::{memchr, memrchr};

use super::byte_class::{self, PLAIN, WORD};
use super::escape::{Escapes, unescape};
use super::{ParseError, ParseOptions};

/// So many bytes are checked to be UTF-8 at once, if they hold whole lines.
const BLOCK: usize = 8 << 10;

/// The lines of an input. After an error there are no more.
#[derive(Clone, Debug)]
pub(super) struct Lines<'a> {
    /// Lines that are UTF-8.
    text: &'a str,
    /// What follows them.
    rest: &'a [u8],
    number: usize,
    max_line_bytes: usize,
}

impl<'a> Lines<'a> {
    pub(super) const fn new(input: &'a [u8], options: &ParseOptions) -> Self {
        Self { text: "", rest: input, number: 0, max_line_bytes: options.max_line_bytes }
    }

    /// The number of the line that was read last; 0 before the first.
    pub(super) const fn number(&self) -> usize {
        self.number
    }

    pub(super) fn stop(&mut self) {
        self.text = "";
        self.rest = &[];
    }

    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<Result<&'a str, ParseError>> {
        if self.text.is_empty() && self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        if self.text.is_empty()
            && let Err(error) = self.read_block()
        {
            self.stop();
            return Some(Err(error));
        }
        let end = memchr(b'\n', self.text.as_bytes()).unwrap_or(self.text.len());
        if end > self.max_line_bytes {
            self.stop();
            return Some(Err(self.too_long()));
        }
        let line = self.text.get(..end).unwrap_or_default();
        self.text = self.text.get(end + 1..).unwrap_or_default();
        Some(Ok(line))
    }

    /// Takes whole lines from `rest`, one at least.
    #[inline(never)]
    fn read_block(&mut self) -> Result<(), ParseError> {
        let near = self.rest.get(..BLOCK).unwrap_or(self.rest);
        let end = match memrchr(b'\n', near) {
            Some(last) => last + 1,
            None => self.first_line()?.len(),
        };
        let block = self.rest.get(..end).unwrap_or_default();
        self.text = match std::str::from_utf8(block) {
            Ok(text) => text,
            Err(error) => self.lines_before(error.valid_up_to())?,
        };
        self.rest = self.rest.get(self.text.len()..).unwrap_or_default();
        Ok(())
    }

    /// The first line of `rest`, with its line feed.
    fn first_line(&self) -> Result<&'a [u8], ParseError> {
        let window = self.rest.get(..=self.max_line_bytes).unwrap_or(self.rest);
        match memchr(b'\n', window) {
            Some(end) => Ok(window.get(..=end).unwrap_or_default()),
            None if window.len() > self.max_line_bytes => Err(self.too_long()),
            None => Ok(window),
        }
    }

    /// The lines of `rest` before the one that is not UTF-8 at `fault`.
    #[cold]
    fn lines_before(&self, fault: usize) -> Result<&'a str, ParseError> {
        let valid = self.rest.get(..fault).unwrap_or_default();
        if let Some(last) = memrchr(b'\n', valid) {
            let lines = valid.get(..=last).unwrap_or_default();
            return Ok(std::str::from_utf8(lines).unwrap_or_default());
        }
        self.first_line()?;
        let column = String::from_utf8_lossy(valid).chars().count() + 1;
        Err(ParseError::new(self.number, column, "the text is not UTF-8"))
    }

    #[cold]
    fn too_long(&self) -> ParseError {
        let message = format!("the line is longer than {} bytes", self.max_line_bytes);
        ParseError::new(self.number, 1, message)
    }
}

/// A string as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quoted<'a> {
    /// What stands between the quotes.
    pub(super) text: &'a str,
    has_backslash: bool,
}

impl<'a> Quoted<'a> {
    #[inline]
    pub(super) fn unescape(self) -> Cow<'a, str> {
        match self.has_backslash {
            true => unescape(self.text, Escapes::Quote),
            false => Cow::Borrowed(self.text),
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
    /// A cursor at the beginning of the line with this number.
    pub(super) const fn new(line: &'a str, number: usize) -> Self {
        Self { line, at: 0, number }
    }

    /// A cursor over a text that is known to be right, so that its position does not matter.
    pub(super) const fn over(line: &'a str) -> Self {
        Self::new(line, 0)
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
        let start = self.at;
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        self.at > start
    }

    /// Reads bytes of a class, as [`byte_class::count`] does.
    #[inline(always)]
    pub(super) fn take(&mut self, class: u8) -> &'a str {
        let start = self.at;
        self.at += byte_class::count(self.rest_bytes(), class);
        self.since(start)
    }

    /// Reads up to the next blank or the end.
    pub(super) fn take_word(&mut self) -> &'a str {
        self.take(WORD)
    }

    pub(super) fn take_rest(&mut self) -> &'a str {
        let rest = self.rest();
        self.at = self.line.len();
        rest
    }

    /// Reads a string from its opening quote on.
    #[inline]
    pub(super) fn quoted(&mut self) -> Result<Quoted<'a>, ParseError> {
        let opening = self.at;
        self.expect(b'"')?;
        let start = self.at;
        let mut has_backslash = false;
        loop {
            self.at += byte_class::count(self.rest_bytes(), PLAIN);
            match self.peek() {
                Some(b'"') => {
                    let text = self.since(start);
                    self.at += 1;
                    return Ok(Quoted { text, has_backslash });
                }
                // The backslash and the first byte of what it escapes, which is no quote if it goes on.
                Some(_) => {
                    has_backslash = true;
                    self.at = (self.at + 2).min(self.line.len());
                }
                None => return Err(self.error_at(opening, "the quote is not closed")),
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8], max_line_bytes: usize) -> Vec<Result<String, (usize, usize)>> {
        let options = ParseOptions { max_line_bytes, ..ParseOptions::default() };
        let mut lines = Lines::new(input, &options);
        std::iter::from_fn(|| lines.next())
            .map(|line| match line {
                Ok(line) => Ok(line.to_owned()),
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
        let read = |text| {
            Cursor::over(text).quoted().map(|read| read.text).map_err(|error| error.column())
        };
        assert_eq!(read(r#""a\"b\\"c"#), Ok(r#"a\"b\\"#));
        assert_eq!(read(r#""\ä""#), Ok(r"\ä"));
        assert_eq!(read(r#""a\"#), Err(1));
        assert_eq!(read(r#""a"#), Err(1));
        assert_eq!(read("a"), Err(1));
    }
}
