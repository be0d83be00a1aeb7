//! Whole registries and single families that show together.

use metrion_model::{NameFilter, Snapshot};

use crate::{Family, Handle, Registry};

/// What one page shows: registries, and families beside them. Cloning gives handles to the same.
#[derive(Clone, Default)]
pub struct Selection {
    /// Of these everything.
    pub registries: Vec<Registry>,
    /// Single families of other registries.
    pub families: Vec<Family<Handle>>,
}

impl Selection {
    /// All that the filter takes, at one moment. Every series gets those of `labels` that it has not.
    #[must_use]
    pub fn snapshot(&self, filter: &NameFilter, labels: &[(String, String)]) -> Snapshot {
        let mut all = Snapshot::default();
        for registry in &self.registries {
            all.families.extend(registry.snapshot(filter).families);
        }
        let wanted = self.families.iter().filter(|family| filter.takes(family.schema()));
        // One that cannot be read is left out, as a registry does.
        all.families.extend(wanted.filter_map(|family| family.snapshot().ok()));
        if !labels.is_empty() {
            all.families.iter_mut().for_each(|family| family.add_labels(labels));
        }
        all
    }
}

impl std::fmt::Debug for Selection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Selection")
            .field("registries", &self.registries.len())
            .field("families", &self.families.len())
            .finish()
    }
}
