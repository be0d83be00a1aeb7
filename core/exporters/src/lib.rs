//! Ways for metrics out of a process.
//!
//! This is the lowest crate in which tokio appears. Nothing here is global: runtimes and threads are
//! made when an exporter starts, and end with it.

#[cfg(feature = "tls")]
mod certificates;
pub mod file;
pub mod graphite;
pub mod http;
#[cfg(feature = "push")]
pub mod push;
mod scrape;

pub use scrape::Scrape;
