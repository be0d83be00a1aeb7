//! `Counter`.
#![allow(unsafe_code)]

use metrion::{Counter as Handle, Family, OwnedCells};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyTuple, PyType};

use crate::base::MetricBase;
use crate::clock;
use crate::errors::Result;
use crate::exemplar;
use crate::family::{self, MetricClass, Object, Slot, child, fill, object, unfilled};
use crate::helpers::helper;
use crate::options::{Names, RegistryArgument, as_texts, family_options};
use crate::raw::{self, Args};
use crate::registry::Writer;

/// A number that only goes up: requests, errors, bytes.
///
/// Its sample's name ends with `_total`, whether its own does or not. For the arguments see `MetricWrapperBase`.
///
/// >>> from metrion import CollectorRegistry, Counter
/// >>> registry = CollectorRegistry()
/// >>> requests = Counter("http_requests", "Requests by method.", ["method"], registry=registry)
/// >>> requests.labels("GET").inc()
/// >>> registry.get_sample_value("http_requests_total", {"method": "GET"})
/// 1.0
#[pyclass(frozen, subclass, extends = MetricBase, module = "metrion")]
pub(crate) struct Counter(Slot<Handle, Child>);

pub(crate) struct Child {
    /// This interpreter's own; `None` where updates look for the current span.
    cell: Option<OwnedCells>,
    handle: Handle,
}

impl MetricClass for Counter {
    type Handle = Handle;
    type Child = Child;

    fn empty() -> Self {
        Self(Slot::new())
    }

    fn slot(&self) -> &Slot<Handle, Child> {
        &self.0
    }

    fn child(_family: &Family<Handle>, handle: &Handle, writer: &Writer) -> Child {
        let cell = (!writer.in_spans).then(|| handle.cell_of(&writer.cells));
        Child { cell, handle: handle.clone() }
    }
}

#[pymethods]
impl Counter {
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
        fill(slf, core.registry.counter_family(options)?, &core.writer)
    }

    /// Adds `amount`, a number from 0 up. `exemplar` are labels that say where this update comes from, such
    /// as a trace: at most 128 characters in all. The text format leaves exemplars out.
    ///
    /// Raises a `MetrionError`: `invalid_value` for a negative amount or NaN, `invalid_exemplar` for labels
    /// that are too long, `label_mismatch` on a metric whose labels have no values yet.
    ///
    /// >>> from metrion import CollectorRegistry, Counter
    /// >>> sent = Counter("sent_bytes", "Bytes sent.", registry=CollectorRegistry())
    /// >>> sent.inc()
    /// >>> sent.inc(512, exemplar={"trace_id": "4bf92f3577b34da6"})
    /// >>> sent.get()
    /// 513.0
    #[pyo3(signature = (amount=1.0, exemplar: "Mapping[str, object] | None"=None))]
    fn inc(&self, py: Python<'_>, amount: f64, exemplar: Option<&Bound<'_, PyAny>>) -> Result<()> {
        let Child { cell, handle } = child(self)?;
        if let Some(labels) = exemplar::labels(exemplar)? {
            clock::tick(py)?;
            return Ok(handle.add_with_exemplar(amount, &as_texts(&labels))?);
        }
        Handle::check(amount)?;
        match cell {
            Some(cell) => cell.count_by(amount),
            None => handle.add_in_span(amount),
        }
        Ok(())
    }

    /// The value, all threads together. Raises a `MetrionError` (`label_mismatch`) on a metric whose
    /// labels have no values yet.
    fn get(&self) -> Result<f64> {
        Ok(child(self)?.handle.get())
    }

    /// Sets it to zero and its creation time to now; a metric with labels, all its series.
    fn reset(slf: &Bound<'_, Self>) -> Result<()> {
        clock::tick(slf.py())?;
        match object(slf.get())? {
            Object::Child(child) => child.handle.start_again(),
            Object::Family(_) => slf.as_super().get().family()?.reset(),
        }
        Ok(())
    }

    #[doc = include_str!("curry.txt")]
    #[pyo3(signature = (**labels: "object") -> "Self")]
    fn curry(&self, py: Python<'_>, labels: Option<&Bound<'_, PyDict>>) -> Result<Py<Self>> {
        object(self)?.lookup()?.curry(py, labels.unwrap_or(&PyDict::new(py)))
    }

    /// Counts the exceptions that leave a block or function: a decorator and a context manager. It counts
    /// those of a class or of a tuple of classes, `Exception` by default, and lets all of them pass.
    ///
    /// >>> from metrion import CollectorRegistry, Counter
    /// >>> failures = Counter("failures", "Failures.", registry=CollectorRegistry())
    /// >>> @failures.count_exceptions(ValueError)
    /// ... def parse(text):
    /// ...     return int(text)
    /// >>> parse("1")
    /// 1
    /// >>> parse("one")
    /// Traceback (most recent call last):
    /// ...
    /// ValueError: invalid literal for int() with base 10: 'one'
    /// >>> failures.get()
    /// 1.0
    #[pyo3(signature = (
        exception: "type[BaseException] | tuple[type[BaseException], ...] | None"=None
    ) -> "ExceptionCounter")]
    fn count_exceptions<'py>(
        slf: &Bound<'py, Self>,
        exception: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        child(slf.get())?;
        helper(slf.py(), "ExceptionCounter")?.call1((slf.getattr("inc")?, exception))
    }
}

impl Counter {
    /// `inc`, the quick way.
    ///
    /// # Safety
    /// Called by the interpreter on an instance of this class.
    unsafe extern "C" fn raw_inc(
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
            if let Some(Object::Child(Child { cell: Some(cell), .. })) = this.0.get() {
                if count == 0 && names.is_null() {
                    cell.count();
                    return raw::none();
                }
                let number = raw::one_number(args, count, names);
                if let Some(amount) = number.filter(|amount| *amount >= 0.0) {
                    cell.count_by(amount);
                    return raw::none();
                }
            }
            raw::finish(py, || {
                let args = Args::new(args, count, names);
                let [amount, exemplar] = args.bind(py, ["amount", "exemplar"])?;
                let amount = amount.map_or(Ok(1.0), |amount| amount.extract())?;
                this.inc(py, amount, exemplar.as_deref())?;
                Ok(raw::none())
            })
        }
    }

    /// Adds the raw methods to the class, or to a subclass.
    pub(crate) fn add_methods(class: &Bound<'_, PyType>) -> PyResult<()> {
        raw::add_method(class, c"labels", family::labels::<Self>)?;
        raw::add_method(class, c"inc", Self::raw_inc)
    }
}
