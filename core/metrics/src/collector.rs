//! Families that a user makes at collection, from somewhere else's numbers.

use metrion_model::{FamilySnapshot, Schema};

/// Yields families at every collection.
///
/// A panic in it, and a family whose sample names another one has already, are left out of that
/// collection and counted.
pub trait Collector: Send + Sync + 'static {
    /// What it will yield, to find name clashes when it is registered. Empty when that is not known.
    fn describe(&self) -> Vec<Schema> {
        Vec::new()
    }

    /// The families with their numbers now.
    fn collect(&self) -> Vec<FamilySnapshot>;
}
