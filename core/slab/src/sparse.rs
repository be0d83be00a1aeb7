//! Cells by a number out of a large range, of which few are used: the buckets of native histograms.

use std::sync::Arc;

use crate::directory::Entry;
use crate::segment::{Cell, Segment};
use crate::sync::{AtomicU64, Ordering};

/// Set in a slot that is not empty.
const USED: u64 = 1 << 63;

/// A fixed number of cells, each for a number that is given to it when it is first needed.
///
/// The slots that say which cell counts what are an open-addressing table in the payload of a
/// directory entry, so every process sees the same. A number's home is its low bits: neighbours lie
/// side by side, and few pages are touched.
///
/// A slot bears the era in which it was last claimed. A new era, after a reset, makes every number look
/// new again, so that whoever counts them can start over; the cell of a number stays the same.
#[derive(Debug)]
pub struct SparseCells {
    segment: Arc<Segment>,
    entry: Entry,
}

impl SparseCells {
    /// The cells of an entry that has as many words of payload as cells, a power of two.
    #[must_use]
    pub fn new(segment: Arc<Segment>, entry: Entry) -> Self {
        Self { segment, entry }
    }

    /// The cell of a number that was claimed in this era.
    #[inline]
    #[must_use]
    pub fn find(&self, number: u32, era: u16) -> Option<Cell> {
        let wanted = slot(number, era);
        let slots = self.segment.payload(&self.entry);
        let last = slots.len().checked_sub(1)?;
        let mut place = number as usize & last;
        for _ in slots {
            // Acquire: the cell is zero, or was reset, before its slot says so.
            match slots.get(place)?.load(Ordering::Acquire) {
                0 => return None,
                found if found == wanted => {
                    return Some(self.entry.first_cell.wrapping_add(place as u32));
                }
                _ => place = (place + 1) & last,
            }
        }
        None
    }

    /// Gives a number a cell in this era; `None` when there is no room.
    ///
    /// Any number of callers at a time in a shared segment. In private memory one at a time: there a cell of
    /// an earlier era is given to another number when nothing else is left.
    #[must_use]
    pub fn claim(&self, number: u32, era: u16) -> Option<Cell> {
        let slots = self.segment.payload(&self.entry);
        let last = slots.len().checked_sub(1)?;
        let probe = (0..slots.len()).map(|step| (number as usize).wrapping_add(step) & last);
        let mut stale = None;
        for place in probe {
            let word = slots.get(place)?;
            if claim_slot(word, number, era) {
                return Some(self.entry.first_cell.wrapping_add(place as u32));
            }
            if stale.is_none() && era_of(word.load(Ordering::Relaxed)) != era {
                stale = Some(place);
            }
        }
        // Where others may add to the cell of an earlier number, it stays that number's.
        let place = stale.filter(|_| !self.segment.is_shared())?;
        slots.get(place)?.store(slot(number, era), Ordering::Release);
        Some(self.entry.first_cell.wrapping_add(place as u32))
    }

    /// The numbers that were claimed in this era.
    pub fn numbers(&self, era: u16) -> impl Iterator<Item = u32> {
        let slots = self.segment.payload(&self.entry).iter();
        let seen = slots.map(|slot| slot.load(Ordering::Acquire));
        seen.filter(move |slot| *slot != 0 && era_of(*slot) == era).map(|slot| slot as u32)
    }

    /// The numbers that have counted something, with their counts, in no order.
    #[must_use]
    pub fn counts(&self) -> Vec<(u32, f64)> {
        let slots = self.segment.payload(&self.entry);
        let mut counts = vec![0.0; slots.len()];
        self.segment.sum_into(self.entry.first_cell, &mut counts);
        let slots = slots.iter().map(|slot| slot.load(Ordering::Acquire));
        let counted = slots.zip(counts).filter(|(slot, count)| *slot != 0 && *count != 0.0);
        counted.map(|(slot, count)| (slot as u32, count)).collect()
    }

    /// Makes all counts zero from now on; see [`Segment::reset`].
    pub fn reset(&self) {
        self.segment.reset(self.entry.first_cell, self.entry.cells as usize);
    }
}

/// Makes a slot a number's that is nobody's or its own already; whether it is its own now. An era does not
/// go back, when one who knows only an earlier one comes late.
fn claim_slot(word: &AtomicU64, number: u32, era: u16) -> bool {
    let wanted = slot(number, era);
    let mut seen = word.load(Ordering::Acquire);
    loop {
        let is_own = seen != 0 && seen as u32 == number;
        if is_own && era_of(seen).wrapping_sub(era) < 1 << 15 {
            return true;
        }
        if seen != 0 && !is_own {
            return false;
        }
        match word.compare_exchange(seen, wanted, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return true,
            Err(now) => seen = now,
        }
    }
}

fn slot(number: u32, era: u16) -> u64 {
    USED | u64::from(era) << 32 | u64::from(number)
}

fn era_of(slot: u64) -> u16 {
    (slot >> 32) as u16
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;
    use crate::{CellsOf, EntryKind, Geometry, NewEntry};

    fn sparse(cells: u32) -> SparseCells {
        let segment = Segment::private(Geometry::default(), 7).unwrap();
        let new = NewEntry {
            kind: EntryKind::Sparse,
            family: 1,
            key: b"t",
            cells,
            of: CellsOf::Writers,
            payload: cells,
            created: 0.0,
        };
        let (entry, _) = segment.insert(&new).unwrap();
        SparseCells::new(segment, entry)
    }

    #[test]
    fn numbers_get_cells_until_there_are_none() {
        let cells = sparse(4);
        assert_eq!(cells.find(8, 0), None);
        let claimed: Vec<Cell> = [8, 12, 9, u32::MAX - 1]
            .iter()
            .map(|number| cells.claim(*number, 0).unwrap())
            .collect();
        for (number, cell) in [8, 12, 9, u32::MAX - 1].into_iter().zip(&claimed) {
            assert_eq!(cells.find(number, 0), Some(*cell));
            assert_eq!(cells.claim(number, 0), Some(*cell));
        }
        assert_eq!((cells.find(7, 0), cells.claim(7, 0)), (None, None));
        cells.segment.add(claimed[1], 3.0);
        assert_eq!(cells.counts(), [(12, 3.0)]);
    }

    #[test]
    fn a_new_era_starts_over() {
        let cells = sparse(2);
        let first = cells.claim(1, 0).unwrap();
        cells.claim(2, 0).unwrap();
        cells.segment.add(first, 5.0);
        cells.reset();
        assert_eq!(cells.counts(), []);
        assert_eq!((cells.find(1, 1), cells.numbers(1).count()), (None, 0));
        assert_eq!(cells.claim(1, 1), Some(first));
        cells.segment.add(first, 2.0);
        assert_eq!(cells.counts(), [(1, 2.0)]);
        // There is no room but that of a number of the last era.
        assert!(cells.claim(3, 1).is_some());
        assert_eq!(cells.claim(4, 1), None);
    }
}
