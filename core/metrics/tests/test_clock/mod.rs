//! Registries that go by a clock of the test.

use std::sync::Arc;

use metrion_metrics::{Registry, RegistryOptions};
use metrion_model::{Clock, ManualClock};

pub(crate) fn at(seconds: f64) -> Arc<ManualClock> {
    Arc::new(ManualClock::new(seconds))
}

pub(crate) fn registry(clock: &Arc<ManualClock>) -> Registry {
    let clock: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
    Registry::new(RegistryOptions { clock, ..RegistryOptions::default() }).unwrap()
}
