//! `Summary`.
#![allow(unsafe_code)]

use metrion::{Family, OwnedCells, Summary as Handle, SummaryOptions};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyMapping, PyTuple, PyType};

use crate::base::MetricBase;
use crate::clock;
use crate::errors::Result;
use crate::family::{self, MetricClass, Object, Slot, child, fill, object, unfilled};
use crate::helpers::{helper, value_class};
use crate::options::{Names, RegistryArgument, family_options};
use crate::raw::{self, Args};
use crate::registry::Writer;

/// The count and the sum of observations, and quantiles of the latest ones: durations, sizes.
///
/// `objectives` are the quantiles, from 0 to 1: alone, or each with the rank error that is allowed, and
/// None for no quantiles. They are of the observations of the last `max_age` seconds, which leave in
/// `age_buckets` steps. For the other arguments see `MetricWrapperBase`.
///
/// Raises a `MetrionError` with the code `invalid_objectives` for quantiles, errors, ages or steps that
/// make no sense.
///
/// >>> from metrion import CollectorRegistry, Summary
/// >>> latency = Summary(
/// ...     "latency_seconds", "Time.", objectives={0.5: 0.05, 0.99: 0.001}, registry=CollectorRegistry()
/// ... )
/// >>> for seconds in 1, 2, 3:
/// ...     latency.observe(seconds)
/// >>> value = latency.get()
/// >>> value.count, value.sum, round(value.quantiles[0.5], 1)
/// (3.0, 6.0, 2.0)
#[pyclass(frozen, subclass, extends = MetricBase, module = "metrion")]
pub(crate) struct Summary(Slot<Handle, Child>);

pub(crate) struct Child {
    /// This interpreter's own; `None` with quantiles, as they are not all of an update then.
    cells: Option<OwnedCells>,
    handle: Handle,
}

impl MetricClass for Summary {
    type Handle = Handle;
    type Child = Child;

    fn empty() -> Self {
        Self(Slot::new())
    }

    fn slot(&self) -> &Slot<Handle, Child> {
        &self.0
    }

    fn child(_family: &Family<Handle>, handle: &Handle, writer: &Writer) -> Child {
        let cells = (!handle.has_quantiles()).then(|| handle.cells_of(&writer.cells));
        Child { cells, handle: handle.clone() }
    }
}

/// Quantiles and their allowed errors: a mapping in any order, or quantiles alone, which are then to be
/// as exact as they can be.
struct Objectives(Vec<(f64, f64)>);

impl<'a, 'py> FromPyObject<'a, 'py> for Objectives {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(mapping) = object.cast::<PyMapping>() {
            let mut pairs: Vec<(f64, f64)> = mapping.items()?.extract()?;
            pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
            return Ok(Self(pairs));
        }
        let exact = |quantile: PyResult<Bound<'py, PyAny>>| Ok((quantile?.extract()?, 0.0));
        let pairs: PyResult<Vec<(f64, f64)>> = object.try_iter()?.map(exact).collect();
        Ok(Self(pairs?))
    }
}

#[pymethods]
impl Summary {
    #[new]
    #[pyo3(
        signature = (*_args: "object", **_kwargs: "object") -> "Self",
        text_signature = "(name, documentation, labelnames=(), namespace='', subsystem='', unit='', registry=..., *, objectives=None, max_age=600.0, age_buckets=5, constant_labels=None, max_series=None, expire_after=None)"
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
        objectives: "Mapping[float, float] | Iterable[float] | None"=None,
        max_age=600.0,
        age_buckets=5,
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
        objectives: Option<Objectives>,
        max_age: f64,
        age_buckets: usize,
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
        let options = SummaryOptions {
            family,
            objectives: objectives.map(|Objectives(pairs)| pairs).unwrap_or_default(),
            max_age_seconds: max_age,
            age_buckets,
        };
        fill(slf, core.registry.summary_family(options)?, &core.writer)
    }

    /// Counts one observation; NaN is dropped. Raises a `MetrionError` (`label_mismatch`) on a metric
    /// whose labels have no values yet.
    fn observe(&self, amount: f64) -> Result<()> {
        child(self)?.handle.observe(amount);
        Ok(())
    }

    /// The count and the sum of all observations, and the value of each quantile.
    #[pyo3(signature = () -> "SummaryValue")]
    fn get<'py>(slf: &Bound<'py, Self>) -> Result<Bound<'py, PyAny>> {
        let value = child(slf.get())?.handle.get();
        let schema = slf.as_super().get().family()?.schema();
        let quantiles = schema.quantiles.iter().zip(value.quantiles).into_py_dict(slf.py())?;
        let class = value_class(slf.py(), "SummaryValue")?;
        Ok(class.call1((value.count, value.sum, quantiles))?)
    }

    #[doc = include_str!("curry.txt")]
    #[pyo3(signature = (**labels: "object") -> "Self")]
    fn curry(&self, py: Python<'_>, labels: Option<&Bound<'_, PyDict>>) -> Result<Py<Self>> {
        object(self)?.lookup()?.curry(py, labels.unwrap_or(&PyDict::new(py)))
    }

    /// Observes the seconds that a block or function takes: a decorator and a context manager; see
    /// `Histogram.time`.
    #[pyo3(signature = () -> "Timer")]
    fn time<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        helper(slf.py(), "Timer")?.call1((slf, "observe"))
    }
}

impl Summary {
    /// `observe`, the quick way.
    ///
    /// # Safety
    /// Called by the interpreter on an instance of this class.
    unsafe extern "C" fn raw_observe(
        object: *mut ffi::PyObject,
        args: *const *mut ffi::PyObject,
        count: ffi::Py_ssize_t,
        names: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        // SAFETY: the interpreter calls with its lock held, on an instance of the class, by the
        // calling convention of the method's flags.
        unsafe {
            let py = Python::assume_attached();
            let this = raw::receiver::<Self>(py, object);
            if let (Some(Object::Child(Child { cells: Some(cells), .. })), Some(amount)) =
                (this.0.get(), raw::one_number(args, count, names))
            {
                cells.observe(0, amount);
                return raw::none();
            }
            raw::finish(py, || {
                let args = Args::new(args, count, names);
                this.observe(args.required_number(py, "amount")?)?;
                Ok(raw::none())
            })
        }
    }

    /// Adds the raw methods to the class, or to a subclass.
    pub(crate) fn add_methods(class: &Bound<'_, PyType>) -> PyResult<()> {
        raw::add_method(class, c"labels", family::labels::<Self>)?;
        raw::add_method(class, c"observe", Self::raw_observe)
    }
}
