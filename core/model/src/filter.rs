//! Which families a scrape asks for.

use crate::Schema;

/// Which families a snapshot takes.
#[derive(Clone, Debug, Default)]
pub struct NameFilter {
    names: Vec<String>,
}

impl NameFilter {
    /// Every family.
    #[must_use]
    pub const fn all() -> Self {
        Self { names: Vec::new() }
    }

    /// The families that have one of these names, or a sample with one of them (`x_bucket`). No
    /// names at all mean every family, as an absent `name[]` does in a scrape's address.
    #[must_use]
    pub fn only(names: Vec<String>) -> Self {
        Self { names }
    }

    /// Whether a family passes.
    #[must_use]
    pub fn takes(&self, schema: &Schema) -> bool {
        self.names.is_empty()
            || schema.sample_names().iter().any(|sample| self.names.contains(sample))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MetricType;

    #[test]
    fn filter_by_sample_name() {
        let filter = NameFilter::only(vec!["m_bucket".into()]);
        assert!(filter.takes(&Schema::new("m", MetricType::Histogram)));
        assert!(!filter.takes(&Schema::new("m", MetricType::Gauge)));
        assert!(NameFilter::all().takes(&Schema::new("m", MetricType::Gauge)));
    }
}
