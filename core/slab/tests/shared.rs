//! Segments that processes share: here several mappings of one file, which to the segment are as many
//! processes. What needs real ones is in `processes.rs`.
#![cfg(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri)))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::sync::{Arc, Barrier};

use common::{Folder, OPENING, Random, open, part, series};
use metrion_model::ErrorCode;
use metrion_slab::{Cell, CellsOf, Cursor, EntryKind, Geometry, Opening, Segment, SparseCells};

#[test]
fn processes_meet_in_a_segment() {
    let folder = Folder::new("meet");
    let segments = [open(&folder.file()), open(&folder.file()), open(&folder.file())];
    let entries = segments.each_ref().map(|segment| series(segment, "a", CellsOf::Writers));
    assert_eq!(entries[0], entries[2]);
    let cell = entries[0].first_cell;
    for (segment, amount) in segments.iter().zip([1.0, 10.0, 100.0]) {
        segment.count_by(cell, amount);
        segment.count_by(cell, amount);
    }
    for segment in &segments {
        assert_eq!(segment.sum(cell), 222.0);
        let mut cursor = Cursor::default();
        let found: Vec<_> = segment.entries_since(&mut cursor).collect();
        assert_eq!(found, [(entries[0], b"a".to_vec())]);
        assert_eq!(segment.entries_since(&mut cursor).count(), 0);
    }
    segments[1].reset(cell, 2);
    segments[2].count(cell);
    assert_eq!(segments.each_ref().map(|segment| segment.sum(cell)), [1.0; 3]);
    let gauge = series(&segments[0], "gauge", CellsOf::All).first_cell;
    segments[0].set(gauge, 3.0);
    segments[1].add_common(gauge, 0.5);
    assert_eq!(segments[2].get(gauge), 3.5);
}

#[test]
fn what_ended_writers_counted_stays() {
    let folder = Folder::new("ended");
    let segment = open(&folder.file());
    let cell = series(&segment, "a", CellsOf::Writers).first_cell;
    // More of them than there are slabs.
    for _ in 0..20 {
        let other = open(&folder.file());
        other.count(cell);
        let writer = other.process_writer();
        writer.cells(cell, 1).count();
    }
    assert_eq!(segment.sum(cell), 40.0);
}

#[test]
fn without_a_free_slab_processes_use_the_common_one() {
    let folder = Folder::new("full");
    let segments: Vec<_> = (0..6).map(|_| open(&folder.file())).collect();
    let cell = series(&segments[0], "a", CellsOf::Writers).first_cell;
    for segment in &segments {
        segment.add(cell, 0.5);
        segment.add(cell, 0.5);
    }
    assert_eq!(segments[0].sum(cell), 6.0);
    assert_eq!(segments[0].get(cell), 3.0, "three have slabs, three have not");
}

#[test]
fn threads_hand_slabs_on_within_their_process() {
    let folder = Folder::new("threads");
    let segment = open(&folder.file());
    let cell = series(&segment, "a", CellsOf::Writers).first_cell;
    for _ in 0..10 {
        let segment = Arc::clone(&segment);
        std::thread::spawn(move || segment.count(cell)).join().unwrap();
    }
    assert_eq!((segment.sum(cell), segment.get(cell)), (10.0, 0.0));
}

#[test]
fn an_ended_process_takes_along_what_is_bound_to_it() {
    let folder = Folder::new("bound");
    let segment = open(&folder.file());
    let cell = series(&segment, "up and down", CellsOf::Owners).first_cell;
    let own = series(&segment, "own", CellsOf::Owners).first_cell;
    assert_ne!(cell, own);
    let other = open(&folder.file());
    for (segment, amount) in [(&segment, 1.0), (&other, 10.0)] {
        segment.add_bound(cell, amount);
        segment.set_own(own, amount);
        segment.add_own(own, 0.5);
        segment.set_own(own + 1, 1.0);
    }
    let says = |segment: &Segment| {
        let owners = segment.owners();
        let values = segment.own_values(own, 2, &owners);
        let mut own: Vec<_> = values.iter().map(|own| (own.is_live, own.values[0])).collect();
        own.sort_by(|a, b| a.1.total_cmp(&b.1));
        (segment.sum_bound(cell, &owners), own)
    };
    assert_eq!(says(&segment), (11.0, vec![(true, 1.5), (true, 10.5)]));
    assert_eq!(segment.get_own(own), 1.5);
    drop(other);
    assert_eq!(says(&segment), (1.0, vec![(true, 1.5), (false, 10.5)]));
    // The next ones take the slab over, and not what was said in it.
    let next: Vec<_> = (0..2).map(|_| open(&folder.file())).collect();
    next.iter().for_each(|next| next.add_bound(cell, 100.0));
    next.iter().for_each(|next| next.set_own(own, 7.0));
    next.iter().for_each(|next| next.set_own(own + 1, 7.0));
    assert_eq!(says(&segment), (201.0, vec![(true, 1.5), (true, 7.0), (true, 7.0)]));
}

#[test]
fn a_thread_without_a_slab_counts_for_its_process() {
    let folder = Folder::new("bound-common");
    let segments: Vec<_> = (0..5).map(|_| open(&folder.file())).collect();
    let cell = series(&segments[0], "in flight", CellsOf::Owners).first_cell;
    // Three have a slab, two share the common one for what is summed up; only three have one for the process.
    for segment in &segments {
        segment.count(cell + 1);
        segment.add_bound(cell, 1.0);
    }
    let first = &segments[0];
    assert_eq!(first.sum_bound(cell, &first.owners()), 5.0);
    let (first, others) = segments.split_first().unwrap();
    assert_eq!(others.len(), 4);
    drop(others.to_vec());
    let first = Arc::clone(first);
    drop(segments);
    assert_eq!(first.sum_bound(cell, &first.owners()), 1.0);
}

#[test]
fn removal_is_seen_by_all_and_nothing_is_used_again() {
    let folder = Folder::new("removed");
    let (one, two) = (open(&folder.file()), open(&folder.file()));
    let entry = series(&one, "a", CellsOf::Writers);
    one.count(entry.first_cell);
    two.remove(&entry);
    two.free(&entry);
    assert!(!one.is_live(&entry));
    let next = series(&one, "a", CellsOf::Writers);
    assert_ne!(next.first_cell, entry.first_cell);
    assert_eq!((one.sum(next.first_cell), one.sum(entry.first_cell)), (0.0, 1.0));
}

/// What several processes, each in a thread, were given for the numbers 0 to 63 in an order of their own.
fn claim_all(tables: &[SparseCells], era: u16) -> Vec<HashMap<u32, Cell>> {
    let barrier = Barrier::new(tables.len());
    let claim = |seed: usize| {
        let mut random = Random::new(seed as u64);
        let mut numbers: Vec<u32> = (0..64).collect();
        (1..64).for_each(|i| numbers.swap(i, random.below(i as u64 + 1) as usize));
        barrier.wait();
        let claimed = numbers.into_iter().map(|n| (n, tables[seed].claim(n, era).unwrap()));
        claimed.collect()
    };
    let claim = &claim;
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..tables.len()).map(|seed| scope.spawn(move || claim(seed))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn numbers_that_many_claim_get_one_cell_each() {
    let folder = Folder::new("sparse");
    for round in 0..100 {
        let path = folder.0.join(round.to_string());
        let tables: Vec<_> = (0..6)
            .map(|_| {
                let segment = open(&path);
                let entry = part(&segment, EntryKind::Sparse, "sparse", 64);
                SparseCells::new(segment, entry)
            })
            .collect();
        let first = claim_all(&tables, 0);
        let mut cells: Vec<Cell> = first[0].values().copied().collect();
        cells.sort_unstable();
        cells.dedup();
        assert_eq!(cells.len(), 64);
        assert!(first.iter().all(|claimed| *claimed == first[0]));
        // A later era changes nothing about it, and one who comes late does not bring the old one back.
        assert_eq!(tables[0].numbers(1).count(), 0);
        assert_eq!(claim_all(&tables, 1)[5], first[0]);
        assert_eq!(tables[0].claim(7, 0), Some(first[0][&7]));
        assert_eq!(tables[0].numbers(1).count(), 64);
        // Nobody's cell becomes another's.
        assert_eq!(tables[0].claim(64, 2), None);
    }
}

#[test]
fn what_stands_behind_the_bits_of_all_pages_means_nothing() {
    let folder = Folder::new("padding");
    drop(open(&folder.file()));
    // The bitmap of slab 1, of which the first word is that of all 64 pages: see FORMAT.md.
    let bits = (1_u64 << 63).to_le_bytes().into_iter().chain([0xff; 7 * 8]).collect::<Vec<u8>>();
    let file = fs::OpenOptions::new().write(true).open(folder.file()).unwrap();
    file.write_all_at(&bits, 8 * (512 + 512 + 8)).unwrap();
    let segment = open(&folder.file());
    assert!(segment.process_writer().memory(0, 1).is_some());
}

#[test]
fn a_look_needs_no_writer_and_changes_nothing() {
    let folder = Folder::new("look");
    let segment = open(&folder.file());
    let entry = series(&segment, "a", CellsOf::Writers);
    segment.count(entry.first_cell);
    drop(segment);
    let mut permissions = fs::metadata(folder.file()).unwrap().permissions();
    permissions.set_mode(0o400);
    fs::set_permissions(folder.file(), permissions).unwrap();
    let before = fs::read(folder.file()).unwrap();
    let view = Segment::look(&folder.file()).unwrap();
    assert_eq!(view.sum(entry.first_cell), 1.0);
    assert_eq!(view.entries().count(), 1);
    view.count(entry.first_cell);
    assert_eq!(view.sum(entry.first_cell), 2.0);
    assert!(before == fs::read(folder.file()).unwrap());
    let none = Segment::look(&folder.0.join("none")).unwrap_err();
    assert_eq!(none.code(), ErrorCode::NotFound);
}

#[test]
fn files_that_are_no_segments_are_refused() {
    let folder = Folder::new("bad");
    let path = folder.file();
    let code = || Segment::shared(&path, OPENING).map(drop).unwrap_err().code();
    let private = |bytes: &[u8]| {
        let _old = fs::remove_file(&path);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    };
    private(b"");
    assert_eq!(code(), ErrorCode::Damaged);
    private(&[7; 10_000]);
    assert_eq!(code(), ErrorCode::Damaged);
    fs::remove_file(&path).unwrap();
    drop(open(&path));
    let good = fs::read(&path).unwrap();
    private(&good[..good.len() - 8]);
    assert_eq!(code(), ErrorCode::Damaged);
    for word in 0..8 {
        let mut bad = good.clone();
        bad[word * 8 + 1] ^= 64;
        private(&bad);
        let wanted = if word == 1 { ErrorCode::OtherVersion } else { ErrorCode::Damaged };
        assert_eq!(code(), wanted, "word {word}");
    }
    private(&good);
    drop(open(&path));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o620)).unwrap();
    assert_eq!(code(), ErrorCode::Io);
    fs::rename(&path, folder.0.join("other")).unwrap();
    symlink(folder.0.join("other"), &path).unwrap();
    assert_eq!(code(), ErrorCode::Io);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(code(), ErrorCode::Io);
    let nowhere = Segment::shared(&folder.0.join("no/folder"), OPENING).unwrap_err();
    assert_eq!(nowhere.code(), ErrorCode::Io);
}

#[test]
fn a_bad_file_is_moved_aside_once_for_all() {
    let folder = Folder::new("aside");
    fs::write(folder.file(), b"something else").unwrap();
    fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o600)).unwrap();
    let opening = Opening { move_damaged_aside: true, ..OPENING };
    let path = folder.file();
    let segments: Vec<_> = std::thread::scope(|scope| {
        let opened: Vec<_> =
            (0..8).map(|_| scope.spawn(|| Segment::shared(&path, opening).unwrap())).collect();
        opened.into_iter().map(|opened| opened.join().unwrap()).collect()
    });
    let cell = series(&segments[0], "a", CellsOf::Writers).first_cell;
    segments.iter().for_each(|segment| segment.count(cell));
    assert_eq!(segments[7].sum(cell), 8.0);
    let aside = fs::read(folder.0.join("segment.damaged-1")).unwrap();
    assert_eq!(aside, b"something else");
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 2);
}

#[test]
fn its_file_is_its_owners_alone_and_takes_little_room() {
    use std::os::unix::fs::MetadataExt;
    let folder = Folder::new("mode");
    let opening = Opening { geometry: Geometry::shared(), ..OPENING };
    let segment = Segment::shared(&folder.file(), opening).unwrap();
    let metadata = fs::metadata(folder.file()).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    let before = metadata.blocks() * 512;
    assert!(before < 2 << 20, "{before}");
    let cell = series(&segment, "a", CellsOf::Writers).first_cell;
    segment.count(cell);
    assert_eq!(segment.sum(cell), 1.0);
    let after = fs::metadata(folder.file()).unwrap().blocks() * 512;
    assert!(after < before + (64 << 10), "{before} {after}");
}
