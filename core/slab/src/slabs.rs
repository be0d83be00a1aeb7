//! Slabs: each the cells of one writer.

use std::ops::Range;
use std::sync::Arc;

use crate::layout::{COMMON_SLAB, PAGE_CELLS, entry, header, slab as row};
use crate::segment::{Cell, Segment, bit_of};
use crate::sync::{AtomicU64, Ordering, update_exclusive, update_shared};
use crate::word;

/// One slab of a segment, ready to be written by one writer.
///
/// An out-of-range cell is ignored: it cannot come from this segment's directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slab<'a> {
    segment: &'a Segment,
    number: usize,
    /// Where its writer reaches it in a shared segment.
    window: Option<usize>,
    cells: &'a [AtomicU64],
    /// Whether the holder is the slab's only writer. If not, writes are compare-and-swap.
    exclusive: bool,
}

impl<'a> Slab<'a> {
    pub(crate) fn new(segment: &'a Segment, number: usize, exclusive: bool) -> Self {
        let cells = segment.range(segment.layout().slab_cells(number));
        Self { segment, number, window: None, cells, exclusive }
    }

    /// The slab that [`Segment::claim`] gave to a writer under this number.
    pub(crate) fn of_writer(segment: &'a Segment, writer: usize, exclusive: bool) -> Self {
        let Some(sharing) = segment.sharing() else {
            return Self::new(segment, writer, exclusive);
        };
        match sharing.behind(writer) {
            Some((number, window)) => {
                let window_number = Some(writer);
                Self { segment, number, window: window_number, cells: window.words(), exclusive }
            }
            None => segment.common(),
        }
    }

    pub(crate) fn cells(self) -> &'a [AtomicU64] {
        self.cells
    }

    pub(crate) fn is_exclusive(self) -> bool {
        self.exclusive
    }

    pub(crate) fn number(self) -> usize {
        self.number
    }

    pub(crate) fn is_common(self) -> bool {
        self.number == COMMON_SLAB
    }

    /// Updates the writer's part of an additive cell.
    pub(crate) fn update(self, cell: Cell, next: impl Fn(u64) -> u64) {
        let Some(word) = self.writable(cell as usize) else { return };
        if self.exclusive {
            update_exclusive(word, next);
        } else {
            update_shared(word, next);
        }
    }

    /// Marks the pages of some cells; whether all have memory.
    pub(crate) fn touch(self, cells: Range<usize>) -> bool {
        let mut pages = cells.clone().step_by(PAGE_CELLS).chain(cells.clone().last());
        pages.all(|cell| self.writable(cell).is_some())
    }

    pub(crate) fn store(self, cell: Cell, value: f64) {
        if let Some(word) = self.writable(cell as usize) {
            word.store(value.to_bits(), Ordering::Relaxed);
        }
    }

    pub(crate) fn load(self, cell: Cell) -> f64 {
        // To read a page of a file that nobody touched takes memory, which may not be there.
        let is_there = !self.segment.is_shared() || self.is_touched(cell as usize);
        let word = self.cells.get(cell as usize).filter(|_| is_there);
        f64::from_bits(word.map_or(0, |word| word.load(Ordering::Relaxed)))
    }

    /// The word of a cell whose page is marked as touched.
    fn writable(self, cell: usize) -> Option<&'a AtomicU64> {
        let word = self.cells.get(cell)?;
        let (at, bit) = bit_of(cell);
        let bits = self.touched().get(at)?;
        if bits.load(Ordering::Relaxed) & bit == 0 {
            if let Some(sharing) = self.segment.sharing()
                && !sharing.touch(self.segment, self.number, self.window, cell / PAGE_CELLS)
            {
                self.segment.count_overflow();
                return None;
            }
            // A read-modify-write: the common slab's bitmap has many writers.
            bits.fetch_or(bit, Ordering::Release);
        }
        Some(word)
    }

    pub(crate) fn touched(self) -> &'a [AtomicU64] {
        self.segment.range(self.segment.layout().touched(self.number))
    }

    /// Adds this slab's part to `values`, which are cells of one page, the first of them `cell`.
    /// A page that nobody touched is not read: in a shared mapping that would allocate it.
    pub(crate) fn add_page_to(self, cell: usize, values: &mut [f64]) {
        if !self.is_touched(cell) {
            return;
        }
        let words = self.cells.get(cell..cell + values.len()).unwrap_or_default();
        for (value, word) in values.iter_mut().zip(words) {
            *value += word::value(word.load(Ordering::Relaxed));
        }
    }

    #[cfg_attr(loom, allow(dead_code, reason = "its models free nothing"))]
    pub(crate) fn zero(self, cells: Range<usize>) {
        for cell in cells {
            if self.is_touched(cell)
                && let Some(word) = self.cells.get(cell)
            {
                word.store(0, Ordering::Relaxed);
            }
        }
    }

    fn is_touched(self, cell: usize) -> bool {
        let (at, bit) = bit_of(cell);
        self.touched().get(at).is_some_and(|bits| bits.load(Ordering::Acquire) & bit != 0)
    }
}

/// Who owns a slab, as its row in the slab table tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum OwnerKind {
    /// One thread; gone with it.
    Thread = 1,
    /// Whoever holds a lock that lasts as long as the process: an interpreter.
    Process = 2,
    /// A process as a whole, for what it says of itself. In shared segments alone.
    #[cfg(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri)))]
    Whole = 3,
}

impl Segment {
    /// Takes a free slab, one that an ended writer left behind included: its cells go on as they
    /// are, so nothing is lost. `None` when every slab has a writer. The number is the writer's, for
    /// [`Slab::of_writer`]: in a shared segment it stays when a fork puts another slab behind it.
    pub(crate) fn claim(&self, kind: OwnerKind) -> Option<usize> {
        if let Some(sharing) = self.sharing() {
            return sharing.claim(self, kind);
        }
        let owner = (kind as u64) << 32 | u64::from(process_id());
        let number = (COMMON_SLAB + 1..self.layout().geometry.slabs).find(|number| {
            self.owner(*number)
                // Acquire: this writer goes on from the cells as the last one stored them.
                .compare_exchange(0, owner, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
        })?;
        let claims = self.word(self.layout().slab_row(number) + row::CLAIMS);
        claims.store(claims.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.word(header::SLABS_USED).fetch_max(number as u64 + 1, Ordering::AcqRel);
        Some(number)
    }

    /// Hands a slab back. The caller was its owner and writes to it no more.
    pub(crate) fn release(&self, number: usize) {
        if let Some(sharing) = self.sharing() {
            return sharing.release(number);
        }
        self.owner(number).store(0, Ordering::Release);
    }

    /// The kind of a slab's owner, as the word in the table has it; 0 when the slab is free.
    #[cfg(all(unix, not(loom)))]
    pub(crate) fn owner_kind(&self, number: usize) -> u64 {
        self.owner(number).load(Ordering::Relaxed) >> 32
    }

    fn owner(&self, number: usize) -> &AtomicU64 {
        self.word(self.layout().slab_row(number) + row::OWNER)
    }

    /// The slab of a writer that is no thread of its own: an interpreter while it has its lock.
    /// When every slab is taken, its cells are those of the common slab.
    #[must_use]
    pub fn process_writer(self: &Arc<Self>) -> ProcessWriter {
        ProcessWriter { number: self.claim(OwnerKind::Process), segment: Arc::clone(self) }
    }
}

/// In a browser there is one process.
pub(crate) fn process_id() -> u32 {
    #[cfg(target_arch = "wasm32")]
    return 1;
    #[cfg(not(target_arch = "wasm32"))]
    std::process::id()
}

/// A slab that belongs to whoever holds this, on whichever thread; see [`Segment::process_writer`].
#[derive(Debug)]
pub struct ProcessWriter {
    segment: Arc<Segment>,
    number: Option<usize>,
}

impl ProcessWriter {
    /// This writer's part of `count` cells from `first` on, for updates without any lookup.
    #[must_use]
    pub fn cells(&self, first: Cell, count: usize) -> OwnedCells {
        let slab = match self.number {
            Some(number) => Slab::of_writer(&self.segment, number, true),
            None => self.segment.common(),
        };
        OwnedCells::new(Arc::clone(&self.segment), slab, first, count)
    }

    /// Whether it has a slab of its own.
    #[must_use]
    pub fn has_slab(&self) -> bool {
        self.number.is_some()
    }

    /// The memory of this writer's part of `count` cells from `first` on, for a language that writes
    /// to it itself. `None` for a writer without a slab of its own, whose updates must be
    /// compare-and-swap, and for cells that are out of range.
    ///
    /// It marks nothing: take a series' cells by [`ProcessWriter::cells`] before the first write.
    #[must_use]
    pub fn memory(&self, first: Cell, count: usize) -> Option<Memory> {
        Memory::of_cells(
            &self.segment,
            Slab::of_writer(&self.segment, self.number?, true),
            first,
            count,
        )
    }
}

impl Drop for ProcessWriter {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.segment.release(number);
        }
    }
}

impl Segment {
    /// A cell of the common slab by its address, for gauges that keep the last value.
    #[must_use]
    pub fn common_cell(self: &Arc<Self>, cell: Cell) -> OwnedCells {
        OwnedCells::new(Arc::clone(self), self.common(), cell, 1)
    }

    /// The memory of `count` cells of the common slab from `first` on, as [`ProcessWriter::memory`]:
    /// for stores to gauges that keep the last value. `None` for cells that are out of range.
    #[must_use]
    pub fn common_memory(self: &Arc<Self>, first: Cell, count: usize) -> Option<Memory> {
        Memory::of_cells(self, self.common(), first, count)
    }

    /// The memory of the word of a family's entry that [`Segment::generation`] reads.
    #[must_use]
    pub fn generation_memory(self: &Arc<Self>, family: u32) -> Memory {
        let start = self.layout().entry(family as usize) + entry::GENERATION;
        Memory { segment: Arc::clone(self), window: None, words: start..start + 1 }
    }
}

/// Words of a segment by their address, for a language whose code reads and writes them itself.
///
/// It keeps the mapping in place. What goes for the cells of an owned slab (see the crate's head) goes
/// for whoever writes there: one writer, whole aligned 64-bit loads and stores.
#[derive(Clone, Debug)]
pub struct Memory {
    segment: Arc<Segment>,
    /// Where they are: behind a window, or else in the segment.
    window: Option<usize>,
    words: Range<usize>,
}

impl Memory {
    fn of_cells(segment: &Arc<Segment>, slab: Slab<'_>, first: Cell, count: usize) -> Option<Self> {
        let first = first as usize;
        let cells = first..first.checked_add(count)?;
        slab.cells.get(cells.clone())?;
        let start = segment.layout().slab_cells(slab.number).start;
        let words = match slab.window {
            Some(_) => cells,
            None => start + cells.start..start + cells.end,
        };
        Some(Self { segment: Arc::clone(segment), window: slab.window, words })
    }

    /// The first word, aligned for an `f64`. Valid as long as this or a clone of it is there.
    #[must_use]
    pub fn as_ptr(&self) -> *mut f64 {
        // The words are atomics, so that writing through a shared reference's address is allowed.
        self.atomics().as_ptr().cast_mut().cast()
    }

    /// The number of words.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // it never is
    pub fn len(&self) -> usize {
        self.words.len()
    }

    fn atomics(&self) -> &[AtomicU64] {
        let of = |window| self.segment.sharing()?.window(window)?.words().get(self.words.clone());
        match self.window {
            Some(window) => of(window).unwrap_or_default(),
            None => self.segment.range(self.words.clone()),
        }
    }
}

pub use owned::OwnedCells;

mod owned {
    #![allow(unsafe_code)]

    use std::ptr::NonNull;

    use super::{Arc, AtomicU64, Cell, Ordering, Segment, Slab, update_exclusive, update_shared};
    use crate::word::{plus_count, plus_number, plus_one};

    /// Consecutive cells of one slab by their address.
    ///
    /// Safe to use from anywhere; only where the writer's rule (one caller at a time) is broken may
    /// an update be lost. It keeps the memory in place, but not the series: hold its handle beside
    /// it, or the cells may be another series' one day.
    #[derive(Debug)]
    pub struct OwnedCells {
        first: NonNull<AtomicU64>,
        cell: Cell,
        count: usize,
        /// Whether no other writer can come to these words, now or later.
        exclusive: bool,
        /// Of a shared segment: behind which window they are. A fork's child may have found no slab to put there.
        window: Option<usize>,
        segment: Arc<Segment>,
    }

    // SAFETY: the words are atomics in a mapping that `segment` keeps alive.
    unsafe impl Send for OwnedCells {}
    // SAFETY: as above.
    unsafe impl Sync for OwnedCells {}

    impl OwnedCells {
        /// Cells that are out of range, those of a series that writes nowhere, give an empty run.
        pub(super) fn new(
            segment: Arc<Segment>,
            slab: Slab<'_>,
            first: Cell,
            count: usize,
        ) -> Self {
            let cells = first as usize..(first as usize).saturating_add(count);
            let in_range = cells.clone().all(|cell| slab.writable(cell).is_some());
            let words = if in_range { slab.cells.get(cells).unwrap_or_default() } else { &[] };
            Self {
                first: NonNull::from(words).cast(),
                cell: first,
                count: words.len(),
                exclusive: slab.exclusive && slab.window.is_none(),
                window: slab.window,
                segment,
            }
        }

        /// The number of the first cell, for [`crate::Memory`]; `None` for a series that writes nowhere.
        #[must_use]
        pub fn first_cell(&self) -> Option<Cell> {
            (self.count > 0).then_some(self.cell)
        }

        #[inline]
        fn words(&self) -> &[AtomicU64] {
            // SAFETY: `first` and `count` are those of a slice of the mapping, which `segment`
            // keeps in place, or of an empty slice.
            unsafe { std::slice::from_raw_parts(self.first.as_ptr(), self.count) }
        }

        /// Adds one to the count in the first cell.
        #[inline]
        pub fn count(&self) {
            self.update(0, plus_one);
        }

        /// Adds `amount`, a number from 0 up, to the count in the first cell.
        #[inline]
        pub fn count_by(&self, amount: f64) {
            self.update(0, |seen| plus_count(seen, amount));
        }

        /// Adds to the number in the first cell.
        #[inline]
        pub fn add(&self, amount: f64) {
            self.update(0, |seen| plus_number(seen, amount));
        }

        /// Adds one to the count at `index`, and `amount` to the number in the last cell.
        #[inline]
        pub fn observe(&self, index: usize, amount: f64) {
            if index < self.count {
                self.update(index, plus_one);
                self.update(self.count - 1, |seen| plus_number(seen, amount));
            }
        }

        #[inline]
        fn update(&self, index: usize, next: impl Fn(u64) -> u64) {
            let Some(word) = self.words().get(index) else { return };
            if self.exclusive {
                update_exclusive(word, next);
            } else {
                self.update_with_others(index, word, next);
            }
        }

        /// An update where other writers can come to the words, or the words can be nobody's.
        #[inline]
        fn update_with_others(&self, index: usize, word: &AtomicU64, next: impl Fn(u64) -> u64) {
            let Some(window) = self.window else { return update_shared(word, next) };
            if self.segment.sharing().is_some_and(|sharing| sharing.has_slab(window)) {
                return update_exclusive(word, next);
            }
            self.segment.update_without_slab(self.cell + index as Cell, next);
        }

        /// Stores a value in the first cell: for gauges that keep the last value.
        #[inline]
        pub fn set(&self, value: f64) {
            if let Some(word) = self.words().first() {
                word.store(value.to_bits(), Ordering::Relaxed);
            }
        }
    }
}
