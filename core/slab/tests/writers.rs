//! Writers that are no threads of their own.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, unsafe_code)]

use metrion_slab::{Geometry, Memory, Segment};

const GEOMETRY: Geometry =
    Geometry { slabs: 3, cells: 1 << 15, entries: 64, key_words: 64, processes: 0 };

#[test]
fn a_process_writer_has_a_slab_of_its_own_and_hands_it_on() {
    let segment = Segment::private(GEOMETRY, 1).unwrap();
    for _ in 0..10 {
        let writer = segment.process_writer();
        let cells = writer.cells(7, 3);
        cells.count();
        cells.count_by(1.5);
        cells.observe(1, 3.0);
        // Not its own cell: ignored.
        cells.observe(3, 100.0);
    }
    assert_eq!([7, 8, 9, 10].map(|cell| segment.sum(cell)), [25.0, 10.0, 30.0, 0.0]);
}

#[test]
fn without_a_free_slab_writers_share_the_common_one() {
    let segment = Segment::private(GEOMETRY, 1).unwrap();
    let writers: Vec<_> = (0..4).map(|_| segment.process_writer()).collect();
    std::thread::scope(|scope| {
        for writer in &writers {
            scope.spawn(|| {
                let cells = writer.cells(0, 2);
                for _ in 0..10_000 {
                    cells.observe(0, 0.5);
                    writer.cells(1, 1).add(0.5);
                }
            });
        }
    });
    assert_eq!((segment.sum(0), segment.sum(1)), (40_000.0, 40_000.0));
    // The common slab is also what holds last values.
    assert_eq!(segment.get(1), 20_000.0);
}

/// What another language's code does: a plain load, an addition and a plain store.
fn add(memory: &Memory, index: usize, amount: f64) {
    assert!(index < memory.len());
    // SAFETY: the cell is in the memory, which is there, and this thread is its only writer.
    unsafe { *memory.as_ptr().add(index) += amount };
}

#[test]
fn memory_is_the_writers_own_cells() {
    let segment = Segment::private(GEOMETRY, 1).unwrap();
    let writer = segment.process_writer();
    let first = writer.cells(600, 2).first_cell().unwrap();
    let memory = writer.memory(512, 512).unwrap();
    add(&memory, (first - 512) as usize, 2.5);
    add(&memory, (first - 511) as usize, 1.0);
    writer.cells(600, 1).add(1.0);
    segment.add(600, 0.25);
    assert_eq!((segment.sum(600), segment.sum(601)), (3.75, 1.0));
    segment.reset(600, 1);
    add(&memory, 88, 1.0);
    assert_eq!(segment.sum(600), 1.0);
    // It keeps the mapping in place.
    drop((writer, segment));
    add(&memory, 88, 1.0);
}

#[test]
fn memory_of_last_values_is_common() {
    let segment = Segment::private(GEOMETRY, 1).unwrap();
    assert_eq!(segment.common_cell(3).first_cell(), Some(3));
    let memory = segment.common_memory(0, 8).unwrap();
    add(&memory, 3, -7.5);
    assert_eq!(segment.get(3), -7.5);
    segment.set(3, 1.0);
    add(&memory, 3, 1.0);
    assert_eq!(segment.get(3), 2.0);
}

#[test]
fn there_is_no_memory_out_of_range_or_without_a_slab() {
    let segment = Segment::private(GEOMETRY, 1).unwrap();
    let writers: Vec<_> = (0..3).map(|_| segment.process_writer()).collect();
    let [first, _, last] = writers.as_slice() else { panic!("three writers") };
    assert_eq!(first.memory(0, 1 << 15).unwrap().len(), 1 << 15);
    assert!(first.memory(1, 1 << 15).is_none());
    assert!(first.memory(u32::MAX, usize::MAX).is_none());
    assert!(segment.common_memory(1 << 15, 1).is_none());
    // Two slabs beside the common one are all there is.
    assert!(last.memory(0, 1).is_none());
    assert_eq!(first.cells(u32::MAX, 1).first_cell(), None);
}

#[test]
fn last_values_and_cells_that_are_nowhere() {
    let segment = Segment::private(GEOMETRY, 1).unwrap();
    let cell = segment.common_cell(5);
    cell.set(-0.0);
    assert!(segment.get(5).is_sign_negative());
    let nowhere = segment.common_cell(u32::MAX - 1);
    nowhere.set(1.0);
    nowhere.add(1.0);
    nowhere.count();
    nowhere.count_by(1.0);
    nowhere.observe(0, 1.0);
    segment.count(u32::MAX - 1);
    segment.count_by(u32::MAX - 1, 1.0);
    segment.add(u32::MAX - 1, 1.0);
    segment.observe(u32::MAX - 2, u32::MAX - 1, 1.0);
    segment.set(u32::MAX - 1, 1.0);
    let mut all = vec![0.0; 1 << 15];
    segment.sum_into(0, &mut all);
    assert_eq!(all.iter().filter(|value| value.to_bits() != 0).count(), 0);
}

#[test]
fn resets_of_many_cells_over_page_borders() {
    let segment = Segment::private(GEOMETRY, 1).unwrap();
    let values = |from: u32, count: usize| {
        let mut values = vec![f64::NAN; count];
        segment.sum_into(from, &mut values);
        values
    };
    for cell in 0..1500 {
        segment.add(cell, f64::from(cell));
    }
    segment.reset(500, 600);
    let expected: Vec<f64> = (490..1510)
        .map(|i| if (500..1100).contains(&i) || i >= 1500 { 0.0 } else { f64::from(i) })
        .collect();
    assert_eq!(values(490, 1020), expected);
    assert!(segment.used_bytes() >= 3 * 4096);
}
