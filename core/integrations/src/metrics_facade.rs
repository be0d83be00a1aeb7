//! A recorder that keeps the metrics of the [`metrics`] crate in Metrion's cells.
//!
//! ```
//! use metrion_integrations::metrics_facade::{MetricsRecorder, RecorderOptions};
//! use metrion_metrics::{Registry, RegistryOptions};
//! use metrion_model::NameFilter;
//!
//! let registry = Registry::new(RegistryOptions::default())?;
//! let recorder = MetricsRecorder::new(&registry, RecorderOptions::default())?;
//! // A program installs it for good: metrics::set_global_recorder(recorder)
//! metrics::with_local_recorder(&recorder, || {
//!     metrics::describe_counter!("orders", "Orders by their outcome.");
//!     metrics::counter!("orders", "outcome" => "paid").increment(2);
//! });
//! let snapshot = registry.snapshot(&NameFilter::all());
//! assert_eq!(snapshot.sample_value("orders_total", &[("outcome", "paid")]), Some(2.0));
//! # Ok::<(), metrion_model::Error>(())
//! ```
//!
//! Names are those of `metrics-exporter-prometheus` with its recommended naming: what a name cannot
//! have becomes `_`, a counter's sample ends with `_total`, and the described unit is added if
//! [`RecorderOptions::unit_suffix`] says so. Keys of one name may have different label names. The
//! order of a key's labels does not matter.
//!
//! A handle that cannot be had writes nowhere, and `metrion_facade_dropped_total` counts it: its name
//! belongs to another kind of metric, it or a label name is not valid or reserved, or there is no room
//! for another name. A name that a family of the registry has already is left out of the registry's
//! snapshots, and the registry counts that.

mod handles;
mod key_hash;
mod names;
mod options;
mod recorder;
mod table;

pub use options::{NameMatcher, RecorderOptions};
pub use recorder::MetricsRecorder;
