//! Metrics on their way to Graphite.

use std::sync::{Arc, Mutex, PoisonError};

use metrion::exporters::graphite::{GraphiteBridge as Running, GraphiteOptions, push, start};
use metrion::{Clock, SystemClock};
use pyo3::prelude::*;

use crate::errors::Result;
use crate::log::warn;
use crate::options::seconds;
use crate::source::Source;

/// What `metrion.bridge.graphite.GraphiteBridge` stands on.
#[pyclass(frozen, module = "metrion._metrion")]
pub(crate) struct GraphiteBridge {
    source: Source,
    options: GraphiteOptions,
    running: Mutex<Vec<Running>>,
}

#[pymethods]
impl GraphiteBridge {
    /// `timer` is a function that tells the time in Unix seconds.
    #[new]
    #[pyo3(signature = (
        address,
        registry: "Collector",
        timeout_seconds,
        timer: "Callable[[], float]",
        tags
    ) -> "Self")]
    fn new(
        address: (String, u16),
        registry: Source,
        timeout_seconds: f64,
        timer: Py<PyAny>,
        tags: bool,
    ) -> Result<Self> {
        let options = GraphiteOptions {
            tags,
            timeout: seconds("timeout_seconds", timeout_seconds)?,
            clock: Arc::new(Timer { function: timer, system: SystemClock::default() }),
            ..GraphiteOptions::new(&address.0, address.1)
        };
        Ok(Self { source: registry, options, running: Mutex::default() })
    }

    /// Sends all metrics once, without the interpreter's lock.
    fn push(&self, py: Python<'_>, prefix: String, created: bool) -> Result<()> {
        let options = self.options(prefix, created);
        Ok(py.detach(|| push(&self.source, &options))?)
    }

    /// Sends them from a native thread, now and every `interval` seconds.
    fn start(&self, py: Python<'_>, interval: f64, prefix: String, created: bool) -> Result<()> {
        let options = self.options(prefix, created);
        let interval = seconds("interval", interval)?;
        let on_failure = |error: &metrion::Error| {
            // Nobody to tell when the interpreter is ending.
            Python::try_attach(|py| warn(py, error.message()));
        };
        let running = start(self.source.clone(), options, interval, on_failure)?;
        self.running.lock().unwrap_or_else(PoisonError::into_inner).push(running);
        self.source.announce_exporter(py);
        Ok(())
    }

    /// Ends what was started. What is being sent is still sent.
    fn stop(&self, py: Python<'_>) {
        let running =
            std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        // A collector that stopping waits for may need the interpreter's lock.
        py.detach(|| running.iter().for_each(Running::stop));
    }

    /// How many pushes of its threads succeeded, and how many failed.
    fn stats(&self) -> (u64, u64) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let stats = running.iter().map(Running::stats);
        stats.fold((0, 0), |(pushed, failed), own| (pushed + own.pushed, failed + own.failed))
    }
}

impl GraphiteBridge {
    fn options(&self, prefix: String, created_samples: bool) -> GraphiteOptions {
        GraphiteOptions { prefix, created_samples, ..self.options.clone() }
    }
}

/// The time that a function tells; the system's where it fails.
struct Timer {
    function: Py<PyAny>,
    system: SystemClock,
}

impl Clock for Timer {
    fn unix_seconds(&self) -> f64 {
        let call = |py: Python<'_>| self.function.call0(py)?.extract::<f64>(py);
        let told = Python::try_attach(call).and_then(PyResult::ok);
        told.unwrap_or_else(|| self.system.unix_seconds())
    }

    fn monotonic_seconds(&self) -> f64 {
        self.system.monotonic_seconds()
    }
}
