//! What a family has in common with other processes: its bounds, and the series that they make and remove.

use std::sync::atomic::{AtomicU64, Ordering};

use metrion_slab::{CellsOf, Entry, EntryKind, NewEntry, SHARES, join_key, lock, split_key};

use crate::family::{Metric, Shared};
use crate::members::Dropped;

/// Words of a family's bounds in the directory.
mod limit {
    /// At most so many series; 0 is no bound.
    pub(super) const MAX_SERIES: usize = 0;
    /// As f64; 0 is never.
    pub(super) const EXPIRE_AFTER: usize = 1;
    /// How many series there are.
    pub(super) const SERIES: usize = 2;
    pub(super) const WORDS: u32 = 3;
}

impl<M: Metric> Shared<M> {
    /// Sets the bounds, for all processes that have the family.
    pub(crate) fn set_limits(&self, max_series: Option<usize>, expire_after: Option<f64>) {
        self.max_series.store(max_series.unwrap_or(usize::MAX), Ordering::Relaxed);
        self.context.set_expire_after(expire_after.unwrap_or(f64::INFINITY));
        if !self.context.is_shared() || max_series.is_none() && expire_after.is_none() {
            return;
        }
        let new = NewEntry {
            kind: EntryKind::Limits,
            family: self.entry.number,
            key: b"",
            cells: 0,
            of: CellsOf::Writers,
            payload: limit::WORDS,
            created: 0.0,
        };
        // Without room for it, the bounds are this process's alone.
        let Ok((entry, is_new)) = self.segment.insert(&new) else { return };
        let words = self.segment.payload(&entry);
        let set = |at: usize, value: u64| {
            words.get(at).into_iter().for_each(|word| word.store(value, Ordering::Relaxed));
        };
        set(limit::MAX_SERIES, max_series.map_or(0, |most| most as u64 + 1));
        set(limit::EXPIRE_AFTER, expire_after.unwrap_or_default().to_bits());
        if is_new {
            set(limit::SERIES, self.lock().len() as u64);
        }
        let _known = self.limits.set(entry);
    }

    /// Takes up the bounds that another process set.
    pub(crate) fn adopt_limits(&self, entry: Entry) {
        let words = self.segment.payload(&entry);
        let word = |at: usize| words.get(at).map_or(0, |word| word.load(Ordering::Relaxed));
        if let Some(most) = word(limit::MAX_SERIES).checked_sub(1) {
            self.max_series.store(most as usize, Ordering::Relaxed);
        }
        let seconds = f64::from_bits(word(limit::EXPIRE_AFTER));
        if seconds > 0.0 {
            self.context.set_expire_after(seconds);
        }
        let _known = self.limits.set(entry);
    }

    /// How many series the family has, those included that other processes made.
    pub(crate) fn series_count(&self) -> Option<&AtomicU64> {
        self.segment.payload(self.limits.get()?).get(limit::SERIES)
    }

    /// Takes note of series that this process has removed, and of how many of them no other one had before.
    pub(crate) fn count_removed(&self, removed: usize, live: usize) {
        self.generation.fetch_add(removed as u64, Ordering::Relaxed);
        if let Some(count) = self.series_count() {
            count.fetch_sub(live as u64, Ordering::Relaxed);
        }
    }

    /// Whether nobody else removed or reset a series since this process looked.
    #[inline(always)]
    pub(crate) fn is_current(&self) -> bool {
        !(SHARES && self.is_shared)
            || self.segment.generation(self.entry.number) == self.generation.load(Ordering::Relaxed)
    }

    pub(crate) fn drop_removed_by_others(&self) {
        if !self.is_current() {
            self.drop_removed();
        }
    }

    /// Lets go of the series that other processes have removed.
    #[cold]
    #[inline(never)]
    fn drop_removed(&self) {
        let mut callbacks = Dropped::default();
        let mut members = self.lock();
        let generation = self.segment.generation(self.entry.number);
        for handle in members.removed_by_others() {
            self.index.remove(&split_key(&handle.series().key()).unwrap_or_default());
            handle.series().forget();
            callbacks.append(members.remove(&handle));
        }
        members.retain_overflow(|series| series.is_live());
        self.context.set_created_changed();
        self.generation.store(generation, Ordering::Relaxed);
        drop(members);
        drop(callbacks);
    }

    /// Takes up a series that the directory has already. One whose entry is damaged is left out: the others go on.
    pub(crate) fn adopt(&self, entry: Entry, key: &[u8]) -> Dropped {
        let is_overflow = entry.kind == EntryKind::Overflow;
        let definition = self.definition();
        let is_whole = entry.cells as usize == self.context.cells()
            && entry.payload as usize == definition.payload();
        let values = split_key(key).filter(|values| {
            is_whole && (is_overflow || values.len() == definition.schema.label_names.len())
        });
        let Some(values) = values else { return Dropped::default() };
        let mut members = self.lock();
        if is_overflow {
            if !members.has_entry(&entry) {
                members.set_overflow(self.handle(entry));
            }
            return Dropped::default();
        }
        let known = self.index.get(&values).map(|known| (*known).clone());
        if known.as_ref().is_some_and(|known| known.series().entry.number == entry.number) {
            return Dropped::default();
        }
        // Somebody removed it, and somebody made it again.
        let dropped = known.map(|known| {
            self.index.remove(&values);
            members.remove(&known)
        });
        let handle = self.handle(entry);
        members.push(handle.clone());
        self.index.insert(&values, handle);
        dropped.unwrap_or_default()
    }

    /// Takes up what the directory has of a series beside its cells.
    pub(crate) fn adopt_part(&self, series: &Entry, key: &[u8], part: Entry) {
        let handle = if series.kind == EntryKind::Overflow {
            self.lock().overflow()
        } else {
            let Some(values) = split_key(key) else { return };
            self.index.get(&values).map(|handle| (*handle).clone())
        };
        if let Some(handle) = handle.filter(|own| own.series().entry.number == series.number)
            && handle.series().adopt_part(part)
        {
            handle.adopt_parts();
        }
    }

    /// Removes a series that another process made and this one has not seen.
    pub(crate) fn remove_unknown(&self, values: &[&str]) -> bool {
        if !(SHARES && self.is_shared) {
            return false;
        }
        let key = join_key(values);
        let entry = self.segment.lookup(&self.new_entry(EntryKind::Series, &key));
        let was_live = entry.is_some_and(|entry| self.segment.remove(&entry));
        self.count_removed(usize::from(entry.is_some()), usize::from(was_live));
        was_live
    }

    /// Takes up the series that other processes have made, and lets go of those that they have removed.
    pub(crate) fn catch_up(&self) {
        if !(SHARES && self.is_shared) {
            return;
        }
        let mut callbacks = Dropped::default();
        let mut cursor = lock(&self.cursor);
        let is_own = |series: &Entry| series.family == self.entry.number;
        for (entry, key) in self.segment.entries_since(&mut cursor) {
            match entry.kind {
                EntryKind::Series | EntryKind::Overflow if is_own(&entry) => {
                    callbacks.append(self.adopt(entry, &key));
                }
                kind if kind.is_part() => {
                    let series = self.segment.entry(entry.family);
                    if let Some((series, key)) = series.filter(|(series, _)| is_own(series)) {
                        self.adopt_part(&series, &key, entry);
                    }
                }
                _ => {}
            }
        }
        drop(cursor);
        drop(callbacks);
        self.drop_removed_by_others();
    }
}
