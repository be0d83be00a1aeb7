//! Metric families: lookup, creation and removal of their series.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use metrion_model::{Error, ErrorCode, FamilySnapshot, OVERFLOW_LABEL, Quoted, Result, Schema};
use metrion_slab::{
    Cursor, Entry, EntryKind, Index, Locked, Memory, NewEntry, Owners, Ref, Segment,
    collect_removed, join_key, lock,
};

use crate::callback::Callback;
use crate::definition::{Context, Definition};
use crate::members::{Dropped, Members};
use crate::series::Series;

/// A kind of handle to one series: [`crate::Counter`], [`crate::Gauge`], [`crate::Histogram`],
/// [`crate::Summary`], [`crate::Info`], [`crate::StateSet`].
pub trait Metric: Clone + Send + Sync + 'static {
    #[doc(hidden)]
    fn new(series: Arc<Series>) -> Self;
    #[doc(hidden)]
    fn series(&self) -> &Arc<Series>;

    /// Looks for what the directory has of it beside its cells.
    #[doc(hidden)]
    fn adopt_parts(&self) {}

    /// Keeps a value that a function gave.
    #[doc(hidden)]
    fn leave(&self, _value: f64) {}

    /// What is to be done when a process asks for it first.
    #[doc(hidden)]
    fn begin(&self) {}

    /// Adds its row to a snapshot. `labels` is the escaped text, and `owners` who is there, where that makes a
    /// difference.
    #[doc(hidden)]
    fn collect(&self, labels: &str, family: &mut FamilySnapshot, owners: &Owners) -> Result<()>;

    /// Sets everything to zero.
    #[doc(hidden)]
    fn reset(&self) {
        self.series().reset_cells();
    }
}

/// The part of a family that all its views share.
pub(crate) struct Shared<M: Metric> {
    pub(crate) context: Arc<Context>,
    pub(crate) segment: Arc<Segment>,
    pub(crate) entry: Entry,
    pub(crate) max_series: AtomicUsize,
    pub(crate) index: Index<M>,
    members: Mutex<Members<M>>,
    /// Of the family when it was last seen what other processes had removed and reset.
    pub(crate) generation: AtomicU64,
    /// What it has taken up of the directory by itself.
    pub(crate) cursor: Mutex<Cursor>,
    /// As its context says, for the hot path.
    pub(crate) is_shared: bool,
    /// Its bounds in the directory, where processes share them.
    pub(crate) limits: OnceLock<Entry>,
}

impl<M: Metric> Shared<M> {
    pub(crate) fn new(
        context: Context,
        segment: Arc<Segment>,
        entry: Entry,
        max_series: Option<usize>,
    ) -> Arc<Self> {
        let shared = Self {
            is_shared: segment.is_shared(),
            generation: AtomicU64::new(segment.generation(entry.number)),
            context: Arc::new(context),
            index: Index::new(segment.hash_seed()),
            segment,
            entry,
            max_series: AtomicUsize::new(max_series.unwrap_or(usize::MAX)),
            members: Mutex::default(),
            cursor: Mutex::default(),
            limits: OnceLock::new(),
        };
        Arc::new(shared)
    }

    pub(crate) fn definition(&self) -> &Definition {
        &self.context.definition
    }

    pub(crate) fn entry(&self) -> &Entry {
        &self.entry
    }

    pub(crate) fn lock(&self) -> Locked<'_, Members<M>> {
        lock(&self.members)
    }

    pub(crate) fn handle(&self, entry: Entry) -> M {
        M::new(Series::new(Arc::clone(&self.segment), entry, Arc::clone(&self.context)))
    }

    #[inline]
    fn get_or_create(&self, values: &[&str]) -> Child<'_, M> {
        loop {
            if let Some(found) = self.index.get(values) {
                return Child(Inner::Shared(found));
            }
            if let Some(overflow) = self.create(values) {
                self.segment.count_overflow();
                return Child(Inner::Own(overflow));
            }
        }
    }

    /// Makes a series and puts it into the index, or says where its writes go when there is no room.
    #[cold]
    fn create(&self, values: &[&str]) -> Option<M> {
        let mut members = self.lock();
        if self.index.get(values).is_some() {
            return None;
        }
        if let Some(entry) = self.find_or_insert_series(values, members.len()) {
            let handle = self.handle(entry);
            handle.begin();
            members.push(handle.clone());
            self.index.insert(values, handle);
            return None;
        }
        if let Some(overflow) = members.overflow() {
            return Some(overflow);
        }
        let overflow = self.new_entry(EntryKind::Overflow, b"");
        let Ok((entry, _)) = self.segment.insert(&overflow) else {
            let segment = Arc::clone(&self.segment);
            let context = Arc::clone(&self.context);
            return Some(M::new(Series::nowhere(segment, self.entry.number, context)));
        };
        let overflow = self.handle(entry);
        members.set_overflow(overflow.clone());
        Some(overflow)
    }

    /// The entry of a series that this process has not yet. None when there is no room for it.
    fn find_or_insert_series(&self, values: &[&str], own: usize) -> Option<Entry> {
        let key = join_key(values);
        let new = self.new_entry(EntryKind::Series, &key);
        let count = self.series_count();
        let series = count.map_or(own, |count| count.load(Ordering::Relaxed) as usize);
        if series >= self.max_series.load(Ordering::Relaxed) {
            return if self.context.is_shared() { self.segment.lookup(&new) } else { None };
        }
        let inserted = self.segment.insert(&new).or_else(|_| {
            // The room of removed series may be free by now.
            collect_removed();
            self.segment.insert(&new)
        });
        let (entry, is_new) = inserted.ok()?;
        if let Some(count) = count.filter(|_| is_new) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        Some(entry)
    }

    pub(crate) fn new_entry<'k>(&self, kind: EntryKind, key: &'k [u8]) -> NewEntry<'k> {
        NewEntry {
            kind,
            family: self.entry.number,
            key,
            cells: self.context.cells() as u32,
            of: self.context.storage().cells_of(),
            payload: self.definition().payload() as u32,
            created: self.context.clock.unix_seconds(),
        }
    }

    /// Whether the family has no labels: then it has its one series always, and removing it means
    /// setting it to zero.
    fn is_single(&self) -> bool {
        self.definition().schema.label_names.is_empty()
    }

    fn reset(&self) {
        self.catch_up();
        let now = self.context.clock.unix_seconds();
        self.lock().reset(&self.segment, now);
        self.context.set_created_changed();
    }

    fn remove(&self, values: &[&str]) -> bool {
        if self.is_single() {
            self.reset();
            return true;
        }
        self.drop_removed_by_others();
        let mut members = self.lock();
        let found = self.index.get(values).map(|handle| (*handle).clone());
        let Some(handle) = found else { return self.remove_unknown(values) };
        self.index.remove(values);
        let was_live = usize::from(handle.series().is_live());
        let callback = members.remove(&handle);
        self.count_removed(1, was_live);
        drop(members);
        drop(callback);
        true
    }

    fn remove_where(&self, matches: impl Fn(&[String]) -> bool) -> usize {
        if self.is_single() {
            self.reset();
            return 1;
        }
        self.catch_up();
        let mut callbacks = Dropped::default();
        let mut members = self.lock();
        let (mut count, mut live) = (0, 0);
        for (handle, values) in members.with_values() {
            if matches(&values) {
                live += usize::from(handle.series().is_live());
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                self.index.remove(&values);
                callbacks.append(members.remove(&handle));
                count += 1;
            }
        }
        self.count_removed(count, live);
        count
    }

    /// Removes the series that do not stay, the overflow series among them.
    pub(crate) fn retain(&self, stays: impl Fn(&Arc<Series>) -> bool) {
        let mut callbacks = Dropped::default();
        let mut members = self.lock();
        for (handle, values) in members.with_values() {
            if !stays(handle.series()) {
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                self.index.remove(&values);
                callbacks.append(members.remove(&handle));
            }
        }
        members.retain_overflow(stays);
    }

    fn clear(&self) {
        if self.is_single() {
            self.reset();
        } else {
            self.catch_up();
            self.remove_all();
        }
    }

    fn remove_all(&self) {
        let mut members = self.lock();
        self.index.clear();
        let (count, callbacks) = members.clear();
        self.count_removed(0, count);
        drop(members);
        drop(callbacks);
    }
}

impl<M: Metric> Drop for Shared<M> {
    fn drop(&mut self) {
        if self.context.is_shared() {
            // It is not this process's alone.
            return;
        }
        // No view of the family is left, so nobody can look its series up again; the cells of those
        // without a handle are free from here on.
        self.remove_all();
        self.segment.remove(&self.entry);
        self.segment.free(&self.entry);
    }
}

/// A metric family: all series of one name.
///
/// Cloning gives another view of the same family.
pub struct Family<M: Metric> {
    pub(crate) shared: Arc<Shared<M>>,
    /// For each label, the value that this view fixes.
    fixed: Option<Arc<[Option<String>]>>,
}

impl<M: Metric> Family<M> {
    pub(crate) fn new(shared: Arc<Shared<M>>) -> Self {
        Self { shared, fixed: None }
    }

    /// The child with these label values, in the order of the label names; made when it is new.
    ///
    /// Looking up takes no lock. Past the series limit it is the overflow series.
    ///
    /// # Errors
    /// `label_mismatch` when their number is not that of the label names.
    #[inline(always)]
    pub fn labels(&self, values: &[&str]) -> Result<Child<'_, M>> {
        if self.fixed.is_none()
            && self.shared.is_current()
            && let Some(found) = self.shared.index.get(values)
        {
            return Ok(Child(Inner::Shared(found)));
        }
        self.find_or_create(values)
    }

    /// As [`Family::labels`] for what is not found at once.
    #[cold]
    #[inline(never)]
    fn find_or_create(&self, values: &[&str]) -> Result<Child<'_, M>> {
        self.shared.drop_removed_by_others();
        if self.fixed.is_some() {
            return self.with_fixed(values, |shared, values| shared.get_or_create(values));
        }
        self.check_count(values.len())?;
        Ok(self.shared.get_or_create(values))
    }

    /// The child with these labels, named in any order.
    ///
    /// # Errors
    /// `label_mismatch` when they are not exactly the label names.
    pub fn labels_by_name(&self, pairs: &[(&str, &str)]) -> Result<Child<'_, M>> {
        let values = self.in_order(pairs)?;
        self.labels(&values)
    }

    /// A view of the family in which these labels have a fixed value.
    ///
    /// # Errors
    /// `label_mismatch` when one is not a label of the family or is fixed already.
    pub fn curry(&self, pairs: &[(&str, &str)]) -> Result<Self> {
        let names = &self.shared.definition().schema.label_names;
        let mut fixed = match &self.fixed {
            Some(fixed) => fixed.to_vec(),
            None => vec![None; names.len()],
        };
        for (name, value) in pairs {
            let place = names.iter().zip(&mut fixed).find(|(own, _)| own == name);
            match place {
                Some((_, slot @ None)) => *slot = Some((*value).to_owned()),
                _ => {
                    return Err(self
                        .mismatch(format!("label {name:?} cannot be fixed", name = Quoted(name))));
                }
            }
        }
        Ok(Self { shared: Arc::clone(&self.shared), fixed: Some(fixed.into()) })
    }

    /// Removes one series; whether it was there. Handles to it stay valid and write nowhere visible.
    /// A family without labels keeps its one series: removing sets it to zero.
    ///
    /// # Errors
    /// `label_mismatch` as for [`Family::labels`].
    pub fn remove(&self, values: &[&str]) -> Result<bool> {
        if self.fixed.is_some() {
            return self.with_fixed(values, |shared, values| shared.remove(values));
        }
        self.check_count(values.len())?;
        Ok(self.shared.remove(values))
    }

    /// Removes every series that has these labels among its own; how many there were.
    ///
    /// # Errors
    /// `label_mismatch` when one is not a label of the family.
    pub fn remove_matching(&self, pairs: &[(&str, &str)]) -> Result<usize> {
        let names = &self.shared.definition().schema.label_names;
        let mut wanted: Vec<Option<&str>> = match &self.fixed {
            Some(fixed) => fixed.iter().map(Option::as_deref).collect(),
            None => vec![None; names.len()],
        };
        for (name, value) in pairs {
            match names.iter().zip(&mut wanted).find(|(own, _)| own == name) {
                Some((_, slot)) if slot.is_none_or(|fixed| fixed == *value) => *slot = Some(value),
                _ => {
                    return Err(self.mismatch(format!(
                        "label {name:?} cannot be matched",
                        name = Quoted(name)
                    )));
                }
            }
        }
        let matches = |values: &[String]| {
            values.iter().zip(&wanted).all(|(value, want)| want.is_none_or(|want| want == value))
        };
        Ok(self.shared.remove_where(matches))
    }

    /// Removes all series of this view, the overflow series too if nothing is fixed in it.
    pub fn clear(&self) {
        match &self.fixed {
            // Matching by what is fixed cannot name a wrong label.
            Some(_) => drop(self.remove_matching(&[])),
            None => self.shared.clear(),
        }
    }

    /// Sets all series to zero and their creation time to now, without removing them.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Lets a function give the value of one child from now on, at every collection. `None` leaves
    /// the series out of that collection, and so does a panic; both are counted. While the function
    /// itself collects the registry, the series is left out, too. It does nothing for types other than
    /// counter and gauge, and for a child that was removed.
    pub fn set_callback(
        &self,
        child: &M,
        function: impl Fn() -> Option<f64> + Send + Sync + 'static,
    ) {
        if self.shared.definition().is_one_number() {
            let old = self.shared.lock().set_callback(child, Callback::new(function));
            drop(old);
        }
    }

    /// The numbers of all series of the family at this moment, also when it is in no registry any more.
    ///
    /// # Errors
    /// `invalid_value` when a series is not of the shape that its type says.
    pub fn snapshot(&self) -> Result<FamilySnapshot> {
        // Callbacks are foreign code: no lock is held while they run.
        let callbacks = self.shared.lock().callbacks();
        let called =
            callbacks.iter().map(|(number, callback)| (*number, callback.call().flatten()));
        let called = called.collect();
        self.shared.catch_up();
        self.shared.lock().snapshot(&self.shared.context, &self.shared.segment, &called)
    }

    /// The number of series, without the overflow series.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.catch_up();
        self.shared.lock().len()
    }

    /// Whether the family has no series.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A number that changes whenever a series is removed. Whoever caches children compares it.
    #[inline]
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.shared.segment.generation(self.shared.entry.number)
    }

    /// The word that [`Family::generation`] reads, for caches in another language's code.
    #[must_use]
    pub fn generation_memory(&self) -> Memory {
        self.shared.segment.generation_memory(self.shared.entry.number)
    }

    /// The names of the labels that this view leaves open, in order.
    pub fn open_labels(&self) -> impl Iterator<Item = &str> {
        let fixed = self.fixed.as_deref().unwrap_or_default();
        let names = self.schema().label_names.iter().enumerate();
        let is_open = |i: usize| fixed.get(i).is_none_or(Option::is_none);
        names.filter(move |(i, _)| is_open(*i)).map(|(_, name)| name.as_str())
    }

    /// The schema.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.shared.definition().schema
    }

    /// The segment whose cells the children are.
    #[must_use]
    pub fn segment(&self) -> &Arc<Segment> {
        &self.shared.segment
    }

    /// The label values that complete this view, put where they belong.
    fn with_fixed<'a, T>(
        &'a self,
        values: &[&str],
        then: impl FnOnce(&'a Shared<M>, &[&str]) -> T,
    ) -> Result<T> {
        let fixed = self.fixed.as_deref().unwrap_or_default();
        let open = self.open_labels().count();
        if values.len() != open {
            return Err(self.mismatch(format!("{} values for {open} open labels", values.len())));
        }
        let mut rest = values.iter().copied();
        let all: Vec<&str> =
            fixed.iter().filter_map(|value| value.as_deref().or_else(|| rest.next())).collect();
        Ok(then(&self.shared, &all))
    }

    fn in_order<'v>(&self, pairs: &[(&str, &'v str)]) -> Result<Vec<&'v str>> {
        let values: Option<Vec<&str>> = self
            .open_labels()
            .map(|name| pairs.iter().find(|(own, _)| *own == name).map(|(_, value)| *value))
            .collect();
        match values {
            Some(values) if values.len() == pairs.len() => Ok(values),
            _ => {
                let given: Vec<Quoted<'_>> = pairs.iter().map(|(name, _)| Quoted(name)).collect();
                Err(self.mismatch(format!("labels {given:?}")))
            }
        }
    }

    #[inline]
    fn check_count(&self, count: usize) -> Result<()> {
        if count == self.shared.definition().schema.label_names.len() {
            return Ok(());
        }
        Err(self.mismatch(format!("{count} label values")))
    }

    #[cold]
    fn mismatch(&self, what: String) -> Error {
        let schema = &self.shared.definition().schema;
        let names = schema.label_names.join(", ");
        let message = format!("{what} given for {} with labels ({names})", schema.name);
        Error::new(ErrorCode::LabelMismatch, message)
    }
}

impl<M: Metric> Clone for Family<M> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), fixed: self.fixed.clone() }
    }
}

impl<M: Metric> fmt::Debug for Family<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Family({})", self.schema().summary())
    }
}

/// A child that was looked up: use it, or clone it to keep it.
///
/// Holding one keeps removed series from being freed, so hold it briefly.
#[derive(Debug)]
pub struct Child<'a, M>(Inner<'a, M>);

impl<M> Child<'_, M> {
    /// Whether this is no child of these label values but the one that takes the writes past the
    /// limit. Whoever caches children must not cache it under them.
    #[must_use]
    pub fn is_overflow(&self) -> bool {
        matches!(self.0, Inner::Own(_))
    }
}

#[derive(Debug)]
enum Inner<'a, M> {
    Shared(Ref<'a, M>),
    Own(M),
}

impl<M> Deref for Child<'_, M> {
    type Target = M;

    #[inline]
    fn deref(&self) -> &M {
        match &self.0 {
            Inner::Shared(handle) => handle,
            Inner::Own(handle) => handle,
        }
    }
}

/// The labels of a family's overflow series.
pub(crate) const OVERFLOW_LABELS: [(&str, &str); 1] = [(OVERFLOW_LABEL, "true")];
