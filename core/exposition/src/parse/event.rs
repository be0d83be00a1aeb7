use std::borrow::Cow;

use metrion_model::MetricType;

use super::{Labels, Series};

/// What one line says. Text is borrowed from the input, unless it has escapes.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'a> {
    /// A `# HELP` line.
    Help {
        /// The family's name.
        name: Cow<'a, str>,
        /// The help, without escapes.
        help: Cow<'a, str>,
    },
    /// A `# TYPE` line.
    Type {
        /// The family's name.
        name: Cow<'a, str>,
        /// The type.
        metric_type: MetricType,
    },
    /// A `# UNIT` line of OpenMetrics.
    Unit {
        /// The family's name.
        name: Cow<'a, str>,
        /// The unit, which may be empty.
        unit: &'a str,
    },
    /// Any other comment of the text format 0.0.4: what follows the `#`.
    Comment(&'a str),
    /// A sample.
    Sample(ParsedSample<'a>),
    /// The `# EOF` line of OpenMetrics.
    Eof,
}

/// A line with a number.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedSample<'a> {
    /// The sample's own name: `x_bucket` where the family is `x`.
    pub name: Cow<'a, str>,
    /// The labels.
    pub labels: Labels<'a>,
    /// The number.
    pub value: f64,
    /// Of when it is, in Unix seconds. (The text format 0.0.4 writes milliseconds.)
    pub timestamp: Option<f64>,
    /// The exemplar, in OpenMetrics only.
    pub exemplar: Option<ParsedExemplar<'a>>,
}

impl<'a> ParsedSample<'a> {
    /// What it is a number of.
    pub(crate) fn series(&self) -> Series<'a, '_> {
        let Self { name, labels, timestamp, .. } = self;
        Series { name, labels: *labels, without: None, timestamp: *timestamp }
    }
}

/// What follows the `#` of a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedExemplar<'a> {
    /// The labels, at most 128 characters of names and values.
    pub labels: Labels<'a>,
    /// The value that was observed.
    pub value: f64,
    /// When, in Unix seconds.
    pub timestamp: Option<f64>,
}
