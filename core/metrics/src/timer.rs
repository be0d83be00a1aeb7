//! Durations, observed in seconds.

use std::fmt;
use std::sync::Arc;

use metrion_model::Clock;

use crate::Histogram;

/// A running measurement; see [`Histogram::start_timer`].
#[must_use = "a timer that is dropped at once measures nothing"]
pub struct HistogramTimer {
    histogram: Option<Histogram>,
    clock: Arc<dyn Clock>,
    start: f64,
}

impl HistogramTimer {
    pub(crate) fn new(histogram: Histogram, clock: Arc<dyn Clock>) -> Self {
        let start = clock.monotonic_seconds();
        Self { histogram: Some(histogram), clock, start }
    }

    /// Observes the seconds since the start, and returns them.
    pub fn stop(mut self) -> f64 {
        let seconds = self.seconds();
        if let Some(histogram) = self.histogram.take() {
            histogram.observe(seconds);
        }
        seconds
    }

    /// Ends without observing anything; returns the seconds since the start.
    pub fn discard(mut self) -> f64 {
        self.histogram = None;
        self.seconds()
    }

    /// A clock that goes back measures nothing less than 0.
    fn seconds(&self) -> f64 {
        (self.clock.monotonic_seconds() - self.start).max(0.0)
    }
}

impl Drop for HistogramTimer {
    fn drop(&mut self) {
        if let Some(histogram) = &self.histogram {
            histogram.observe(self.seconds());
        }
    }
}

impl fmt::Debug for HistogramTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HistogramTimer").field("start", &self.start).finish_non_exhaustive()
    }
}
