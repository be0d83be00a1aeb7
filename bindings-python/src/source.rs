//! What a scrape reads: a registry, or a part of one.

use std::sync::Arc;

use metrion::exporters::Scrape;
use metrion::{Collector as _, NameFilter, Registry, RegistryView, Snapshot};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::collector::PythonCollector;
use crate::errors::Result;
use crate::log::warn;
use crate::options::Names;
use crate::registry::CollectorRegistry;
use crate::samples::metric_objects;

/// The metrics of a registry that have certain names; `CollectorRegistry.restricted_registry` makes it.
#[pyclass(frozen, module = "metrion")]
pub(crate) struct RestrictedRegistry(pub(crate) RegistryView);

#[pymethods]
impl RestrictedRegistry {
    #[new]
    fn new(names: Names, registry: &Bound<'_, CollectorRegistry>) -> Result<Self> {
        Ok(Self(registry.get().core()?.registry.restricted(names.0)))
    }

    /// The metrics with their samples now, as `metrion.metrics_core.Metric` objects.
    fn collect<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let snapshot = py.detach(|| self.0.snapshot(&NameFilter::all()));
        metric_objects(py, &snapshot)
    }
}

/// The `registry` argument of whatever reads one: a registry, a part of one, or any object with a
/// method `collect()`.
#[derive(Clone)]
pub(crate) enum Source {
    Registry(Registry),
    View(RegistryView),
    Object(Arc<PythonCollector>),
}

impl<'a, 'py> FromPyObject<'a, 'py> for Source {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(restricted) = object.cast::<RestrictedRegistry>() {
            return Ok(Self::View(restricted.get().0.clone()));
        }
        if let Ok(registry) = object.cast::<CollectorRegistry>() {
            return Ok(Self::Registry(registry.get().core()?.registry.clone()));
        }
        if object.hasattr("collect")? {
            return Ok(Self::Object(Arc::new(PythonCollector::undescribed(&object))));
        }
        let message = format!("a registry or a collector is expected, not {}", object.get_type());
        Err(PyTypeError::new_err(message))
    }
}

impl Source {
    /// Tells the log, once in a process, when another one serves the same numbers already.
    pub(crate) fn announce_exporter(&self, py: Python<'_>) {
        let Self::Registry(registry) = self else { return };
        if let Some(warning) = registry.announce_exporter() {
            warn(py, &warning);
        }
    }
}

impl Scrape for Source {
    fn scrape(&self, filter: &NameFilter) -> Snapshot {
        match self {
            Self::Registry(registry) => registry.snapshot(filter),
            Self::View(view) => view.snapshot(filter),
            Self::Object(collector) => {
                let mut families = collector.collect();
                families.retain(|family| filter.takes(family.schema()));
                Snapshot { families }
            }
        }
    }
}
