//! The lines of samples, which the text format and OpenMetrics have in common.
//!
//! Every line brings the line feed of the line before it, as part of the name that is copied anyway:
//! adding it by itself makes encoding 5 to 10 % slower.

use crate::piece::Piece;
use metrion_model::{FamilySnapshot, LabelSets, MetricType, Schema, is_classic_metric_name};

/// A guess at the bytes of a number, to size the buffer with. A low one costs a reallocation.
const NUMBER_LEN: usize = 16;

/// How a format writes numbers. Its functions become part of the loops over the lines.
pub(crate) trait Numbers {
    /// A value, a bound or a quantile.
    fn float(out: &mut Vec<u8>, value: f64);
    /// How many observations there were.
    fn count(out: &mut Vec<u8>, value: f64);
    /// Of when a sample is.
    fn timestamp(out: &mut Vec<u8>, unix_seconds: f64);
}

/// What the lines of one sample name begin with.
pub(crate) struct Start {
    /// Up to the first label: `\nname{`, or `\n{"näme",`.
    labelled: Vec<u8>,
    /// Up to the number: `\nname `, or `\n{"näme"} `.
    bare: Vec<u8>,
}

impl Start {
    pub(crate) fn new(name: &str, suffix: &str) -> Self {
        let (mut labelled, mut bare) = (Vec::new(), Vec::new());
        if is_classic_metric_name(name) {
            append(&mut labelled, &["\n", name, suffix, "{"]);
            append(&mut bare, &["\n", name, suffix, " "]);
        } else {
            let mut quoted = Vec::new();
            append_quoted_name(&mut quoted, name, suffix);
            labelled = [b"\n{", quoted.as_slice(), b","].concat();
            bare = [b"\n{", quoted.as_slice(), b"} "].concat();
        }
        Self { labelled, bare }
    }

    /// A line up to the number. `labels` is text of the form of [`LabelSets::text`].
    pub(crate) fn append(&self, out: &mut Vec<u8>, labels: &str) {
        if labels.is_empty() {
            out.extend_from_slice(&self.bare);
        } else {
            out.extend_from_slice(&self.labelled);
            append(out, &[labels, LabelSets::CLOSE]);
        }
    }

    /// A line up to the last label, which is one that the type adds.
    fn append_open(&self, out: &mut Vec<u8>, labels: &str) {
        out.extend_from_slice(&self.labelled);
        append(out, &[labels, if labels.is_empty() { "" } else { "," }]);
    }
}

/// A metric name as the comment lines have it.
pub(crate) fn append_name(out: &mut Vec<u8>, name: &str, suffix: &str) {
    if is_classic_metric_name(name) {
        append(out, &[name, suffix]);
    } else {
        append_quoted_name(out, name, suffix);
    }
}

fn append_quoted_name(out: &mut Vec<u8>, name: &str, suffix: &str) {
    out.push(b'"');
    append_escaped(out, name, true);
    append(out, &[suffix, "\""]);
}

/// Appends a text that stands on one line: with `\\` and `\n`, and with `\"` where it is quoted.
pub(crate) fn append_escaped(out: &mut Vec<u8>, text: &str, quotes: bool) {
    for byte in text.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'"' if quotes => out.extend_from_slice(b"\\\""),
            _ => out.push(byte),
        }
    }
}

/// `name="value"} `, the last label of a line.
fn last_label(name: &str, append_value: impl FnOnce(&mut Vec<u8>)) -> Piece {
    let mut label = Vec::new();
    append_name(&mut label, name, "");
    label.extend_from_slice(b"=\"");
    append_value(&mut label);
    append(&mut label, &["\"", LabelSets::CLOSE]);
    Piece::new(label)
}

/// The lines of a type that has one number. `tail` appends what follows the number of a row.
pub(crate) fn append_numbers<N: Numbers>(
    out: &mut Vec<u8>,
    start: &Start,
    family: &FamilySnapshot,
    mut tail: impl FnMut(&mut Vec<u8>, usize),
) {
    let rows = family.labels().buffer().as_bytes();
    out.reserve(rows.len() + family.len() * (start.labelled.len() + NUMBER_LEN));
    let mut begin = 0;
    for (row, value) in family.values().iter().enumerate() {
        let end = family.labels().end(row);
        out.extend_from_slice(if begin == end { &start.bare } else { &start.labelled });
        out.extend_from_slice(rows.get(begin..end).unwrap_or_default());
        N::float(out, *value);
        tail(out, row);
        begin = end;
    }
}

/// One number of every row, under a name of its own.
pub(crate) fn append_column(
    out: &mut Vec<u8>,
    start: &Start,
    family: &FamilySnapshot,
    mut number: impl FnMut(&mut Vec<u8>, usize),
) {
    for row in 0..family.len() {
        start.append(out, family.labels().text(row));
        number(out, row);
    }
}

/// The bucket lines of a histogram's row, and what comes after them.
pub(crate) fn append_histograms<N: Numbers>(
    out: &mut Vec<u8>,
    family: &FamilySnapshot,
    mut bucket_tail: impl FnMut(&mut Vec<u8>, usize, usize),
    mut rest: impl FnMut(&mut Vec<u8>, usize, Distribution),
) {
    let schema = family.schema();
    let start = Start::new(&schema.name, "_bucket");
    let bounds = schema.bounds.iter().chain([&f64::INFINITY]);
    let bounds: Vec<Piece> =
        bounds.map(|bound| last_label("le", |out| N::float(out, *bound))).collect();
    reserve(out, family, schema.width() + 1);

    // What the lines of all buckets of a series begin with.
    let mut head = Vec::new();
    for (row, values) in family.values().chunks_exact(schema.width()).enumerate() {
        let Some((sum, counts)) = values.split_last() else {
            continue;
        };
        head.clear();
        start.append_open(&mut head, family.labels().text(row));
        let mut count = 0.0;
        for (place, (bound, own)) in bounds.iter().zip(counts).enumerate() {
            count += own;
            out.extend_from_slice(&head);
            bound.append(out);
            N::count(out, count);
            bucket_tail(out, row, place);
        }
        rest(out, row, Distribution { sum: *sum, count });
    }
}

/// The sum and the count of a histogram's or a summary's observations.
#[derive(Clone, Copy)]
pub(crate) struct Distribution {
    pub(crate) sum: f64,
    pub(crate) count: f64,
}

impl Distribution {
    /// Of a histogram's row.
    pub(crate) fn of_counts(values: &[f64]) -> Self {
        let (sum, counts) = values.split_last().unwrap_or((&0.0, &[]));
        Self { sum: *sum, count: counts.iter().sum() }
    }
}

/// The quantile lines of a summary's row, and what comes after them.
pub(crate) fn append_summaries<N: Numbers>(
    out: &mut Vec<u8>,
    family: &FamilySnapshot,
    mut tail: impl FnMut(&mut Vec<u8>, usize),
    mut rest: impl FnMut(&mut Vec<u8>, usize, Distribution),
) {
    let schema = family.schema();
    let start = Start::new(&schema.name, "");
    let quantiles = schema.quantiles.iter();
    let quantiles: Vec<Piece> =
        quantiles.map(|q| last_label("quantile", |out| N::float(out, *q))).collect();
    reserve(out, family, schema.width());
    for row in 0..family.len() {
        let Some(([values @ .., sum], count)) = family.row(row).split_last().map(|(c, v)| (v, c))
        else {
            continue;
        };
        for (quantile, value) in quantiles.iter().zip(values) {
            start.append_open(out, family.labels().text(row));
            quantile.append(out);
            N::float(out, *value);
            tail(out, row);
        }
        rest(out, row, Distribution { sum: *sum, count: *count });
    }
}

/// The lines of a state set: one for each state.
pub(crate) fn append_states<N: Numbers>(
    out: &mut Vec<u8>,
    family: &FamilySnapshot,
    mut tail: impl FnMut(&mut Vec<u8>, usize),
) {
    let schema = family.schema();
    let start = Start::new(&schema.name, "");
    let states = schema.states.iter();
    let states: Vec<Piece> = states
        .map(|state| last_label(&schema.name, |out| append_escaped(out, state, true)))
        .collect();
    reserve(out, family, schema.width());
    for row in 0..family.len() {
        for (state, value) in states.iter().zip(family.row(row)) {
            start.append_open(out, family.labels().text(row));
            state.append(out);
            N::float(out, *value);
            tail(out, row);
        }
    }
}

/// Makes room for that many lines of each row.
fn reserve(out: &mut Vec<u8>, family: &FamilySnapshot, lines: usize) {
    let line = family.schema().name.len() + "_bucket{,le=\"\"".len() + 2 * NUMBER_LEN;
    out.reserve(lines * (family.labels().buffer().len() + family.len() * line));
}

/// What a sample of this type has behind the family's name, where it is one alone.
pub(crate) const fn only_suffix(metric_type: MetricType) -> &'static str {
    match metric_type {
        MetricType::Counter => "_total",
        MetricType::Info => "_info",
        _ => "",
    }
}

/// Appends the `# HELP` line of a family that has a help text.
pub(crate) fn append_help(out: &mut Vec<u8>, schema: &Schema, suffix: &str, quotes: bool) {
    if !schema.help.is_empty() {
        out.extend_from_slice(b"# HELP ");
        append_name(out, &schema.name, suffix);
        out.push(b' ');
        append_escaped(out, &schema.help, quotes);
        out.push(b'\n');
    }
}

/// Appends the `# TYPE` line, without its line feed.
pub(crate) fn append_type(out: &mut Vec<u8>, schema: &Schema, suffix: &str, word: &str) {
    out.extend_from_slice(b"# TYPE ");
    append_name(out, &schema.name, suffix);
    append(out, &[" ", word]);
}

pub(crate) fn append(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}
