//! Exposition formats: a snapshot in, bytes out. No clock, no sockets, no state.

mod escape;
mod format;
mod go_float;
mod json;
mod label_values;
mod lines;
mod negotiate;
mod number;
mod openmetrics;
mod options;
mod piece;
mod presented;
mod protobuf;
mod text;

pub use escape::Escaping;
pub use format::{Format, Syntax, TEXT_CONTENT_TYPE};
pub use json::encode_json;
pub use negotiate::negotiate;
pub use openmetrics::encode_openmetrics;
pub use options::EncodeOptions;
pub use protobuf::{MAX_MEMORY, MAX_MESSAGE, ProtobufFamilies, encode_protobuf, parse_protobuf};
pub use text::encode_text;
