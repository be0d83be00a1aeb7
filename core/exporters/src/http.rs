//! Serves metrics over HTTP from a thread of its own, for Prometheus and compatible scrapers.
//!
//! ```
//! use metrion_exporters::http::{HttpOptions, serve};
//! use metrion_model::{NameFilter, Snapshot};
//!
//! let server = serve(|_: &NameFilter| Snapshot::default(), HttpOptions::default())?;
//! println!("http://{}/metrics", server.local_addr());
//! server.stop();
//! # Ok::<(), metrion_model::Error>(())
//! ```

mod accept_encoding;
#[cfg(feature = "tls")]
mod client_verifier;
mod connection;
mod handler;
mod options;
mod page;
mod server;
mod timed_stream;
#[cfg(feature = "tls")]
mod tls;

pub use options::HttpOptions;
pub use page::{Page, PageRequest};
pub use server::{HttpServer, serve};
#[cfg(feature = "tls")]
pub use tls::{TlsOptions, TlsVersion};
