//! Families as lists of samples: how sources hand over metrics that they did not count themselves.

mod fit;
mod flatten;
mod from_parsed;
mod spans;

pub use fit::{fit, fit_with};
pub use flatten::flatten;
pub use from_parsed::{from_openmetrics, from_text};
pub use spans::{buckets_of_spans, spans_of_buckets};

use metrion_model::{Exemplar, MetricType, NativeHistogram};

/// A family as an exposition shows it, sample by sample. Nothing is promised of its samples: they
/// may have any names and labels, in any order. [`fit()`] makes a snapshot of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SampleFamily {
    /// The name, a counter's without `_total` and an info's without `_info`.
    pub name: String,
    /// One sentence for people.
    pub help: String,
    /// The unit; empty when there is none.
    pub unit: String,
    /// The type.
    pub metric_type: MetricType,
    /// The samples, in the order in which they are shown.
    pub samples: Vec<Sample>,
}

/// One line of an exposition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Its own name: `x_bucket` where the family is `x`.
    pub name: String,
    /// Names and values of all labels, `le` and the like included.
    pub labels: Vec<(String, String)>,
    /// The number. Buckets are cumulative.
    pub value: f64,
    /// Of when it is, in Unix seconds.
    pub timestamp: Option<f64>,
    /// The same as OpenMetrics is to write it, for times of which an `f64` has not all digits.
    pub timestamp_text: Option<String>,
    /// An update that stands for others.
    pub exemplar: Option<Exemplar>,
    /// The native buckets of a whole histogram, which has no number then.
    pub native: Option<NativeSample>,
}

/// A native histogram with what goes with its buckets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NativeSample {
    /// The buckets.
    pub buckets: NativeHistogram,
    /// The sum of the observations.
    pub sum: f64,
    /// Updates that stand for others.
    pub exemplars: Vec<Exemplar>,
}
