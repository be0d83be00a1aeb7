use std::sync::Arc;

use metrion_model::{FamilySnapshot, LabelSets, Result};

use super::inner_label::end_of_labels;
use super::own_names;

/// The same family with the labels of every series in the order of their names, which are classic.
pub(super) fn with_sorted_labels(family: &FamilySnapshot) -> Result<FamilySnapshot> {
    let mut names: Vec<String> = own_names(family.schema()).map(str::to_owned).collect();
    names.sort_unstable();
    let mut schema = family.schema().clone();
    schema.constant_labels.clear();
    schema.label_names = names;

    let mut labels = LabelSets::default();
    let mut sorted = String::new();
    for row in 0..family.len() {
        let mut parts = split(family.labels().text(row));
        parts.sort_by_key(|part| part.split_once('=').map(|(name, _)| name));
        sorted.clear();
        for part in parts {
            sorted.push_str(if sorted.is_empty() { "" } else { "," });
            sorted.push_str(part);
        }
        labels.push_text(&sorted);
    }
    let values = family.values().to_vec();
    let mut shown = FamilySnapshot::from_parts(Arc::new(schema), Arc::new(labels), values)?;
    for row in 0..family.len() {
        if let Some(created) = family.created(row) {
            shown.set_created(row, created);
        }
        if let Some(timestamp) = family.timestamp(row) {
            shown.set_timestamp(row, timestamp);
        }
    }
    for placed in family.exemplars() {
        shown.set_exemplar(placed.row, placed.place, placed.exemplar.clone());
    }
    Ok(shown)
}

/// The labels of a series, each as `name="value"`.
fn split(mut text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    while !text.is_empty() {
        let (first, rest) = text.split_at(end_of_labels(text, 1));
        parts.push(first.strip_suffix(',').unwrap_or(first));
        text = rest;
    }
    parts
}
