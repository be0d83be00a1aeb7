//! Updates by code that reads the thread's table by itself, as the C header does.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};

use metrion_slab::{Geometry, Segment, THREAD_SLABS, ThreadSlab, thread_slabs};

const GEOMETRY: Geometry =
    Geometry { slabs: 4, cells: 1 << 15, entries: 64, key_words: 64, processes: 0 };

/// A place of the table as C sees it.
#[repr(C)]
struct Place {
    segment: u64,
    cells: *const AtomicU64,
    count: usize,
    number: usize,
}

/// Adds to a cell as the C header does; whether it could.
fn add_inline(segment: &Segment, cell: usize, amount: f64) -> bool {
    let at = (segment.id() % THREAD_SLABS as u64) as usize;
    // SAFETY: the table is this thread's; `Place` has the layout of `ThreadSlab`, all of whose fields are
    // numbers and pointers.
    let place = unsafe { &*thread_slabs().cast::<Place>().add(at) };
    if place.segment != segment.id() || cell >= place.count {
        return false;
    }
    // SAFETY: the segment lives, and the cell is below the count.
    let cell = unsafe { &*place.cells.add(cell) };
    let seen = cell.load(Ordering::Relaxed);
    if seen == 0 {
        return false;
    }
    cell.store((f64::from_bits(seen) + amount).to_bits(), Ordering::Relaxed);
    true
}

fn add(segment: &Segment, cell: u32, amount: f64) {
    if !add_inline(segment, cell as usize, amount) {
        segment.add(cell, amount);
    }
}

#[test]
fn the_layout_is_that_of_c() {
    assert_eq!(size_of::<ThreadSlab>(), size_of::<Place>());
    assert_eq!(align_of::<ThreadSlab>(), align_of::<Place>());
}

#[test]
fn a_thread_s_second_update_is_inline_and_nothing_is_lost() {
    let segment = Segment::private(GEOMETRY, 1).unwrap();
    // This thread has its slab before the others take them all.
    segment.add(9, 1.0);
    std::thread::scope(|scope| {
        // More threads than slabs: the others have none of their own, and no cell to be seen.
        for _ in 0..8 {
            scope.spawn(|| {
                assert!(!add_inline(&segment, 7, 1.0));
                for _ in 0..10_000 {
                    add(&segment, 7, 1.0);
                    add(&segment, 600, 0.5);
                }
            });
        }
    });
    assert_eq!((segment.sum(7), segment.sum(600)), (80_000.0, 40_000.0));
    segment.add(7, 1.0);
    assert!(add_inline(&segment, 7, 1.0));
    assert!(!add_inline(&segment, 8, 1.0));
    assert!(!add_inline(&segment, u32::MAX as usize, 1.0));
    assert_eq!(segment.sum(7), 80_002.0);
}

#[test]
fn another_segment_is_another_place_or_none() {
    let segments: Vec<_> = (0..20).map(|_| Segment::private(GEOMETRY, 1).unwrap()).collect();
    for round in 0..3 {
        for (amount, segment) in (1..).zip(&segments) {
            if round == 0 {
                assert!(!add_inline(segment, 0, 1.0));
            }
            add(segment, 0, f64::from(amount));
        }
    }
    for (amount, segment) in (1..).zip(&segments) {
        assert_eq!(segment.sum(0), 3.0 * f64::from(amount));
    }
}

#[test]
fn a_gauge_s_word_is_that_of_the_common_slab() {
    let segment = Segment::private(GEOMETRY, 1).unwrap();
    assert!(segment.common_word(u32::MAX).is_none());
    let word = segment.common_word(5).unwrap();
    assert_eq!(word.load(Ordering::Relaxed), 0);
    segment.set(5, 1.5);
    assert_eq!(f64::from_bits(word.load(Ordering::Relaxed)), 1.5);
    word.store(2.5_f64.to_bits(), Ordering::Relaxed);
    assert_eq!(segment.get(5), 2.5);
}
