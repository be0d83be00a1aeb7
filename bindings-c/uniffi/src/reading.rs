//! What a series reads.

use metrion as core;
use metrion::Handle;

use crate::options::Label;

/// What a series reads, of all threads together.
#[derive(uniffi::Enum)]
pub enum Reading {
    /// Of a counter or gauge.
    Number {
        /// The value.
        value: f64,
    },
    /// Of a histogram.
    Histogram {
        /// The count of each bucket alone, the one to infinity last.
        counts: Vec<f64>,
        /// The sum of the observations.
        sum: f64,
        /// Its native buckets, if it has them.
        native: Option<NativeHistogram>,
    },
    /// Of a summary.
    Summary {
        /// The value of each objective, NaN when there is none.
        quantiles: Vec<f64>,
        /// The sum of the observations.
        sum: f64,
        /// Their count.
        count: f64,
    },
    /// Of an info.
    Info {
        /// What it says.
        labels: Vec<Label>,
    },
    /// Of a state set.
    States {
        /// The states that hold.
        states: Vec<String>,
    },
}

/// The native buckets of a histogram.
#[derive(uniffi::Record)]
pub struct NativeHistogram {
    /// The resolution, -4 to 8.
    pub schema: i8,
    /// The width of the zero bucket.
    pub zero_threshold: f64,
    /// The count of the zero bucket.
    pub zero_count: f64,
    /// The buckets above zero that are not empty, by their indices.
    pub positive: Vec<NativeBucket>,
    /// The buckets below zero that are not empty, by their indices.
    pub negative: Vec<NativeBucket>,
}

/// The index and the count of a native bucket.
#[derive(uniffi::Record)]
pub struct NativeBucket {
    /// The bucket above `2^((index - 1) * 2^-schema)` and up to `2^(index * 2^-schema)`.
    pub index: i32,
    /// How many observations.
    pub count: f64,
}

impl Reading {
    pub(crate) fn of(series: &Handle) -> Self {
        match series {
            Handle::Counter(counter) => Self::Number { value: counter.get() },
            Handle::Gauge(gauge) => Self::Number { value: gauge.get() },
            Handle::Histogram(histogram) => {
                let core::HistogramValue { counts, sum, native, .. } = histogram.get();
                Self::Histogram { counts, sum, native: native.map(NativeHistogram::from) }
            }
            Handle::Summary(summary) => {
                let core::SummaryValue { quantiles, sum, count, .. } = summary.get();
                Self::Summary { quantiles, sum, count }
            }
            Handle::Info(info) => {
                let label = |(name, value)| Label { name, value };
                Self::Info { labels: info.get().into_iter().map(label).collect() }
            }
            Handle::StateSet(states) => {
                Self::States { states: states.get().into_iter().map(str::to_owned).collect() }
            }
        }
    }
}

impl From<core::NativeHistogram> for NativeHistogram {
    fn from(own: core::NativeHistogram) -> Self {
        let side = |buckets: Vec<(i32, f64)>| {
            buckets.into_iter().map(|(index, count)| NativeBucket { index, count }).collect()
        };
        Self {
            schema: own.schema,
            zero_threshold: own.zero_threshold,
            zero_count: own.zero_count,
            positive: side(own.positive),
            negative: side(own.negative),
        }
    }
}

impl From<NativeHistogram> for core::NativeHistogram {
    fn from(own: NativeHistogram) -> Self {
        let side = |buckets: Vec<NativeBucket>| {
            buckets.into_iter().map(|bucket| (bucket.index, bucket.count)).collect()
        };
        Self {
            schema: own.schema,
            zero_threshold: own.zero_threshold,
            zero_count: own.zero_count,
            positive: side(own.positive),
            negative: side(own.negative),
        }
    }
}
