//! The one place where an error of the core becomes an exception.

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
static KEY: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static TYPE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static OS: PyOnceLock<Py<PyType>> = PyOnceLock::new();

fn to_exception(error: &Error) -> PyErr {
    let (class, name) = match error.code() {
        ErrorCode::NotFound => (&KEY, "MetrionKeyError"),
        ErrorCode::InvalidLabelValue => (&TYPE, "MetrionTypeError"),
        ErrorCode::AddressInUse | ErrorCode::Io => (&OS, "MetrionOSError"),
        _ => (&BASE, "MetrionError"),
    };
    let arguments = (error.code().as_str(), error.message().to_owned());
    Python::attach(|py| match class.import(py, "metrion._errors", name) {
        Ok(class) => PyErr::from_type(class.clone(), arguments),
        Err(missing) => missing,
    })
}

/// A panic that was caught before it could leave the library.
pub(crate) fn panicked() -> PyErr {
    PyRuntimeError::new_err("metrion: internal error, please report it")
}
