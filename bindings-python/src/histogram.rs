//! `Histogram`.
#![allow(unsafe_code)]

use std::sync::Arc;

use metrion::{Bounds, DEFAULT_BUCKETS, Family, Histogram as Handle, HistogramOptions, OwnedCells};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyTuple, PyType};

use crate::base::MetricBase;
use crate::clock;
use crate::errors::Result;
use crate::exemplar;
use crate::family::{self, MetricClass, Object, Slot, child, fill, object, unfilled};
use crate::helpers::helper;
use crate::native::{NativeArgument, native_value};
use crate::options::{Names, RegistryArgument, as_texts, family_options};
use crate::raw::{self, Args};
use crate::registry::Writer;

/// Counts of observations by upper bound, and their sum: durations, sizes.
///
/// `buckets` are the upper bounds, strictly increasing, `DEFAULT_BUCKETS` when it is None; infinity is
/// added when it is not the last. `native` asks for native buckets beside them, or with `buckets=()`
/// alone: the most that a bucket's upper bound is of its lower one, such as 1.1, or a
/// `NativeHistogramOptions`. For the other arguments see `MetricWrapperBase`.
///
/// Raises a `MetrionError` with the code `invalid_buckets` for bounds or options that make no sense.
///
/// >>> from metrion import CollectorRegistry, Histogram
/// >>> registry = CollectorRegistry()
/// >>> size = Histogram("size_bytes", "Sizes.", buckets=(100, 1000), registry=registry)
/// >>> size.observe(150)
/// >>> size.get()
/// ([0.0, 1.0, 0.0], 150.0)
/// >>> registry.get_sample_value("size_bytes_bucket", {"le": "1000"})
/// 1.0
#[pyclass(frozen, subclass, extends = MetricBase, module = "metrion")]
pub(crate) struct Histogram(Slot<Handle, Child>);

pub(crate) struct Child {
    /// This interpreter's own; `None` where they are not all of an update: with native buckets, or
    /// where updates look for the current span.
    cells: Option<OwnedCells>,
    bounds: Arc<Bounds>,
    handle: Handle,
}

impl MetricClass for Histogram {
    type Handle = Handle;
    type Child = Child;

    fn empty() -> Self {
        Self(Slot::new())
    }

    fn slot(&self) -> &Slot<Handle, Child> {
        &self.0
    }

    fn child(_family: &Family<Handle>, handle: &Handle, writer: &Writer) -> Child {
        let is_plain = !handle.is_native() && !writer.in_spans;
        let cells = is_plain.then(|| handle.cells_of(&writer.cells));
        Child { cells, bounds: Arc::clone(handle.bounds()), handle: handle.clone() }
    }
}

/// Upper bounds from any iterable of numbers.
struct Buckets(Vec<f64>);

impl<'a, 'py> FromPyObject<'a, 'py> for Buckets {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let bounds: PyResult<Vec<f64>> = object.try_iter()?.map(|bound| bound?.extract()).collect();
        Ok(Self(bounds?))
    }
}

#[pymethods]
impl Histogram {
    #[new]
    #[pyo3(
        signature = (*_args: "object", **_kwargs: "object") -> "Self",
        text_signature = "(name, documentation, labelnames=(), namespace='', subsystem='', unit='', registry=..., buckets=None, *, native=None, constant_labels=None, max_series=None, expire_after=None)"
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
        buckets: "Iterable[float] | None"=None,
        *,
        native: "float | NativeHistogramOptions | None"=None,
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
        buckets: Option<Buckets>,
        native: Option<NativeArgument>,
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
        let mut options = HistogramOptions { family, ..HistogramOptions::default() };
        if let Some(Buckets(buckets)) = buckets {
            options.buckets = buckets;
        }
        options.native = native.map(NativeArgument::into_options).transpose()?;
        fill(slf, core.registry.histogram_family(options)?, &core.writer)
    }

    /// The upper bounds that a histogram has when none are given, in seconds.
    #[classattr]
    #[pyo3(name = "DEFAULT_BUCKETS")]
    fn default_buckets(py: Python<'_>) -> PyResult<Py<PyTuple>> {
        let infinity = [f64::INFINITY];
        let bounds: Vec<f64> = DEFAULT_BUCKETS.into_iter().chain(infinity).collect();
        Ok(PyTuple::new(py, bounds)?.unbind())
    }

    /// Counts one observation; NaN is dropped. `exemplar` are labels that say where it comes from, such as a
    /// trace: at most 128 characters in all. Each bucket keeps its latest one.
    ///
    /// Raises a `MetrionError`: `invalid_exemplar` for labels that are too long, `label_mismatch` on a
    /// metric whose labels have no values yet.
    #[pyo3(signature = (amount, exemplar: "Mapping[str, object] | None"=None))]
    fn observe(
        &self,
        py: Python<'_>,
        amount: f64,
        exemplar: Option<&Bound<'_, PyAny>>,
    ) -> Result<()> {
        let Child { cells, bounds, handle } = child(self)?;
        if let Some(labels) = exemplar::labels(exemplar)? {
            clock::tick(py)?;
            return Ok(handle.observe_with_exemplar(amount, &as_texts(&labels))?);
        }
        match cells {
            Some(cells) if !amount.is_nan() => observe(cells, bounds, amount),
            _ => handle.observe_in_span(amount),
        }
        Ok(())
    }

    /// The count of each bucket alone, the bucket to infinity last, and the sum of all observations.
    fn get(&self) -> Result<(Vec<f64>, f64)> {
        let value = child(self)?.handle.get();
        Ok((value.counts, value.sum))
    }

    /// The native buckets; None for a histogram without any.
    #[pyo3(signature = () -> "NativeHistogram | None")]
    fn get_native<'py>(&self, py: Python<'py>) -> Result<Option<Bound<'py, PyAny>>> {
        let native = child(self)?.handle.get().native;
        Ok(native.map(|native| native_value(py, native)).transpose()?)
    }

    #[doc = include_str!("curry.txt")]
    #[pyo3(signature = (**labels: "object") -> "Self")]
    fn curry(&self, py: Python<'_>, labels: Option<&Bound<'_, PyDict>>) -> Result<Py<Self>> {
        object(self)?.lookup()?.curry(py, labels.unwrap_or(&PyDict::new(py)))
    }

    /// Observes the seconds that a block or function takes: a decorator and a context manager. The time of a
    /// coroutine is from its first step to its end, and so is that of a generator.
    ///
    /// >>> from metrion import CollectorRegistry, Histogram
    /// >>> duration = Histogram("job_seconds", "Time of jobs.", registry=CollectorRegistry())
    /// >>> @duration.time()
    /// ... async def job():
    /// ...     return 7
    /// >>> import asyncio
    /// >>> asyncio.run(job())
    /// 7
    /// >>> with duration.time() as timer:
    /// ...     pass
    /// >>> timer.duration < 1 and sum(duration.get()[0]) == 2
    /// True
    #[pyo3(signature = () -> "Timer")]
    fn time<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        helper(slf.py(), "Timer")?.call1((slf, "observe"))
    }
}

/// Counts an observation that is not NaN.
#[inline]
fn observe(cells: &OwnedCells, bounds: &Bounds, amount: f64) {
    cells.observe(bounds.bucket(amount), amount);
}

impl Histogram {
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
            if let (Some(Object::Child(Child { cells: Some(cells), bounds, .. })), Some(amount)) =
                (this.0.get(), raw::one_number(args, count, names))
            {
                observe(cells, bounds, amount);
                return raw::none();
            }
            raw::finish(py, || {
                let args = Args::new(args, count, names);
                let [amount, exemplar] = args.bind(py, ["amount", "exemplar"])?;
                let amount = raw::required(amount, "amount")?.extract()?;
                this.observe(py, amount, exemplar.as_deref())?;
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
