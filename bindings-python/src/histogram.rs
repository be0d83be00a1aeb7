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
    // The arguments are `__init__`'s; Python shows those of `__new__`.
    #[pyo3(signature = (*_args, **_kwargs), text_signature = "(name, documentation, labelnames=(), namespace=\"\", subsystem=\"\", unit=\"\", registry=..., \
        buckets=None, *, native=None, constant_labels=None, max_series=None, expire_after=None)")]
    fn new(
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        unfilled()
    }

    #[pyo3(signature = (
        name, documentation, labelnames=Names::default(), namespace="", subsystem="", unit="", registry=RegistryArgument::Default,
        buckets=None, *, native=None, constant_labels=None, max_series=None, expire_after=None
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
        let registry = registry.get();
        clock::tick(slf.py())?;
        let mut options = HistogramOptions { family, ..HistogramOptions::default() };
        if let Some(Buckets(buckets)) = buckets {
            options.buckets = buckets;
        }
        options.native = native.map(NativeArgument::into_options).transpose()?;
        fill(slf, registry.registry.histogram_family(options)?, &registry.writer)
    }

    /// The upper bounds that a histogram has when none are given, in seconds.
    #[classattr]
    #[pyo3(name = "DEFAULT_BUCKETS")]
    fn default_buckets(py: Python<'_>) -> PyResult<Py<PyTuple>> {
        let infinity = [f64::INFINITY];
        let bounds: Vec<f64> = DEFAULT_BUCKETS.into_iter().chain(infinity).collect();
        Ok(PyTuple::new(py, bounds)?.unbind())
    }

    /// The count of each bucket alone, the bucket to infinity last, and the sum.
    fn get(&self) -> Result<(Vec<f64>, f64)> {
        let value = child(self)?.handle.get();
        Ok((value.counts, value.sum))
    }

    /// The native buckets; `None` for a histogram without any.
    fn get_native<'py>(&self, py: Python<'py>) -> Result<Option<Bound<'py, PyAny>>> {
        let native = child(self)?.handle.get().native;
        Ok(native.map(|native| native_value(py, native)).transpose()?)
    }

    /// A view of the family in which these labels have a fixed value.
    #[pyo3(signature = (**labels))]
    fn curry(&self, py: Python<'_>, labels: Option<&Bound<'_, PyDict>>) -> Result<Py<Self>> {
        object(self)?.lookup()?.curry(py, labels.unwrap_or(&PyDict::new(py)))
    }

    /// Observes the seconds that a block or function takes: a decorator and a context manager.
    fn time<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        helper(slf.py(), "Timer")?.call1((slf, "observe"))
    }
}

/// Counts an observation that is not NaN.
#[inline]
fn observe(cells: &OwnedCells, bounds: &Bounds, amount: f64) {
    cells.add_with_last(bounds.bucket(amount), 1.0, amount);
}

impl Histogram {
    /// `observe(amount, exemplar=None)`.
    ///
    /// # Safety
    /// Called by the interpreter on an instance of this class.
    unsafe extern "C" fn observe(
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
            raw::finish(py, || this.observe_any(py, &Args::new(args, count, names)))
        }
    }

    fn observe_any(&self, py: Python<'_>, args: &Args<'_>) -> Result<*mut ffi::PyObject> {
        let [amount, exemplar] = args.bind(py, ["amount", "exemplar"])?;
        let amount: f64 = raw::required(amount, "amount")?.extract()?;
        let Child { cells, bounds, handle } = child(self)?;
        if let Some(labels) = exemplar::labels(exemplar)? {
            clock::tick(py)?;
            handle.observe_with_exemplar(amount, &as_texts(&labels))?;
            return Ok(raw::none());
        }
        match cells {
            Some(cells) if !amount.is_nan() => observe(cells, bounds, amount),
            _ => handle.observe_in_span(amount),
        }
        Ok(raw::none())
    }

    /// Adds the raw methods to the class, or to a subclass.
    pub(crate) fn add_methods(class: &Bound<'_, PyType>) -> PyResult<()> {
        raw::add_method(class, c"labels", family::labels::<Self>, family::LABELS_DOC)?;
        raw::add_method(
            class,
            c"observe",
            Self::observe,
            c"observe($self, amount, exemplar=None)\n--\n\nCounts one observation; NaN is dropped. \
`exemplar` are labels that say where it comes from.",
        )
    }
}
