//! Sending metrics to Graphite, in the lines of its plain-text protocol.
//!
//! ```no_run
//! use std::time::Duration;
//! use metrion_exporters::graphite::{GraphiteOptions, push, start};
//! use metrion_model::{NameFilter, Snapshot};
//!
//! let source = |_: &NameFilter| Snapshot::default();
//! push(&source, &GraphiteOptions::new("127.0.0.1", 2003))?;
//! let bridge = start(source, GraphiteOptions::new("127.0.0.1", 2003), Duration::from_secs(60), |error| {
//!     eprintln!("{error}");
//! })?;
//! bridge.stop();
//! # Ok::<(), metrion_model::Error>(())
//! ```

mod bridge;
mod client;
mod lines;
mod options;

pub use bridge::{GraphiteBridge, GraphiteStats, start};
pub use client::push;
pub use options::GraphiteOptions;
