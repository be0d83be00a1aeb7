//! The core's metrics of a process, as `Metric` objects.

use std::path::PathBuf;

use metrion::exposition::sample_family::flatten;
use metrion::{Collector, ProcessCollector, ProcessOptions};
use pyo3::prelude::*;

use crate::samples::{Times, metric_object, metric_without_samples};

/// Reads what a process takes of the machine.
#[pyclass(frozen, module = "metrion._metrion")]
pub(crate) struct ProcessReader(ProcessCollector);

#[pymethods]
impl ProcessReader {
    #[new]
    #[pyo3(signature = (namespace, proc) -> "Self")]
    fn new(namespace: String, proc: PathBuf) -> Self {
        Self(ProcessCollector::new(ProcessOptions { namespace, proc, ..ProcessOptions::default() }))
    }

    /// The families without samples.
    #[pyo3(signature = () -> "list[Metric]")]
    fn describe<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let families = self.0.describe();
        families.iter().map(|schema| metric_without_samples(py, schema)).collect()
    }

    /// The families of a process, by its number or `self`.
    #[pyo3(signature = (pid) -> "list[Metric]")]
    fn collect<'py>(&self, py: Python<'py>, pid: &str) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let families = py.detach(|| self.0.families_of(pid));
        let object = |family| metric_object(py, &flatten(family, false), Times::Floats);
        families.iter().map(object).collect()
    }
}
