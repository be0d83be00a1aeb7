//! Handles to series.

use std::cell::Cell;
use std::sync::Arc;

use metrion::{Handle, NativeHistogram, SummaryValue};
use napi::bindgen_prelude::Float64Array;
use napi_derive::napi;

use crate::errors::{Result, fault};
use crate::handles;
use crate::options::{as_pairs, pairs_of};
use crate::registry::Writer;

/// A handle to one series. As long as JavaScript has it, the series' cells are no other series'.
#[napi]
pub struct NativeChild {
    pub(crate) handle: Handle,
    pub(crate) cell: Option<u32>,
    pub(crate) is_overflow: bool,
    /// For updates that are calls; given at the first.
    pub(crate) number: Cell<Option<u32>>,
    /// The writer's slab must not be another writer's while JavaScript can write to the series.
    pub(crate) _writer: Arc<Writer>,
}

impl Drop for NativeChild {
    fn drop(&mut self) {
        self.number.get().into_iter().for_each(handles::free);
    }
}

/// What a series says at one moment.
#[napi(object)]
pub struct Reading {
    /// A counter's or gauge's value; a histogram's counts by bucket and its sum; a summary's
    /// quantiles, sum and count.
    pub numbers: Float64Array,
    /// What an info says: names and values in turn.
    pub texts: Vec<String>,
    /// The states of a state set that hold.
    pub states: Vec<String>,
    /// A histogram's native buckets.
    pub native: Option<NativeBuckets>,
}

/// Native buckets: see the core's `NativeHistogram`.
#[napi(object)]
pub struct NativeBuckets {
    /// The resolution.
    pub schema: i32,
    /// What counts as zero.
    pub zero_threshold: f64,
    /// How many were zero.
    pub zero_count: f64,
    /// Indices and counts in turn.
    pub positive: Vec<f64>,
    /// The same of negative numbers.
    pub negative: Vec<f64>,
}

impl From<NativeHistogram> for NativeBuckets {
    fn from(own: NativeHistogram) -> Self {
        let flat = |buckets: &[(i32, f64)]| {
            buckets.iter().flat_map(|(index, count)| [f64::from(*index), *count]).collect()
        };
        Self {
            schema: own.schema.into(),
            zero_threshold: own.zero_threshold,
            zero_count: own.zero_count,
            positive: flat(&own.positive),
            negative: flat(&own.negative),
        }
    }
}

#[napi]
impl NativeChild {
    /// The number of its first cell; -1 when its updates are calls: of a kind whose updates are more
    /// than cells, or with nowhere to write.
    #[napi(getter, catch_unwind)]
    #[must_use]
    pub fn cell(&self) -> f64 {
        self.cell.map_or(-1.0, f64::from)
    }

    /// Whether it is the series for what is past the limit.
    #[napi(getter, catch_unwind)]
    #[must_use]
    pub fn is_overflow(&self) -> bool {
        self.is_overflow
    }

    /// Its number for the functions `add`, `set` and `observe`.
    #[napi(catch_unwind)]
    pub fn call_number(&self) -> u32 {
        let number = self.number.get().unwrap_or_else(|| handles::number(&self.handle));
        self.number.set(Some(number));
        number
    }

    /// The update of a counter or a histogram, with an exemplar. `labels` are names and values in turn.
    #[napi(catch_unwind)]
    pub fn update_with_exemplar(&self, value: f64, labels: Vec<String>) -> Result<()> {
        self.handle.update_with_exemplar(value, &as_pairs(&pairs_of(labels))).map_err(fault)
    }

    /// Sets what an info says: names and values in turn.
    #[napi(catch_unwind)]
    pub fn set_info(&self, labels: Vec<String>) -> Result<()> {
        self.handle.set_info(&as_pairs(&pairs_of(labels))).map_err(fault)
    }

    /// Makes one state of a state set hold and no other.
    #[napi(catch_unwind)]
    pub fn set_state(&self, state: String) -> Result<()> {
        self.handle.set_state(&state).map_err(fault)
    }

    /// A counter's or gauge's value, all writers together; NaN for the others.
    #[napi(getter, catch_unwind)]
    #[must_use]
    pub fn number(&self) -> f64 {
        self.handle.number()
    }

    /// What the series says, all writers together.
    #[napi(catch_unwind)]
    pub fn read(&self) -> Result<Reading> {
        let mut reading = Reading {
            numbers: Float64Array::new(Vec::new()),
            texts: Vec::new(),
            states: Vec::new(),
            native: None,
        };
        let numbers = match &self.handle {
            Handle::Counter(_) | Handle::Gauge(_) => vec![self.handle.number()],
            Handle::Histogram(own) => {
                let value = own.get();
                reading.native = value.native.map(NativeBuckets::from);
                value.counts.into_iter().chain([value.sum]).collect()
            }
            Handle::Summary(own) => {
                let SummaryValue { quantiles, sum, count } = own.get();
                quantiles.into_iter().chain([sum, count]).collect()
            }
            Handle::Info(own) => {
                reading.texts =
                    own.get().into_iter().flat_map(|(name, value)| [name, value]).collect();
                Vec::new()
            }
            Handle::StateSet(own) => {
                reading.states = own.get().into_iter().map(str::to_owned).collect();
                Vec::new()
            }
        };
        reading.numbers = Float64Array::new(numbers);
        Ok(reading)
    }
}
