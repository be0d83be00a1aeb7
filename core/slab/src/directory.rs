//! The directory: which families and series exist, and which cells are theirs.
//!
//! An entry is published in three steps: *reserve* (an entry number, room for the key, cells, each by
//! moving a high-water mark), *fill* (plain stores that nobody reads yet) and *publish* (a
//! compare-and-swap of the head of its hash chain). A writer that dies in between leaves unused room
//! behind and blocks nobody. Two writers that publish the same key meet at the head: the second finds
//! the first one's entry and gives its own up.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Mutex;

use metrion_model::{Error, ErrorCode, Result};

use crate::hash::hash;
use crate::layout::{entry, header};
#[cfg(not(loom))]
use crate::lock::lock;
use crate::room::{Room, no_memory};
use crate::segment::{Cell, Segment};
use crate::sync::{AtomicU64, Ordering};

/// What an entry describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum EntryKind {
    /// A metric family; its key is the schema.
    Family = 1,
    /// A series; its key is the label values.
    Series = 2,
    /// The series that takes the writes past its family's limit.
    Overflow = 3,
    /// What an info series says; its key is the labels.
    Info = 4,
    /// Buckets of a series that are made as they are needed.
    Sparse = 5,
    /// Room for an exemplar of a series.
    Exemplar = 6,
    /// A family's bounds, which all processes keep.
    Limits = 7,
    /// When a series moved last, of a family whose series expire.
    Activity = 8,
}

impl EntryKind {
    /// The kind of this number in a state word.
    fn from_word(word: u64) -> Option<Self> {
        let kinds = [
            Self::Family,
            Self::Series,
            Self::Overflow,
            Self::Info,
            Self::Sparse,
            Self::Exemplar,
            Self::Limits,
            Self::Activity,
        ];
        kinds.into_iter().find(|kind| *kind as u64 == word)
    }

    /// Whether an entry of this kind belongs to a series, and goes with it.
    #[must_use]
    pub const fn is_part(self) -> bool {
        matches!(self, Self::Info | Self::Sparse | Self::Exemplar | Self::Activity)
    }
}

/// The life of an entry; a free one begins again.
mod state {
    /// Complete, and perhaps in its chain: its writer, or whoever finds it there, makes it live. One that
    /// is in no chain, as its writer ended before, stays so and is nobody's.
    pub(super) const FILLED: u64 = 4;
    pub(super) const LIVE: u64 = 1;
    /// Hidden from reads; handles to it may be left.
    pub(super) const REMOVED: u64 = 2;
    /// No handle is left; its room may be used again.
    pub(super) const FREE: u64 = 3;
}

/// What to look up or insert.
#[derive(Clone, Copy, Debug)]
pub struct NewEntry<'a> {
    /// What it describes.
    pub kind: EntryKind,
    /// For a series, the entry number of its family; for a part of a series, that of the series; for
    /// a family, 0.
    pub family: u32,
    /// What tells it apart from all others of its kind and family; compared in full.
    pub key: &'a [u8],
    /// How many cells it needs.
    pub cells: u32,
    /// Whose numbers they are.
    pub of: CellsOf,
    /// How many words it needs beside its key: zero at first; see [`Segment::payload`].
    pub payload: u32,
    /// Unix seconds.
    pub created: f64,
}

/// Whose numbers the cells of an entry are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellsOf {
    /// Each writer adds to its own; nobody's part ever goes.
    Writers,
    /// Everybody's: the common slab alone holds them.
    All,
    /// A process's, which takes its part along when it ends.
    Owners,
}

/// Where somebody who takes up the entries of a directory has got to.
#[derive(Debug, Default)]
pub struct Cursor {
    next: usize,
    /// Numbers before that which were not published yet.
    pending: Vec<usize>,
}

impl Cursor {
    /// Whether it has passed the entry of a number.
    #[must_use]
    pub fn is_past(&self, number: u32) -> bool {
        (number as usize) < self.next
    }
}

/// An entry of the directory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Its number, the same for every process.
    pub number: u32,
    /// What it describes.
    pub kind: EntryKind,
    /// A series' family, or a part's series.
    pub family: u32,
    /// The first of its cells.
    pub first_cell: Cell,
    /// How many cells it has.
    pub cells: u32,
    /// How many words it has beside its key.
    pub payload: u32,
    /// Unix seconds.
    pub created: f64,
}

/// The heap's part: which entries may be used again. A cache: the entries' states tell the same.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    #[cfg_attr(loom, allow(dead_code, reason = "its models free nothing"))]
    free: Mutex<HashMap<Room, Vec<usize>>>,
}

impl Segment {
    /// Finds the entry with this key or makes it. The second part of the result tells whether it is
    /// new.
    ///
    /// # Errors
    /// `limit_reached` when a bound of the segment's geometry is met.
    pub fn insert(&self, new: &NewEntry<'_>) -> Result<(Entry, bool)> {
        // In private memory entries are unlinked and used again, which must not happen under an
        // insertion's eyes. Where nothing is unlinked, publishing needs no lock: the loom models run
        // it that way.
        #[cfg(not(loom))]
        let mut free = lock(&self.directory.free);
        let hash = self.hash(new);
        let head = self.word(self.layout().head(hash));
        let first = head.load(Ordering::Acquire);
        if let Some(number) = self.find(first, 0, hash, new) {
            return Ok((self.existing(number, new)?, false));
        }
        let room = Room::new(new.cells, new.key.len(), new.payload);
        #[cfg(not(loom))]
        let reused = free.get_mut(&room).and_then(Vec::pop);
        #[cfg(loom)]
        let reused = None;
        let number = match reused {
            Some(number) => number,
            None => self.reserve(new, room)?,
        };
        self.fill(number, hash, new);
        match self.publish(number, first, hash, new) {
            Ok(()) => Ok((self.existing(number, new)?, true)),
            Err(other) => Ok((self.existing(other, new)?, false)),
        }
    }

    /// The entry with this key, if there is one.
    #[must_use]
    pub fn lookup(&self, new: &NewEntry<'_>) -> Option<Entry> {
        let hash = self.hash(new);
        let first = self.word(self.layout().head(hash)).load(Ordering::Acquire);
        self.entry_at(self.find(first, 0, hash, new)?, new.kind)
    }

    /// The entry of a number that was found for `new`, if it is what that needs.
    fn existing(&self, number: usize, new: &NewEntry<'_>) -> Result<Entry> {
        let entry = self.entry_at(number, new.kind);
        let fits = |entry: &Entry| entry.cells == new.cells && entry.payload == new.payload;
        let entry = entry.filter(|entry| new.kind == EntryKind::Family || fits(entry));
        let entry = entry.ok_or_else(|| {
            Error::new(ErrorCode::Damaged, format!("entry {number} of the registry is damaged"))
        })?;
        if new.of == CellsOf::All && self.is_shared() && !self.touch_common(&entry) {
            return Err(no_memory("cells"));
        }
        Ok(entry)
    }

    /// Hides an entry; its cells stay until [`Segment::free`]. A series' removal raises its family's
    /// generation, so that no cache hands it out any more. Whether it was live.
    pub fn remove(&self, entry: &Entry) -> bool {
        let word = self.entry_word(entry.number as usize, entry::STATE);
        let removed = (entry.kind as u64) << 8 | state::REMOVED;
        let was_live = word.swap(removed, Ordering::AcqRel) & 0xff == state::LIVE;
        if matches!(entry.kind, EntryKind::Series | EntryKind::Overflow) {
            self.generation_word(entry.family).fetch_add(1, Ordering::Release);
        }
        was_live
    }

    /// Whether an entry is there and was not removed.
    #[must_use]
    pub fn is_live(&self, entry: &Entry) -> bool {
        let word = self.entry_word(entry.number as usize, entry::STATE).load(Ordering::Acquire);
        word == (entry.kind as u64) << 8 | state::LIVE
    }

    /// Makes a removed entry's cells and key room usable again, zeroed.
    ///
    /// Only when no handle to it is left: the caller was the last to hold one.
    #[cfg(not(loom))]
    pub fn free(&self, entry: &Entry) {
        if self.is_shared() {
            // Other processes may look at it.
            return;
        }
        let number = entry.number as usize;
        let mut free = lock(&self.directory.free);
        self.unlink(number);
        self.zero(entry.first_cell, entry.cells as usize);
        self.set_state(number, entry.kind, state::FREE);
        let key_len = self.entry_word(number, entry::KEY).load(Ordering::Relaxed) >> 32;
        let room = Room::new(entry.cells, key_len as usize, entry.payload);
        free.entry(room).or_default().push(number);
    }

    /// Sets an entry's creation time, after a reset.
    pub fn set_created(&self, entry: &Entry, unix_seconds: f64) {
        let word = self.entry_word(entry.number as usize, entry::CREATED);
        word.store(unix_seconds.to_bits(), Ordering::Relaxed);
        if self.is_shared() {
            // Others have noted it, too.
            self.generation_word(entry.family).fetch_add(1, Ordering::Release);
        }
    }

    /// An entry's creation time in Unix seconds, as it is now.
    #[must_use]
    pub fn created(&self, entry: &Entry) -> f64 {
        let word = self.entry_word(entry.number as usize, entry::CREATED);
        f64::from_bits(word.load(Ordering::Relaxed))
    }

    /// A number that changes with every removal of one of the family's series, and in shared memory with every reset.
    #[inline]
    #[must_use]
    pub fn generation(&self, family: u32) -> u64 {
        self.generation_word(family).load(Ordering::Acquire)
    }

    /// The live entries and their keys, in the order in which their numbers were given out.
    pub fn entries(&self) -> impl Iterator<Item = (Entry, Vec<u8>)> {
        (0..self.entries_used()).filter_map(|number| self.live_entry(number)?)
    }

    /// The live entries that came since the last call with this cursor, as [`Segment::entries`]: whoever does not take
    /// all does not get the others later. What a writer that ended left half done costs a look at each call.
    pub fn entries_since<'a>(
        &'a self,
        cursor: &'a mut Cursor,
    ) -> impl Iterator<Item = (Entry, Vec<u8>)> + use<'a> {
        let used = self.entries_used();
        let Cursor { next, pending } = cursor;
        let numbers = std::mem::take(pending).into_iter().chain(*next..used);
        *next = used.max(*next);
        numbers.filter_map(move |number| {
            let entry = self.live_entry(number);
            if entry.is_none() {
                pending.push(number);
            }
            entry?
        })
    }

    /// How many entries were published and cannot be read.
    pub(crate) fn damaged_entries(&self) -> usize {
        let is_damaged = |number: &usize| {
            let word = self.entry_word(*number, entry::STATE).load(Ordering::Acquire);
            matches!(self.live_entry(*number), Some(None))
                && !matches!(word & 0xff, state::REMOVED | state::FREE)
        };
        (0..self.entries_used()).filter(is_damaged).count()
    }

    /// How many entries there ever were.
    pub(crate) fn entries_used(&self) -> usize {
        let used = self.word(header::ENTRIES_USED).load(Ordering::Acquire) as usize;
        used.min(self.layout().geometry.entries)
    }

    /// An entry that is published; the inner option is whether it is live and whole. What it says of itself
    /// is compared with its hash, and where it says that it lies, with the bounds.
    fn live_entry(&self, number: usize) -> Option<Option<(Entry, Vec<u8>)>> {
        let word = self.entry_word(number, entry::STATE).load(Ordering::Acquire);
        let state = word & 0xff;
        if state == 0 || state == state::FILLED {
            return None;
        }
        let whole = || {
            let kind = EntryKind::from_word(word >> 8).filter(|_| state == state::LIVE)?;
            let entry = self.entry_at(number, kind)?;
            let key = self.key(number)?;
            let hash = self.entry_word(number, entry::HASH).load(Ordering::Relaxed);
            (self.hash_of(kind, entry.family, &key) == hash).then_some((entry, key))
        };
        Some(whole())
    }

    /// The live entry of a number, and its key.
    #[must_use]
    pub fn entry(&self, number: u32) -> Option<(Entry, Vec<u8>)> {
        let number = number as usize;
        if number < self.entries_used() { self.live_entry(number)? } else { None }
    }

    fn hash(&self, new: &NewEntry<'_>) -> u64 {
        self.hash_of(new.kind, new.family, new.key)
    }

    fn hash_of(&self, kind: EntryKind, family: u32, key: &[u8]) -> u64 {
        let seed = self.hash_seed() ^ (kind as u64) << 32 ^ u64::from(family);
        hash(key, seed)
    }

    /// The live entry with this key in the chain from link `from` up to, and without, link `until`.
    fn find(&self, from: u64, until: u64, hash: u64, new: &NewEntry<'_>) -> Option<usize> {
        let mut link = from;
        // A chain is no longer than there are entries: one that is damaged may be a circle.
        for _ in 0..self.entries_used() {
            if link == until || link == 0 {
                return None;
            }
            let number = (link - 1) as usize;
            if number >= self.layout().geometry.entries {
                return None;
            }
            if self.matches(number, hash, new) {
                return Some(number);
            }
            link = self.entry_word(number, entry::NEXT).load(Ordering::Relaxed);
        }
        None
    }

    fn matches(&self, number: usize, hash: u64, new: &NewEntry<'_>) -> bool {
        let word = |word| self.entry_word(number, word).load(Ordering::Relaxed);
        let found = word(entry::HASH) == hash
            && word(entry::STATE) >> 8 == new.kind as u64
            && word(entry::FAMILY) == u64::from(new.family)
            && word(entry::KEY) >> 32 == new.key.len() as u64
            && self.key_words(number).is_some_and(|words| {
                words.iter().zip(pack(new.key)).all(|(own, new)| own.load(Ordering::Relaxed) == new)
            });
        found && self.make_live(number, new.kind)
    }

    /// Makes an entry of a chain live, for its writer and in its writer's stead: that may have ended.
    /// Whether it is live.
    fn make_live(&self, number: usize, kind: EntryKind) -> bool {
        let live = (kind as u64) << 8 | state::LIVE;
        let filled = (kind as u64) << 8 | state::FILLED;
        let word = self.entry_word(number, entry::STATE);
        let seen = word.load(Ordering::Acquire);
        let made = |seen| seen == live;
        made(seen)
            || seen == filled
                && match word.compare_exchange(filled, live, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => true,
                    Err(now) => made(now),
                }
    }

    /// Writes what a reserved entry says. Nobody reads it before it is published.
    fn fill(&self, number: usize, hash: u64, new: &NewEntry<'_>) {
        let key_start = self.entry_word(number, entry::KEY).load(Ordering::Relaxed) as u32;
        for (i, word) in pack(new.key).enumerate() {
            let at = self.layout().key(key_start as usize + i);
            self.word(at).store(word, Ordering::Relaxed);
        }
        let words = new.key.len().div_ceil(size_of::<u64>());
        let payload = self.layout().key(key_start as usize + words);
        for word in self.range(payload..payload + new.payload as usize) {
            word.store(0, Ordering::Relaxed);
        }
        let key = (new.key.len() as u64) << 32 | u64::from(key_start);
        for (word, value) in [
            (entry::HASH, hash),
            (entry::FAMILY, u64::from(new.family)),
            (entry::KEY, key),
            (entry::CREATED, new.created.to_bits()),
            (entry::PAYLOAD, u64::from(new.payload)),
        ] {
            self.entry_word(number, word).store(value, Ordering::Relaxed);
        }
        self.set_state(number, new.kind, state::FILLED);
    }

    /// Links a filled entry in at the head of its chain, unless another writer published the same
    /// key meanwhile: then that one's number is the error, and this entry stays unused.
    fn publish(
        &self,
        number: usize,
        mut seen: u64,
        hash: u64,
        new: &NewEntry<'_>,
    ) -> Result<(), usize> {
        let head = self.word(self.layout().head(hash));
        loop {
            self.entry_word(number, entry::NEXT).store(seen, Ordering::Relaxed);
            // Release: whoever reads the head sees the entry filled. Acquire: so does this writer
            // see the entries that came in between.
            let link = number as u64 + 1;
            let swap = head.compare_exchange(seen, link, Ordering::AcqRel, Ordering::Acquire);
            let Err(now) = swap else {
                self.make_live(number, new.kind);
                return Ok(());
            };
            if let Some(other) = self.find(now, seen, hash, new) {
                self.set_state(number, new.kind, state::FREE);
                return Err(other);
            }
            seen = now;
        }
    }

    #[cfg(not(loom))]
    fn unlink(&self, number: usize) {
        let hash = self.entry_word(number, entry::HASH).load(Ordering::Relaxed);
        let next = self.entry_word(number, entry::NEXT).load(Ordering::Relaxed);
        let mut link = self.word(self.layout().head(hash));
        loop {
            let to = link.load(Ordering::Acquire);
            if to == 0 {
                return;
            }
            if to == number as u64 + 1 {
                link.store(next, Ordering::Release);
                return;
            }
            link = self.entry_word(to as usize - 1, entry::NEXT);
        }
    }

    /// What an entry says, if it lies within the bounds.
    fn entry_at(&self, number: usize, kind: EntryKind) -> Option<Entry> {
        let word = |word| self.entry_word(number, word).load(Ordering::Relaxed);
        let cells = word(entry::CELLS);
        let entry = Entry {
            number: number as u32,
            kind,
            family: word(entry::FAMILY) as u32,
            first_cell: cells as u32,
            cells: (cells >> 32) as u32,
            payload: if kind == EntryKind::Family { 0 } else { word(entry::PAYLOAD) as u32 },
            created: f64::from_bits(word(entry::CREATED)),
        };
        let last_cell = u64::from(entry.first_cell) + u64::from(entry.cells);
        let is_within = last_cell <= self.layout().geometry.cells as u64
            && self.key_words(number).is_some()
            && (entry.payload == 0 || !self.payload(&entry).is_empty());
        is_within.then_some(entry)
    }

    /// Marks the pages of an entry's cells in the common slab; whether there is memory for them.
    fn touch_common(&self, entry: &Entry) -> bool {
        let cells = entry.first_cell as usize..(entry.first_cell + entry.cells) as usize;
        self.common().touch(cells)
    }

    /// The words that an entry has beside its key: for what its kind keeps there, as `FORMAT.md` says.
    /// An entry that is nowhere has none.
    #[must_use]
    pub fn payload(&self, entry: &Entry) -> &[AtomicU64] {
        if entry.payload == 0 {
            return &[];
        }
        let key = self.entry_word(entry.number as usize, entry::KEY).load(Ordering::Relaxed);
        let start = key as u32 as usize + (key >> 32).div_ceil(size_of::<u64>() as u64) as usize;
        self.keys(start..start + entry.payload as usize).unwrap_or_default()
    }

    /// How many words of keys there ever were.
    pub(crate) fn key_words_used(&self) -> usize {
        let used = self.word(header::KEY_WORDS_USED).load(Ordering::Acquire) as usize;
        used.min(self.layout().geometry.key_words)
    }

    /// Words of keys, if they are within what is used.
    fn keys(&self, words: Range<usize>) -> Option<&[AtomicU64]> {
        let layout = self.layout();
        (words.end <= self.key_words_used())
            .then(|| self.range(layout.key(words.start)..layout.key(words.end)))
    }

    /// The key of an entry.
    #[must_use]
    pub fn key_of(&self, entry: &Entry) -> Vec<u8> {
        self.key(entry.number as usize).unwrap_or_default()
    }

    fn key(&self, number: usize) -> Option<Vec<u8>> {
        let len = self.entry_word(number, entry::KEY).load(Ordering::Relaxed) >> 32;
        let words = self.key_words(number)?;
        let mut key = Vec::with_capacity(size_of_val(words));
        for word in words {
            key.extend_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
        }
        key.truncate(len as usize);
        Some(key)
    }

    fn key_words(&self, number: usize) -> Option<&[AtomicU64]> {
        let key = self.entry_word(number, entry::KEY).load(Ordering::Relaxed);
        let start = key as u32 as usize;
        self.keys(start..start + (key >> 32).div_ceil(8) as usize)
    }

    fn set_state(&self, number: usize, kind: EntryKind, state: u64) {
        let word = self.entry_word(number, entry::STATE);
        word.store((kind as u64) << 8 | state, Ordering::Release);
    }

    fn generation_word(&self, family: u32) -> &AtomicU64 {
        self.entry_word(family as usize, entry::GENERATION)
    }

    pub(crate) fn entry_word(&self, number: usize, word: usize) -> &AtomicU64 {
        self.word(self.layout().entry(number) + word)
    }
}

/// A key as little-endian words, the last one padded with zeros.
fn pack(key: &[u8]) -> impl Iterator<Item = u64> + '_ {
    key.chunks(size_of::<u64>()).map(|chunk| {
        let mut word = [0; size_of::<u64>()];
        word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        u64::from_le_bytes(word)
    })
}
