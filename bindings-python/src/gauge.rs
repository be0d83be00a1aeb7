//! `Gauge`.
#![allow(unsafe_code)]

use metrion::{Family, Gauge as Handle, GaugeMode, GaugeOptions, OwnedCells, Storage};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyTuple, PyType};

use crate::base::MetricBase;
use crate::clock;
use crate::errors::Result;
use crate::family::{self, MetricClass, Object, Slot, child, fill, object, unfilled};
use crate::helpers::helper;
use crate::log::Complaint;
use crate::options::{Names, RegistryArgument, family_options};
use crate::raw::{self, Args};
use crate::registry::Writer;

/// A number that goes up and down: a temperature, a queue's length, requests in flight.
///
/// `mode` is `last` by default, the value that was set last, or `up_down`, which is quicker where many
/// threads add and subtract, and cannot be set: what a process has in flight when it ends is dropped. For a
/// registry that processes share there are also prometheus_client's modes, which keep a value for each
/// process and show all of them with the label `pid` (`all`), the least (`min`), the greatest (`max`),
/// their sum (`sum`) or the one that was set last (`mostrecent`); with `live` in front (`livesum`) only those
/// of processes that live. With one process these are all as `last`.
///
/// `multiprocess_mode` is prometheus_client's name for `mode`, which counts where both are given. In a
/// registry that stands for `PROMETHEUS_MULTIPROC_DIR` the default is `all`, as it is there.
///
/// Raises a `MetrionError` with the code `invalid_value` for another mode. For the other arguments see
/// `MetricWrapperBase`.
///
/// >>> from metrion import CollectorRegistry, Gauge
/// >>> queue = Gauge("queue_length", "Waiting jobs.", registry=CollectorRegistry())
/// >>> queue.set(4)
/// >>> queue.dec()
/// >>> queue.get()
/// 3.0
#[pyclass(frozen, subclass, extends = MetricBase, module = "metrion")]
pub(crate) struct Gauge(Slot<Handle, Child>);

pub(crate) struct Child {
    /// Where updates go; none where the core alone knows.
    cell: Option<OwnedCells>,
    /// Whether storing to the cell sets the value.
    can_store: bool,
    handle: Handle,
    family: Family<Handle>,
}

impl MetricClass for Gauge {
    type Handle = Handle;
    type Child = Child;

    fn empty() -> Self {
        Self(Slot::new())
    }

    fn slot(&self) -> &Slot<Handle, Child> {
        &self.0
    }

    fn child(family: &Family<Handle>, handle: &Handle, writer: &Writer) -> Child {
        Child {
            cell: handle.cell_of(&writer.cells),
            can_store: handle.storage() == Storage::Last,
            handle: handle.clone(),
            family: family.clone(),
        }
    }
}

#[pymethods]
impl Gauge {
    #[new]
    #[pyo3(
        signature = (*_args: "object", **_kwargs: "object") -> "Self",
        text_signature = "(name, documentation, labelnames=(), namespace='', subsystem='', unit='', registry=..., multiprocess_mode=None, *, mode=None, constant_labels=None, max_series=None, expire_after=None)"
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
        multiprocess_mode: "GaugeMode | None"=None,
        *,
        mode: "GaugeMode | None"=None,
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
        multiprocess_mode: Option<&str>,
        mode: Option<&str>,
        constant_labels: Option<Bound<'_, PyMapping>>,
        max_series: Option<usize>,
        expire_after: Option<f64>,
    ) -> Result<()> {
        let mode = mode.or(multiprocess_mode).map(GaugeMode::from_word).transpose()?;
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
        let options = GaugeOptions { family, mode: mode.unwrap_or(core.gauge_mode) };
        fill(slf, core.registry.gauge_family(options)?, &core.writer)
    }

    /// Adds `amount`, 1 by default. Raises a `MetrionError` (`label_mismatch`) on a metric whose labels
    /// have no values yet.
    #[pyo3(signature = (amount=1.0))]
    fn inc(&self, amount: f64) -> Result<()> {
        let Child { cell, handle, .. } = child(self)?;
        match cell {
            Some(cell) => cell.add(amount),
            None => handle.add(amount),
        }
        Ok(())
    }

    /// Takes `amount` off, 1 by default. Raises as `inc()` does.
    #[pyo3(signature = (amount=1.0))]
    fn dec(&self, amount: f64) -> Result<()> {
        self.inc(-amount)
    }

    /// Sets the value. Raises a `MetrionError`: `unsupported` in the mode `up_down`, in which no thread
    /// knows the whole value, `label_mismatch` on a metric whose labels have no values yet.
    fn set(&self, value: f64) -> Result<()> {
        Ok(child(self)?.handle.set(value)?)
    }

    /// The value. One that a function gives is not seen here, only where the metric is collected.
    fn get(&self) -> Result<f64> {
        Ok(child(self)?.handle.get())
    }

    #[doc = include_str!("curry.txt")]
    #[pyo3(signature = (**labels: "object") -> "Self")]
    fn curry(&self, py: Python<'_>, labels: Option<&Bound<'_, PyDict>>) -> Result<Py<Self>> {
        object(self)?.lookup()?.curry(py, labels.unwrap_or(&PyDict::new(py)))
    }

    /// Lets a function give the value at every collection. It is called by whatever thread collects. When
    /// it raises or returns no number, the series is left out of that collection; that is counted, and the
    /// log tells of the first time.
    ///
    /// >>> from metrion import CollectorRegistry, Gauge
    /// >>> registry = CollectorRegistry()
    /// >>> jobs = ["first", "second"]
    /// >>> Gauge("jobs", "Jobs.", registry=registry).set_function(lambda: len(jobs))
    /// >>> registry.get_sample_value("jobs")
    /// 2.0
    #[pyo3(signature = (f: "Callable[[], float]"))]
    fn set_function(&self, f: Py<PyAny>) -> Result<()> {
        let complaint = Complaint::default();
        let call = move |py: Python<'_>| {
            let value = f.call0(py).and_then(|value| value.extract(py));
            value.inspect_err(|error| complaint.log(py, &f, error)).ok()
        };
        // No value when the interpreter is ending.
        let call = move || Python::try_attach(&call)?;
        let child = child(self)?;
        child.family.set_callback(&child.handle, call);
        Ok(())
    }

    /// Sets the value to the Unix time in seconds.
    fn set_to_current_time(slf: &Bound<'_, Self>) -> PyResult<()> {
        let now = slf.py().import("time")?.call_method0("time")?;
        slf.call_method1("set", (now,)).map(drop)
    }

    /// Counts what is in progress: a decorator and a context manager. It adds 1 where a block or a function
    /// begins, and takes it off where that ends, however it ends.
    ///
    /// >>> from metrion import CollectorRegistry, Gauge
    /// >>> running = Gauge("running", "Jobs that run.", registry=CollectorRegistry())
    /// >>> with running.track_inprogress():
    /// ...     running.get()
    /// 1.0
    /// >>> running.get()
    /// 0.0
    #[pyo3(signature = () -> "InprogressTracker")]
    fn track_inprogress<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        child(slf.get())?;
        helper(slf.py(), "InprogressTracker")?.call1((slf.getattr("inc")?, slf.getattr("dec")?))
    }

    /// Sets the value to the seconds that a block or function took: a decorator and a context
    /// manager; see `Histogram.time`.
    #[pyo3(signature = () -> "Timer")]
    fn time<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        helper(slf.py(), "Timer")?.call1((slf, "set"))
    }
}

impl Gauge {
    /// Adds `sign` times the amount.
    ///
    /// # Safety
    /// Called by the interpreter on an instance of this class.
    unsafe fn raw_add(
        object: *mut ffi::PyObject,
        args: *const *mut ffi::PyObject,
        count: ffi::Py_ssize_t,
        names: *mut ffi::PyObject,
        sign: f64,
    ) -> *mut ffi::PyObject {
        // SAFETY: the interpreter calls with its lock held, on an instance of the class, by the
        // calling convention of the method's flags.
        let (py, this, args) = unsafe {
            let py = Python::assume_attached();
            (py, raw::receiver::<Self>(py, object), Args::new(args, count, names))
        };
        raw::finish(py, || {
            this.inc(sign * args.number(py, "amount")?.unwrap_or(1.0))?;
            Ok(raw::none())
        })
    }

    /// `inc`, the quick way.
    ///
    /// # Safety
    /// As for `raw_add`.
    unsafe extern "C" fn raw_inc(
        object: *mut ffi::PyObject,
        args: *const *mut ffi::PyObject,
        count: ffi::Py_ssize_t,
        names: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        // SAFETY: the caller's promise.
        unsafe { Self::raw_add(object, args, count, names, 1.0) }
    }

    /// `dec`, the quick way.
    ///
    /// # Safety
    /// As for `raw_add`.
    unsafe extern "C" fn raw_dec(
        object: *mut ffi::PyObject,
        args: *const *mut ffi::PyObject,
        count: ffi::Py_ssize_t,
        names: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        // SAFETY: the caller's promise.
        unsafe { Self::raw_add(object, args, count, names, -1.0) }
    }

    /// `set`, the quick way.
    ///
    /// # Safety
    /// As for `raw_add`.
    unsafe extern "C" fn raw_set(
        object: *mut ffi::PyObject,
        args: *const *mut ffi::PyObject,
        count: ffi::Py_ssize_t,
        names: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        // SAFETY: as in `raw_add`.
        unsafe {
            let py = Python::assume_attached();
            let this = raw::receiver::<Self>(py, object);
            if let (
                Some(Object::Child(Child { cell: Some(cell), can_store: true, .. })),
                Some(value),
            ) = (this.0.get(), raw::one_number(args, count, names))
            {
                cell.set(value);
                return raw::none();
            }
            raw::finish(py, || {
                this.set(Args::new(args, count, names).required_number(py, "value")?)?;
                Ok(raw::none())
            })
        }
    }

    /// Adds the raw methods to the class, or to a subclass.
    pub(crate) fn add_methods(class: &Bound<'_, PyType>) -> PyResult<()> {
        raw::add_method(class, c"labels", family::labels::<Self>)?;
        raw::add_method(class, c"inc", Self::raw_inc)?;
        raw::add_method(class, c"dec", Self::raw_dec)?;
        raw::add_method(class, c"set", Self::raw_set)
    }
}
