//! A clock for tests.

use std::sync::Arc;

use metrion::Clock;

/// Shows the time that a test sets.
#[derive(uniffi::Object)]
pub struct ManualClock(Arc<metrion::ManualClock>);

#[uniffi::export]
impl ManualClock {
    /// One that shows this time, in seconds since the Unix epoch.
    #[uniffi::constructor]
    #[must_use]
    pub fn new(seconds: f64) -> Self {
        Self(Arc::new(metrion::ManualClock::new(seconds)))
    }

    /// Sets the time, also back.
    pub fn set(&self, seconds: f64) {
        self.0.set(seconds);
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: f64) {
        self.0.advance(seconds);
    }
}

impl ManualClock {
    pub(crate) fn shared(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0) as Arc<dyn Clock>
    }
}
