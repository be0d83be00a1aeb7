//! What a segment has, for people who look into one.

use crate::layout::{PAGE_CELLS, header, slab as row};
use crate::segment::Segment;
use crate::sync::Ordering;

/// How full a segment is, and who writes to it.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentReport {
    /// Families, series and their parts, removed ones included: used, and at most.
    pub entries: (usize, usize),
    /// Words for names and label values: used, and at most.
    pub key_words: (usize, usize),
    /// Cells in each slab: used, and at most.
    pub cells: (usize, usize),
    /// Entries that were published and cannot be read.
    pub damaged: usize,
    /// Updates that went to an overflow series, or nowhere for want of room.
    pub overflowed: u64,
    /// Updates that were dropped because of their value.
    pub invalid: u64,
    /// The slabs that ever had an owner.
    pub slabs: Vec<SlabReport>,
}

/// A slab of a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct SlabReport {
    /// Its number.
    pub number: usize,
    /// The process that has it, or had it last.
    pub process: u32,
    /// Whether that process is there.
    pub is_live: bool,
    /// Whether it tells of the process as a whole; if not, it is one writer's.
    pub is_of_process: bool,
    /// Since when the process has it, in Unix seconds.
    pub since: f64,
    /// How many owners it has had.
    pub claims: u64,
    /// Its pages that were written, in bytes.
    pub bytes: usize,
}

impl Segment {
    /// What the segment has. It looks at every entry.
    #[must_use]
    pub fn report(&self) -> SegmentReport {
        let geometry = self.layout().geometry;
        let cells = self.word(header::CELLS_USED).load(Ordering::Relaxed);
        let owners = self.owners();
        let slab = |number: usize| {
            let at = self.layout().slab_row(number);
            let word = |word| self.word(at + word).load(Ordering::Relaxed);
            let pages: u32 = self
                .range(self.layout().touched(number))
                .iter()
                .map(|word| word.load(Ordering::Relaxed).count_ones())
                .sum();
            (word(row::OWNER) != 0).then(|| SlabReport {
                number,
                process: word(row::OWNER) as u32,
                is_live: owners.has(number),
                is_of_process: number >= geometry.slabs,
                since: f64::from_bits(word(row::SINCE)),
                claims: word(row::CLAIMS),
                bytes: pages as usize * PAGE_CELLS * size_of::<u64>(),
            })
        };
        SegmentReport {
            entries: (self.entries_used(), geometry.entries),
            key_words: (self.key_words_used(), geometry.key_words),
            cells: ((cells as u32 as usize).saturating_add((cells >> 32) as usize), geometry.cells),
            damaged: self.damaged_entries(),
            overflowed: self.overflowed(),
            invalid: self.invalid(),
            slabs: (0..self.slabs_used()).filter_map(slab).collect(),
        }
    }

    /// Whether another process has the segment open.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        self.sharing().is_some_and(|sharing| sharing.has_others(self))
    }

    /// Says that this process shows the registry to a scraper. Whether another one that is there does so, too: each
    /// of them answers for all, so that a scraper of both counts twice.
    #[must_use]
    pub fn announce_exporter(&self) -> bool {
        let Some(own) = self.own_slab_number() else { return false };
        let word = |slab: usize| self.word(self.layout().slab_row(slab) + row::EXPORTS);
        word(own).store(1, Ordering::Relaxed);
        let exports = |slab: &usize| *slab != own && word(*slab).load(Ordering::Relaxed) != 0;
        let mut others = (self.layout().geometry.slabs..self.slabs_used()).filter(exports);
        let owners = self.owners();
        others.any(|slab| owners.has(slab))
    }
}
