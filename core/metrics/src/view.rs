//! A registry with only some of its families.

use metrion_model::{NameFilter, Snapshot};

use crate::registry::Registry;

/// The families of a registry that have certain names; see [`Registry::restricted`].
#[derive(Clone, Debug)]
pub struct RegistryView {
    registry: Registry,
    names: Vec<String>,
}

impl RegistryView {
    pub(crate) fn new(registry: Registry, names: Vec<String>) -> Self {
        Self { registry, names }
    }

    /// The numbers of the view's families that `filter` takes, at this moment. A view of no names is
    /// empty.
    #[must_use]
    pub fn snapshot(&self, filter: &NameFilter) -> Snapshot {
        if self.names.is_empty() {
            return Snapshot::default();
        }
        let mut snapshot = self.registry.snapshot(&NameFilter::only(self.names.clone()));
        snapshot.families.retain(|family| filter.takes(family.schema()));
        snapshot
    }
}
