//! Families that a user makes at collection, from somewhere else's numbers.

use metrion_model::{FamilySnapshot, Result, Schema};

/// Yields families at every collection.
///
/// A panic in it, and a family whose sample names another one has already, are left out of that
/// collection and counted. A collector may read the registry that collects it: that collection is
/// without it.
pub trait Collector: Send + Sync + 'static {
    /// What it will yield, to find name clashes when it is registered. Empty when that is not known.
    fn describe(&self) -> Vec<Schema> {
        Vec::new()
    }

    /// Whether it tells of the process that it is in. In a registry that processes share, its series get the label
    /// `pid`, as whichever of them is scraped tells of another one.
    fn is_of_process(&self) -> bool {
        false
    }

    /// The families with their numbers now.
    fn collect(&self) -> Vec<FamilySnapshot>;

    /// The same for sources of which a part can fail: an error is counted as a family that was left out.
    /// This is what a registry calls.
    fn try_collect(&self) -> Vec<Result<FamilySnapshot>> {
        self.collect().into_iter().map(Ok).collect()
    }
}
