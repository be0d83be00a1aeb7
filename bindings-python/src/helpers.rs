//! What is Python code: context managers and decorators, as only Python has coroutines, and plain
//! values.

use pyo3::prelude::*;

/// A class of `metrion._helpers`.
pub(crate) fn helper<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("metrion._helpers")?.getattr(name)
}

/// A class of `metrion._values`.
pub(crate) fn value_class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("metrion._values")?.getattr(name)
}
