//! Clocks that Python sets.

use std::sync::Arc;
use std::sync::OnceLock;

use metrion::{Clock, ManualClock as CoreClock, SystemClock};
use pyo3::prelude::*;

/// A clock that shows what a test sets, in seconds since the Unix epoch.
///
/// >>> from metrion import CollectorRegistry
/// >>> from metrion.testing import ManualClock
/// >>> clock = ManualClock(1000.0)
/// >>> registry = CollectorRegistry(clock=clock)
/// >>> clock.advance(60)
/// >>> clock.time()
/// 1060.0
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

    /// What it shows, in seconds since the Unix epoch.
    fn time(&self) -> f64 {
        self.0.unix_seconds()
    }

    /// Sets it to that many seconds since the Unix epoch, also back.
    fn set(&self, seconds: f64) {
        self.0.set(seconds);
    }

    /// Lets that many seconds pass.
    fn advance(&self, seconds: f64) {
        self.0.advance(seconds);
    }
}

/// The time that Python's `time.time()` shows, for programs that replace that function.
///
/// The core asks for the time while it holds locks, when no Python code may run. So the binding reads it
/// before each call that looks at the clock.
#[derive(Default)]
pub(crate) struct PythonTime(SystemClock);

/// What `time.time()` said last; there only once a registry uses it.
static PYTHON_TIME: OnceLock<CoreClock> = OnceLock::new();

impl PythonTime {
    pub(crate) fn shared() -> Arc<dyn Clock> {
        PYTHON_TIME.get_or_init(|| CoreClock::new(SystemClock::default().unix_seconds()));
        Arc::new(Self::default())
    }
}

impl Clock for PythonTime {
    fn unix_seconds(&self) -> f64 {
        PYTHON_TIME.get().map_or_else(|| self.0.unix_seconds(), Clock::unix_seconds)
    }

    fn monotonic_seconds(&self) -> f64 {
        self.0.monotonic_seconds()
    }
}

/// Reads `time.time()` if any registry uses it.
pub(crate) fn tick(py: Python<'_>) -> PyResult<()> {
    if let Some(clock) = PYTHON_TIME.get() {
        clock.set(py.import("time")?.call_method0("time")?.extract()?);
    }
    Ok(())
}
