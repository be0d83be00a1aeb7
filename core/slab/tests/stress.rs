//! Threads come, write, look up, remove and go for as long as `METRION_STRESS_SECONDS` says; at the
//! end the sums are exact. Built for AddressSanitizer and valgrind as much as for its own checks.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use metrion_slab::{
    CellsOf, Entry, EntryKind, Geometry, Index, NewEntry, Segment, join_key, split_key,
};

const GEOMETRY: Geometry =
    Geometry { slabs: 5, cells: 1 << 15, entries: 1 << 12, key_words: 1 << 14, processes: 0 };

fn duration() -> Duration {
    let seconds = std::env::var("METRION_STRESS_SECONDS").ok();
    Duration::from_secs_f64(seconds.and_then(|text| text.parse().ok()).unwrap_or(1.0))
}

fn insert(segment: &Segment, kind: EntryKind, value: &str, cells: u32) -> Entry {
    let key = join_key(&[value]);
    let of = CellsOf::Writers;
    let new = NewEntry { kind, family: 0, key: &key, cells, of, payload: 0, created: 0.0 };
    segment.insert(&new).unwrap().0
}

fn series(segment: &Segment, value: &str, cells: u32) -> Entry {
    insert(segment, EntryKind::Series, value, cells)
}

/// A segment with one family, whose entry is number 0.
fn segment() -> Arc<Segment> {
    let segment = Segment::private(GEOMETRY, 1).unwrap();
    assert_eq!(insert(&segment, EntryKind::Family, "f", 0).number, 0);
    segment
}

#[test]
fn short_lived_writers_lose_nothing() {
    let segment = segment();
    let cells: Vec<u32> =
        (0..600).map(|i| series(&segment, &i.to_string(), 1).first_cell).collect();
    let total = || {
        let mut values = vec![0.0; 600];
        segment.sum_into(cells[0], &mut values);
        values.iter().sum::<f64>()
    };
    let written = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    let deadline = Instant::now() + duration();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut last = 0.0;
            while !done.load(Ordering::Acquire) {
                let sum = total();
                assert!(sum >= last, "{sum} after {last}");
                last = sum;
            }
        });
        while Instant::now() < deadline {
            thread::scope(|writers| {
                // More than there are slabs.
                for start in 0..8 {
                    let (segment, cells, written) = (&segment, &cells, &written);
                    writers.spawn(move || {
                        for i in 0..500 {
                            let cell = cells[(start * 71 + i) % cells.len()];
                            // Some counts are whole numbers, and some are not.
                            if i % 100 == 0 {
                                segment.count_by(cell, 0.5);
                                segment.count_by(cell, 0.5);
                            } else {
                                segment.count(cell);
                            }
                        }
                        written.fetch_add(500, Ordering::Relaxed);
                    });
                }
            });
        }
        done.store(true, Ordering::Release);
    });
    assert_eq!(total(), written.load(Ordering::Relaxed) as f64);
}

#[test]
fn lookups_see_a_handle_or_nothing_while_others_insert_and_remove() {
    let index: Index<Arc<str>> = Index::new(3);
    let present: Mutex<HashSet<usize>> = Mutex::default();
    let deadline = Instant::now() + duration();
    let name = |i: usize| format!("value-{i}");
    thread::scope(|scope| {
        for start in 0..2 {
            let (index, present) = (&index, &present);
            scope.spawn(move || {
                let mut i = start * 37;
                while Instant::now() < deadline {
                    i = (i * 5 + 1) % 64;
                    let value = name(i);
                    // The index leaves it to its caller that a key is inserted once.
                    let mut present = present.lock().unwrap();
                    if present.remove(&i) {
                        index.remove(&[&value]);
                    } else {
                        index.insert(&[&value], value.as_str().into());
                        present.insert(i);
                    }
                    if i == 0 {
                        index.clear();
                        present.clear();
                    }
                }
            });
        }
        for _ in 0..2 {
            let index = &index;
            scope.spawn(move || {
                let mut i = 0;
                while Instant::now() < deadline {
                    i = (i + 1) % 64;
                    let value = name(i);
                    if let Some(found) = index.get(&[&value]) {
                        assert_eq!(**found, *value);
                        let kept = Arc::clone(&found);
                        drop(found);
                        assert_eq!(*kept, *value);
                    }
                }
            });
        }
    });
    for i in 0..64 {
        let is_there = present.lock().unwrap().contains(&i);
        assert_eq!(index.get(&[&name(i)]).is_some(), is_there, "{i}");
    }
}

#[test]
fn freed_entries_are_used_again_and_begin_at_zero() {
    let segment = segment();
    let deadline = Instant::now() + duration();
    thread::scope(|scope| {
        for start in 0..4 {
            let segment = &segment;
            scope.spawn(move || {
                let mut round = 0;
                while Instant::now() < deadline {
                    round += 1;
                    let entry = series(segment, &format!("{start}/{round}"), 3);
                    assert_eq!(segment.sum(entry.first_cell + 1), 0.0);
                    segment.add(entry.first_cell + 1, 2.0);
                    if round % 3 == 0 {
                        segment.reset(entry.first_cell, 3);
                        assert_eq!(segment.sum(entry.first_cell + 1), 0.0);
                    }
                    segment.remove(&entry);
                    segment.free(&entry);
                }
            });
        }
    });
    assert_eq!(segment.entries().count(), 1);
    assert!(segment.used_bytes() < 1 << 20, "{}", segment.used_bytes());
}

#[test]
fn label_values_are_kept_apart() {
    assert_ne!(join_key(&["ab", "c"]), join_key(&["a", "bc"]));
    assert_eq!(split_key(&join_key(&["", "\u{1F980}"])).unwrap(), ["", "\u{1F980}"]);
    assert_eq!(split_key(b"\x05\0\0\0ab"), None);
    assert_eq!(split_key(b"\x01\0\0\0\xff"), None);
}

#[cfg(unix)]
#[test]
fn a_fork_child_goes_on_alone_with_free_slabs() {
    // In a process of its own, as the other tests' threads must not be forked with it.
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "forking", "--ignored", "--test-threads=1"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[cfg(unix)]
#[test]
#[ignore = "forks: a_fork_child_goes_on_alone_with_free_slabs runs it"]
fn forking() {
    let segment = segment();
    let entry = series(&segment, "a", 1);
    segment.add(entry.first_cell, 1.0);
    let index = Index::new(1);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        // Threads that own all other slabs, and hold locks and guards most of the time.
        for start in 0..6 {
            let (segment, index, stop) = (&segment, &index, &stop);
            scope.spawn(move || {
                let name = start.to_string();
                let mut round = 0;
                while !stop.load(Ordering::Relaxed) {
                    round += 1;
                    index.insert(&[&name], round);
                    let found = index.get(&[&name]);
                    index.remove(&[&name]);
                    drop(found);
                    let entry = series(segment, &format!("{start}/{}", round % 50), 1);
                    segment.add(entry.first_cell, 1.0);
                }
            });
        }
        for _ in 0..50 {
            fork_and_check(&segment, &index, &entry);
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// Forks; the child must be able to insert, to look up, to write, and to give every slab to a new
/// thread.
#[cfg(unix)]
#[allow(unsafe_code)]
fn fork_and_check(segment: &Arc<Segment>, index: &Index<u32>, entry: &Entry) {
    let before = segment.sum(entry.first_cell);
    // SAFETY: the child uses only the library, whose locks the fork handlers keep free, and ends by
    // _exit.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        series(segment, "in the child", 1);
        segment.add(entry.first_cell, 1.0);
        for _ in 0..8 {
            let (segment, cell) = (Arc::clone(segment), entry.first_cell);
            drop(thread::spawn(move || segment.add(cell, 1.0)).join());
        }
        index.insert(&["in the child"], 7);
        let found = index.get(&["in the child"]).map(|found| *found) == Some(7);
        index.remove(&["in the child"]);
        let gone = index.get(&["in the child"]).is_none();
        let right = segment.sum(entry.first_cell) == before + 9.0 && found && gone;
        // SAFETY: ends this process without running the parent's exit handlers.
        unsafe { libc::_exit(i32::from(!right)) };
    }
    let mut status = 0;
    // SAFETY: waits for the child that was just made; `status` is ours.
    let waited = unsafe { libc::waitpid(pid, &mut status, 0) };
    assert_eq!((waited, status), (pid, 0));
    assert_eq!(segment.sum(entry.first_cell), before, "the child's updates are its own");
}
