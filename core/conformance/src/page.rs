//! Expositions that a vector expects, collects or parses, as data.

use serde::Deserialize;
use serde_json::Value;

use crate::format::{ExpectedNative, Number, Pairs};

/// What the registry must encode to in one format.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "format", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs)] // the README has a table of the fields
pub enum Page {
    /// The text format 0.0.4.
    Text {
        lines: Vec<String>,
        #[serde(default)]
        created: bool,
        escaping: Option<String>,
        #[serde(default)]
        left_out: Vec<String>,
    },
    /// OpenMetrics 1.0.
    Openmetrics {
        lines: Vec<String>,
        #[serde(default)]
        created: bool,
        escaping: Option<String>,
        #[serde(default)]
        left_out: Vec<String>,
    },
    /// Delimited protocol buffer messages, each in hexadecimal and without its length.
    Protobuf {
        messages: Vec<String>,
        escaping: Option<String>,
        #[serde(default)]
        left_out: Vec<String>,
    },
    /// The JSON, as a value.
    Json { json: Value },
}

/// The formats that can be parsed.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ParsedFormat {
    Text,
    Openmetrics,
}

/// A family that a collector gives.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the README has a table of the fields
pub struct Collected {
    #[serde(rename = "type")]
    pub kind: CollectedKind,
    pub name: String,
    #[serde(default)]
    pub help: String,
    #[serde(default)]
    pub unit: String,
    #[serde(default)]
    pub label_names: Vec<String>,
    #[serde(default)]
    pub bounds: Vec<Number>,
    #[serde(default)]
    pub quantiles: Vec<Number>,
    #[serde(default)]
    pub states: Vec<String>,
    pub series: Vec<CollectedSeries>,
}

/// The type of a collected family.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum CollectedKind {
    Counter,
    Gauge,
    Histogram,
    GaugeHistogram,
    Summary,
    Info,
    StateSet,
    Unknown,
}

/// A series of a collected family.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectedSeries {
    /// The values of the labels.
    #[serde(default)]
    pub values: Vec<String>,
    /// The numbers in the order of a snapshot's row: see `Schema::width`.
    pub row: Vec<Number>,
    /// The native buckets.
    pub native: Option<ExpectedNative>,
    /// The exemplars: place, labels, value, time.
    #[serde(default)]
    pub exemplars: Vec<(usize, Pairs, Number, Option<Number>)>,
    /// When it began, in Unix seconds.
    pub created: Option<Number>,
    /// Of when the numbers are, in Unix seconds.
    pub timestamp: Option<Number>,
}
