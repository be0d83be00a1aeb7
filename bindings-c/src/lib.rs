//! Metrion for C and C++: `metrion.h` is generated from this crate, `README.md` is how it is used.
//!
//! Each exported function converts what it is given, calls the core and maps the error to a
//! [`Status`]; [`status`] has the one place where that happens and where panics stop.
//!
//! # What callers promise
//! That a pointer which is not null points to what its type says, for as long as the call takes, and
//! that a handle is not freed while a call with it goes on. All else is checked: null,
//! text that is not UTF-8, handles that were freed.
#![allow(unsafe_code, reason = "a C interface: each block says why it is sound")]
#![allow(clippy::missing_safety_doc, reason = "what callers promise is said once, above")]

pub mod callback;
pub mod collector;
pub mod encode;
pub mod family;
pub mod handle;
pub mod options;
pub mod reading;
pub mod registry;
pub mod series;
pub mod serve;
pub mod status;
pub mod text;
