//! Exposition formats: a snapshot in, bytes out. No clock, no sockets, no state.

mod number;
pub mod parse;
mod text;

pub use text::{TEXT_CONTENT_TYPE, encode_text};
