//! The series of a family in the order in which they came, and how to read them all at once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use metrion_model::{FamilySnapshot, LabelSets, Result};
use metrion_slab::{Cell, Entry, EntryKind, Segment, split_key};

use crate::activity::Activity;
use crate::callback::Callback;
use crate::definition::{Context, Storage};
use crate::family::{Metric, OVERFLOW_LABELS};
use crate::series::Series;

/// The values that callbacks gave, by the entry number of their series.
pub(crate) type Called = HashMap<u32, Option<f64>>;

/// The series of a family.
///
/// Invariants:
/// - a member's series knows its position in the list;
/// - `rows` describes the first `rows.labels.len()` places of the list, in which then is no gap.
#[derive(Debug)]
pub(crate) struct Members<M> {
    /// A removed member leaves a gap, so that the others keep their positions.
    list: Vec<Option<M>>,
    /// Whether a series came after one that is newer: processes show them in the order of their entries.
    is_mixed: bool,
    gaps: usize,
    overflow: Option<M>,
    /// By the entry number of their series.
    callbacks: Vec<(u32, Callback)>,
    rows: Rows,
    /// When each series moved last; kept only in families whose series expire.
    activity: Activity,
}

/// What encoders and readers need of the list, kept ready between collections.
#[derive(Debug, Default)]
struct Rows {
    labels: Arc<LabelSets>,
    /// When each began.
    created: Arc<Vec<f64>>,
    /// Rows whose cells follow one another: the first cell and the number of rows.
    runs: Vec<(Cell, usize)>,
}

/// Callbacks that no series has any more. They end after the list's lock: what a function holds may run
/// foreign code when it ends, which may use the family.
#[derive(Default)]
#[must_use = "it ends after the lock"]
pub(crate) struct Dropped(Vec<(u32, Callback)>);

impl Dropped {
    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }
}

impl<M> Default for Members<M> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            is_mixed: false,
            gaps: 0,
            overflow: None,
            callbacks: Vec::new(),
            rows: Rows::default(),
            activity: Activity::default(),
        }
    }
}

impl<M: Metric> Members<M> {
    pub(crate) fn len(&self) -> usize {
        self.list.len() - self.gaps
    }

    pub(crate) fn push(&mut self, handle: M) {
        let series = handle.series();
        let last = self.list.last().and_then(Option::as_ref).map(number_of);
        self.is_mixed |= series.context.is_shared() && last > Some(series.entry.number);
        handle.series().set_position(self.list.len());
        self.list.push(Some(handle));
    }

    pub(crate) fn overflow(&self) -> Option<M> {
        self.overflow.clone()
    }

    pub(crate) fn set_overflow(&mut self, handle: M) {
        self.overflow = Some(handle);
    }

    pub(crate) fn set_callback(&mut self, handle: &M, callback: Callback) -> Dropped {
        if !self.has(handle) {
            return Dropped(vec![(0, callback)]);
        }
        let number = handle.series().entry.number;
        let old = self.take_callback(number);
        self.callbacks.push((number, callback));
        old
    }

    fn take_callback(&mut self, of: u32) -> Dropped {
        Dropped(self.callbacks.extract_if(.., |(number, _)| *number == of).collect())
    }

    pub(crate) fn callbacks(&self) -> Vec<(u32, Callback)> {
        self.callbacks.clone()
    }

    /// Puts these in the place of those that there are, but for series that are gone.
    pub(crate) fn set_callbacks(&mut self, callbacks: &[(u32, Callback)]) -> Dropped {
        let numbers: HashSet<u32> = self.all().map(|own| own.series().entry.number).collect();
        let present = callbacks.iter().filter(|(number, _)| numbers.contains(number));
        Dropped(std::mem::replace(&mut self.callbacks, present.cloned().collect()))
    }

    /// Takes the overflow series out unless it `stays`.
    pub(crate) fn retain_overflow(&mut self, stays: impl FnOnce(&Arc<Series>) -> bool) {
        if let Some(overflow) = self.overflow.take_if(|overflow| !stays(overflow.series())) {
            overflow.series().remove();
            self.rows = Rows::default();
        }
    }

    /// Whether the handle's series is in the list, and not one that was removed.
    fn has(&self, handle: &M) -> bool {
        let series = handle.series();
        let place = self.list.get(series.position()).and_then(Option::as_ref);
        place.is_some_and(|member| Arc::ptr_eq(member.series(), series))
    }

    pub(crate) fn remove(&mut self, handle: &M) -> Dropped {
        if !self.has(handle) {
            return Dropped::default();
        }
        let series = handle.series();
        if let Some(place) = self.list.get_mut(series.position()) {
            *place = None;
        }
        self.gaps += 1;
        self.rows = Rows::default();
        let callback = self.take_callback(series.entry.number);
        self.activity.forget(series.entry.number);
        series.remove();
        if self.gaps > self.list.len() / 2 {
            self.close_gaps();
        }
        callback
    }

    /// Takes everything out. How many series of the list nobody had removed before.
    pub(crate) fn clear(&mut self) -> (usize, Dropped) {
        let was_live = |handle: M| usize::from(handle.series().remove());
        let count = self.list.drain(..).flatten().map(was_live).sum();
        self.overflow.take().map(was_live);
        (count, Dropped(std::mem::take(self).callbacks))
    }

    /// The members that other processes have removed.
    pub(crate) fn removed_by_others(&self) -> Vec<M> {
        self.list.iter().flatten().filter(|handle| !handle.series().is_live()).cloned().collect()
    }

    /// Whether a member has this entry.
    pub(crate) fn has_entry(&self, entry: &Entry) -> bool {
        self.overflow.as_ref().is_some_and(|own| own.series().entry.number == entry.number)
    }

    /// The members with their label values.
    pub(crate) fn with_values(&self) -> Vec<(M, Vec<String>)> {
        let members = self.list.iter().flatten();
        let values = |handle: &M| {
            let key = handle.series().key();
            split_key(&key).unwrap_or_default().into_iter().map(str::to_owned).collect()
        };
        members.map(|handle| (handle.clone(), values(handle))).collect()
    }

    pub(crate) fn reset(&self, segment: &Segment, now: f64) {
        for handle in self.all() {
            handle.reset();
            segment.set_created(&handle.series().entry, now);
        }
    }

    /// All series at this moment, but for those that expired and those whose callback had no value.
    pub(crate) fn snapshot(
        &mut self,
        context: &Context,
        segment: &Segment,
        called: &Called,
    ) -> Result<FamilySnapshot> {
        self.complete_rows(context, segment);
        if context.is_shared() && !called.is_empty() {
            self.leave_called(called);
        }
        let mut family = self.read(context, segment, called)?;
        // After reading, as that may reset a series.
        if context.take_created_changed() {
            self.rows.created =
                Arc::new(self.all().map(|handle| created(segment, handle)).collect());
        }
        if context.definition.has_created() {
            family = family.with_created(Arc::clone(&self.rows.created))?;
        }
        if context.has_exemplars() {
            self.add_exemplars(&mut family);
        }
        let expire_after = context.expire_after();
        let is_complete = expire_after.is_none() && called.values().all(Option::is_some);
        // What processes say of themselves has no row of its own for each series.
        if is_complete || context.storage() == Storage::Own {
            return Ok(family);
        }
        let now = context.seconds();
        if expire_after.is_some() {
            let series = self.list.iter().flatten().map(|handle| handle.series().as_ref());
            self.activity.watch(series.zip(0..), &family, now);
        }
        let moved_after = expire_after.map_or(f64::NEG_INFINITY, |seconds| now - seconds);
        Ok(self.without(family, |number| {
            let has_no_value = called.get(&number) == Some(&None);
            has_no_value || self.activity.moved(number).is_some_and(|moved| moved <= moved_after)
        }))
    }

    /// Keeps what callbacks gave as the values of their series: other processes cannot call them.
    fn leave_called(&self, called: &Called) {
        for handle in self.all() {
            if let Some(Some(value)) = called.get(&handle.series().entry.number) {
                handle.leave(*value);
            }
        }
    }

    /// The numbers of all rows.
    fn read(
        &self,
        context: &Context,
        segment: &Segment,
        called: &Called,
    ) -> Result<FamilySnapshot> {
        let schema = Arc::clone(&context.definition.schema);
        if !context.is_plain() {
            let owners = context.owners(segment);
            let mut family = FamilySnapshot::empty(schema);
            for (row, handle) in self.all().enumerate() {
                handle.collect(self.rows.labels.text(row), &mut family, &owners)?;
            }
            return Ok(family);
        }
        let width = context.cells();
        let mut values = vec![0.0; self.rows.labels.len() * width];
        let mut rest = values.as_mut_slice();
        for (first, rows) in &self.rows.runs {
            let (run, after) = rest.split_at_mut(rows * width);
            if context.storage() == Storage::Last {
                segment.get_into(*first, run);
            } else {
                segment.sum_into(*first, run);
            }
            rest = after;
        }
        if !called.is_empty() {
            for (handle, own) in self.all().zip(&mut values) {
                let value = called.get(&handle.series().entry.number).copied().flatten();
                *own = value.unwrap_or(*own);
            }
        }
        FamilySnapshot::from_parts(schema, Arc::clone(&self.rows.labels), values)
    }

    fn add_exemplars(&self, family: &mut FamilySnapshot) {
        for (row, handle) in self.all().enumerate() {
            let Some(exemplars) = handle.series().existing_exemplars() else { continue };
            for (place, exemplar) in exemplars.read() {
                family.set_exemplar(row, place, exemplar);
            }
        }
    }

    /// The family without the rows of these entry numbers.
    fn without(&self, family: FamilySnapshot, is_out: impl Fn(u32) -> bool) -> FamilySnapshot {
        let numbers = self.all().map(|handle| handle.series().entry.number).enumerate();
        let rows: Vec<usize> =
            numbers.filter(|(_, number)| !is_out(*number)).map(|(row, _)| row).collect();
        if rows.len() == family.len() { family } else { family.select(&rows) }
    }

    /// The members in the order of their rows, once `rows` is complete.
    pub(crate) fn all(&self) -> impl Iterator<Item = &M> {
        self.list.iter().flatten().chain(&self.overflow)
    }

    /// Brings `rows` up to the list: appends what is new, or starts again after a removal.
    fn complete_rows(&mut self, context: &Context, segment: &Segment) {
        if self.is_mixed {
            self.list.sort_by_key(|own| own.as_ref().map(number_of));
            self.is_mixed = false;
            self.close_gaps();
        }
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
        let schema = &context.definition.schema;
        let labels = Arc::make_mut(&mut self.rows.labels);
        let began = Arc::make_mut(&mut self.rows.created);
        let new = self.list.iter().skip(known).flatten().chain(&self.overflow);
        for handle in new {
            let series = handle.series();
            let key = series.key();
            let values = split_key(&key).unwrap_or_default();
            let own = schema.label_names.iter().map(String::as_str).zip(values);
            let constant = schema.constant_labels.iter();
            let pairs = constant.map(|(name, value)| (name.as_str(), value.as_str())).chain(own);
            let overflow = series.entry.kind == EntryKind::Overflow;
            // An overflow series has no label values, so the zip above gives none.
            labels.push(pairs.chain(OVERFLOW_LABELS.into_iter().filter(|_| overflow)));
            began.push(created(segment, handle));
            let width = context.cells() as u32;
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

fn number_of<M: Metric>(handle: &M) -> u32 {
    handle.series().entry.number
}

fn created<M: Metric>(segment: &Segment, handle: &M) -> f64 {
    segment.created(&handle.series().entry)
}
