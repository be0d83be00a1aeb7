//! The one place where an error of the core becomes an exception.

use std::io::ErrorKind;

use metrion::{Error, ErrorCode};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// Something that ends in an exception: an error of the core, or an exception already.
pub(crate) enum Failure {
    Core(Error),
    Python(PyErr),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Core(error) => to_exception(&error),
            Failure::Python(error) => error,
        }
    }
}

/// What a function of this module returns.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

static BASE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static DUPLICATE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static KEY: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static TYPE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static OS: PyOnceLock<Py<PyType>> = PyOnceLock::new();

fn to_exception(error: &Error) -> PyErr {
    let arguments = (error.code().as_str(), error.message().to_owned());
    Python::attach(|py| match class_of(py, error) {
        Ok(class) => PyErr::from_type(class, arguments),
        Err(missing) => missing,
    })
}

fn class_of<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyType>> {
    if let Some(name) = error.io_kind().and_then(refusal) {
        return Ok(py.import(ERRORS)?.getattr(name)?.cast_into()?);
    }
    let (class, name) = match error.code() {
        ErrorCode::MetricExists => (&DUPLICATE, "DuplicateTimeseries"),
        ErrorCode::NotFound => (&KEY, "MetrionKeyError"),
        ErrorCode::InvalidLabelValue => (&TYPE, "MetrionTypeError"),
        ErrorCode::AddressInUse | ErrorCode::Io => (&OS, "MetrionOSError"),
        _ => (&BASE, "MetrionError"),
    };
    class.import(py, ERRORS, name).cloned()
}

const ERRORS: &str = "metrion._errors";

/// The class for a refusal of the operating system that Python has a class for.
fn refusal(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::NotFound => Some("MetrionFileNotFoundError"),
        ErrorKind::PermissionDenied => Some("MetrionPermissionError"),
        ErrorKind::IsADirectory => Some("MetrionIsADirectoryError"),
        ErrorKind::NotADirectory => Some("MetrionNotADirectoryError"),
        ErrorKind::ConnectionRefused => Some("MetrionConnectionRefusedError"),
        ErrorKind::ConnectionReset => Some("MetrionConnectionResetError"),
        ErrorKind::BrokenPipe => Some("MetrionBrokenPipeError"),
        ErrorKind::TimedOut => Some("MetrionTimeoutError"),
        _ => None,
    }
}

/// A panic that was caught before it could leave the library.
pub(crate) fn panicked() -> PyErr {
    PyRuntimeError::new_err("metrion: internal error, please report it")
}
