//! Pushing to a Pushgateway, for jobs that end before anybody scrapes them.
//!
//! ```no_run
//! use metrion_exporters::push::{PushOptions, push};
//! use metrion_model::{NameFilter, Snapshot};
//!
//! let source = |_: &NameFilter| Snapshot::default();
//! push(&source, &PushOptions::new("http://127.0.0.1:9091", "nightly_backup"))?;
//! # Ok::<(), metrion_model::Error>(())
//! ```

mod client;
mod options;
mod target;

pub use client::{delete_pushed, push};
pub use options::{BasicAuth, PushMethod, PushOptions};
