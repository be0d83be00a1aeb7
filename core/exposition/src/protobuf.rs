//! The protocol buffer format: a stream of `io.prometheus.client.MetricFamily`, each with its length
//! before it.

mod encode;
mod histogram;
mod labels;
mod memory;
mod parse;
mod wire;

pub(crate) use encode::encode;
pub use encode::encode_protobuf;
pub use parse::{MAX_MEMORY, MAX_MESSAGE, ProtobufFamilies, parse_protobuf};
