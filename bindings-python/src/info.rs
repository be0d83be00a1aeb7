//! `Info`.

use metrion::{Family, Info as Handle};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyMapping, PyTuple, PyType};

use crate::base::MetricBase;
use crate::clock;
use crate::errors::Result;
use crate::family::{self, MetricClass, Slot, child, fill, object, unfilled};
use crate::options::{Names, RegistryArgument, as_texts, family_options, pairs};
use crate::raw;
use crate::registry::Writer;

/// Text that describes the program, as labels of a sample with the value 1: its version.
///
/// Its sample's name ends with `_info`, whether its own does or not. For the arguments see `MetricWrapperBase`.
///
/// >>> from metrion import CollectorRegistry, Info
/// >>> registry = CollectorRegistry()
/// >>> build = Info("build", "What runs.", registry=registry)
/// >>> build.info({"version": "1.4", "branch": "main"})
/// >>> registry.get_sample_value("build_info", {"version": "1.4", "branch": "main"})
/// 1.0
#[pyclass(frozen, subclass, extends = MetricBase, module = "metrion")]
pub(crate) struct Info(Slot<Handle, Handle>);

impl MetricClass for Info {
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
impl Info {
    #[new]
    #[pyo3(
        signature = (*_args: "object", **_kwargs: "object") -> "Self",
        text_signature = "(name, documentation, labelnames=(), namespace='', subsystem='', unit='', registry=..., *, constant_labels=None, max_series=None, expire_after=None)"
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
        constant_labels: Option<Bound<'_, PyMapping>>,
        max_series: Option<usize>,
        expire_after: Option<f64>,
    ) -> Result<()> {
        let words = [namespace, subsystem, unit];
        let options = family_options(
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
        fill(slf, core.registry.info_family(options)?, &core.writer)
    }

    /// Says these labels from now on, instead of what it said before. Raises a `MetrionError`:
    /// `invalid_name` for a label's name, `label_mismatch` for one that the metric itself has.
    #[pyo3(signature = (val: "Mapping[str, object]"))]
    fn info(&self, val: &Bound<'_, PyMapping>) -> Result<()> {
        Ok(child(self)?.set(&as_texts(&pairs(val)?))?)
    }

    /// What it says, as labels and their values.
    #[pyo3(signature = () -> "dict[str, str]")]
    fn get<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyDict>> {
        Ok(child(self)?.get().into_py_dict(py)?)
    }

    #[doc = include_str!("curry.txt")]
    #[pyo3(signature = (**labels: "object") -> "Self")]
    fn curry(&self, py: Python<'_>, labels: Option<&Bound<'_, PyDict>>) -> Result<Py<Self>> {
        object(self)?.lookup()?.curry(py, labels.unwrap_or(&PyDict::new(py)))
    }
}

impl Info {
    /// Adds the raw methods to the class, or to a subclass.
    pub(crate) fn add_methods(class: &Bound<'_, PyType>) -> PyResult<()> {
        raw::add_method(class, c"labels", family::labels::<Self>)
    }
}
