//! Failures during a scrape: nobody can be told of them but the log.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::IntoPyDict;

/// Tells the log `metrion` of the first failure of one source. Scrapes come again and again.
#[derive(Default)]
pub(crate) struct Complaint(AtomicBool);

impl Complaint {
    pub(crate) fn log(&self, py: Python<'_>, source: &Py<PyAny>, error: &PyErr) {
        if error.is_instance_of::<PyKeyboardInterrupt>(py) {
            // It was meant for the program, which gets it when the collection has ended.
            let thread = py.import("_thread");
            let _passed_on = thread.and_then(|thread| thread.call_method0("interrupt_main"));
            return;
        }
        if self.0.swap(true, Ordering::Relaxed) {
            return;
        }
        let log = || -> PyResult<()> {
            let logger = py.import("logging")?.call_method1("getLogger", ("metrion",))?;
            let message = "%r failed in a collection: %s; later failures of it are not logged";
            let traceback = [("exc_info", error.value(py))].into_py_dict(py)?;
            let arguments = (message, source, error.value(py));
            logger.call_method("warning", arguments, Some(&traceback)).map(drop)
        };
        // Without a log it is counted all the same.
        let _logged = log();
    }
}
