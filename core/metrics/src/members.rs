//! The series of a family in the order in which they came, and how to read them all at once.

use std::sync::Arc;

use metrion_model::{FamilySnapshot, LabelSets, Result};
use metrion_slab::{Cell, EntryKind, Segment, split_key};

use crate::callback::Callback;
use crate::family::{Definition, Metric, OVERFLOW_LABELS};
use crate::series::Series;

/// The series of a family.
///
/// Invariants:
/// - a member's series knows its position in the list;
/// - `rows` describes the first `rows.labels.len()` places of the list, in which then is no gap.
#[derive(Debug)]
pub(crate) struct Members<M> {
    /// A removed member leaves a gap, so that the others keep their positions.
    list: Vec<Option<M>>,
    gaps: usize,
    overflow: Option<M>,
    /// By the entry number of their series.
    callbacks: Vec<(u32, Callback)>,
    rows: Rows,
}

/// What encoders and readers need of the list, kept ready between collections.
#[derive(Debug, Default)]
struct Rows {
    labels: Arc<LabelSets>,
    /// Rows whose cells follow one another: the first cell and the number of rows.
    runs: Vec<(Cell, usize)>,
}

impl<M> Default for Members<M> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            gaps: 0,
            overflow: None,
            callbacks: Vec::new(),
            rows: Rows::default(),
        }
    }
}

impl<M: Metric> Members<M> {
    pub(crate) fn len(&self) -> usize {
        self.list.len() - self.gaps
    }

    pub(crate) fn push(&mut self, handle: M) {
        handle.series().set_position(self.list.len());
        self.list.push(Some(handle));
    }

    pub(crate) fn overflow(&self) -> Option<M> {
        self.overflow.clone()
    }

    pub(crate) fn set_overflow(&mut self, handle: M) {
        self.overflow = Some(handle);
    }

    pub(crate) fn set_callback(&mut self, handle: &M, callback: Callback) {
        if !self.has(handle) {
            return;
        }
        let number = handle.series().entry.number;
        self.callbacks.retain(|(of, _)| *of != number);
        self.callbacks.push((number, callback));
    }

    pub(crate) fn callbacks(&self) -> Vec<(u32, Callback)> {
        self.callbacks.clone()
    }

    /// Whether the handle's series is in the list, and not one that was removed.
    fn has(&self, handle: &M) -> bool {
        let series = handle.series();
        let place = self.list.get(series.position()).and_then(Option::as_ref);
        place.is_some_and(|member| Arc::ptr_eq(member.series(), series))
    }

    pub(crate) fn remove(&mut self, handle: &M) {
        if !self.has(handle) {
            return;
        }
        let series = handle.series();
        if let Some(place) = self.list.get_mut(series.position()) {
            *place = None;
        }
        self.gaps += 1;
        self.rows = Rows::default();
        self.callbacks.retain(|(of, _)| *of != series.entry.number);
        series.remove();
        if self.gaps > self.list.len() / 2 {
            self.close_gaps();
        }
    }

    pub(crate) fn clear(&mut self) {
        for handle in self.list.drain(..).flatten().chain(self.overflow.take()) {
            handle.series().remove();
        }
        *self = Self::default();
    }

    /// The members with their label values.
    pub(crate) fn with_values(&self) -> Vec<(M, Vec<String>)> {
        let members = self.list.iter().flatten();
        members.map(|handle| (handle.clone(), label_values(handle.series()))).collect()
    }

    pub(crate) fn reset(&self, segment: &Segment, definition: &Definition, now: f64) {
        for handle in self.list.iter().flatten().chain(&self.overflow) {
            let entry = &handle.series().entry;
            if definition.keeps_last_value() {
                segment.set(entry.first_cell, 0.0);
            } else {
                segment.reset(entry.first_cell, entry.cells as usize);
            }
            segment.set_created(entry, now);
        }
    }

    /// All series at this moment. `called` are the values that callbacks gave, by entry number.
    pub(crate) fn snapshot(
        &mut self,
        segment: &Segment,
        definition: &Definition,
        called: &[(u32, Option<f64>)],
    ) -> Result<FamilySnapshot> {
        self.complete_rows(definition);
        let width = definition.schema.width();
        let mut values = vec![0.0; self.rows.labels.len() * width];
        let mut rest = values.as_mut_slice();
        for (first, rows) in &self.rows.runs {
            let (run, after) = rest.split_at_mut(rows * width);
            if definition.keeps_last_value() {
                segment.get_into(*first, run);
            } else {
                segment.sum_into(*first, run);
            }
            rest = after;
        }
        let labels = Arc::clone(&self.rows.labels);
        let schema = Arc::clone(&definition.schema);
        if called.is_empty() || width > 1 {
            return FamilySnapshot::from_parts(schema, labels, values);
        }
        self.with_called(FamilySnapshot::from_parts(schema, labels, values)?, called)
    }

    /// Puts the callbacks' values in, and leaves out the series whose callback had none.
    fn with_called(
        &self,
        all: FamilySnapshot,
        called: &[(u32, Option<f64>)],
    ) -> Result<FamilySnapshot> {
        let mut labels = LabelSets::default();
        let mut values = Vec::with_capacity(all.len());
        let members = self.list.iter().flatten().chain(&self.overflow);
        for (row, (handle, own)) in members.zip(all.values()).enumerate() {
            let number = handle.series().entry.number;
            let value = match called.iter().find(|(of, _)| *of == number) {
                Some((_, None)) => continue,
                Some((_, Some(value))) => *value,
                None => *own,
            };
            labels.push_text(all.labels().text(row));
            values.push(value);
        }
        FamilySnapshot::from_parts(all.schema_arc(), Arc::new(labels), values)
    }

    /// Brings `rows` up to the list: appends what is new, or starts again after a removal.
    fn complete_rows(&mut self, definition: &Definition) {
        if self.gaps > 0 {
            self.close_gaps();
        }
        let total = self.list.len() + usize::from(self.overflow.is_some());
        if self.rows.labels.len() == total {
            return;
        }
        if self.overflow.is_some() {
            // Its row is the last one and would be in the way of what comes after it.
            self.rows = Rows::default();
        }
        let known = self.rows.labels.len();
        let schema = &definition.schema;
        let labels = Arc::make_mut(&mut self.rows.labels);
        let new = self.list.iter().skip(known).flatten().chain(&self.overflow);
        for series in new.map(Metric::series) {
            let values = label_values(series);
            let own = schema.label_names.iter().zip(&values);
            let constant = schema.constant_labels.iter().map(|(name, value)| (name, value));
            let pairs = constant.chain(own).map(|(name, value)| (name.as_str(), value.as_str()));
            let overflow = series.entry.kind == EntryKind::Overflow;
            // An overflow series has no label values, so the zip above gives none.
            labels.push(pairs.chain(OVERFLOW_LABELS.into_iter().filter(|_| overflow)));
            let width = schema.width() as u32;
            match self.rows.runs.last_mut() {
                Some((first, rows)) if *first + *rows as u32 * width == series.cell() => *rows += 1,
                _ => self.rows.runs.push((series.cell(), 1)),
            }
        }
    }

    fn close_gaps(&mut self) {
        self.list.retain(Option::is_some);
        self.gaps = 0;
        self.rows = Rows::default();
        for (position, handle) in self.list.iter().flatten().enumerate() {
            handle.series().set_position(position);
        }
    }
}

fn label_values(series: &Series) -> Vec<String> {
    // A key of this process was made by `join_key`; one that was not shows no values.
    split_key(&series.segment.key_of(&series.entry)).unwrap_or_default()
}
