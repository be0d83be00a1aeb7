//! Memory of a registry as typed arrays: what JavaScript reads and writes without a call.
#![allow(unsafe_code)]

use std::any::Any;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::AtomicU32;

use metrion::Memory;
use napi::bindgen_prelude::{FromNapiValue, Unknown};
use napi::{Env, sys};

use crate::errors::{Result, of_node};

/// A typed array of doubles over cells, or `None` where the runtime allows none over memory that is not
/// its own (Electron, for one).
pub(crate) fn numbers(env: &Env, memory: Memory) -> Result<Option<Unknown<'static>>> {
    let (address, len) = (memory.as_ptr().cast(), memory.len());
    // SAFETY: the words are `len` doubles that stay in place as long as `memory` is there.
    unsafe { array(env, address, sys::TypedarrayType::float64_array, len, Box::new(memory)) }
}

/// The same of 32-bit halves.
pub(crate) fn halves(env: &Env, memory: Memory) -> Result<Option<Unknown<'static>>> {
    let (address, len) = (memory.as_ptr().cast(), memory.len() * 2);
    // SAFETY: as above, each word as two integers.
    unsafe { array(env, address, sys::TypedarrayType::uint32_array, len, Box::new(memory)) }
}

/// The same of one integer.
pub(crate) fn integer(env: &Env, word: &'static AtomicU32) -> Result<Option<Unknown<'static>>> {
    // SAFETY: a static stays where it is.
    unsafe {
        array(env, word.as_ptr().cast(), sys::TypedarrayType::uint32_array, 1, Box::new(word))
    }
}

/// # Safety
/// At `address` are `len` elements of this kind, aligned, as long as `owner` is there. JavaScript may
/// write to them: they are atomics, or memory that the crate `metrion-slab` hands out for it.
unsafe fn array(
    env: &Env,
    address: *mut c_void,
    kind: sys::napi_typedarray_type,
    len: usize,
    owner: Box<dyn Any>,
) -> Result<Option<Unknown<'static>>> {
    let element = if kind == sys::TypedarrayType::float64_array { 8 } else { 4 };
    let hint = Box::into_raw(Box::new(owner)).cast::<c_void>();
    let mut buffer = ptr::null_mut();
    // SAFETY: the caller's promise, and the finalizer drops the owner when nothing of JavaScript refers
    // to the buffer any more.
    let status = unsafe {
        sys::napi_create_external_arraybuffer(
            env.raw(),
            address,
            len * element,
            Some(release),
            hint,
            &mut buffer,
        )
    };
    if status != sys::Status::napi_ok {
        // SAFETY: a call that fails takes nothing over, so the box is ours still.
        drop(unsafe { Box::from_raw(hint.cast::<Box<dyn Any>>()) });
        if status == sys::Status::napi_no_external_buffers_allowed {
            return Ok(None);
        }
        return Err(of_node(napi::Error::from_status(status.into())));
    }
    let mut array = ptr::null_mut();
    // SAFETY: `buffer` is the value that was just made, and the array is all of it.
    unsafe {
        let status = sys::napi_create_typedarray(env.raw(), kind, len, buffer, 0, &mut array);
        if status != sys::Status::napi_ok {
            return Err(of_node(napi::Error::from_status(status.into())));
        }
        Unknown::from_napi_value(env.raw(), array).map(Some).map_err(of_node)
    }
}

/// Drops the owner of a buffer that JavaScript has no more.
unsafe extern "C" fn release(_env: sys::napi_env, _data: *mut c_void, hint: *mut c_void) {
    // SAFETY: the hint is the box that `array` gave away, and Node calls this once.
    drop(unsafe { Box::from_raw(hint.cast::<Box<dyn Any>>()) });
}
