//! Slabs: each the cells of one writer.

use std::ops::Range;
use std::sync::Arc;

use crate::layout::{COMMON_SLAB, PAGE_CELLS, header, slab as row};
use crate::segment::{Cell, Segment};
use crate::sync::{AtomicU64, Ordering, add_exclusive, add_shared};

/// One slab of a segment, ready to be written by one writer.
///
/// An out-of-range cell is ignored: it cannot come from this segment's directory.
#[derive(Clone, Copy, Debug)]
pub struct Slab<'a> {
    cells: &'a [AtomicU64],
    touched: &'a [AtomicU64],
    /// Whether the holder is the slab's only writer. If not, writes are compare-and-swap.
    exclusive: bool,
}

impl<'a> Slab<'a> {
    pub(crate) fn new(segment: &'a Segment, number: usize, exclusive: bool) -> Self {
        let layout = segment.layout();
        Self::from_parts(
            segment.range(layout.slab_cells(number)),
            segment.range(layout.touched(number)),
            exclusive,
        )
    }

    #[inline]
    pub(crate) fn from_parts(
        cells: &'a [AtomicU64],
        touched: &'a [AtomicU64],
        exclusive: bool,
    ) -> Self {
        Self { cells, touched, exclusive }
    }

    pub(crate) fn parts(self) -> (&'a [AtomicU64], &'a [AtomicU64], bool) {
        (self.cells, self.touched, self.exclusive)
    }

    /// Adds `amount` to the writer's part of an additive cell.
    #[inline]
    pub fn add(self, cell: Cell, amount: f64) {
        let Some(word) = self.writable(cell as usize) else { return };
        if self.exclusive { add_exclusive(word, amount) } else { add_shared(word, amount) }
    }

    pub(crate) fn store(self, cell: Cell, value: f64) {
        if let Some(word) = self.writable(cell as usize) {
            word.store(value.to_bits(), Ordering::Relaxed);
        }
    }

    pub(crate) fn load(self, cell: Cell) -> f64 {
        let bits = self.cells.get(cell as usize).map_or(0, |word| word.load(Ordering::Relaxed));
        f64::from_bits(bits)
    }

    /// The word of a cell whose page is marked as touched.
    #[inline]
    fn writable(self, cell: usize) -> Option<&'a AtomicU64> {
        let word = self.cells.get(cell)?;
        let page = cell / PAGE_CELLS;
        let bits = self.touched.get(page / 64)?;
        if bits.load(Ordering::Relaxed) & (1 << (page % 64)) == 0 {
            touch(bits, page);
        }
        Some(word)
    }

    /// Adds this slab's part to `values`, which are cells of one page, the first of them `cell`.
    /// A page that nobody touched is not read: in a shared mapping that would allocate it.
    pub(crate) fn add_page_to(self, cell: usize, values: &mut [f64]) {
        if !self.is_touched(cell) {
            return;
        }
        let words = self.cells.get(cell..cell + values.len()).unwrap_or_default();
        for (value, word) in values.iter_mut().zip(words) {
            *value += f64::from_bits(word.load(Ordering::Relaxed));
        }
    }

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
        let page = cell / PAGE_CELLS;
        self.touched
            .get(page / 64)
            .is_some_and(|bits| bits.load(Ordering::Acquire) & (1 << (page % 64)) != 0)
    }
}

#[cold]
fn touch(bits: &AtomicU64, page: usize) {
    // A read-modify-write: the common slab's bitmap has many writers.
    bits.fetch_or(1 << (page % 64), Ordering::Release);
}

/// Who owns a slab, as its row in the slab table tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum OwnerKind {
    /// One thread; gone with it.
    Thread = 1,
    /// Whoever holds a lock that lasts as long as the process: an interpreter.
    Process = 2,
}

impl Segment {
    /// Takes a free slab, one that an ended writer left behind included: its cells go on as they
    /// are, so nothing is lost. `None` when every slab has a writer.
    pub(crate) fn claim(&self, kind: OwnerKind) -> Option<usize> {
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

fn process_id() -> u32 {
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
    /// This writer's part of a cell, for updates without any lookup.
    #[must_use]
    pub fn cell(&self, cell: Cell) -> OwnedCell {
        let slab = Slab::new(&self.segment, self.number.unwrap_or(COMMON_SLAB), false);
        OwnedCell::new(Arc::clone(&self.segment), slab, cell, self.number.is_some())
    }
}

impl Drop for ProcessWriter {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.segment.release(number);
        }
    }
}

pub use owned::OwnedCell;

mod owned {
    #![allow(unsafe_code)]

    use super::{Arc, AtomicU64, Cell, Segment, Slab, add_exclusive, add_shared};
    use std::ptr::NonNull;

    /// One cell of a [`super::ProcessWriter`]'s slab by its address.
    ///
    /// Safe to use from anywhere; only where the writer's rule (one caller at a time) is broken may
    /// an update be lost.
    #[derive(Debug)]
    pub struct OwnedCell {
        word: NonNull<AtomicU64>,
        exclusive: bool,
        _segment: Arc<Segment>,
    }

    // SAFETY: the word is an atomic in a mapping that `_segment` keeps alive.
    unsafe impl Send for OwnedCell {}
    // SAFETY: as above.
    unsafe impl Sync for OwnedCell {}

    impl OwnedCell {
        pub(super) fn new(
            segment: Arc<Segment>,
            slab: Slab<'_>,
            cell: Cell,
            exclusive: bool,
        ) -> Self {
            // Cells come from the segment's own directory, so they are in range; cell 0 stands in
            // for one that is not rather than a panic.
            let word = slab.writable(cell as usize).or_else(|| slab.cells.first());
            let word = word.map_or(NonNull::dangling(), NonNull::from);
            Self { word, exclusive, _segment: segment }
        }

        /// Adds to the cell.
        #[inline]
        pub fn add(&self, amount: f64) {
            // SAFETY: the word is inside the mapping, which lives as long as `_segment`; a slab has
            // at least one page of cells, so `new` never left it dangling.
            let word = unsafe { self.word.as_ref() };
            if self.exclusive { add_exclusive(word, amount) } else { add_shared(word, amount) }
        }

        /// Stores a value: for cells of the common slab that keep the last value.
        #[inline]
        pub fn set(&self, value: f64) {
            // SAFETY: as in `add`.
            unsafe { self.word.as_ref() }.store(value.to_bits(), super::Ordering::Relaxed);
        }
    }

    impl Segment {
        /// A cell of the common slab by its address, for gauges that keep the last value.
        #[must_use]
        pub fn common_cell(self: &Arc<Self>, cell: Cell) -> OwnedCell {
            OwnedCell::new(Arc::clone(self), self.common(), cell, false)
        }
    }
}
