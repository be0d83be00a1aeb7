//! The messages of Prometheus' protocol buffer format, as prost generates them.
//!
//! The generated code is checked in, so that nobody who builds this needs protoc. After a change of a
//! file in `proto/`: `cargo run -p metrion-xtask -- generate`.

pub use prost::{DecodeError, Message};
pub use prost_types::Timestamp;

/// `io.prometheus.client`: what a scrape in the protocol buffer format is made of. The file is that of
/// [client_model](https://github.com/prometheus/client_model) 0.6.2.
#[allow(missing_docs, clippy::all, reason = "generated")]
pub mod client {
    include!("generated/io.prometheus.client.rs");
}
