//! A clock that a test sets.

use std::sync::{Arc, Mutex};

use metrion_metrics::{Registry, RegistryOptions};
use metrion_model::Clock;

/// Seconds that both of its clocks show.
pub(crate) struct TestClock(Mutex<f64>);

impl TestClock {
    pub(crate) fn at(seconds: f64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(seconds)))
    }

    pub(crate) fn set(&self, seconds: f64) {
        *self.0.lock().unwrap() = seconds;
    }

    pub(crate) fn advance(&self, seconds: f64) {
        *self.0.lock().unwrap() += seconds;
    }
}

impl Clock for TestClock {
    fn unix_seconds(&self) -> f64 {
        *self.0.lock().unwrap()
    }

    fn monotonic_seconds(&self) -> f64 {
        *self.0.lock().unwrap()
    }
}

/// A registry that goes by a clock.
pub(crate) fn registry(clock: &Arc<TestClock>) -> Registry {
    let clock: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
    Registry::new(RegistryOptions { clock, ..RegistryOptions::default() }).unwrap()
}
