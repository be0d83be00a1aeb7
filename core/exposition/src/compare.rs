//! What two expositions differ in, for the tests of those who write them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use metrion_model::LabelSets;

use crate::number::append_number;
use crate::parse::{
    Labels, ParseError, ParsedExemplar, ParsedFamily, ParsedSample, is_openmetrics,
    parse_openmetrics, parse_text,
};

/// Compares two expositions: families with their types, helps and units, series, values, timestamps
/// and exemplars.
///
/// What carries no meaning does not count: the order of families, series and labels, blanks, comments,
/// escapes and how a number is written. Label values count as they are, so `le="1"` is not `le="1.0"`.
/// NaN equals NaN, and 0 equals -0. An exposition that ends with `# EOF` is read as OpenMetrics, any
/// other as text 0.0.4.
///
/// # Errors
/// The [`Difference`], which also tells that one of the two does not parse.
pub fn compare(expected: &[u8], found: &[u8]) -> Result<(), Difference> {
    let mut expected = Families::read(expected, Side::Expected)?;
    let mut found = Families::read(found, Side::Found)?;
    let names: BTreeSet<String> =
        expected.by_name.keys().chain(found.by_name.keys()).cloned().collect();
    let mut lines = Vec::new();
    for name in &names {
        diff(&expected.take(name), &found.take(name), &mut lines);
    }
    if lines.is_empty() { Ok(()) } else { Err(Difference { lines }) }
}

/// One of the two expositions that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The first; its lines are shown with a `-`.
    Expected,
    /// The second; its lines are shown with a `+`.
    Found,
}

/// How two expositions differ. Its text is a diff of the lines that only one of them has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    lines: Vec<(Side, String)>,
}

impl Difference {
    /// The lines that only one side has, in one form for both: by family, its metadata first, labels
    /// sorted, and `@` and seconds for a timestamp.
    #[must_use]
    pub fn lines(&self) -> &[(Side, String)] {
        &self.lines
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// So that a test's output stays readable when everything differs.
        const SHOWN: usize = 100;
        f.write_str("the expositions differ (- expected, + found):")?;
        for (side, line) in self.lines.iter().take(SHOWN) {
            let sign = if *side == Side::Expected { '-' } else { '+' };
            write!(f, "\n{sign} {line}")?;
        }
        match self.lines.len().checked_sub(SHOWN) {
            Some(more @ 1..) => write!(f, "\nand {more} lines more"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Difference {}

/// A family's lines: what they begin with, and what follows that, once for each time.
type FamilyLines = BTreeMap<LineHead, Vec<String>>;

/// Metadata comes before samples.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum LineHead {
    Metadata(String),
    Series(String),
}

struct Families {
    by_name: BTreeMap<String, FamilyLines>,
}

impl Families {
    fn read(input: &[u8], side: Side) -> Result<Self, Difference> {
        let families = parse(input).map_err(|error| Difference {
            lines: vec![(side, format!("cannot be parsed: {error}"))],
        })?;
        let by_name = families.iter().map(|family| (family.name.to_string(), lines_of(family)));
        Ok(Self { by_name: by_name.collect() })
    }

    fn take(&mut self, name: &str) -> FamilyLines {
        self.by_name.remove(name).unwrap_or_default()
    }
}

fn parse(input: &[u8]) -> Result<Vec<ParsedFamily<'_>>, ParseError> {
    if is_openmetrics(input) { parse_openmetrics(input) } else { parse_text(input) }
}

fn diff(expected: &FamilyLines, found: &FamilyLines, lines: &mut Vec<(Side, String)>) {
    let heads: BTreeSet<&LineHead> = expected.keys().chain(found.keys()).collect();
    for head in heads {
        let (LineHead::Metadata(text) | LineHead::Series(text)) = head;
        let (expected, found) = (expected.get(head), found.get(head));
        if expected == found {
            continue;
        }
        for (side, rests) in [(Side::Expected, expected), (Side::Found, found)] {
            let rests = rests.into_iter().flatten();
            lines.extend(rests.map(|rest| (side, format!("{text} {rest}"))));
        }
    }
}

fn lines_of(family: &ParsedFamily<'_>) -> FamilyLines {
    let mut lines = FamilyLines::new();
    let name = name_text(&family.name);
    let mut add = |head, rest| lines.entry(head).or_default().push(rest);
    let metadata = |keyword: &str| LineHead::Metadata(format!("# {keyword} {name}"));
    add(metadata("TYPE"), family.metric_type.as_str().to_owned());
    if let Some(help) = &family.help {
        add(metadata("HELP"), help.replace('\\', r"\\").replace('\n', r"\n"));
    }
    if let Some(unit) = family.unit {
        add(metadata("UNIT"), unit.to_owned());
    }
    for sample in &family.samples {
        add(LineHead::Series(series_text(sample)), point_text(sample));
    }
    lines
}

/// A name as these formats write it: in quotes where it has other characters than the classic ones.
fn name_text(name: &str) -> Cow<'_, str> {
    let is_classic = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    if name.chars().all(is_classic) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        return Cow::Borrowed(name);
    }
    Cow::Owned(format!(
        "\"{}\"",
        name.replace('\\', r"\\").replace('\n', r"\n").replace('"', "\\\"")
    ))
}

fn series_text(sample: &ParsedSample<'_>) -> String {
    let labels = labels_text(sample.labels);
    match name_text(&sample.name) {
        Cow::Borrowed(name) if labels.is_empty() => name.to_owned(),
        Cow::Borrowed(name) => format!("{name}{{{labels}}}"),
        Cow::Owned(quoted) if labels.is_empty() => format!("{{{quoted}}}"),
        Cow::Owned(quoted) => format!("{{{quoted},{labels}}}"),
    }
}

fn labels_text(labels: Labels<'_>) -> String {
    let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = labels.iter().collect();
    pairs.sort_unstable();
    let mut sets = LabelSets::default();
    sets.push(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
    sets.text(0).to_owned()
}

fn point_text(sample: &ParsedSample<'_>) -> String {
    let mut text = number_text(sample.value);
    push_timestamp(&mut text, sample.timestamp);
    if let Some(ParsedExemplar { labels, value, timestamp }) = &sample.exemplar {
        text.push_str(&format!(" # {{{}}} {}", labels_text(*labels), number_text(*value)));
        push_timestamp(&mut text, *timestamp);
    }
    text
}

fn push_timestamp(text: &mut String, timestamp: Option<f64>) {
    if let Some(seconds) = timestamp {
        // Writing to a string does not fail.
        let _ = write!(text, " @{}", number_text(seconds));
    }
}

fn number_text(number: f64) -> String {
    let mut text = Vec::new();
    // The sum is 0 for -0.
    append_number(&mut text, number + 0.0);
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(expected: &str, found: &str) -> Vec<String> {
        let Err(difference) = compare(expected.as_bytes(), found.as_bytes()) else {
            return Vec::new();
        };
        difference.to_string().lines().skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn what_does_not_count() {
        let a = "# TYPE a gauge\na{x=\"1\",y=\"\\n\"} 1e1\na{x=\"2\"} NaN 5\nb -0\n";
        let b = "b 0\n\n# about\n# TYPE a gauge\na{x=\"2\"} nan 5\na{y=\"\\n\", x=\"1\",} 10\n";
        assert_eq!(difference(a, b), [""; 0]);
        assert_eq!(difference("", "# only comments"), [""; 0]);
    }

    #[test]
    fn what_counts() {
        let a = "# HELP a Old\\nhelp.\n# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2\nb 1 7500\n";
        let b = "# TYPE a counter\na{x=\"1\"} 1.5\na{x=\"3\"} 2\nb 1\nnew 1\n\"\" 1\n";
        let b = b.replace("\"\" 1\n", "{\"my.metric\",c=\"\\\"\"} +Inf\n");
        let expected = [
            "- # HELP a Old\\nhelp.",
            "- # TYPE a gauge",
            "+ # TYPE a counter",
            "- a{x=\"1\"} 1",
            "+ a{x=\"1\"} 1.5",
            "- a{x=\"2\"} 2",
            "+ a{x=\"3\"} 2",
            "- b 1 @7.5",
            "+ b 1",
            "+ # TYPE \"my.metric\" unknown",
            "+ {\"my.metric\",c=\"\\\"\"} +Inf",
            "+ # TYPE new unknown",
            "+ new 1",
        ];
        assert_eq!(difference(a, &b), expected);
    }

    #[test]
    fn openmetrics() {
        let a = "# TYPE a counter\n# UNIT a \na_total 1 5 # {id=\"x\"} 1 2\n# EOF\n";
        assert_eq!(difference(a, a), [""; 0]);
        let b = a.replace("# UNIT a \n", "").replace("# {id=\"x\"} 1 2", "# {id=\"x\"} 1");
        let expected =
            ["- # UNIT a ", "- a_total 1 @5 # {id=\"x\"} 1 @2", "+ a_total 1 @5 # {id=\"x\"} 1"];
        assert_eq!(difference(a, &b), expected);
    }

    #[test]
    fn the_points_of_a_series_have_an_order() {
        let a = "a 1 1\na 2 2\n# EOF\n";
        assert_eq!(difference(a, a), [""; 0]);
        assert_eq!(difference(a, "a 2 1\na 1 2\n# EOF\n").len(), 4);
    }

    #[test]
    fn what_does_not_parse() {
        assert_eq!(
            difference("a 1\n", "a\n"),
            ["+ cannot be parsed: line 1, column 2: expected a number, found the end of the line"]
        );
        assert_eq!(difference("a 1 1.5\n", "a 1\n").len(), 1);
    }

    #[test]
    fn a_long_difference_is_cut() {
        let text: String = (0..60).map(|i| format!("a{i} 1\n")).collect();
        let lines = difference(&text, "");
        assert_eq!((lines.len(), lines[100].as_str()), (101, "and 20 lines more"));
    }
}
