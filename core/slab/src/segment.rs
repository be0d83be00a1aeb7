//! A segment: one mapping with everything that a registry counts in it.

use std::fmt;
use std::sync::atomic::{AtomicU64 as IdCounter, Ordering as IdOrdering};
use std::sync::{Arc, Weak};

use metrion_model::Result;

use crate::directory::Directory;
use crate::layout::{self, COMMON_SLAB, Geometry, Layout, PAGE_CELLS, header};
use crate::mapping::Mapping;
use crate::sharing::Sharing;
use crate::slabs::Slab;
use crate::sync::{AtomicU64, Ordering, update_shared};
use crate::thread::{own_cells, slab};
use crate::word::{next_whole, plus_count, plus_number};

/// The number of a cell: the same in every slab of its segment.
pub type Cell = u32;

/// The cells and the directory of one registry.
///
/// Invariants:
/// - a cell's value is the sum of it over all slabs, in slab order, less its baseline;
/// - a page of a slab is written only after its bit in that slab's bitmap is set;
/// - every slab but the common one has at most one writer at a time.
pub struct Segment {
    id: u64,
    me: Weak<Self>,
    layout: Layout,
    mapping: Mapping,
    sharing: Option<Sharing>,
    #[cfg_attr(loom, allow(dead_code, reason = "its models free nothing"))]
    pub(crate) directory: Directory,
}

/// Unique in the process for ever, so that a thread's cached slab never matches another segment.
static NEXT_ID: IdCounter = IdCounter::new(1);

impl Segment {
    /// A segment in private memory. `hash_seed` keys the directory's hashes.
    ///
    /// # Errors
    /// `limit_reached` when the address space for `geometry` cannot be had.
    pub fn private(geometry: Geometry, hash_seed: u64) -> Result<Arc<Self>> {
        let layout = Layout::new(geometry);
        let mapping = Mapping::private(layout.words)?;
        for (word, value) in mapping.words().iter().zip(header::of(&layout.geometry, hash_seed)) {
            word.store(value, Ordering::Relaxed);
        }
        Ok(Self::over(mapping, layout, None))
    }

    pub(crate) fn over(mapping: Mapping, layout: Layout, sharing: Option<Sharing>) -> Arc<Self> {
        let segment = Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            id: NEXT_ID.fetch_add(1, IdOrdering::Relaxed),
            layout,
            mapping,
            sharing,
            directory: Directory::default(),
        });
        #[cfg(all(unix, not(loom)))]
        crate::fork::register(&segment);
        segment
    }

    /// What the process has of it when others have it, too.
    #[inline]
    pub(crate) fn sharing(&self) -> Option<&Sharing> {
        self.sharing.as_ref()
    }

    /// Whether other processes may have this memory, too. Then nothing in it is ever used again.
    #[inline]
    #[must_use]
    pub fn is_shared(&self) -> bool {
        crate::SHARES && self.sharing.is_some()
    }

    #[cfg(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri)))]
    pub(crate) fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// A number that no other segment of this process has or will have; never 0.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn downgrade(&self) -> Weak<Self> {
        Weak::clone(&self.me)
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The word at an index that comes from [`Layout`].
    #[inline]
    #[allow(clippy::indexing_slicing)]
    pub(crate) fn word(&self, index: usize) -> &AtomicU64 {
        &self.mapping.words()[index]
    }

    #[inline]
    #[allow(clippy::indexing_slicing)]
    pub(crate) fn range(&self, range: std::ops::Range<usize>) -> &[AtomicU64] {
        &self.mapping.words()[range]
    }

    /// The key of the directory's hashes.
    #[must_use]
    pub fn hash_seed(&self) -> u64 {
        self.word(header::HASH_SEED).load(Ordering::Relaxed)
    }

    /// The common slab: of gauges that keep the last value, and of writers without their own slab.
    #[inline]
    pub(crate) fn common(&self) -> Slab<'_> {
        Slab::new(self, COMMON_SLAB, false)
    }

    /// Adds one to a count, in the calling thread's part of it.
    #[inline]
    pub fn count(&self, cell: Cell) {
        let word = own_cells(self).get(cell as usize);
        if !word.is_some_and(count_further) {
            self.count_first(cell, 1.0);
        }
    }

    /// Adds `amount`, a number from 0 up, to a count, in the calling thread's part of it.
    #[inline]
    pub fn count_by(&self, cell: Cell, amount: f64) {
        let word = own_cells(self).get(cell as usize);
        if !word.is_some_and(|word| update_further(word, |seen| plus_count(seen, amount))) {
            self.count_first(cell, amount);
        }
    }

    /// Adds `amount` to a number, in the calling thread's part of it.
    #[inline]
    pub fn add(&self, cell: Cell, amount: f64) {
        let word = own_cells(self).get(cell as usize);
        if !word.is_some_and(|word| update_further(word, |seen| plus_number(seen, amount))) {
            self.add_first(cell, amount);
        }
    }

    /// Adds one to a count and `amount` to `sum`, a number in a later cell of the same series.
    #[inline]
    pub fn observe(&self, count: Cell, sum: Cell, amount: f64) {
        let cells = own_cells(self);
        let (one, other) = (cells.get(count as usize), cells.get(sum as usize));
        if !one.is_some_and(count_further) {
            self.count_first(count, 1.0);
        }
        if !other.is_some_and(|word| update_further(word, |seen| plus_number(seen, amount))) {
            self.add_first(sum, amount);
        }
    }

    /// Counts in a cell whose page may not be marked yet, or that holds no whole number, or as a thread
    /// that has no slab.
    #[cold]
    #[inline(never)]
    fn count_first(&self, cell: Cell, amount: f64) {
        slab(self).update(cell, |seen| plus_count(seen, amount));
    }

    /// The same of a number.
    #[cold]
    #[inline(never)]
    fn add_first(&self, cell: Cell, amount: f64) {
        slab(self).update(cell, |seen| plus_number(seen, amount));
    }

    /// Sets a cell that only the common slab holds: a gauge's last value.
    #[inline]
    pub fn set(&self, cell: Cell, value: f64) {
        match self.touched_common_word(cell) {
            Some(word) => word.store(value.to_bits(), Ordering::Relaxed),
            None => self.set_first(cell, value),
        }
    }

    /// Adds to a cell that only the common slab holds.
    #[inline]
    pub fn add_common(&self, cell: Cell, amount: f64) {
        match self.touched_common_word(cell) {
            Some(word) => update_shared(word, |seen| plus_number(seen, amount)),
            None => self.add_common_first(cell, amount),
        }
    }

    /// The word of a cell of the common slab, if it is not zero: then its page is marked as touched.
    #[inline]
    fn touched_common_word(&self, cell: Cell) -> Option<&AtomicU64> {
        if cell as usize >= self.layout.geometry.cells {
            return None;
        }
        // In shared memory the page has been touched when the series was made: to read it before would
        // take memory that may not be there.
        let word = self.word(self.layout.common_cell(cell as usize));
        (word.load(Ordering::Relaxed) != 0).then_some(word)
    }

    /// The word of a cell that only the common slab holds, for code in C that writes to it by itself:
    /// it may store to it, or add by compare-and-swap, while the word is not zero. `None` for the cell
    /// of a series that is nowhere.
    #[must_use]
    pub fn common_word(&self, cell: Cell) -> Option<&AtomicU64> {
        let is_there = (cell as usize) < self.layout.geometry.cells;
        is_there.then(|| self.word(self.layout.common_cell(cell as usize)))
    }

    #[cold]
    #[inline(never)]
    fn set_first(&self, cell: Cell, value: f64) {
        self.common().store(cell, value);
    }

    #[cold]
    #[inline(never)]
    fn add_common_first(&self, cell: Cell, amount: f64) {
        self.common().update(cell, |seen| plus_number(seen, amount));
    }

    /// Reads a cell that only the common slab holds, without a sum: `-0`, NaN and infinities come
    /// back as they were set.
    #[must_use]
    pub fn get(&self, cell: Cell) -> f64 {
        self.common().load(cell)
    }

    /// The values of `out.len()` cells from `first` on that only the common slab holds.
    pub fn get_into(&self, first: Cell, out: &mut [f64]) {
        let slab = self.common();
        for (cell, value) in (first..).zip(out) {
            *value = slab.load(cell);
        }
    }

    /// The value of one additive cell.
    #[must_use]
    pub fn sum(&self, cell: Cell) -> f64 {
        let mut value = [0.0];
        self.sum_into(cell, &mut value);
        let [value] = value;
        value
    }

    /// The values of `out.len()` additive cells from `first` on: sums over the slabs, less baselines.
    pub fn sum_into(&self, first: Cell, out: &mut [f64]) {
        let has_baselines = self.word(header::HAS_BASELINES).load(Ordering::Acquire) != 0;
        let mut baselines = [0.0; PAGE_CELLS];
        let mut cell = first as usize;
        let mut rest = out;
        while !rest.is_empty() {
            let in_page = rest.len().min(PAGE_CELLS - cell % PAGE_CELLS);
            let (values, after) = rest.split_at_mut(in_page);
            if has_baselines {
                // Before the cells: a baseline is a sum that somebody saw, and what this thread
                // reads after it cannot be older than that sum.
                self.read_baselines(cell, &mut baselines);
            }
            self.sum_slabs(cell, values);
            if has_baselines {
                values
                    .iter_mut()
                    .zip(&baselines)
                    .for_each(|(value, base)| *value = since(*value, *base));
            }
            cell += in_page;
            rest = after;
        }
    }

    /// Makes additive cells read 0 from now on, without touching any writer's memory.
    ///
    /// The caller keeps two resets of the same cells apart, and readers that must see all of the
    /// cells before it or all after it.
    pub fn reset(&self, first: Cell, count: usize) {
        self.word(header::HAS_BASELINES).store(1, Ordering::Release);
        for cell in first as usize..first as usize + count {
            if !self.touch_baseline(cell) {
                return self.count_overflow();
            }
            let base = self.word(self.layout.baseline(cell));
            let mut sum = [0.0];
            self.sum_slabs(cell, &mut sum);
            let [sum] = sum;
            base.store(sum.to_bits(), Ordering::Release);
        }
    }

    /// The only place where slabs are added up: from left to right by slab number. f64 addition is
    /// monotonic in each term, so with a fixed order a value that only grows in each slab never
    /// shrinks in the sum, not even in its last bit. `values` are cells of one page.
    fn sum_slabs(&self, cell: usize, values: &mut [f64]) {
        values.fill(0.0);
        // What processes say of themselves is not added up here.
        for slab in 0..self.slabs_used().min(self.layout.geometry.slabs) {
            Slab::new(self, slab, false).add_page_to(cell, values);
        }
    }

    /// Marks the page of a cell's baseline as used; whether there is memory for it.
    fn touch_baseline(&self, cell: usize) -> bool {
        let (word, bit) = bit_of(cell);
        let bits = self.range(self.layout.touched_baselines()).get(word);
        let Some(bits) = bits.filter(|bits| bits.load(Ordering::Relaxed) & bit == 0) else {
            return true;
        };
        let start = self.layout.baseline(cell / PAGE_CELLS * PAGE_CELLS);
        let has_memory = self.allocate(start..start + PAGE_CELLS);
        if has_memory {
            bits.fetch_or(bit, Ordering::Release);
        }
        has_memory
    }

    /// Finds memory for words that are used for the first time; whether there is some.
    pub(crate) fn allocate(&self, words: std::ops::Range<usize>) -> bool {
        self.sharing.as_ref().is_none_or(|sharing| sharing.allocate(self, words))
    }

    /// Whether some cell of the same page ever had a baseline.
    fn has_baselines(&self, cell: usize) -> bool {
        let (word, bit) = bit_of(cell);
        let bits = self.range(self.layout.touched_baselines()).get(word);
        bits.is_some_and(|bits| bits.load(Ordering::Acquire) & bit != 0)
    }

    fn read_baselines(&self, cell: usize, out: &mut [f64; PAGE_CELLS]) {
        if !self.has_baselines(cell) {
            return out.fill(0.0);
        }
        let in_page = PAGE_CELLS - cell % PAGE_CELLS;
        let start = self.layout.baseline(cell);
        let words = self.range(start..start + in_page);
        for (value, word) in out.iter_mut().zip(words) {
            *value = f64::from_bits(word.load(Ordering::Acquire));
        }
    }

    pub(crate) fn slabs_used(&self) -> usize {
        (self.word(header::SLABS_USED).load(Ordering::Acquire) as usize).min(self.layout.slabs())
    }

    /// Sets cells to zero in every slab and their baselines too.
    ///
    /// Only for cells to which no handle is left: nobody writes or reads them.
    #[cfg_attr(loom, allow(dead_code, reason = "its models free nothing"))]
    pub(crate) fn zero(&self, first: Cell, count: usize) {
        let cells = first as usize..first as usize + count;
        for slab in 0..self.slabs_used() {
            Slab::new(self, slab, false).zero(cells.clone());
        }
        if self.word(header::HAS_BASELINES).load(Ordering::Acquire) != 0 {
            for cell in cells.filter(|cell| self.has_baselines(*cell)) {
                self.word(self.layout.baseline(cell)).store(0, Ordering::Relaxed);
            }
        }
    }

    /// Counts an update that went to an overflow series or nowhere.
    pub fn count_overflow(&self) {
        self.word(header::OVERFLOWED).fetch_add(1, Ordering::Relaxed);
    }

    /// How many updates went to overflow series or nowhere.
    #[must_use]
    pub fn overflowed(&self) -> u64 {
        self.word(header::OVERFLOWED).load(Ordering::Relaxed)
    }

    /// Counts an update that was dropped because of its value.
    #[cold]
    pub fn count_invalid(&self) {
        self.word(header::INVALID).fetch_add(1, Ordering::Relaxed);
    }

    /// How many updates were dropped because of their value.
    #[must_use]
    pub fn invalid(&self) -> u64 {
        self.word(header::INVALID).load(Ordering::Relaxed)
    }

    /// Bytes of this segment that are in use: touched pages of cells, directory entries, keys.
    #[must_use]
    pub fn used_bytes(&self) -> usize {
        let pages: u32 = (0..self.slabs_used())
            .flat_map(|slab| self.range(self.layout.touched(slab)))
            .map(|word| word.load(Ordering::Relaxed).count_ones())
            .sum();
        let entries = self.entries_used();
        let keys = self.key_words_used();
        let words =
            pages as usize * PAGE_CELLS + entries * layout::entry::WORDS + keys + header::WORDS;
        words * size_of::<u64>()
    }
}

/// Where the bit of a cell's page is in a bitmap: the word, and the bit in it.
pub(crate) fn bit_of(cell: usize) -> (usize, u64) {
    let page = cell / PAGE_CELLS;
    (page / 64, 1 << (page % 64))
}

/// What came after a reset. An infinite or undefined sum stays what it is whatever is added, so there
/// nothing came: the difference would be NaN.
fn since(value: f64, baseline: f64) -> f64 {
    if value.to_bits() == baseline.to_bits() { 0.0 } else { value - baseline }
}

/// Updates a cell of the caller's own slab that is not zero any more: whoever made it so has marked
/// its page as touched.
#[inline]
pub(crate) fn update_further(word: &AtomicU64, next: impl Fn(u64) -> u64) -> bool {
    let seen = word.load(Ordering::Relaxed);
    if seen == 0 {
        return false;
    }
    word.store(next(seen), Ordering::Relaxed);
    true
}

/// The same for one more in a count that is a whole number: its word is never zero.
#[inline]
fn count_further(word: &AtomicU64) -> bool {
    let next = next_whole(word.load(Ordering::Relaxed));
    next.is_some_and(|next| {
        word.store(next, Ordering::Relaxed);
        true
    })
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment").field("id", &self.id).finish_non_exhaustive()
    }
}
