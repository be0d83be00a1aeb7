//! Where the series of a registry come from.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use metrion_model::Schema;
use metrion_slab::Segment;

use crate::series::Series;

/// Which families and labels of a registry have most series; see
/// [`Registry::cardinality`](crate::Registry::cardinality).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardinalityReport {
    /// How many series there are, without overflow series and without those of collectors.
    pub series: usize,
    /// How many of them began lately.
    pub recent: usize,
    /// The families with most series, most first.
    pub families: Vec<FamilyCardinality>,
    /// The label names with most different values over all families, most first.
    pub labels: Vec<LabelCardinality>,
}

/// A family in a [`CardinalityReport`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyCardinality {
    /// The family's name.
    pub name: String,
    /// How many series it has.
    pub series: usize,
    /// How many of them began lately. A series that was reset began then.
    pub recent: usize,
}

/// A label name in a [`CardinalityReport`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelCardinality {
    /// The label's name.
    pub name: String,
    /// How many different values it has.
    pub values: usize,
    /// How many series have it.
    pub series: usize,
}

/// A report in the making.
#[derive(Debug)]
pub(crate) struct Counting {
    since: f64,
    families: Vec<FamilyCardinality>,
    labels: HashMap<String, OfLabel>,
}

#[derive(Debug, Default)]
struct OfLabel {
    values: HashSet<String>,
    series: usize,
}

impl Counting {
    /// Series that began at `since`, in Unix seconds, or later are recent.
    pub(crate) fn since(since: f64) -> Self {
        Self { since, families: Vec::new(), labels: HashMap::new() }
    }

    /// Adds a family with its series and their label values.
    pub(crate) fn add<'a>(
        &mut self,
        schema: &Schema,
        series: impl Iterator<Item = (&'a Arc<Series>, &'a [String])>,
        segment: &Segment,
    ) {
        let mut family = FamilyCardinality { name: schema.name.clone(), series: 0, recent: 0 };
        for (series, values) in series {
            family.series += 1;
            family.recent += usize::from(segment.created(&series.entry) >= self.since);
            for (name, value) in schema.label_names.iter().zip(values) {
                let label = self.labels.entry(name.clone()).or_default();
                label.series += 1;
                if !label.values.contains(value) {
                    label.values.insert(value.clone());
                }
            }
        }
        self.families.push(family);
    }

    pub(crate) fn report(self, top: usize) -> CardinalityReport {
        let mut families = self.families;
        let series = families.iter().map(|family| family.series).sum();
        let recent = families.iter().map(|family| family.recent).sum();
        families.sort_by(|a, b| (Reverse(a.series), &a.name).cmp(&(Reverse(b.series), &b.name)));
        families.truncate(top);
        let mut labels: Vec<LabelCardinality> = self
            .labels
            .into_iter()
            .map(|(name, label)| LabelCardinality {
                name,
                values: label.values.len(),
                series: label.series,
            })
            .collect();
        labels.sort_by(|a, b| (Reverse(a.values), &a.name).cmp(&(Reverse(b.values), &b.name)));
        labels.truncate(top);
        CardinalityReport { series, recent, families, labels }
    }
}
