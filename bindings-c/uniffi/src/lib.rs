//! Metrion for Kotlin and Ruby, through uniffi: `kotlin/` and `ruby/` have the classes that programs use.
//!
//! Each exported function converts what it is given, calls the core and maps the error. uniffi stops
//! panics, and checks handles and text on the other side. `direct` has the updates that go past uniffi.
#![allow(unsafe_code, reason = "what uniffi's macros export, and the functions of C in `direct`")]

uniffi::setup_scaffolding!("metrion_ffi");

pub mod callback;
pub mod clock;
pub mod collector;
pub mod direct;
pub mod encode;
pub mod error;
pub mod family;
pub mod options;
pub mod push;
pub mod reading;
pub mod registry;
pub mod series;
pub mod serve;
