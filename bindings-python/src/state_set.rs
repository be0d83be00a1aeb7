//! `Enum`, a state set of which one state holds at a time.

use metrion::{Family, StateSet as Handle, StateSetOptions};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyTuple, PyType};

use crate::base::MetricBase;
use crate::clock;
use crate::errors::Result;
use crate::family::{self, MetricClass, Slot, child, fill, object, unfilled};
use crate::options::{Names, RegistryArgument, family_options};
use crate::raw;
use crate::registry::Writer;

/// Which of some named states holds; the first of `states` does at the start. For the other arguments
/// see `MetricWrapperBase`.
///
/// It shows a sample for each state, which has the metric's own name as a label with the state, and the
/// value 1 for the one that holds.
///
/// Raises a `MetrionError` with the code `invalid_value` for no states, for more than 53, and for two
/// of the same name.
///
/// >>> from metrion import CollectorRegistry, Enum
/// >>> registry = CollectorRegistry()
/// >>> task = Enum("task_state", "Of the task.", states=["starting", "running"], registry=registry)
/// >>> task.state("running")
/// >>> task.get()
/// 'running'
/// >>> registry.get_sample_value("task_state", {"task_state": "starting"})
/// 0.0
#[pyclass(frozen, subclass, extends = MetricBase, module = "metrion")]
pub(crate) struct Enum(Slot<Handle, Handle>);

impl MetricClass for Enum {
    type Handle = Handle;
    type Child = Handle;

    fn empty() -> Self {
        Self(Slot::new())
    }

    fn slot(&self) -> &Slot<Handle, Handle> {
        &self.0
    }

    fn child(_family: &Family<Handle>, handle: &Handle, _writer: &Writer) -> Handle {
        handle.clone()
    }
}

#[pymethods]
impl Enum {
    #[new]
    #[pyo3(
        signature = (*_args: "object", **_kwargs: "object") -> "Self",
        text_signature = "(name, documentation, labelnames=(), namespace='', subsystem='', unit='', registry=..., states=(), *, constant_labels=None, max_series=None, expire_after=None)"
    )]
    fn new(
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        unfilled()
    }

    #[pyo3(signature = (
        name,
        documentation,
        labelnames: "Iterable[str]"=Names::default(),
        namespace="",
        subsystem="",
        unit="",
        registry: "CollectorRegistry | None"=RegistryArgument::Default,
        states: "Iterable[str]"=Names::default(),
        *,
        constant_labels: "Mapping[str, object] | None"=None,
        max_series=None,
        expire_after=None
    ))]
    #[allow(clippy::too_many_arguments)]
    fn __init__(
        slf: &Bound<'_, Self>,
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
    ) -> Result<()> {
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
        let registry = registry.resolve(slf.py())?;
        let core = registry.get().core()?;
        clock::tick(slf.py())?;
        let options = StateSetOptions { family, states: states.0 };
        fill(slf, core.registry.state_set_family(options)?, &core.writer)
    }

    /// Makes this state hold and no other. Raises a `MetrionError` (`invalid_value`) for a text that is
    /// none of its states.
    fn state(&self, state: &str) -> Result<()> {
        Ok(child(self)?.set_only(state)?)
    }

    /// The state that holds.
    fn get(&self) -> Result<String> {
        // Exactly one does: the first, or the one that was set.
        Ok(child(self)?.get().concat())
    }

    #[doc = include_str!("curry.txt")]
    #[pyo3(signature = (**labels: "object") -> "Self")]
    fn curry(&self, py: Python<'_>, labels: Option<&Bound<'_, PyDict>>) -> Result<Py<Self>> {
        object(self)?.lookup()?.curry(py, labels.unwrap_or(&PyDict::new(py)))
    }
}

impl Enum {
    /// Adds the raw methods to the class, or to a subclass.
    pub(crate) fn add_methods(class: &Bound<'_, PyType>) -> PyResult<()> {
        raw::add_method(class, c"labels", family::labels::<Self>)
    }
}
