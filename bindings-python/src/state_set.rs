//! `Enum`, a state set of which one state holds at a time.

use metrion::{Family, StateSet as Handle, StateSetOptions};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use crate::base::MetricBase;
use crate::errors::Result;
use crate::family::{self, MetricClass, Object, object_of};
use crate::options::{Names, RegistryArgument, family_options};
use crate::raw;
use crate::registry::Writer;

/// Which of some named states holds; the first one does at the start.
#[pyclass(frozen, subclass, extends = MetricBase, module = "metrion")]
pub(crate) struct Enum(Object<Handle, Handle>);

impl MetricClass for Enum {
    type Handle = Handle;
    type Child = Handle;

    fn new(object: Object<Handle, Handle>) -> Self {
        Self(object)
    }

    fn object(&self) -> &Object<Handle, Handle> {
        &self.0
    }

    fn child(_family: &Family<Handle>, handle: &Handle, _writer: &Writer) -> Handle {
        handle.clone()
    }
}

#[pymethods]
impl Enum {
    #[new]
    #[pyo3(signature = (
        name, documentation, labelnames=Names::default(), namespace="", subsystem="", unit="", registry=RegistryArgument::Default,
        states=Names::default(), *, constant_labels=None, max_series=None, expire_after=None
    ))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        name: String,
        documentation: String,
        labelnames: Names,
        namespace: &str,
        subsystem: &str,
        unit: &str,
        registry: RegistryArgument,
        states: Names,
        constant_labels: Option<Bound<'_, PyMapping>>,
        max_series: Option<usize>,
        expire_after: Option<f64>,
    ) -> Result<PyClassInitializer<Self>> {
        let words = [namespace, subsystem, unit];
        let family = family_options(
            name,
            documentation,
            labelnames,
            words,
            constant_labels,
            max_series,
            expire_after,
        )?;
        let registry = registry.resolve(py)?;
        let registry = registry.get();
        let options = StateSetOptions { family, states: states.0 };
        object_of(registry.registry.state_set_family(options)?, &registry.writer)
    }

    /// Makes this state hold and no other.
    fn state(&self, state: &str) -> Result<()> {
        Ok(self.0.child()?.set_only(state)?)
    }

    /// The state that holds.
    fn get(&self) -> Result<String> {
        // Exactly one does: the first, or the one that was set.
        Ok(self.0.child()?.get().concat())
    }

    /// A view of the family in which these labels have a fixed value.
    #[pyo3(signature = (**labels))]
    fn curry(&self, py: Python<'_>, labels: Option<&Bound<'_, PyDict>>) -> Result<Py<Self>> {
        self.0.lookup()?.curry(py, labels.unwrap_or(&PyDict::new(py)))
    }
}

impl Enum {
    /// Adds the raw methods to the class.
    pub(crate) fn add_methods(py: Python<'_>) -> PyResult<()> {
        raw::add_method::<Self>(py, c"labels", family::labels::<Self>, family::LABELS_DOC)
    }
}
