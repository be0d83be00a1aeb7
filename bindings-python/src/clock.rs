//! A clock for tests.

use std::sync::Arc;

use metrion::{Clock, ManualClock as CoreClock};
use pyo3::prelude::*;

/// A clock that shows what a test sets, in seconds since the Unix epoch.
#[pyclass(frozen, module = "metrion.testing")]
pub(crate) struct ManualClock(Arc<CoreClock>);

impl ManualClock {
    pub(crate) fn shared(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0) as Arc<dyn Clock>
    }
}

#[pymethods]
impl ManualClock {
    #[new]
    fn new(seconds: f64) -> Self {
        Self(Arc::new(CoreClock::new(seconds)))
    }

    /// What it shows.
    fn time(&self) -> f64 {
        self.0.unix_seconds()
    }

    /// Sets it, also back.
    fn set(&self, seconds: f64) {
        self.0.set(seconds);
    }

    /// Lets time pass.
    fn advance(&self, seconds: f64) {
        self.0.advance(seconds);
    }
}
