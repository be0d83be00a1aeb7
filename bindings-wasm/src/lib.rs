//! Metrion for browsers: the WebAssembly module around which `bindings-node/ts` is the package.
//!
//! As in Node, JavaScript adds to cells itself, through views of the module's memory. What crosses is
//! creation, lookup of what is new, removal, reading and encoding. An error is an exception with a
//! `code`.
#![cfg(target_arch = "wasm32")]

mod child;
mod clock;
mod collector;
mod encode;
mod errors;
mod family;
mod handles;
mod helpers;
mod memory;
mod options;
mod registry;

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

/// A seventh of the code of the standard one.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();
