//! Writers that are no threads of their own.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used)]

use metrion_slab::{Geometry, Segment};

const GEOMETRY: Geometry = Geometry { slabs: 3, cells: 1 << 15, entries: 64, key_words: 64 };

#[test]
fn a_process_writer_has_a_slab_of_its_own_and_hands_it_on() {
    let segment = Segment::private(GEOMETRY, 1).unwrap();
    for _ in 0..10 {
        let writer = segment.process_writer();
        let cells = writer.cells(7, 3);
        cells.add(0, 1.0);
        cells.add_with_last(1, 2.0, 3.0);
        // Not its own cell: ignored.
        cells.add(3, 100.0);
    }
    assert_eq!([7, 8, 9, 10].map(|cell| segment.sum(cell)), [10.0, 20.0, 30.0, 0.0]);
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
                    cells.add_with_last(0, 1.0, 0.5);
                    cells.add(1, 0.5);
                }
            });
        }
    });
    assert_eq!((segment.sum(0), segment.sum(1)), (40_000.0, 40_000.0));
    // The common slab is also what holds last values.
    assert_eq!(segment.get(0), 20_000.0);
}

#[test]
fn last_values_and_cells_that_are_nowhere() {
    let segment = Segment::private(GEOMETRY, 1).unwrap();
    let cell = segment.common_cell(5);
    cell.set(-0.0);
    assert!(segment.get(5).is_sign_negative());
    let nowhere = segment.common_cell(u32::MAX - 1);
    nowhere.set(1.0);
    nowhere.add(0, 1.0);
    nowhere.add_with_last(0, 1.0, 1.0);
    segment.add(u32::MAX - 1, 1.0);
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
