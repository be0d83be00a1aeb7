//! Hot methods as raw C functions beside the PyO3 classes: no argument tuple, no trampoline.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
#[cfg(not(Py_3_12))]
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};
use pyo3::{PyClass, ffi};

use crate::errors::{self, Failure, Result};

/// The signature of a `METH_FASTCALL | METH_KEYWORDS` function.
pub(crate) type FastCall = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *const *mut ffi::PyObject,
    ffi::Py_ssize_t,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;

/// What the interpreter keeps pointers to for as long as it runs, by the function.
static DEFINITIONS: Mutex<Vec<(usize, &'static Definition)>> = Mutex::new(Vec::new());

struct Definition(ffi::PyMethodDef);

// SAFETY: it is never changed, and points to constants.
unsafe impl Sync for Definition {}

fn definition(
    class: &Bound<'_, PyType>,
    name: &'static CStr,
    function: FastCall,
) -> PyResult<&'static Definition> {
    let mut all = DEFINITIONS.lock().unwrap_or_else(PoisonError::into_inner);
    let key = function as usize;
    if let Some((_, known)) = all.iter().find(|(own, _)| *own == key) {
        return Ok(known);
    }
    let doc: &'static CStr = Box::leak(signature_and_doc(class, name)?.into_boxed_c_str());
    let new: &'static Definition = Box::leak(Box::new(Definition(ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: function },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: doc.as_ptr(),
    })));
    all.push((key, new));
    Ok(new)
}

/// The signature and the docstring of the method that a raw one replaces, in CPython's form for both.
fn signature_and_doc(class: &Bound<'_, PyType>, name: &CStr) -> PyResult<CString> {
    let name = name.to_string_lossy();
    let replaced = class.getattr(&*name)?;
    let signature: String = replaced.getattr("__text_signature__")?.extract()?;
    let doc: String = replaced.getattr("__doc__")?.extract()?;
    Ok(CString::new(format!("{name}{signature}\n--\n\n{doc}"))?)
}

/// Puts a raw method in the place of the PyO3 method of that name, on a class of ours or on a subclass
/// that has no other method of that name. The PyO3 method is there for its signature and its docstring,
/// which are the raw one's too, and its body is what the raw one does in its slow way.
///
/// A subclass would inherit it. But the interpreter calls a method in the shortest way only on instances
/// of the very class that the method is of: 7 ns less in CPython 3.11.
pub(crate) fn add_method(
    class: &Bound<'_, PyType>,
    name: &'static CStr,
    function: FastCall,
) -> PyResult<()> {
    let py = class.py();
    let definition = definition(class, name, function)?;
    // SAFETY: the definition lives for ever; the descriptor calls it only on instances of the class.
    // Nothing changes it: the interpreter's function takes it as mutable for old reasons.
    let (name, method) = unsafe {
        let definition = ptr::from_ref(&definition.0).cast_mut();
        let method = ffi::PyDescr_NewMethod(class.as_type_ptr(), definition);
        let name = ffi::PyUnicode_FromString(name.as_ptr());
        (Bound::from_owned_ptr_or_err(py, name)?, Bound::from_owned_ptr_or_err(py, method)?)
    };
    let name = name.cast::<PyString>()?;
    let replaced = class.getattr(name)?;
    if !replaced.get_type().is(method.get_type()) {
        return Ok(());
    }
    class.setattr(name, method)
}

/// The arguments of a raw method.
pub(crate) struct Args<'a> {
    pub(crate) positional: &'a [*mut ffi::PyObject],
    /// The values of the keyword arguments follow the positional ones.
    pub(crate) keyword: &'a [*mut ffi::PyObject],
    /// A tuple of their names, or null.
    pub(crate) names: *mut ffi::PyObject,
}

impl<'a> Args<'a> {
    /// # Safety
    /// The arguments of a `METH_FASTCALL | METH_KEYWORDS` call, as the interpreter gave them.
    #[inline]
    pub(crate) unsafe fn new(
        args: *const *mut ffi::PyObject,
        count: ffi::Py_ssize_t,
        names: *mut ffi::PyObject,
    ) -> Self {
        let count = usize::try_from(count).unwrap_or(0);
        // SAFETY: the calling convention: `count` positional values, then one for each name.
        unsafe {
            let named = if names.is_null() { 0 } else { ffi::PyTuple_Size(names) as usize };
            let all: &[*mut ffi::PyObject] =
                if args.is_null() { &[] } else { std::slice::from_raw_parts(args, count + named) };
            let (positional, keyword) = all.split_at(count.min(all.len()));
            Self { positional, keyword, names }
        }
    }

    /// The one number that the method must be given, positional or by `name`.
    #[inline]
    pub(crate) fn required_number(&self, py: Python<'_>, name: &str) -> PyResult<f64> {
        let [value] = self.bind(py, [name])?;
        required(value, name)?.extract()
    }

    /// The one number that the method takes, positional or by `name`; `None` when it is not given.
    #[inline]
    pub(crate) fn number(&self, py: Python<'_>, name: &str) -> PyResult<Option<f64>> {
        let [value] = self.bind(py, [name])?;
        value.map(|value| value.extract()).transpose()
    }

    /// The values of the method's parameters, each given by its place or by its name; `None` for one
    /// that is not given.
    #[inline]
    pub(crate) fn bind<'py, const N: usize>(
        &self,
        py: Python<'py>,
        parameters: [&str; N],
    ) -> PyResult<[Option<Borrowed<'a, 'py, PyAny>>; N]> {
        let wrong = || PyTypeError::new_err(format!("takes ({})", parameters.join(", ")));
        // SAFETY: live objects that the caller of the method holds during the call.
        let object = |pointer: *mut ffi::PyObject| unsafe { Borrowed::from_ptr(py, pointer) };
        if self.positional.len() > N {
            return Err(wrong());
        }
        let mut values = [None; N];
        for (place, value) in values.iter_mut().zip(self.positional) {
            *place = Some(object(*value));
        }
        for (number, value) in self.keyword.iter().enumerate() {
            // SAFETY: `names` is a tuple with a name for each keyword value.
            let name = unsafe { ffi::PyTuple_GetItem(self.names, number as ffi::Py_ssize_t) };
            let name: String = object(name).extract()?;
            let mut places = values.iter_mut().zip(parameters);
            match places.find(|(_, parameter)| *parameter == name) {
                Some((place @ None, _)) => *place = Some(object(*value)),
                _ => return Err(wrong()),
            }
        }
        Ok(values)
    }
}

/// A value that must be given.
#[inline]
pub(crate) fn required<T>(value: Option<T>, name: &str) -> PyResult<T> {
    value.ok_or_else(|| PyTypeError::new_err(format!("missing the argument {name}")))
}

/// `None`, as a new reference.
///
/// Not `Py_INCREF`, which in an abi3 module is a call into the interpreter: a twentieth of an update.
#[inline]
pub(crate) fn none() -> *mut ffi::PyObject {
    // SAFETY: None lives as long as the interpreter, whose lock is held. Up to 3.11 the stable ABI has
    // the count of references in this place for everybody to change; from 3.12 on None is immortal, and
    // whoever gives a reference back leaves its count alone.
    unsafe {
        let none = ffi::Py_None();
        #[cfg(not(Py_3_12))]
        if !NONE_IS_IMMORTAL.load(Ordering::Relaxed) {
            (*none).ob_refcnt += 1;
        }
        none
    }
}

/// Whether the interpreter that runs this is 3.12 or newer; it may be newer than the one it is built for.
#[cfg(not(Py_3_12))]
static NONE_IS_IMMORTAL: AtomicBool = AtomicBool::new(true);

/// Looks which interpreter it is, before any method can be called.
pub(crate) fn look_at_version(py: Python<'_>) {
    #[cfg(not(Py_3_12))]
    NONE_IS_IMMORTAL.store(py.version_info() >= (3, 12), Ordering::Relaxed);
    #[cfg(Py_3_12)]
    let _ = py;
}

/// One more reference to an object. `Py_NewRef` does the same by a call into the interpreter.
///
/// # Safety
/// `object` is live and the interpreter's lock is held.
#[inline]
pub(crate) unsafe fn new_ref(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the caller's promise.
    unsafe { ffi::Py_INCREF(object) };
    object
}

/// The number of a call with exactly one positional argument that is a number, and not NaN; `None`
/// sends everything else, errors included, the slow way.
///
/// # Safety
/// The arguments of a `METH_FASTCALL | METH_KEYWORDS` call, as the interpreter gave them.
#[inline]
pub(crate) unsafe fn one_number(
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> Option<f64> {
    if count != 1 || !names.is_null() {
        return None;
    }
    // SAFETY: there is one argument, and the caller of the method holds it. Only exact floats and
    // integers are taken here: they convert without running Python code, floats without an error.
    unsafe {
        let value = *args;
        if ffi::PyFloat_CheckExact(value) != 0 {
            let number = ffi::PyFloat_AsDouble(value);
            return (!number.is_nan()).then_some(number);
        }
        if ffi::PyLong_CheckExact(value) != 0 {
            let number = ffi::PyLong_AsDouble(value);
            if number != -1.0 {
                return Some(number);
            }
            // -1, or an integer that is too large: that error is raised the slow way.
            ffi::PyErr_Clear();
        }
        None
    }
}

/// Runs what may fail, turns errors and panics into exceptions, and returns a new reference or null.
///
/// Cold, and so are the callers' slow ways: the usual call then has no stack frame to set up.
#[cold]
pub(crate) fn finish(
    py: Python<'_>,
    run: impl FnOnce() -> Result<*mut ffi::PyObject>,
) -> *mut ffi::PyObject {
    // A panic must not unwind into the interpreter. Nothing here is left half changed by one: the
    // core's locks recover, and the label table is changed last.
    let outcome = catch_unwind(AssertUnwindSafe(run));
    let error = match outcome {
        Ok(Ok(object)) => return object,
        Ok(Err(Failure::Core(error))) => PyErr::from(Failure::Core(error)),
        Ok(Err(Failure::Python(error))) => error,
        Err(_) => errors::panicked(),
    };
    error.restore(py);
    ptr::null_mut()
}

/// The Rust value of the object on which a raw method was called.
///
/// # Safety
/// `object` is an instance of `T`, which the method's descriptor has checked, and outlives the call.
#[inline]
pub(crate) unsafe fn receiver<'py, T>(py: Python<'py>, object: *mut ffi::PyObject) -> &'py T
where
    T: PyClass<Frozen = pyo3::pyclass::boolean_struct::True> + Sync,
{
    // SAFETY: the caller's promise. The reference is used only during the call, in which the caller
    // of the method holds the object.
    unsafe {
        let borrowed = Borrowed::from_ptr(py, object);
        let cast = borrowed.cast_unchecked::<T>();
        &*ptr::from_ref(cast.get())
    }
}
