//! `CollectorRegistry` and what reads one.

use std::sync::Arc;

use metrion::exposition::encode_text;
use metrion::{NameFilter, ProcessWriter, Registry, RegistryOptions, default_registry};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict};

use crate::base::MetricBase;
use crate::errors::Result;
use crate::options::pairs;

/// A set of metrics that are exposed together.
#[pyclass(frozen, module = "metrion")]
pub(crate) struct CollectorRegistry {
    pub(crate) registry: Registry,
    /// The one writer of this interpreter: whoever holds its lock is the only one to use it.
    pub(crate) writer: Arc<ProcessWriter>,
}

static DEFAULT: PyOnceLock<Py<CollectorRegistry>> = PyOnceLock::new();

impl CollectorRegistry {
    fn over(registry: Registry) -> Self {
        let writer = Arc::new(registry.segment().process_writer());
        Self { registry, writer }
    }

    /// A registry that no name leads to.
    pub(crate) fn private() -> Result<Self> {
        Ok(Self::over(Registry::new(RegistryOptions::default())?))
    }

    /// `REGISTRY`.
    pub(crate) fn default_object(py: Python<'_>) -> Result<&Py<Self>> {
        DEFAULT.get_or_try_init(py, || Ok(Py::new(py, Self::over(default_registry()?.clone()))?))
    }

    /// The text of all families that pass, made without the interpreter's lock.
    fn text(&self, py: Python<'_>, filter: &NameFilter) -> Vec<u8> {
        py.detach(|| {
            let mut out = Vec::new();
            encode_text(&self.registry.snapshot(filter), &mut out);
            out
        })
    }
}

#[pymethods]
impl CollectorRegistry {
    /// A registry in memory of its own.
    #[new]
    #[pyo3(signature = (*, constant_labels=None, self_metrics=false))]
    fn new(constant_labels: Option<Bound<'_, PyDict>>, self_metrics: bool) -> Result<Self> {
        let constant_labels = constant_labels.map_or_else(|| Ok(Vec::new()), |map| pairs(&map))?;
        let options =
            RegistryOptions { constant_labels, self_metrics, ..RegistryOptions::default() };
        Ok(Self::over(Registry::new(options)?))
    }

    /// Takes a metric out: it shows no more, and its name is free.
    fn unregister(&self, collector: &Bound<'_, MetricBase>) -> Result<()> {
        Ok(collector.get().family.unregister_from(&self.registry)?)
    }

    /// The value of one sample, for tests: `get_sample_value("x_total", {"a": "b"})`.
    #[pyo3(signature = (name, labels=None))]
    fn get_sample_value(
        &self,
        py: Python<'_>,
        name: &str,
        labels: Option<Bound<'_, PyDict>>,
    ) -> Result<Option<f64>> {
        let labels = labels.map_or_else(|| Ok(Vec::new()), |map| pairs(&map))?;
        let labels: Vec<(&str, &str)> =
            labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Ok(py.detach(|| self.registry.snapshot(&NameFilter::all()).sample_value(name, &labels)))
    }
}

/// All metrics of a registry in the Prometheus text format 0.0.4.
///
/// `names` limits it to the metrics that have one of these names or a sample with one.
#[pyfunction]
#[pyo3(signature = (registry=None, names=None))]
pub(crate) fn generate_latest<'py>(
    py: Python<'py>,
    registry: Option<Py<CollectorRegistry>>,
    names: Option<Vec<String>>,
) -> Result<Bound<'py, PyBytes>> {
    let registry = match &registry {
        Some(registry) => registry,
        None => CollectorRegistry::default_object(py)?,
    };
    let filter = names.map_or_else(NameFilter::all, NameFilter::only);
    Ok(PyBytes::new(py, &registry.get().text(py, &filter)))
}
