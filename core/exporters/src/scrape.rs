//! Where an exporter gets its metrics.

use metrion_model::{NameFilter, Snapshot};

/// Yields the metrics of this moment: a registry, or any closure that makes a [`Snapshot`].
pub trait Scrape: Send + Sync + 'static {
    /// The families that pass the filter. It may take its time, and several threads may call it at
    /// once; a panic is reported to whoever asked and goes no further.
    fn scrape(&self, filter: &NameFilter) -> Snapshot;
}

impl<F: Fn(&NameFilter) -> Snapshot + Send + Sync + 'static> Scrape for F {
    fn scrape(&self, filter: &NameFilter) -> Snapshot {
        self(filter)
    }
}
