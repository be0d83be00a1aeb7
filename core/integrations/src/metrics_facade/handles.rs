//! What is behind the facade's handles.

use std::sync::{Mutex, PoisonError};

use metrics::{CounterFn, GaugeFn, HistogramFn};
use metrion_metrics::{Counter, Gauge, Histogram};

/// A counter. It is exact up to 2^53.
#[derive(Debug)]
pub(super) struct CounterHandle {
    counter: Counter,
    /// Two callers that set the same total must not both add what is missing.
    absolute: Mutex<()>,
}

impl From<Counter> for CounterHandle {
    fn from(counter: Counter) -> Self {
        Self { counter, absolute: Mutex::default() }
    }
}

impl CounterFn for CounterHandle {
    fn increment(&self, value: u64) {
        self.counter.add(value as f64);
    }

    /// Adds what is missing. An increment at the same time counts as if it came after.
    fn absolute(&self, value: u64) {
        let _alone = self.absolute.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = value as f64 - self.counter.get();
        if missing > 0.0 {
            self.counter.add(missing);
        }
    }
}

#[derive(Debug)]
pub(super) struct GaugeHandle(pub(super) Gauge);

impl GaugeFn for GaugeHandle {
    fn increment(&self, value: f64) {
        self.0.add(value);
    }

    fn decrement(&self, value: f64) {
        self.0.add(-value);
    }

    fn set(&self, value: f64) {
        // Only up-down gauges refuse it, and the recorder makes none.
        let _set = self.0.set(value);
    }
}

#[derive(Debug)]
pub(super) struct HistogramHandle(pub(super) Histogram);

impl HistogramFn for HistogramHandle {
    fn record(&self, value: f64) {
        self.0.observe(value);
    }
}
