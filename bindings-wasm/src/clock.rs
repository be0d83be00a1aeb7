//! Clocks: JavaScript's, and one that a test sets.

use std::sync::Arc;

use metrion::{Clock, ManualClock as CoreClock};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// The clocks that JavaScript has.
pub(crate) struct HostClock;

impl Clock for HostClock {
    fn unix_seconds(&self) -> f64 {
        js_sys::Date::now() / 1000.0
    }

    fn monotonic_seconds(&self) -> f64 {
        performance_now() / 1000.0
    }
}

/// A clock that shows what a test sets, in seconds since the Unix epoch.
#[wasm_bindgen]
#[derive(Debug)]
pub struct ManualClock(Arc<CoreClock>);

impl ManualClock {
    pub(crate) fn shared(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0) as Arc<dyn Clock>
    }
}

#[wasm_bindgen]
impl ManualClock {
    /// A clock that shows this time.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(seconds: f64) -> Self {
        Self(Arc::new(CoreClock::new(seconds)))
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: f64) {
        self.0.advance(seconds);
    }
}
