//! Exposition formats: a snapshot in, bytes out, and back. No clock, no sockets, no state.

mod compare;
mod lint;
mod number;
pub mod parse;
mod text;

pub use compare::{Difference, Side, compare};
pub use lint::{Finding, lint};
pub use text::{TEXT_CONTENT_TYPE, encode_text};
