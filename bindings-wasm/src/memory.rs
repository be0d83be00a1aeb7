//! Memory of a registry as typed arrays: what JavaScript reads and writes without a call.
//!
//! An array is a view of the module's memory at the address that it has now. The core moves no cell, but
//! when the memory grows, JavaScript detaches all views: they have no elements then, and are made anew.

use js_sys::{ArrayBuffer, Float64Array, Reflect, Uint32Array};
use metrion::Memory;
use wasm_bindgen::{JsCast, JsValue};

/// A typed array of doubles over cells. Whoever has it keeps their series.
pub(crate) fn numbers(memory: &Memory) -> Option<Float64Array> {
    let (address, len) = (memory.as_ptr() as u32, memory.len() as u32);
    Some(Float64Array::new_with_byte_offset_and_length(&buffer()?, address, len))
}

/// The same of 32-bit halves.
pub(crate) fn halves(memory: &Memory) -> Option<Uint32Array> {
    let (address, len) = (memory.as_ptr() as u32, 2 * memory.len() as u32);
    Some(Uint32Array::new_with_byte_offset_and_length(&buffer()?, address, len))
}

/// The module's memory as it is now. There is always one.
fn buffer() -> Option<JsValue> {
    let buffer = Reflect::get(&wasm_bindgen::memory(), &"buffer".into()).ok()?;
    buffer.is_instance_of::<ArrayBuffer>().then_some(buffer)
}
