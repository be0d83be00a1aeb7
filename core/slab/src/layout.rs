//! Where everything lies in a segment. `FORMAT.md` describes the same in words; both change together
//! with [`VERSION`].
//!
//! All positions are in 64-bit words from the start of the segment.

use std::ops::Range;

/// The first word of every segment, `METRION` and a zero byte.
pub(crate) const MAGIC: u64 = u64::from_le_bytes(*b"METRION\0");
/// Counts the incompatible changes of the layout.
pub(crate) const VERSION: u64 = 4;

/// Cells in a page: the unit in which a slab's memory is touched and skipped. Loom's models have few
/// words, as each of theirs is an object of its own.
pub(crate) const PAGE_CELLS: usize = if cfg!(loom) { 2 } else { 512 };
/// The alignment of the cells: the largest page of any kernel, as a slab's pages are mapped one by one.
/// Where segments are not shared it would be a waste.
const LARGEST_PAGE: usize =
    if cfg!(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri))) {
        1 << 13
    } else {
        PAGE_CELLS
    };
/// The slab that everybody without a slab of its own shares, by compare-and-swap.
pub(crate) const COMMON_SLAB: usize = 0;

/// Words of the header.
#[allow(clippy::indexing_slicing, reason = "by constants that are below the number of words")]
pub(crate) mod header {
    use super::Geometry;
    use crate::hash::hash;

    pub(crate) const MAGIC: usize = 0;
    pub(crate) const VERSION: usize = 1;
    pub(crate) const HASH_SEED: usize = 2;
    pub(crate) const SLABS: usize = 3;
    pub(crate) const CELLS: usize = 4;
    pub(crate) const ENTRIES: usize = 5;
    pub(crate) const KEY_WORDS: usize = 6;
    pub(crate) const PROCESSES: usize = 7;
    /// High-water marks of the four regions, in the order of their bounds above.
    pub(crate) const SLABS_USED: usize = 8;
    /// `bound to an owner << 32 | all others`: these are given out from the first on, those from the last.
    pub(crate) const CELLS_USED: usize = 9;
    pub(crate) const ENTRIES_USED: usize = 10;
    pub(crate) const KEY_WORDS_USED: usize = 11;
    /// Not zero once any cell has a baseline.
    pub(crate) const HAS_BASELINES: usize = 12;
    /// Updates that went to an overflow series.
    pub(crate) const OVERFLOWED: usize = 13;
    /// Updates that were dropped because their value was not one that the metric takes.
    pub(crate) const INVALID: usize = 14;
    /// A hash of the words before the marks, which never change.
    pub(crate) const CHECK: usize = 15;
    /// Counts what processes say of themselves, so that it is known who said something last.
    pub(crate) const TURNS: usize = 16;
    pub(crate) const WORDS: usize = if cfg!(loom) { 17 } else { 64 };

    /// The words of an empty segment.
    pub(crate) fn of(geometry: &Geometry, hash_seed: u64) -> [u64; WORDS] {
        let mut words = [0; WORDS];
        for (word, value) in [
            (MAGIC, super::MAGIC),
            (VERSION, super::VERSION),
            (HASH_SEED, hash_seed),
            (SLABS, geometry.slabs as u64),
            (CELLS, geometry.cells as u64),
            (ENTRIES, geometry.entries as u64),
            (KEY_WORDS, geometry.key_words as u64),
            (PROCESSES, geometry.processes as u64),
            (SLABS_USED, 1),
        ] {
            words[word] = value;
        }
        words[CHECK] = check(&words);
        words
    }

    /// The bounds that the header of a file says; `None` when it is damaged.
    #[cfg(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri)))]
    pub(crate) fn geometry(words: &[u64; WORDS]) -> Option<Geometry> {
        const MOST: [(usize, u64); 5] = [
            (SLABS, 1 << 12),
            (CELLS, 1 << 31),
            (ENTRIES, 1 << 28),
            (KEY_WORDS, 1 << 32),
            (PROCESSES, 1 << 12),
        ];
        if words[CHECK] != check(words) || MOST.iter().any(|(word, most)| words[*word] > *most) {
            return None;
        }
        let [slabs, cells, entries, key_words, processes] =
            MOST.map(|(word, _)| words[word] as usize);
        Some(Geometry { slabs, cells, entries, key_words, processes })
    }

    fn check(words: &[u64; WORDS]) -> u64 {
        let bytes: Vec<u8> =
            words.iter().take(SLABS_USED).flat_map(|word| word.to_le_bytes()).collect();
        hash(&bytes, 0)
    }
}

/// Words of one row of the slab table.
pub(crate) mod slab {
    /// 0 when free, else `kind << 32 | pid`.
    pub(crate) const OWNER: usize = 0;
    /// How many writers this slab has had.
    pub(crate) const CLAIMS: usize = 1;
    /// Since when the owner has it, in Unix seconds as f64.
    pub(crate) const SINCE: usize = 2;
    /// Of a process's: 1 when it shows the registry to scrapers.
    pub(crate) const EXPORTS: usize = 3;
    pub(crate) const WORDS: usize = 8;
}

/// Words of one entry of the directory.
pub(crate) mod entry {
    /// `kind << 8 | state`.
    pub(crate) const STATE: usize = 0;
    pub(crate) const HASH: usize = 1;
    /// Number + 1 of the next entry with the same hash head; 0 ends the chain.
    pub(crate) const NEXT: usize = 2;
    /// A series' family, as the number of its entry.
    pub(crate) const FAMILY: usize = 3;
    /// `key length in bytes << 32 | first word in the key region`.
    pub(crate) const KEY: usize = 4;
    /// `number of cells << 32 | first cell`.
    pub(crate) const CELLS: usize = 5;
    /// Unix seconds as f64 bits.
    pub(crate) const CREATED: usize = 6;
    /// A family's: grows with every removal of one of its series.
    pub(crate) const GENERATION: usize = 7;
    /// Everybody else's: how many words follow its key.
    pub(crate) const PAYLOAD: usize = 7;
    pub(crate) const WORDS: usize = 8;
}

/// The bounds of a segment, fixed when it is made.
///
/// They bound address space; memory is used page by page as cells and series come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Slabs, the common one included.
    pub slabs: usize,
    /// Cells of 8 bytes in each slab. Rounded up to whole bitmap words of pages (32,768 cells).
    pub cells: usize,
    /// Families and series together. Rounded up to a power of two.
    pub entries: usize,
    /// 8-byte words for names, help texts and label values.
    pub key_words: usize,
    /// Further slabs, one for each process that a shared segment has at a time. None in private memory.
    pub processes: usize,
}

impl Default for Geometry {
    /// Room for 262,144 families and series with four million cells and 128 MiB of labels, and four
    /// slabs for each core (64 at most).
    #[cfg(all(unix, target_pointer_width = "64", not(loom), not(miri)))]
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            slabs: 1 + (4 * cores).min(64),
            cells: 1 << 22,
            entries: 1 << 18,
            key_words: 1 << 24,
            processes: 0,
        }
    }

    /// Memory that is taken at once must be small: one writer beside the common slab.
    #[cfg(not(all(unix, target_pointer_width = "64", not(loom), not(miri))))]
    fn default() -> Self {
        Self { slabs: 2, cells: 1 << 15, entries: 1 << 12, key_words: 1 << 16, processes: 0 }
    }
}

impl Geometry {
    /// As much room as by default for what processes share: slabs for 96 writers in 96 processes at a time,
    /// of a million cells each.
    #[must_use]
    pub fn shared() -> Self {
        // A file of less than 2 GiB, which is the most that some programs read.
        Self { slabs: 97, processes: 96, cells: 1 << 20, ..Self::default() }
    }

    /// Room for so many families and series, with as much for cells and names as is usual for them.
    #[cfg(all(unix, target_pointer_width = "64", not(loom), not(miri)))]
    #[must_use]
    pub fn with_entries(entries: usize) -> Self {
        Self { entries, ..Self::default() }
    }

    /// The same where memory is taken at once: all of it grows with the entries.
    #[cfg(not(all(unix, target_pointer_width = "64", not(loom), not(miri))))]
    #[must_use]
    pub fn with_entries(entries: usize) -> Self {
        let default = Self::default();
        // So many fit into no 32 bits: that there is no memory for them is found where it is taken.
        let entries = entries.min(1 << 24);
        Self {
            cells: default.cells.max(8 * entries),
            key_words: default.key_words.max(16 * entries),
            entries,
            ..default
        }
    }
}

/// The start of every region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) geometry: Geometry,
    pub(crate) heads: usize,
    slab_table: usize,
    touched: usize,
    touched_words: usize,
    slabs: usize,
    entry_table: usize,
    head_table: usize,
    baselines: usize,
    cells: usize,
    keys: usize,
    pub(crate) words: usize,
}

impl Layout {
    pub(crate) fn new(mut geometry: Geometry) -> Self {
        if cfg!(not(loom)) {
            geometry.cells = geometry.cells.max(1).next_multiple_of(PAGE_CELLS * 64);
        }
        geometry.entries = geometry.entries.max(2).next_power_of_two();
        let heads = geometry.entries / 2;
        // A cache line for each slab's bitmap, so that writers do not share one.
        let touched_words = geometry.cells.div_ceil(PAGE_CELLS * 64).next_multiple_of(8);
        let slabs = geometry.slabs + geometry.processes;
        let mut end = header::WORDS.next_multiple_of(PAGE_CELLS);
        // Whole pages each, so that one can be allocated, protected or skipped without the next.
        let mut region = |words: usize, align: usize| {
            let start = end.next_multiple_of(align);
            end = (start + words).next_multiple_of(PAGE_CELLS);
            start
        };
        let slab_table = region(slabs * slab::WORDS, PAGE_CELLS);
        // One more for the baselines.
        let touched = region((slabs + 1) * touched_words, PAGE_CELLS);
        let head_table = region(heads, PAGE_CELLS);
        let entry_table = region(geometry.entries * entry::WORDS, PAGE_CELLS);
        let baselines = region(geometry.cells, PAGE_CELLS);
        let cells = region(slabs * geometry.cells, LARGEST_PAGE);
        let keys = region(geometry.key_words, PAGE_CELLS);
        let words = end;
        Self {
            geometry,
            heads,
            slab_table,
            touched,
            touched_words,
            slabs,
            entry_table,
            head_table,
            baselines,
            cells,
            keys,
            words,
        }
    }

    /// The words that must be there from the start; all others come when they are first used.
    #[cfg(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri)))]
    pub(crate) fn initial_words(&self) -> usize {
        self.entry_table
    }

    /// All slabs, those of processes included.
    pub(crate) fn slabs(&self) -> usize {
        self.slabs
    }

    pub(crate) fn slab_row(&self, slab: usize) -> usize {
        self.slab_table + slab * slab::WORDS
    }

    pub(crate) fn touched(&self, slab: usize) -> Range<usize> {
        let start = self.touched + slab * self.touched_words;
        start..start + self.touched_words
    }

    /// The bitmap of the baselines.
    pub(crate) fn touched_baselines(&self) -> Range<usize> {
        self.touched(self.slabs)
    }

    pub(crate) fn slab_cells(&self, slab: usize) -> Range<usize> {
        let start = self.cells + slab * self.geometry.cells;
        start..start + self.geometry.cells
    }

    #[inline]
    pub(crate) fn common_cell(&self, cell: usize) -> usize {
        self.cells + COMMON_SLAB * self.geometry.cells + cell
    }

    pub(crate) fn baseline(&self, cell: usize) -> usize {
        self.baselines + cell
    }

    pub(crate) fn entry(&self, number: usize) -> usize {
        self.entry_table + number * entry::WORDS
    }

    pub(crate) fn head(&self, hash: u64) -> usize {
        // The heads are a power of two; the high bits of the hash are the well-mixed ones.
        self.head_table + (hash >> 32) as usize % self.heads
    }

    pub(crate) fn key(&self, word: usize) -> usize {
        self.keys + word
    }
}
