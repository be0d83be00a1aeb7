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
/// Its sample's name ends with `_total`, whether its own does or not.
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
    // The arguments are `__init__`'s; Python shows those of `__new__`.
    #[pyo3(signature = (*_args, **_kwargs), text_signature = "(name, documentation, labelnames=(), namespace=\"\", subsystem=\"\", unit=\"\", registry=..., \
        *, constant_labels=None, max_series=None, expire_after=None)")]
    fn new(
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        unfilled()
    }

    #[pyo3(signature = (
        name, documentation, labelnames=Names::default(), namespace="", subsystem="", unit="", registry=RegistryArgument::Default, *,
        constant_labels=None, max_series=None, expire_after=None
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
        let registry = registry.get();
        clock::tick(slf.py())?;
        fill(slf, registry.registry.counter_family(options)?, &registry.writer)
    }

    /// The value, all threads and processes of the registry together.
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

    /// A view of the family in which these labels have a fixed value.
    #[pyo3(signature = (**labels))]
    fn curry(&self, py: Python<'_>, labels: Option<&Bound<'_, PyDict>>) -> Result<Py<Self>> {
        object(self)?.lookup()?.curry(py, labels.unwrap_or(&PyDict::new(py)))
    }

    /// Counts the exceptions of a class, or of a tuple of classes, that leave a block or function: a
    /// decorator and a context manager.
    #[pyo3(signature = (exception=None))]
    fn count_exceptions<'py>(
        slf: &Bound<'py, Self>,
        exception: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        child(slf.get())?;
        helper(slf.py(), "ExceptionCounter")?.call1((slf.getattr("inc")?, exception))
    }
}

impl Counter {
    /// `inc(amount=1, exemplar=None)`.
    ///
    /// # Safety
    /// Called by the interpreter on an instance of this class.
    unsafe extern "C" fn inc(
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
                    cell.add(0, 1.0);
                    return raw::none();
                }
                let number = raw::one_number(args, count, names);
                if let Some(amount) = number.filter(|amount| *amount >= 0.0) {
                    cell.add(0, amount);
                    return raw::none();
                }
            }
            raw::finish(py, || this.inc_any(py, &Args::new(args, count, names)))
        }
    }

    fn inc_any(&self, py: Python<'_>, args: &Args<'_>) -> Result<*mut ffi::PyObject> {
        let [amount, exemplar] = args.bind(py, ["amount", "exemplar"])?;
        let amount = amount.map_or(Ok(1.0), |amount| amount.extract())?;
        let Child { cell, handle } = child(self)?;
        if let Some(labels) = exemplar::labels(exemplar)? {
            clock::tick(py)?;
            handle.add_with_exemplar(amount, &as_texts(&labels))?;
            return Ok(raw::none());
        }
        Handle::check(amount)?;
        match cell {
            Some(cell) => cell.add(0, amount),
            None => handle.add_in_span(amount),
        }
        Ok(raw::none())
    }

    /// Adds the raw methods to the class, or to a subclass.
    pub(crate) fn add_methods(class: &Bound<'_, PyType>) -> PyResult<()> {
        raw::add_method(class, c"labels", family::labels::<Self>, family::LABELS_DOC)?;
        raw::add_method(
            class,
            c"inc",
            Self::inc,
            c"inc($self, amount=1, exemplar=None)\n--\n\nAdds `amount`, a number from 0 up. \
`exemplar` are labels that say where it comes from.",
        )
    }
}
