//! Failures at moments when nobody can be told of them but the log `metrion`.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyTuple};

/// Warns of a failure.
pub(crate) fn warn(py: Python<'_>, message: &str) {
    // What cannot be logged is counted all the same.
    let _logged = ("%s", message).into_pyobject(py).and_then(|arguments| log(&arguments, None));
}

/// Warns of the first failure of one source alone: scrapes come again and again.
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
        let message = "%r failed in a collection: %s; later failures of it are not logged";
        let logged = || -> PyResult<()> {
            let traceback = [("exc_info", error.value(py))].into_py_dict(py)?;
            log(&(message, source, error.value(py)).into_pyobject(py)?, Some(&traceback))
        };
        // What cannot be logged is counted all the same.
        let _logged = logged();
    }
}

fn log(arguments: &Bound<'_, PyTuple>, more: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    let logging = arguments.py().import("logging")?;
    let logger = logging.call_method1("getLogger", ("metrion",))?;
    logger.call_method("warning", arguments, more).map(drop)
}
