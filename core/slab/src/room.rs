//! Room for new entries: numbers, words for keys, and cells, each given out by moving a high-water mark.

use std::ops::Range;

use metrion_model::{Error, ErrorCode, Result};

use crate::directory::{CellsOf, EntryKind, NewEntry};
use crate::layout::{PAGE_CELLS, entry, header};
use crate::segment::Segment;
use crate::sync::Ordering;

/// What an entry has room for. A free entry serves only a new one of exactly the same room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Room {
    cells: u32,
    key_words: usize,
}

impl Room {
    pub(crate) fn new(cells: u32, key_len: usize, payload: u32) -> Self {
        let words = key_len.div_ceil(size_of::<u64>()) + payload as usize;
        // Powers of two, so that label values of varying length find free entries.
        Self { cells, key_words: words.next_power_of_two() }
    }
}

impl Segment {
    /// Takes an entry number, room for a key, and cells. Nothing is taken when one of them is short,
    /// but for what another writer may take in between.
    pub(crate) fn reserve(&self, new: &NewEntry<'_>, room: Room) -> Result<usize> {
        let bounds = self.layout().geometry;
        let keys = bounds.key_words.min(u32::MAX as usize);
        let marks = [header::ENTRIES_USED, header::KEY_WORDS_USED, header::CELLS_USED];
        let wanted = [
            (1, bounds.entries, "families and series"),
            (room.key_words, keys, "words of names and labels"),
            (room.cells as usize, bounds.cells, "cells"),
        ];
        // Series and their parts leave a little for overflow series, which must come when nothing else can.
        let plain = new.kind == EntryKind::Series || new.kind.is_part();
        let spare = |bound: usize| if plain { bound / 64 } else { 0 };
        let has_memory = |mark, start| self.has_memory_at(mark, start, new.of, room);
        for (mark, (count, bound, what)) in marks.into_iter().zip(wanted) {
            let seen = self.word(mark).load(Ordering::Relaxed);
            let used = both_ends(seen);
            if used.saturating_add(count) > bound - spare(bound) {
                return Err(full(used, bound, what));
            }
            if !has_memory(mark, first_end(seen)) {
                return Err(no_memory(what));
            }
        }
        let [of_entries, of_keys, of_cells] = wanted;
        let number = self.take(header::ENTRIES_USED, of_entries, has_memory)?;
        let key = self.take(header::KEY_WORDS_USED, of_keys, has_memory)?;
        let cell = match new.of {
            CellsOf::Owners => self.take_last_cells(of_cells)?,
            _ => self.take(header::CELLS_USED, of_cells, has_memory)?,
        };
        self.entry_word(number, entry::KEY).store(key as u64, Ordering::Relaxed);
        self.entry_word(number, entry::CELLS)
            .store(u64::from(room.cells) << 32 | cell as u64, Ordering::Relaxed);
        Ok(number)
    }

    /// Moves a high-water mark, unless it would pass its bound or there is no memory for what it then takes
    /// in: so whatever is below a mark can be read.
    fn take(
        &self,
        mark: usize,
        (count, bound, what): (usize, usize, &str),
        has_memory: impl Fn(usize, usize) -> bool,
    ) -> Result<usize> {
        let word = self.word(mark);
        let mut seen = word.load(Ordering::Acquire);
        loop {
            let used = both_ends(seen);
            let start = first_end(seen);
            if used.saturating_add(count) > bound {
                return Err(full(used, bound, what));
            }
            if !has_memory(mark, start) {
                return Err(no_memory(what));
            }
            let next = seen + count as u64;
            match word.compare_exchange(seen, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(start),
                Err(now) => seen = now,
            }
        }
    }

    /// Takes cells from the end, for [`CellsOf::Owners`].
    fn take_last_cells(&self, (count, bound, what): (usize, usize, &str)) -> Result<usize> {
        let within = |used: u64| {
            let fits = both_ends(used).saturating_add(count) <= bound;
            fits.then_some(used + ((count as u64) << 32))
        };
        let mark = self.word(header::CELLS_USED);
        let moved = mark.fetch_update(Ordering::AcqRel, Ordering::Relaxed, within);
        let before = moved.map_err(|used| full(both_ends(used), bound, what))?;
        Ok(bound - (before >> 32) as usize - count)
    }

    /// Finds memory for what is given out next at a mark; whether there is some.
    fn has_memory_at(&self, mark: usize, start: usize, of: CellsOf, room: Room) -> bool {
        let layout = self.layout();
        match mark {
            header::ENTRIES_USED => self.has_memory(layout.entry(start)..layout.entry(start + 1)),
            header::KEY_WORDS_USED => {
                self.has_memory(layout.key(start)..layout.key(start + room.key_words))
            }
            // Cells of a writer get theirs when they are first written. These may be read from the start.
            _ if of == CellsOf::All && self.is_shared() => {
                let end = layout.common_cell(start + room.cells as usize);
                self.allocate(layout.common_cell(start)..end)
            }
            _ => true,
        }
    }

    /// Finds memory for words that are given out one after the other; whether there is some. Most of the
    /// time they lie in a page that is there.
    fn has_memory(&self, words: Range<usize>) -> bool {
        let page = |word: usize| word / PAGE_CELLS;
        let is_new = words.start.is_multiple_of(PAGE_CELLS)
            || page(words.start) != page(words.end.max(1) - 1);
        words.is_empty() || !self.is_shared() || !is_new || self.allocate(words)
    }
}

/// How much a mark says is used; that of cells counts from both ends.
fn both_ends(mark: u64) -> usize {
    (mark as u32 as usize).saturating_add((mark >> 32) as usize)
}

/// How much of that was given out from the first on.
fn first_end(mark: u64) -> usize {
    mark as u32 as usize
}

pub(crate) fn no_memory(what: &str) -> Error {
    let message = format!("the registry is full: there is no memory for more {what}");
    Error::new(ErrorCode::LimitReached, message)
}

fn full(used: usize, bound: usize, what: &str) -> Error {
    let message = format!("the registry is full: {used} of {bound} {what} are in use");
    Error::new(ErrorCode::LimitReached, message)
}
