//! Bridges from and to the [`prometheus`] crate, version 0.14 with its default feature `protobuf`, for
//! programs and libraries that have metrics in both.
//!
//! ```
//! use metrion_integrations::prometheus_crate::{RegistryCollector, collect_prometheus};
//! use metrion_metrics::{Registry, RegistryOptions};
//! use metrion_model::NameFilter;
//!
//! // A prometheus registry in one of ours ...
//! let theirs = prometheus::Registry::new();
//! let jobs = prometheus::IntCounter::new("jobs_total", "Jobs.").expect("a name");
//! theirs.register(Box::new(jobs.clone())).expect("a free name");
//! jobs.inc();
//! let ours = Registry::new(RegistryOptions::default())?;
//! ours.register(std::sync::Arc::new(collect_prometheus(theirs)))?;
//! assert_eq!(ours.snapshot(&NameFilter::all()).sample_value("jobs_total", &[]), Some(1.0));
//!
//! // ... or one of ours in a prometheus registry. Not both ways with the same two: they would ask
//! // each other without end.
//! let theirs = prometheus::Registry::new();
//! theirs.register(Box::new(RegistryCollector::new(&ours))).expect("it is not in yet");
//! assert_eq!(theirs.gather()[0].name(), "jobs_total");
//! # Ok::<(), metrion_model::Error>(())
//! ```

mod from_prometheus;
mod to_prometheus;

pub use from_prometheus::collect_prometheus;
pub use to_prometheus::RegistryCollector;
