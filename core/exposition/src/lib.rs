//! Exposition formats: a snapshot in, bytes out, and back. No clock, no sockets, no state.

mod compare;
mod digits;
mod escape;
mod format;
mod go_float;
mod json;
mod label_values;
mod lines;
mod lint;
mod negotiate;
mod number;
mod openmetrics;
mod options;
pub mod parse;
mod piece;
mod presented;
pub mod prometheus_client;
mod protobuf;
pub mod sample_family;
mod text;

pub use compare::{Difference, Side, compare};
pub use escape::Escaping;
pub use format::{Format, Syntax, TEXT_CONTENT_TYPE};
pub use json::encode_json;
pub use lint::{Finding, lint};
pub use negotiate::negotiate;
pub use openmetrics::encode_openmetrics;
pub use options::{EncodeOptions, Spelling};
pub use protobuf::{MAX_MEMORY, MAX_MESSAGE, ProtobufFamilies, encode_protobuf, parse_protobuf};
pub use text::encode_text;
