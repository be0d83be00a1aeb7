//! What a scrape reads: a registry, or a part of one.

use metrion::exporters::Scrape;
use metrion::{NameFilter, Registry, RegistryView, Snapshot};
use pyo3::prelude::*;

use crate::registry::CollectorRegistry;

/// The metrics of a registry that have certain names; `CollectorRegistry.restricted_registry` makes it.
#[pyclass(frozen, module = "metrion")]
pub(crate) struct RestrictedRegistry(pub(crate) RegistryView);

/// The `registry` argument of whatever reads one.
#[derive(Clone)]
pub(crate) enum Source {
    Registry(Registry),
    View(RegistryView),
}

impl<'a, 'py> FromPyObject<'a, 'py> for Source {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(restricted) = object.cast::<RestrictedRegistry>() {
            return Ok(Self::View(restricted.get().0.clone()));
        }
        Ok(Self::Registry(object.cast::<CollectorRegistry>()?.get().registry.clone()))
    }
}

impl Scrape for Source {
    fn scrape(&self, filter: &NameFilter) -> Snapshot {
        match self {
            Self::Registry(registry) => registry.snapshot(filter),
            Self::View(view) => view.snapshot(filter),
        }
    }
}
