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
//!
//! A program that sends requests in a way of its own takes a [`PushRequest`].

mod client;
mod error;
mod options;
mod request;
mod target;
mod tls;

pub use client::{delete_pushed, push, send};
pub use error::PushError;
pub use options::{BasicAuth, Compression, PushMethod, PushOptions, PushTls, PushTransport};
pub use request::PushRequest;
