//! The label sets of a family's series, kept as the text that the formats print.

use std::borrow::Cow;

use crate::is_classic_label_name;

/// The label sets of many series, each as its escaped text `a="x",b="y"`. A name that is not classic
/// stands in quotes.
///
/// Encoders copy this text as it is; that is why it is kept in one buffer and why there is no second
/// copy of the raw values: [`LabelSets::pairs`] reads them back from the text.
///
/// Invariants:
/// - row `i` is `text[ends[i-1]..ends[i]]`, and ends with [`LabelSets::CLOSE`] when it has labels;
/// - a row without labels is empty;
/// - `quoted` says whether any row has a name in quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSets {
    text: String,
    ends: Vec<usize>,
    quoted: bool,
}

impl LabelSets {
    /// What follows the labels of a plain sample; stored with them so that one copy writes both.
    pub const CLOSE: &'static str = "} ";

    /// Adds the label set of one more series.
    pub fn push<'a>(&mut self, pairs: impl Iterator<Item = (&'a str, &'a str)>) {
        let start = self.text.len();
        for (name, value) in pairs {
            if self.text.len() > start {
                self.text.push(',');
            }
            push_label(&mut self.text, name, value);
            self.quoted |= !is_classic_label_name(name);
        }
        if self.text.len() > start {
            self.text.push_str(Self::CLOSE);
        }
        self.ends.push(self.text.len());
    }

    /// Adds a label set that is text of the form of [`LabelSets::text`] already.
    pub fn push_text(&mut self, text: &str) {
        self.quoted |= LabelPairs::new(text).has_quoted_name();
        self.text.push_str(text);
        if !text.is_empty() {
            self.text.push_str(Self::CLOSE);
        }
        self.ends.push(self.text.len());
    }

    /// The number of series.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no series.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether any name is one that only formats with quoted names can write as it is.
    #[must_use]
    pub const fn has_quoted_names(&self) -> bool {
        self.quoted
    }

    /// All rows in one buffer, for encoders that copy in blocks; see [`LabelSets::end`].
    #[must_use]
    pub fn buffer(&self) -> &str {
        &self.text
    }

    /// Where row `row` ends in [`LabelSets::buffer`]; it begins where the one before ends.
    #[must_use]
    pub fn end(&self, row: usize) -> usize {
        self.ends.get(row).copied().unwrap_or(self.text.len())
    }

    /// The text of row `row` without the closing brace: `a="x",b="y"`, or nothing.
    #[must_use]
    pub fn text(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.end(row - 1) };
        let row = self.text.get(start..self.end(row)).unwrap_or_default();
        row.strip_suffix(Self::CLOSE).unwrap_or(row)
    }

    /// The names and raw values of row `row`.
    #[must_use]
    pub fn pairs(&self, row: usize) -> LabelPairs<'_> {
        LabelPairs::new(self.text(row))
    }

    /// The bytes that this holds on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * size_of::<usize>()
    }
}

/// The pairs of one label set, in order.
#[derive(Clone, Debug)]
pub struct LabelPairs<'a> {
    rest: &'a str,
}

impl<'a> LabelPairs<'a> {
    /// The pairs of a text of the form of [`LabelSets::text`].
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// Whether any name stands in quotes.
    #[must_use]
    pub fn has_quoted_name(mut self) -> bool {
        // Without a quoted name this text is only in a value that is an equals sign.
        const MARK: &str = r#""=""#;
        // The standard search is fast, and 2 kB for a browser to download.
        let is_there = match cfg!(target_arch = "wasm32") {
            true => self.rest.as_bytes().windows(MARK.len()).any(|own| own == MARK.as_bytes()),
            false => self.rest.contains(MARK),
        };
        if !is_there {
            return false;
        }
        while !self.rest.is_empty() && !self.rest.starts_with('"') {
            if self.next().is_none() {
                return false;
            }
        }
        !self.rest.is_empty()
    }

    /// The name before the equals sign, and what follows the value's opening quote.
    fn name(&self) -> Option<(Cow<'a, str>, &'a str)> {
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let (name, rest) = self.rest.split_once('=')?;
            return Some((Cow::Borrowed(name), rest.strip_prefix('"')?));
        };
        let end = closing_quote(quoted)?;
        Some((unescape(quoted.get(..end)?), quoted.get(end..)?.strip_prefix("\"=\"")?))
    }
}

impl<'a> Iterator for LabelPairs<'a> {
    type Item = (Cow<'a, str>, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, quoted) = self.name()?;
        let end = closing_quote(quoted)?;
        let value = quoted.get(..end)?;
        let rest = quoted.get(end + 1..)?;
        self.rest = rest.strip_prefix(',').unwrap_or(rest);
        Some((name, unescape(value)))
    }
}

fn closing_quote(quoted: &str) -> Option<usize> {
    let mut escaped = false;
    quoted.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

/// `name="value"`, or `"näme"="value"` for a name that needs the quotes.
pub(crate) fn push_label(out: &mut String, name: &str, value: &str) {
    if is_classic_label_name(name) {
        out.push_str(name);
    } else {
        out.push('"');
        push_escaped(out, name);
        out.push('"');
    }
    out.push_str("=\"");
    push_escaped(out, value);
    out.push('"');
}

/// Escapes as the text format asks for label values: backslash, double quote and line feed.
fn push_escaped(out: &mut String, value: &str) {
    let mut rest = value;
    while let Some(at) = rest.find(['\\', '"', '\n']) {
        let Some((plain, special)) = rest.split_at_checked(at) else { break };
        out.push_str(plain);
        out.push_str(match special.as_bytes().first() {
            Some(b'\n') => "\\n",
            Some(b'"') => "\\\"",
            _ => "\\\\",
        });
        rest = special.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}

fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some(other) => out.push(other),
                None => {}
            },
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_of_a_row() {
        let mut sets = LabelSets::default();
        sets.push([("a", "x"), ("b", "1\"2\\3\n4")].into_iter());
        sets.push(std::iter::empty());
        sets.push([("c", "")].into_iter());
        assert_eq!(sets.text(0), r#"a="x",b="1\"2\\3\n4""#);
        assert_eq!(sets.text(1), "");
        assert_eq!(sets.text(2), r#"c="""#);
        assert_eq!(sets.len(), 3);
        assert_eq!(sets.buffer(), "a=\"x\",b=\"1\\\"2\\\\3\\n4\"} c=\"\"} ");
    }

    #[test]
    fn quoted_names_are_known() {
        let quoted = |name: &str, value: &str| {
            let mut pushed = LabelSets::default();
            pushed.push([("a", "=\""), (name, value), ("b", "")].into_iter());
            let mut copied = LabelSets::default();
            copied.push_text(pushed.text(0));
            assert_eq!(pushed, copied);
            pushed.has_quoted_names()
        };
        assert!(!quoted("x", "="));
        assert!(!quoted("x", "\"=\""));
        assert!(quoted("x.y", "="));
        assert!(quoted("\"=\"", ""));
    }

    proptest! {
        #[test]
        fn pairs_come_back_as_they_went_in(rows in prop::collection::vec(
            prop::collection::vec(("[a-z_]{1,5}|[^a-z].{0,5}", any::<String>()), 0..4), 0..6)
        ) {
            let mut sets = LabelSets::default();
            for row in &rows {
                sets.push(row.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            }
            for (i, row) in rows.iter().enumerate() {
                let back: Vec<(String, String)> =
                    sets.pairs(i).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
                prop_assert_eq!(&back, row);
            }
        }
    }
}
