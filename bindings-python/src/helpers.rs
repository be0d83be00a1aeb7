//! The context managers and decorators, which are Python code: only Python has coroutines.

use pyo3::prelude::*;

/// A class of `metrion._helpers`.
pub(crate) fn helper<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("metrion._helpers")?.getattr(name)
}
