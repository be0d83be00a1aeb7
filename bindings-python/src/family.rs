//! What the metric classes have in common: a family, its children, and `labels()`.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::sync::{Arc, OnceLock};

use metrion::{Error, ErrorCode, Family, Metric};
use pyo3::PyClass;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::base::{AnyFamily, MetricBase};
use crate::clock;
use crate::errors::{Failure, Result};
use crate::options::{as_texts, pairs};
use crate::raw::{self, Args};
use crate::registry::Writer;
use crate::table::Table;

/// What an object of a metric class is: a family with labels, or a child. A family without labels is
/// its own child.
pub(crate) enum Object<M: Metric, C> {
    Family(Lookup<M>),
    Child(C),
}

impl<M: Metric, C> Object<M, C> {
    /// The lookup of a family with labels.
    pub(crate) fn lookup(&self) -> Result<&Lookup<M>> {
        match self {
            Self::Family(lookup) => Ok(lookup),
            Self::Child(_) => Err(no_open_labels()),
        }
    }

    /// The child, for an update or a read.
    pub(crate) fn child(&self) -> Result<&C> {
        match self {
            Self::Child(child) => Ok(child),
            Self::Family(lookup) => Err(missing_labels(&lookup.family)),
        }
    }
}

/// What an object of a metric class is, once `__init__` has made it.
pub(crate) type Slot<M, C> = OnceLock<Object<M, C>>;

/// A metric class: one of Counter, Gauge, Histogram, Summary, Info, Enum.
pub(crate) trait MetricClass: PyClass<Frozen = True, BaseType = MetricBase> + Sync {
    type Handle: Metric;
    /// What a child holds to be updated without a lookup.
    type Child;
    fn empty() -> Self;
    fn slot(&self) -> &Slot<Self::Handle, Self::Child>;
    fn child(family: &Family<Self::Handle>, handle: &Self::Handle, writer: &Writer) -> Self::Child;
}

/// An object that `__init__` is to fill: subclasses may have arguments of their own.
pub(crate) fn unfilled<T: MetricClass>() -> PyClassInitializer<T> {
    PyClassInitializer::from(MetricBase::empty()).add_subclass(T::empty())
}

/// Makes an object the one of a family: with labels, or its one child.
pub(crate) fn fill<T: MetricClass>(
    this: &Bound<'_, T>,
    family: Family<T::Handle>,
    writer: &Arc<Writer>,
) -> Result<()> {
    let shared: Arc<dyn AnyFamily> = Arc::new(family.clone());
    let object = if family.open_labels().next().is_none() {
        Object::Child(T::child(&family, &*family.labels(&[])?, writer))
    } else {
        Object::Family(Lookup::new(family, Arc::clone(&shared), Arc::clone(writer)))
    };
    fill_with(this, shared, object)
}

fn fill_with<T: MetricClass>(
    this: &Bound<'_, T>,
    shared: Arc<dyn AnyFamily>,
    object: Object<T::Handle, T::Child>,
) -> Result<()> {
    let is_new = this.get().slot().set(object).is_ok();
    if is_new && this.as_super().get().fill(shared) {
        return Ok(());
    }
    Err(Error::new(ErrorCode::Unsupported, "a metric can be initialized only once").into())
}

/// What an object is, if `__init__` has run.
pub(crate) fn object<T: MetricClass>(this: &T) -> Result<&Object<T::Handle, T::Child>> {
    this.slot().get().ok_or_else(not_initialized)
}

/// The child that an object is, for an update or a read.
pub(crate) fn child<T: MetricClass>(this: &T) -> Result<&T::Child> {
    object(this)?.child()
}

/// The error of a subclass whose `__init__` does not call that of the metric.
#[cold]
pub(crate) fn not_initialized() -> Failure {
    let message = "the metric is not initialized: call super().__init__() first";
    Error::new(ErrorCode::Unsupported, message).into()
}

/// A family with the children that were looked up through it.
pub(crate) struct Lookup<M: Metric> {
    pub(crate) family: Family<M>,
    shared: Arc<dyn AnyFamily>,
    pub(crate) writer: Arc<Writer>,
    cache: UnsafeCell<Cache>,
}

struct Cache {
    children: Table,
    /// The family's generation when the cache was empty: a removal makes another.
    generation: u64,
    /// How keyword arguments map to label positions, by the identity of the call's name tuple: every
    /// call site has one constant tuple.
    keywords: Vec<Keywords>,
}

struct Keywords {
    names: Py<PyTuple>,
    /// For each label, which keyword value is its own.
    order: Vec<usize>,
}

/// Call sites with keyword labels that are remembered for each family.
const MAX_CALL_SITES: usize = 8;
/// Families with more labels than this take keywords the slow way.
const MAX_KEYWORD_LABELS: usize = 8;

// SAFETY: the cache is used only inside methods, with the interpreter's lock held and without
// running Python code while a reference to it exists. The module declares that it needs the lock.
unsafe impl<M: Metric> Sync for Lookup<M> {}
// SAFETY: as above; what it holds of Python's is given up with the lock held.
unsafe impl<M: Metric> Send for Lookup<M> {}

impl<M: Metric> Lookup<M> {
    fn new(family: Family<M>, shared: Arc<dyn AnyFamily>, writer: Arc<Writer>) -> Self {
        let cache = Cache {
            children: Table::new(family.open_labels().count()),
            generation: family.generation(),
            keywords: Vec::new(),
        };
        Self { family, shared, writer, cache: UnsafeCell::new(cache) }
    }

    /// A view in which some labels are fixed.
    pub(crate) fn curry<T: MetricClass<Handle = M>>(
        &self,
        py: Python<'_>,
        labels: &Bound<'_, PyDict>,
    ) -> Result<Py<T>> {
        let family = self.family.curry(&as_texts(&pairs(labels.as_mapping())?))?;
        let view = Bound::new(py, unfilled::<T>())?;
        fill(&view, family, &self.writer)?;
        Ok(view.unbind())
    }
}

/// The error of an update on a family whose labels have no values yet.
#[cold]
fn missing_labels<M: Metric>(family: &Family<M>) -> Failure {
    let names: Vec<&str> = family.open_labels().collect();
    let kind = family.schema().metric_type.as_str();
    let names = names.join(", ");
    let message = format!("{kind} metric is missing label values: call .labels({names}) first");
    Error::new(ErrorCode::LabelMismatch, message).into()
}

/// The error of a call that needs labels on an object that has none open.
#[cold]
fn no_open_labels() -> Failure {
    let message = "this metric has no labels, or they have their values already";
    Error::new(ErrorCode::LabelMismatch, message).into()
}

/// `labels(*values, **pairs)`: the child of these label values.
///
/// # Safety
/// Called by the interpreter on an instance of `T`.
pub(crate) unsafe extern "C" fn labels<T: MetricClass>(
    object: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls with its lock held, on an instance of the class, by the calling
    // convention of the method's flags, and holds the arguments.
    unsafe {
        let py = Python::assume_attached();
        let this = raw::receiver::<T>(py, object);
        let args = Args::new(args, count, names);
        if let Some(Object::Family(lookup)) = this.slot().get() {
            let child = lookup.cached_child(&args);
            if !child.is_null() {
                return child;
            }
        }
        raw::finish(py, || {
            let parent = Borrowed::from_ptr(py, object).cast_unchecked::<T>();
            Ok(find_child::<T>(&parent, &args)?.into_ptr())
        })
    }
}

impl<M: Metric> Lookup<M> {
    /// A new reference to the child if it is in the cache and the arguments are of the usual form:
    /// all positional, or all by keyword from a call site that was seen before.
    ///
    /// # Safety
    /// The interpreter's lock is held and `args` are live.
    #[inline]
    unsafe fn cached_child(&self, args: &Args<'_>) -> *mut ffi::PyObject {
        // SAFETY: nothing below runs Python code, so this is the only reference to the cache:
        // hashing and comparing exact `str` objects runs none.
        unsafe {
            let cache = &*self.cache.get();
            if args.names.is_null() {
                return self.find(cache, args.positional);
            }
            let mut buffer = [EMPTY; MAX_KEYWORD_LABELS];
            let Some(values) = cache.in_order(args, &mut buffer) else { return EMPTY };
            self.find(cache, values)
        }
    }

    /// # Safety
    /// As for `cached_child`.
    #[inline]
    unsafe fn find(&self, cache: &Cache, values: &[*mut ffi::PyObject]) -> *mut ffi::PyObject {
        // SAFETY: the caller's promise.
        unsafe {
            if values.len() != cache.children.width() || !values.iter().all(|v| is_str(*v)) {
                return EMPTY;
            }
            let (child, _) = cache.children.find(values);
            if child.is_null() || cache.generation != self.family.generation() {
                return EMPTY;
            }
            raw::new_ref(child)
        }
    }

    /// The child of these values if it is in the cache, for calls that do not look there themselves:
    /// with a mapping, with a number, from a new call site.
    fn known_child<T: MetricClass<Handle = M>>(
        &self,
        py: Python<'_>,
        values: &[Bound<'_, PyString>],
    ) -> Option<Py<T>> {
        let values: Vec<_> = values.iter().map(Bound::as_ptr).collect();
        // SAFETY: the lock is held, and nothing in `find` runs Python code. What it returns is null or a
        // new reference to a child, and all children are of this class.
        unsafe {
            let child = self.find(&*self.cache.get(), &values);
            let child = Bound::from_owned_ptr_or_opt(py, child)?;
            Some(child.cast_into_unchecked::<T>().unbind())
        }
    }

    /// Remembers a child, and forgets all others first if one of them may have been removed.
    fn remember(&self, values: &[Bound<'_, PyString>], child: &Bound<'_, PyAny>) {
        let values: Vec<_> = values.iter().map(Bound::as_ptr).collect();
        let generation = self.family.generation();
        // SAFETY: the lock is held, and nothing before `forgotten` is dropped runs Python code.
        let forgotten = unsafe {
            let cache = &mut *self.cache.get();
            let forgotten = (cache.generation != generation).then(|| {
                let empty = Table::new(cache.children.width());
                std::mem::replace(&mut cache.children, empty)
            });
            cache.generation = generation;
            // Making the child may have run Python code that put it in already.
            if let (EMPTY, hash) = cache.children.find(&values) {
                cache.children.insert(hash, &values, child.as_ptr());
            }
            forgotten
        };
        drop(forgotten);
    }

    /// Remembers how a call site's keywords map to the labels.
    fn remember_keywords(&self, names: Bound<'_, PyTuple>, order: Vec<usize>) {
        // SAFETY: as in `remember`; what falls out is dropped after the reference ends.
        let forgotten = unsafe {
            let keywords = &mut (*self.cache.get()).keywords;
            let forgotten = (keywords.len() == MAX_CALL_SITES).then(|| keywords.remove(0));
            keywords.push(Keywords { names: names.unbind(), order });
            forgotten
        };
        drop(forgotten);
    }
}

impl Cache {
    /// The label values of a call by keyword in the order of the labels, if its site was seen before.
    #[inline]
    fn in_order<'a>(
        &self,
        args: &Args<'_>,
        buffer: &'a mut [*mut ffi::PyObject; MAX_KEYWORD_LABELS],
    ) -> Option<&'a [*mut ffi::PyObject]> {
        let known = self.keywords.iter().find(|known| known.names.as_ptr() == args.names)?;
        if !args.positional.is_empty() {
            return None;
        }
        for (place, at) in buffer.iter_mut().zip(&known.order) {
            *place = *args.keyword.get(*at)?;
        }
        buffer.get(..known.order.len())
    }
}

const EMPTY: *mut ffi::PyObject = std::ptr::null_mut();

/// # Safety
/// `object` is live.
#[inline]
unsafe fn is_str(object: *mut ffi::PyObject) -> bool {
    // SAFETY: the caller's promise. Subclasses go the slow way: their text is what `str()` says.
    unsafe { ffi::PyUnicode_CheckExact(object) != 0 }
}

/// Looks the child up in the core, in whatever form the labels come.
#[cold]
fn find_child<T: MetricClass>(parent: &Bound<'_, T>, args: &Args<'_>) -> Result<Py<T>> {
    let py = parent.py();
    let lookup = object(parent.get())?.lookup()?;
    let values = text_values(py, lookup, args)?;
    if let Some(child) = lookup.known_child::<T>(py, &values) {
        return Ok(child);
    }
    let texts = values.iter().map(to_text).collect::<Result<Vec<&str>>>()?;
    clock::tick(py)?;
    let (handle, is_overflow) = {
        let child = lookup.family.labels(&texts)?;
        ((*child).clone(), child.is_overflow())
    };
    let object = Object::Child(T::child(&lookup.family, &handle, &lookup.writer));
    let child = unfilled_child(parent, &values)?;
    fill_with(&child, Arc::clone(&lookup.shared), object)?;
    if !is_overflow {
        lookup.remember(&values, child.as_any());
    }
    Ok(child.unbind())
}

/// A new object of the parent's class. One of a subclass has the parent's attributes, as its `__init__`
/// does not run, and `_labelvalues`, a tuple of all label values.
fn unfilled_child<'py, T: MetricClass>(
    parent: &Bound<'py, T>,
    values: &[Bound<'py, PyString>],
) -> Result<Bound<'py, T>> {
    let py = parent.py();
    let class = parent.as_any().get_type();
    if class.is(py.get_type::<T>()) {
        return Ok(Bound::new(py, unfilled::<T>())?);
    }
    let child = class.call_method1("__new__", (&class,))?.cast_into::<T>().map_err(PyErr::from)?;
    if let Ok(attributes) = child.as_any().getattr("__dict__") {
        attributes.call_method1("update", (parent.as_any().getattr("__dict__")?,))?;
        attributes.set_item("_labelvalues", PyTuple::new(py, values)?)?;
    }
    Ok(child)
}

/// The label values as `str` objects in the order of the open labels.
fn text_values<'py, M: Metric>(
    py: Python<'py>,
    lookup: &Lookup<M>,
    args: &Args<'_>,
) -> Result<Vec<Bound<'py, PyString>>> {
    // SAFETY: the interpreter holds the arguments during the call.
    let object = |pointer: &*mut ffi::PyObject| unsafe { Bound::from_borrowed_ptr(py, *pointer) };
    let positional: Vec<Bound<'py, PyAny>> = args.positional.iter().map(object).collect();
    if args.names.is_null() {
        if let [only] = positional.as_slice()
            && let Ok(mapping) = only.cast::<PyDict>()
        {
            return Ok(by_name(lookup, mapping.keys(), mapping.values().iter())?.0);
        }
        return positional.iter().map(to_str).collect();
    }
    if !positional.is_empty() {
        let message = "label values are given either by position or by name, not both";
        return Err(Error::new(ErrorCode::LabelMismatch, message).into());
    }
    let names = object(&args.names);
    let tuple = names.cast::<PyTuple>().map_err(PyErr::from)?;
    let (values, order) = by_name(lookup, tuple.to_list(), args.keyword.iter().map(object))?;
    if order.len() <= MAX_KEYWORD_LABELS {
        lookup.remember_keywords(tuple.clone(), order);
    }
    Ok(values)
}

/// The values by name, put in the order of the open labels, and where each came from.
fn by_name<'py, M: Metric>(
    lookup: &Lookup<M>,
    names: Bound<'py, PyList>,
    values: impl Iterator<Item = Bound<'py, PyAny>>,
) -> Result<(Vec<Bound<'py, PyString>>, Vec<usize>)> {
    let names: Vec<String> = names.extract()?;
    let values = values.map(|value| to_str(&value)).collect::<Result<Vec<_>>>()?;
    let texts = values.iter().map(to_text).collect::<Result<Vec<&str>>>()?;
    let pairs: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(texts).collect();
    // The core says whether they are the right ones.
    lookup.family.labels_by_name(&pairs)?;
    let place = |label: &str| names.iter().position(|name| name == label);
    let order: Vec<usize> = lookup.family.open_labels().filter_map(place).collect();
    let ordered = order.iter().filter_map(|at| values.get(*at).cloned()).collect();
    Ok((ordered, order))
}

/// The text of a label value, as `str()` gives it: numbers and enums are welcome, bytes are not, as
/// `str(b"x")` is hardly what somebody means.
pub(crate) fn to_str<'py>(value: &Bound<'py, PyAny>) -> Result<Bound<'py, PyString>> {
    if let Ok(text) = value.cast_exact::<PyString>() {
        return Ok(text.clone());
    }
    if value.is_instance_of::<PyBytes>() {
        return Err(invalid_value("bytes; decode them first"));
    }
    let text = value.str().map_err(|_| invalid_value(&value.get_type().to_string()))?;
    // `str()` may give a subclass of it.
    let exact = text.to_cow().map(|text| PyString::new(value.py(), &text));
    exact.map_err(|_| invalid_value("a text with lone surrogates"))
}

pub(crate) fn to_text<'a>(value: &'a Bound<'_, PyString>) -> Result<&'a str> {
    value.to_str().map_err(|_| invalid_value("a text with lone surrogates"))
}

fn invalid_value(what: &str) -> Failure {
    let message = format!("a label value must be text, not {what}");
    Error::new(ErrorCode::InvalidLabelValue, message).into()
}
