//! Clocks that JavaScript sets.

use std::sync::Arc;

use metrion::{Clock, ManualClock as CoreClock};
use napi_derive::napi;

/// A clock that shows what a test sets, in seconds since the Unix epoch.
#[napi]
pub struct ManualClock(Arc<CoreClock>);

impl ManualClock {
    pub(crate) fn shared(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0) as Arc<dyn Clock>
    }
}

#[napi]
impl ManualClock {
    /// A clock that shows this time.
    #[napi(constructor)]
    #[must_use]
    pub fn new(seconds: f64) -> Self {
        Self(Arc::new(CoreClock::new(seconds)))
    }

    /// Lets time pass.
    #[napi(catch_unwind)]
    pub fn advance(&self, seconds: f64) {
        self.0.advance(seconds);
    }
}
