//! A series: the cells behind a child handle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use metrion_slab::{Cell, Entry, EntryKind, Segment};

/// What all handles of one series share. When the last handle of a removed series goes, its cells
/// are used again.
#[derive(Debug)]
pub struct Series {
    pub(crate) segment: Arc<Segment>,
    pub(crate) entry: Entry,
    removed: AtomicBool,
    /// Where the family's list has it; only under that list's lock.
    position: AtomicUsize,
}

impl Series {
    pub(crate) fn new(segment: Arc<Segment>, entry: Entry) -> Arc<Self> {
        Arc::new(Self {
            segment,
            entry,
            removed: AtomicBool::new(false),
            position: AtomicUsize::new(0),
        })
    }

    /// A series that writes nowhere, for when there is not even room for an overflow series: its
    /// cells are out of range, and such writes are ignored.
    pub(crate) fn nowhere(segment: Arc<Segment>, family: u32, cells: u32) -> Arc<Self> {
        let entry = Entry {
            number: u32::MAX,
            kind: EntryKind::Overflow,
            family,
            first_cell: u32::MAX - cells,
            cells,
            created: 0.0,
        };
        Self::new(segment, entry)
    }

    pub(crate) fn cell(&self) -> Cell {
        self.entry.first_cell
    }

    pub(crate) fn position(&self) -> usize {
        self.position.load(Ordering::Relaxed)
    }

    pub(crate) fn set_position(&self, position: usize) {
        self.position.store(position, Ordering::Relaxed);
    }

    /// Hides the series. Handles go on to write to cells that nobody reads.
    pub(crate) fn remove(&self) {
        if !self.removed.swap(true, Ordering::Relaxed) {
            self.segment.remove(&self.entry);
        }
    }
}

impl Drop for Series {
    fn drop(&mut self) {
        if *self.removed.get_mut() {
            self.segment.free(&self.entry);
        }
    }
}
