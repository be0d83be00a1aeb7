//! Models that loom runs through every interleaving and every allowed reordering.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p metrion-slab --release --lib loom_models`

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use loom::model::Builder;
use loom::thread;

use crate::layout::Geometry;
use crate::slabs::{OwnerKind, Slab};
use crate::word::plus_one;
use crate::{CellsOf, Entry, EntryKind, ExemplarSlot, NewEntry, Segment, SparseCells};

const GEOMETRY: Geometry = Geometry { slabs: 3, cells: 4, entries: 4, key_words: 4, processes: 0 };

fn segment() -> Arc<Segment> {
    Segment::private(GEOMETRY, 7).unwrap()
}

/// Up to three preemptions in each run: loom's own advice for models that would not end otherwise.
fn model(run: impl Fn() + Sync + Send + 'static) {
    let runs = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&runs);
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        count.fetch_add(1, Ordering::Relaxed);
        run();
    });
    // One run alone would mean that loom saw nothing to interleave, and the model checks nothing.
    assert!(runs.load(Ordering::Relaxed) > 1);
}

fn series(key: &[u8]) -> NewEntry<'_> {
    NewEntry {
        kind: EntryKind::Overflow,
        family: 0,
        key,
        cells: 1,
        of: CellsOf::Writers,
        payload: 0,
        created: 1.0,
    }
}

fn insert(segment: &Segment, key: &[u8]) -> Entry {
    let (entry, _) = segment.insert(&series(key)).unwrap();
    assert_eq!(segment.key_of(&entry), key, "an entry is found only when it is filled");
    entry
}

#[test]
fn two_writers_publish_the_same_key_once() {
    model(|| {
        let segment = segment();
        let other = Arc::clone(&segment);
        let thread = thread::spawn(move || insert(&other, b"a"));
        let own = insert(&segment, b"a");
        let other = thread.join().unwrap();
        assert_eq!(own, other);
        assert_eq!(segment.entries().count(), 1);
    });
}

#[test]
fn two_writers_publish_two_keys_in_one_chain() {
    model(|| {
        let segment = segment();
        let other = Arc::clone(&segment);
        let thread = thread::spawn(move || insert(&other, b"a"));
        let own = insert(&segment, b"b");
        let other = thread.join().unwrap();
        assert_ne!(own.number, other.number);
        assert_ne!(own.first_cell, other.first_cell);
        assert_eq!(insert(&segment, b"a"), other);
        assert_eq!(insert(&segment, b"b"), own);
    });
}

#[test]
fn a_reader_of_the_directory_sees_whole_entries() {
    model(|| {
        let segment = segment();
        let other = Arc::clone(&segment);
        let thread = thread::spawn(move || {
            for (entry, key) in other.entries() {
                assert_eq!((entry.cells, entry.created), (1, 1.0));
                assert_eq!(key, b"abc");
            }
        });
        insert(&segment, b"abc");
        thread.join().unwrap();
        assert_eq!(segment.entries().count(), 1);
    });
}

/// One writer's life: claim a slab, add, hand it back.
fn write_once(segment: &Segment) {
    match segment.claim(OwnerKind::Thread) {
        Some(number) => {
            Slab::new(segment, number, true).update(0, plus_one);
            segment.release(number);
        }
        None => segment.common().update(0, plus_one),
    }
}

#[test]
fn an_adopted_slab_goes_on_where_it_was() {
    model(|| {
        // One slab beside the common one: the writers follow one another in it or share the other.
        let segment = Segment::private(Geometry { slabs: 2, ..GEOMETRY }, 7).unwrap();
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let segment = Arc::clone(&segment);
                thread::spawn(move || write_once(&segment))
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(segment.sum(0), 2.0);
    });
}

#[test]
fn sums_never_go_back_and_are_exact_at_the_end() {
    model(|| {
        let segment = segment();
        let own = segment.claim(OwnerKind::Thread).unwrap();
        let other = Arc::clone(&segment);
        let thread = thread::spawn(move || write_once(&other));
        Slab::new(&segment, own, true).update(0, plus_one);
        let first = segment.sum(0);
        let second = segment.sum(0);
        assert!(1.0 <= first && first <= second, "{first} {second}");
        thread.join().unwrap();
        assert_eq!(segment.sum(0), 2.0);
    });
}

#[test]
fn a_reader_during_a_reset_sees_no_negative_value() {
    model(|| {
        let segment = segment();
        segment.common().update(0, plus_one);
        let other = Arc::clone(&segment);
        let thread = thread::spawn(move || {
            other.common().update(0, plus_one);
            other.reset(0, 1);
        });
        let seen = segment.sum(0);
        assert!((0.0..=2.0).contains(&seen), "{seen}");
        thread.join().unwrap();
        assert_eq!(segment.sum(0), 0.0);
    });
}

/// Makes the slots of several processes, all of the same entry.
fn slots() -> impl Fn() -> ExemplarSlot {
    let segment = Segment::private(Geometry { key_words: 8, ..GEOMETRY }, 7).unwrap();
    let new = NewEntry { cells: 0, payload: ExemplarSlot::words(0), ..series(b"") };
    let (entry, _) = segment.insert(&new).unwrap();
    move || ExemplarSlot::new(Arc::clone(&segment), entry)
}

#[test]
fn an_exemplar_is_read_whole() {
    model(|| {
        let slots = slots();
        let writers: Vec<_> = [1.0, 2.0]
            .into_iter()
            .map(|value| {
                let slot = slots();
                thread::spawn(move || slot.write("", value, value))
            })
            .collect();
        let slot = slots();
        if let Some((_, value, timestamp)) = slot.read() {
            assert_eq!(value, timestamp);
        }
        for writer in writers {
            writer.join().unwrap();
        }
        let (_, value, timestamp) = slot.read().unwrap();
        assert_eq!(value, timestamp);
    });
}

#[test]
fn an_exemplar_of_which_a_writer_was_slow_is_read_whole() {
    model(|| {
        let slots = slots();
        let (slot, slow) = (slots(), slots());
        let writer = thread::spawn(move || slow.write("", 1.0, 1.0));
        // The second of them may go on in the other's stead.
        slot.write("", 2.0, 2.0);
        slot.write("", 3.0, 3.0);
        if let Some((_, value, timestamp)) = slot.read() {
            assert_eq!(value, timestamp);
        }
        writer.join().unwrap();
        slot.write("", 4.0, 4.0);
        assert_eq!(slot.read(), Some((String::new(), 4.0, 4.0)));
    });
}

#[test]
fn two_who_claim_sparse_cells_agree() {
    model(|| {
        let segment = segment();
        let new = NewEntry { cells: 2, payload: 2, ..series(b"") };
        let (entry, _) = segment.insert(&new).unwrap();
        let table = || SparseCells::new(Arc::clone(&segment), entry);
        let (own, other) = (table(), table());
        // Both numbers are at home in the first slot.
        let thread = thread::spawn(move || [2, 0].map(|number| other.claim(number, 0)));
        let [zero, two] = [0, 2].map(|number| own.claim(number, 0));
        assert_eq!(thread.join().unwrap(), [two, zero]);
        assert!(zero != two && zero.is_some() && two.is_some());
    });
}
