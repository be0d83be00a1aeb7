//! What the lines of both formats have in common.

use std::borrow::Cow;

use super::ParseError;
use super::byte_class::METRIC_NAME;
use super::cursor::Cursor;
use super::labels::{Labels, read_labels};
use super::number::parse_number;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// 0.0.4: spaces and tabs may stand between any two things.
    Text,
    /// 1.0: one space where the grammar has one, and nowhere else.
    OpenMetrics,
}

impl Format {
    pub(super) fn skip_blanks(self, cursor: &mut Cursor<'_>) {
        if self == Self::Text {
            cursor.skip_blanks();
        }
    }

    pub(super) fn is_reserved(self, label_name: &str) -> bool {
        match self {
            Self::Text => label_name == "__name__",
            Self::OpenMetrics => label_name.starts_with("__"),
        }
    }
}

/// Reads what a sample line begins with: its name and labels.
#[inline(always)]
pub(super) fn read_series<'a>(
    cursor: &mut Cursor<'a>,
    format: Format,
    names: &mut Vec<Cow<'a, str>>,
) -> Result<(Cow<'a, str>, Labels<'a>), ParseError> {
    let start = cursor.at();
    let name = take_metric_name(cursor);
    if name.is_none() && cursor.peek() != Some(b'{') {
        let message = format!("expected a metric name, found {}", cursor.found());
        return Err(cursor.error(message));
    }
    let name_end = cursor.at();
    format.skip_blanks(cursor);
    if cursor.peek() != Some(b'{') {
        // Prometheus reads `a0.5` as .5 of `a0`, which nobody meant.
        if format == Format::Text && cursor.at() == name_end && !cursor.is_at_end() {
            let found = cursor.found();
            return Err(cursor.error(format!("expected a blank or '{{', found {found}")));
        }
        return Ok((Cow::Borrowed(name.unwrap_or_default()), Labels::default()));
    }
    let (labels, quoted) = read_labels(cursor, format, names)?;
    match (name, quoted) {
        (Some(name), None) => Ok((Cow::Borrowed(name), labels)),
        (None, Some(name)) => Ok((name, labels)),
        (Some(_), Some(_)) => Err(cursor.error_at(start, "the metric has two names")),
        (None, None) => Err(cursor.error_at(start, "the metric has no name")),
    }
}

/// Reads the name in a `# HELP`, `# TYPE` or `# UNIT` line.
#[inline]
pub(super) fn read_family_name<'a>(cursor: &mut Cursor<'a>) -> Result<Cow<'a, str>, ParseError> {
    let at = cursor.at();
    if cursor.peek() == Some(b'"') {
        let name = cursor.quoted()?.unescape();
        if name.is_empty() {
            return Err(cursor.error_at(at, "the name is empty"));
        }
        return Ok(name);
    }
    let name = take_metric_name(cursor);
    let found = || cursor.error(format!("expected a metric name, found {}", cursor.found()));
    name.map(Cow::Borrowed).ok_or_else(found)
}

/// Reads a name of the classic characters, if there is one.
fn take_metric_name<'a>(cursor: &mut Cursor<'a>) -> Option<&'a str> {
    if cursor.peek().is_none_or(|first| first.is_ascii_digit()) {
        return None;
    }
    let name = cursor.take(METRIC_NAME);
    (!name.is_empty()).then_some(name)
}

/// Reads the number of a sample or of an exemplar.
#[inline]
pub(super) fn read_value(cursor: &mut Cursor<'_>) -> Result<f64, ParseError> {
    let at = cursor.at();
    let word = cursor.take_word();
    if word.is_empty() {
        return Err(cursor.error(format!("expected a number, found {}", cursor.found())));
    }
    parse_number(word).ok_or_else(|| cursor.error_at(at, format!("{} is no number", quote(word))))
}

/// A word for a message, cut where it is long.
pub(super) fn quote(word: &str) -> String {
    const SHOWN: usize = 60;
    match word.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}...", word.get(..end).unwrap_or_default()),
        None => format!("{word:?}"),
    }
}
