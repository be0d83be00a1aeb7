//! Which names a recorder has, and where their cells are.
//!
//! A family has the same label names in all its series, but keys of one name need not have. So a
//! name is a group of families in a registry of the recorder's own, one for each set of label names,
//! with generated names; a collection brings them together.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use metrion_metrics::FamilyOptions;
use metrion_model::{
    FamilySnapshot, LabelSets, MetricType, NameRules, OVERFLOW_LABEL, Result, Schema, Snapshot,
};

/// All series of one name.
#[derive(Debug)]
pub(super) struct Group {
    /// Without help and unit, which may be described later.
    pub(super) schema: Schema,
    /// The family in the registry of cells for each set of label names.
    families: HashMap<Vec<String>, String>,
}

/// The groups of a recorder, in the order of their first use.
#[derive(Debug)]
pub(super) struct Table {
    /// Each takes an entry of the cells' directory, so there need not be room for more.
    max_families: usize,
    groups: Vec<Group>,
    /// Which group has a sample name.
    sample_names: HashMap<String, usize>,
    /// Which group has a family of the registry of cells.
    families: HashMap<String, usize>,
}

impl Table {
    pub(super) fn new(max_families: usize) -> Self {
        Self {
            max_families,
            groups: Vec::new(),
            sample_names: HashMap::new(),
            families: HashMap::new(),
        }
    }

    /// Where the cells of these labels are; `None` when the name belongs to another kind of metric
    /// or the table is full.
    ///
    /// # Errors
    /// Those of a schema that is not valid.
    pub(super) fn family(
        &mut self,
        name: &str,
        metric_type: MetricType,
        bounds: &[f64],
        labels: &BTreeMap<String, String>,
    ) -> Result<Option<FamilyOptions>> {
        let label_names: Vec<String> = labels.keys().cloned().collect();
        let schema = Schema {
            label_names: label_names.clone(),
            bounds: bounds.to_vec(),
            ..Schema::new(name, metric_type)
        };
        let schema = Schema { label_names: Vec::new(), ..schema.validated(NameRules::Classic)? };
        let Some(number) = self.group(schema) else { return Ok(None) };
        let full = self.is_full();
        let Some(group) = self.groups.get_mut(number) else { return Ok(None) };
        let name = match group.families.get(&label_names) {
            Some(name) => name.clone(),
            None if full => return Ok(None),
            None => {
                let name = format!("f{}", self.families.len());
                group.families.insert(label_names.clone(), name.clone());
                self.families.insert(name.clone(), number);
                name
            }
        };
        Ok(Some(FamilyOptions { name, label_names, ..FamilyOptions::default() }))
    }

    fn is_full(&self) -> bool {
        self.families.len() >= self.max_families
    }

    /// The group of this schema, made when it is new.
    fn group(&mut self, schema: Schema) -> Option<usize> {
        let names = schema.sample_names();
        let taken = names.iter().find_map(|name| self.sample_names.get(name).copied());
        if let Some(number) = taken {
            return self.groups.get(number).filter(|group| group.schema == schema).map(|_| number);
        }
        if self.is_full() {
            return None;
        }
        let number = self.groups.len();
        self.sample_names.extend(names.into_iter().map(|name| (name, number)));
        self.groups.push(Group { schema, families: HashMap::new() });
        Some(number)
    }

    /// Brings the families of the registry of cells together. `finish` makes a group's schema what it
    /// is to be seen as.
    pub(super) fn merge(
        &self,
        cells: &Snapshot,
        finish: impl Fn(Schema) -> Schema,
    ) -> Vec<FamilySnapshot> {
        let mut merged: Vec<Rows> = self.groups.iter().map(|_| Rows::default()).collect();
        for family in &cells.families {
            let number = self.families.get(&family.schema().name);
            if let Some(rows) = number.and_then(|number| merged.get_mut(*number)) {
                rows.extend(family);
            }
        }
        let groups = self.groups.iter().zip(merged);
        groups.filter_map(|(group, rows)| rows.into_family(finish(group.schema.clone()))).collect()
    }
}

/// The series of a group.
#[derive(Default)]
struct Rows {
    labels: LabelSets,
    values: Vec<f64>,
    created: Vec<f64>,
    /// Every family of the group may have such a series; together they are one.
    overflow: Option<(Vec<f64>, f64)>,
}

impl Rows {
    fn extend(&mut self, family: &FamilySnapshot) {
        let overflow_labels = format!("{OVERFLOW_LABEL}=\"true\"");
        for row in 0..family.len() {
            let (labels, values) = (family.labels().text(row), family.row(row));
            let created = family.created(row).unwrap_or(f64::NAN);
            if labels == overflow_labels {
                self.add_overflow(values, created);
            } else {
                self.push(labels, values, created);
            }
        }
    }

    fn push(&mut self, labels: &str, values: &[f64], created: f64) {
        self.labels.push_text(labels);
        self.values.extend_from_slice(values);
        self.created.push(created);
    }

    fn add_overflow(&mut self, values: &[f64], created: f64) {
        match &mut self.overflow {
            Some((sums, first)) => {
                sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
                *first = first.min(created);
            }
            None => self.overflow = Some((values.to_vec(), created)),
        }
    }

    fn into_family(mut self, schema: Schema) -> Option<FamilySnapshot> {
        if let Some((values, created)) = self.overflow.take() {
            self.push(&format!("{OVERFLOW_LABEL}=\"true\""), &values, created);
        }
        if self.created.is_empty() {
            // The registry of cells had no room for it.
            return None;
        }
        let family = FamilySnapshot::from_parts(schema.into(), self.labels.into(), self.values);
        // Both have one element for each series.
        family.ok()?.with_created(Arc::new(self.created)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrion_model::Value;

    #[test]
    fn a_full_table_takes_nothing_new() {
        let mut table = Table::new(2);
        let mut family = |name: &str, label: &str| {
            let labels = BTreeMap::from([(label.to_owned(), String::new())]);
            let family = table.family(name, MetricType::Gauge, &[], &labels).unwrap();
            family.map(|options| options.name)
        };
        assert_eq!(family("a", "x").as_deref(), Some("f0"));
        assert_eq!(family("b", "x").as_deref(), Some("f1"));
        assert_eq!((family("a", "y"), family("c", "x")), (None, None));
        assert_eq!(family("a", "x").as_deref(), Some("f0"));
        assert_eq!((table.groups.len(), table.sample_names.len()), (2, 2));
    }

    #[test]
    fn overflow_series_of_a_group_are_one() {
        let mut rows = Rows::default();
        for (label, value, created) in [("x", 2.0, 7.0), ("y", 3.0, 5.0)] {
            let schema = Schema {
                label_names: vec![label.to_owned()],
                ..Schema::new("f", MetricType::Gauge)
            };
            let mut family = FamilySnapshot::new(schema);
            family.push(&["own"], Value::Number(1.0)).unwrap();
            family
                .push_labels([(OVERFLOW_LABEL, "true")].into_iter(), Value::Number(value))
                .unwrap();
            rows.extend(&family.with_created(Arc::new(vec![created; 2])).unwrap());
        }
        let merged = rows.into_family(Schema::new("a", MetricType::Gauge)).unwrap();
        assert_eq!(merged.values(), [1.0, 1.0, 5.0]);
        assert_eq!((merged.created(0), merged.created(2)), (Some(7.0), Some(5.0)));
    }
}
