//! Metrion for Node.js: the module that `ts/` wraps.
//!
//! A call from JavaScript into it costs some 400 ns. So an update makes none: JavaScript adds to the
//! isolate's own cells, whose memory `memory.rs` shows it. What crosses is creation, lookup of what is
//! new, removal, reading and encoding.

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
