//! A series: the cells behind a child handle.

use std::cmp::Ordering as Ordered;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use metrion_model::{Error, ErrorCode, Result};
use metrion_slab::{Cell, CellsOf, Entry, EntryKind, NewEntry, OwnValues, Owners, Segment, lock};

use crate::definition::{Context, Storage};
use crate::exemplars::Exemplars;

/// What all handles of one series share. When the last handle of a removed series goes, its cells
/// are used again.
#[derive(Debug)]
pub struct Series {
    pub(crate) segment: Arc<Segment>,
    pub(crate) entry: Entry,
    pub(crate) context: Arc<Context>,
    removed: AtomicBool,
    /// Where the family's list has it; only under that list's lock.
    position: AtomicUsize,
    /// What most series do not have.
    extras: OnceLock<Box<Extras>>,
}

#[derive(Debug, Default)]
struct Extras {
    exemplars: Exemplars,
    /// The directory's entries that go with the series.
    parts: Mutex<Vec<Entry>>,
}

/// Where the cells of a series are, for bindings that add to those of the calling thread by
/// themselves: see [`metrion_slab::thread_slabs`]. It does not keep the series; hold its handle beside it.
#[derive(Clone, Copy, Debug)]
pub struct CellAddress<'a> {
    /// The segment that has them.
    pub segment: &'a Arc<Segment>,
    /// The first one; out of range for a series that is nowhere.
    pub first: Cell,
}

impl Series {
    pub(crate) fn new(segment: Arc<Segment>, entry: Entry, context: Arc<Context>) -> Arc<Self> {
        Arc::new(Self {
            segment,
            entry,
            context,
            removed: AtomicBool::new(false),
            position: AtomicUsize::new(0),
            extras: OnceLock::new(),
        })
    }

    /// A series that writes nowhere, for when there is not even room for an overflow series: its
    /// cells are out of range, and such writes are ignored.
    pub(crate) fn nowhere(segment: Arc<Segment>, family: u32, context: Arc<Context>) -> Arc<Self> {
        let cells = context.cells() as u32;
        let entry = Entry {
            number: u32::MAX,
            kind: EntryKind::Overflow,
            family,
            first_cell: u32::MAX - cells,
            cells,
            payload: 0,
            created: 0.0,
        };
        Self::new(segment, entry, context)
    }

    pub(crate) fn cell(&self) -> Cell {
        self.entry.first_cell
    }

    /// The label values, as [`split_key`](metrion_slab::split_key) reads them.
    pub(crate) fn key(&self) -> Vec<u8> {
        self.segment.key_of(&self.entry)
    }

    pub(crate) fn address(&self) -> CellAddress<'_> {
        CellAddress { segment: &self.segment, first: self.cell() }
    }

    pub(crate) fn position(&self) -> usize {
        self.position.load(Ordering::Relaxed)
    }

    pub(crate) fn set_position(&self, position: usize) {
        self.position.store(position, Ordering::Relaxed);
    }

    /// Finds or makes a directory entry that goes with the series. It may be asked for again and
    /// again; two entries of one kind differ in their keys.
    ///
    /// # Errors
    /// `limit_reached` when the registry is full, and for a series that is nowhere.
    pub(crate) fn part(
        &self,
        kind: EntryKind,
        key: &[u8],
        cells: u32,
        payload: u32,
    ) -> Result<Entry> {
        let family = self.entry.number;
        if family == u32::MAX {
            return Err(Error::new(ErrorCode::LimitReached, "the series is nowhere"));
        }
        let new = new_part(kind, family, key, cells, payload);
        let mut parts = lock(&self.extras().parts);
        let (entry, _) = self.segment.insert(&new)?;
        if parts.iter().all(|part| part.number != entry.number) {
            parts.push(entry);
        }
        Ok(entry)
    }

    /// The directory entry that goes with the series, if there is one: see [`Series::part`].
    pub(crate) fn find_part(
        &self,
        kind: EntryKind,
        key: &[u8],
        cells: u32,
        payload: u32,
    ) -> Option<Entry> {
        self.segment.lookup(&new_part(kind, self.entry.number, key, cells, payload))
    }

    /// Makes the room of a part usable again. Nobody looks at it any more.
    pub(crate) fn free_part(&self, entry: &Entry) {
        let mut parts = lock(&self.extras().parts);
        parts.retain(|part| part.number != entry.number);
        self.segment.remove(entry);
        self.segment.free(entry);
    }

    /// Takes up a part that the directory has already. Whether it is new to this process.
    pub(crate) fn adopt_part(&self, entry: Entry) -> bool {
        let mut parts = lock(&self.extras().parts);
        let is_new = parts.iter().all(|part| part.number != entry.number);
        if is_new {
            parts.push(entry);
        }
        is_new
    }

    pub(crate) fn parts(&self, kind: EntryKind) -> Vec<Entry> {
        let Some(extras) = self.extras.get() else { return Vec::new() };
        lock(&extras.parts).iter().filter(|part| part.kind == kind).copied().collect()
    }

    /// Takes up the exemplars among the parts.
    pub(crate) fn adopt_exemplars(&self, places: usize) {
        for part in self.parts(EntryKind::Exemplar) {
            self.exemplars().adopt(self, places, part);
        }
    }

    pub(crate) fn exemplars(&self) -> &Exemplars {
        &self.extras().exemplars
    }

    /// As [`Series::exemplars`], for those who only look.
    pub(crate) fn existing_exemplars(&self) -> Option<&Exemplars> {
        self.extras.get().map(|extras| &extras.exemplars)
    }

    /// The numbers in the cells, if they are all that it counts.
    pub(crate) fn numbers(&self) -> Option<Vec<f64>> {
        let definition = &self.context.definition;
        if !definition.counts_in_cells() {
            return None;
        }
        let mut numbers = vec![0.0; self.entry.cells as usize];
        match self.context.storage() {
            Storage::Last => self.segment.get_into(self.cell(), &mut numbers),
            Storage::Sum => self.segment.sum_into(self.cell(), &mut numbers),
            Storage::Bound | Storage::Own => return None,
        }
        Some(numbers)
    }

    /// Makes the cells read these numbers, while nobody else updates them.
    pub(crate) fn set_numbers(&self, numbers: &[f64]) {
        // What did not change keeps its last digits.
        if self.numbers().as_deref() == Some(numbers) {
            return;
        }
        self.reset_cells();
        let definition = &self.context.definition;
        for (at, (cell, number)) in (self.cell()..).zip(numbers).enumerate() {
            if self.context.storage() == Storage::Last {
                self.segment.set(cell, *number);
            } else if at < definition.counts() {
                self.segment.count_by(cell, *number);
            } else {
                self.segment.add(cell, *number);
            }
        }
    }

    /// Makes the cells read 0 from now on.
    pub(crate) fn reset_cells(&self) {
        let entry = &self.entry;
        match self.context.storage() {
            Storage::Last => self.segment.set(entry.first_cell, 0.0),
            Storage::Own => self.say(0.0),
            Storage::Bound => {}
            Storage::Sum => {
                self.segment.reset(entry.first_cell, entry.cells as usize);
            }
        }
    }

    /// Sets the number that this process says, in a registry that processes share.
    pub(crate) fn say(&self, value: f64) {
        self.segment.set_own(self.cell(), value);
        self.segment.set_own(self.cell() + 1, self.segment.next_turn());
    }

    /// As [`Context::owners`].
    pub(crate) fn owners(&self) -> Owners {
        self.context.owners(&self.segment)
    }

    /// What each process said, and whether it is there; those that said something last come last.
    pub(crate) fn said(&self, owners: &Owners) -> Vec<OwnValues> {
        let mut said = self.segment.own_values(self.cell(), 2, owners);
        said.sort_by(|a, b| {
            a.values.last().partial_cmp(&b.values.last()).unwrap_or(Ordered::Equal)
        });
        said
    }

    /// The number that a process which is there said last, or, when none is there, any.
    pub(crate) fn said_last(&self, owners: &Owners) -> Option<f64> {
        let said = self.said(owners);
        let last = said.iter().rev().find(|own| own.is_live).or(said.last())?;
        last.values.first().copied()
    }

    fn extras(&self) -> &Extras {
        self.extras.get_or_init(Box::default)
    }

    /// Hides the series. Handles go on to write to cells that nobody reads. Whether it was there.
    pub(crate) fn remove(&self) -> bool {
        !self.removed.swap(true, Ordering::Relaxed) && self.segment.remove(&self.entry)
    }

    /// Takes note that another process has hidden it.
    pub(crate) fn forget(&self) {
        self.removed.store(true, Ordering::Relaxed);
    }

    /// Whether nobody has hidden it, another process included.
    pub(crate) fn is_live(&self) -> bool {
        self.segment.is_live(&self.entry)
    }
}

fn new_part(kind: EntryKind, series: u32, key: &[u8], cells: u32, payload: u32) -> NewEntry<'_> {
    let of = CellsOf::Writers;
    NewEntry { kind, family: series, key, cells, of, payload, created: 0.0 }
}

impl Drop for Series {
    fn drop(&mut self) {
        if !*self.removed.get_mut() {
            return;
        }
        if self.segment.is_shared() {
            return;
        }
        if let Some(extras) = self.extras.get() {
            for part in lock(&extras.parts).iter() {
                self.segment.remove(part);
                self.segment.free(part);
            }
        }
        self.segment.free(&self.entry);
    }
}
