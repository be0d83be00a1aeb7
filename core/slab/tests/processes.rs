//! Processes that come to a shared segment and go, killed or stopped at any instant.
#![cfg(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri)))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use common::{
    Board, Folder, Random, Role, Watchdog, Worker, is_soak, part, seed, series, slabs_owned,
    wait_for,
};
use metrion_slab::{
    CellsOf, Entry, EntryKind, ExemplarSlot, Geometry, Opening, Segment, SparseCells,
};

const OPENING: Opening = Opening {
    geometry: Geometry {
        slabs: 12,
        cells: 1 << 15,
        entries: 1 << 12,
        key_words: 1 << 15,
        processes: 12,
    },
    hash_seed: 7,
    move_damaged_aside: false,
};

fn open(path: &Path) -> Arc<Segment> {
    Segment::shared(path, OPENING).unwrap()
}

#[test]
#[ignore = "a process that the other tests start"]
fn worker() {
    let Some(role) = Role::of_process() else { return };
    let board = Board::open(&role.folder);
    match role.name.as_str() {
        "everything" => do_everything(&role, board),
        "count" => count_until_told(&role, board),
        "attach" => attach_again_and_again(&role, board),
        other => panic!("no such role: {other}"),
    }
}

/// Where a worker says that it has begun, and how many updates of the total it has completed.
fn report(board: &Board, worker: u64) -> (&AtomicU64, &AtomicU64) {
    let at = 16 + 2 * worker as usize;
    (&board[at], &board[at + 1])
}

fn sparse(segment: &Arc<Segment>) -> SparseCells {
    SparseCells::new(Arc::clone(segment), part(segment, EntryKind::Sparse, "sparse", 64))
}

fn exemplar(segment: &Arc<Segment>) -> ExemplarSlot {
    let words = ExemplarSlot::words(64);
    ExemplarSlot::new(Arc::clone(segment), part(segment, EntryKind::Exemplar, "exemplar", words))
}

/// All that a process does with a segment, until it is killed. Most workers do one thing alone, as a short one
/// is seldom cut in two among others.
fn do_everything(role: &Role, board: Board) {
    let mut random = Random::new(role.seed);
    let (begun, completed) = report(&board, role.number);
    begun.store(1, Ordering::SeqCst);
    loop {
        let segment = open(&role.file());
        let total = series(&segment, "total", CellsOf::Writers).first_cell;
        let bound = series(&segment, "bound", CellsOf::Owners).first_cell;
        let sparse = sparse(&segment);
        let exemplar = exemplar(&segment);
        for _ in 0..random.below(300) {
            let number = random.below(64);
            let only = role.number % 12;
            match if only < 9 { only } else { random.below(9) } {
                0 => drop(series(&segment, &format!("series {number}"), CellsOf::Writers)),
                1 => {
                    let gauge = series(&segment, &format!("gauge {number}"), CellsOf::All);
                    segment.set(gauge.first_cell, 1.0);
                }
                2 => {
                    segment.process_writer().cells(total, 1).count();
                    completed.fetch_add(1, Ordering::SeqCst);
                }
                3 => {
                    thread::scope(|scope| scope.spawn(|| segment.count(total)).join().unwrap());
                    completed.fetch_add(1, Ordering::SeqCst);
                }
                4 => exemplar.write(&format!("text {number}"), number as f64, 1.0),
                5 => {
                    let cell = sparse.claim(number as u32, 0).unwrap();
                    segment.count(cell);
                }
                6 => {
                    segment.add_bound(bound, 1.0);
                    segment.set_own(bound + 1, 1.0);
                    segment.reset(sparse.claim(number as u32, 0).unwrap(), 1);
                }
                _ => {
                    segment.count(total);
                    completed.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
    }
}

#[test]
fn workers_that_are_killed_lose_nothing_and_are_in_nobodys_way() {
    // Two are killed in each round; in a new file for each of these.
    let files = if is_soak() { [vec![5; 20], vec![900]].concat() } else { vec![5; 5] };
    let seed = seed();
    let mut random = Random::new(seed);
    let watchdog = Watchdog::new("killed workers");
    for (group, rounds) in files.into_iter().enumerate() {
        let folder = Folder::new("killed");
        let board = Board::open(&folder.0);
        // The first ones make the file.
        let mut attached = None;
        let mut own_updates = 0.0;
        for round in 0..rounds {
            let numbers = [2 * round, 2 * round + 1];
            let workers = numbers
                .map(|number| Worker::start("everything", &folder.0, number, random.next() >> 1));
            for number in numbers {
                wait_for("a worker", || report(&board, number).0.load(Ordering::SeqCst) == 1);
            }
            for worker in workers {
                random.spin();
                worker.kill();
            }
            let files = fs::read_dir(&folder.0).unwrap().map(|file| file.unwrap().file_name());
            let files: HashSet<_> = files.collect();
            let message = format!("METRION_SEED={seed}, group {group}, round {round}");
            assert!(
                files.iter().all(|name| name == "segment" || name == "board"),
                "{files:?} {message}"
            );
            let segment = attached.get_or_insert_with(|| open(&folder.file()));
            let reported: u64 = (0..2 * round + 2)
                .map(|number| report(&board, number).1.load(Ordering::SeqCst))
                .sum();
            own_updates += check(segment, &format!("own {round}"));
            let total = series(segment, "total", CellsOf::Writers).first_cell;
            let counted = segment.sum(total) - own_updates;
            let most = reported + 2 * round + 2;
            assert!(
                (reported as f64..=most as f64).contains(&counted),
                "{counted} counted, {reported} to {most} completed, {message}"
            );
            watchdog.step();
        }
        // Two writers of this process, and of two workers at a time three each.
        let owned = slabs_owned(&folder.file());
        assert!(owned <= 2 + 2 * 3, "{owned} slabs, METRION_SEED={seed}, group {group}");
    }
}

/// Looks at everything in a segment in which writers have died, and goes on with it; how many updates of the
/// total it added.
fn check(segment: &Arc<Segment>, key: &str) -> f64 {
    let mut keys = HashSet::new();
    for (entry, key) in segment.entries() {
        assert!(keys.insert((entry.kind as u64, entry.family, key)), "a key twice");
    }
    let new = series(segment, key, CellsOf::Writers);
    assert_eq!(segment.sum(new.first_cell), 0.0);
    let exemplar = exemplar(segment);
    // The first may find that another one has not ended.
    exemplar.write("a", 1.0, 1.0);
    exemplar.write("b", 2.0, 2.0);
    assert_eq!(exemplar.read(), Some(("b".into(), 2.0, 2.0)));
    let sparse = sparse(segment);
    let cells: HashSet<_> =
        (0..64).map(|number| sparse.claim(number, 0)).inspect(|c| assert!(c.is_some())).collect();
    assert_eq!((cells.len(), sparse.numbers(0).count()), (64, 64));
    let bound = series(segment, "bound", CellsOf::Owners).first_cell;
    segment.set_own(bound + 1, 2.0);
    let owners = segment.owners();
    let live = segment.own_values(bound + 1, 1, &owners).into_iter().filter(|own| own.is_live);
    assert_eq!(live.map(|own| own.values).collect::<Vec<_>>(), [[2.0]]);
    assert_eq!(segment.sum_bound(bound, &owners), 0.0);
    let total = series(segment, "total", CellsOf::Writers).first_cell;
    segment.count(total);
    segment.process_writer().cells(total, 1).count();
    2.0
}

/// Word 0 of the board tells when to end.
fn count_until_told(role: &Role, board: Board) {
    let segment = open(&role.file());
    let total = series(&segment, "total", CellsOf::Writers).first_cell;
    let (begun, completed) = report(&board, role.number);
    let writer = segment.process_writer();
    let cells = writer.cells(total, 1);
    begun.store(1, Ordering::SeqCst);
    while board[0].load(Ordering::SeqCst) == 0 {
        for _ in 0..100 {
            segment.count(total);
            completed.fetch_add(1, Ordering::SeqCst);
            cells.count();
            completed.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[test]
fn a_stopped_worker_keeps_its_slab() {
    let rounds = if is_soak() { 300 } else { 15 };
    let folder = Folder::new("stopped");
    let board = Board::open(&folder.0);
    let seed = seed();
    let mut random = Random::new(seed);
    let segment = open(&folder.file());
    let total = series(&segment, "total", CellsOf::Writers).first_cell;
    let completed = report(&board, 0).1;
    let worker = Worker::start("count", &folder.0, 0, seed);
    let mut others_counted = 0.0;
    for _ in 0..rounds {
        let before = completed.load(Ordering::SeqCst);
        wait_for("progress", || completed.load(Ordering::SeqCst) > before);
        random.spin();
        worker.stop();
        let stopped = completed.load(Ordering::SeqCst);
        // More writers than there are slabs.
        let others: Vec<_> =
            (0..OPENING.geometry.slabs + 2).map(|_| open(&folder.file())).collect();
        for _ in 0..50 {
            for other in &others {
                other.count(total);
                others_counted += 1.0;
            }
        }
        let counted = segment.sum(total) - others_counted;
        assert!(
            counted == stopped as f64 || counted == stopped as f64 + 1.0,
            "{counted} {stopped}"
        );
        assert_eq!(stopped, completed.load(Ordering::SeqCst));
        worker.signal(libc::SIGCONT);
    }
    board[0].store(1, Ordering::SeqCst);
    assert!(worker.end().success());
    let completed = completed.load(Ordering::SeqCst);
    assert_eq!(segment.sum(total), completed as f64 + others_counted, "METRION_SEED={seed}");
}

/// Containers that share a mount and not their process numbers: nobody there could ask for this one's, and two processes
/// have the number 1.
#[test]
fn processes_of_other_namespaces_are_known_to_be_there() {
    let unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"];
    let tried = Command::new(unshare[0]).args(&unshare[1..]).arg("true").output();
    if !tried.is_ok_and(|tried| tried.status.success()) {
        eprintln!("skipped: no namespaces of processes can be made here");
        return;
    }
    let folder = Folder::new("namespace");
    let board = Board::open(&folder.0);
    let segment = open(&folder.file());
    let total = series(&segment, "total", CellsOf::Writers).first_cell;
    let workers: Vec<_> =
        (0..2).map(|number| Worker::start_by(&unshare, "count", &folder.0, number, 0)).collect();
    let completed = |worker: u64| report(&board, worker).1.load(Ordering::SeqCst);
    wait_for("both", || completed(0) > 100 && completed(1) > 100);
    // More writers than there are slabs: none takes over one of theirs.
    let others: Vec<_> = (0..OPENING.geometry.slabs + 2).map(|_| open(&folder.file())).collect();
    for other in &others {
        (0..100).for_each(|_| other.count(total));
    }
    let counted = [completed(0), completed(1)];
    wait_for("progress", || completed(0) > counted[0] && completed(1) > counted[1]);
    board[0].store(1, Ordering::SeqCst);
    for worker in workers {
        assert!(worker.end().success());
    }
    let of_workers = completed(0) + completed(1);
    assert_eq!(segment.sum(total), (of_workers + 100 * others.len() as u64) as f64);
}

const ATTACHING: u64 = 16;

/// Word 0 of the board tells the round that may begin, word 1 how many have ended theirs.
fn attach_again_and_again(role: &Role, board: Board) {
    for round in 1..=role.number {
        wait_for("the next round", || board[0].load(Ordering::SeqCst) >= round);
        let segment = open(&role.folder.join(format!("files/{round}")));
        let entry = series(&segment, "total", CellsOf::Writers);
        (0..10).for_each(|_| segment.count(entry.first_cell));
        board[1].fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn processes_that_come_at_once_make_one_file() {
    let rounds = 100;
    let folder = Folder::new("race");
    fs::create_dir(folder.0.join("files")).unwrap();
    let board = Board::open(&folder.0);
    let workers: Vec<_> =
        (0..ATTACHING).map(|_| Worker::start("attach", &folder.0, rounds, 0)).collect();
    for round in 1..=rounds {
        board[0].store(round, Ordering::SeqCst);
        wait_for("all", || board[1].load(Ordering::SeqCst) == round * ATTACHING);
        let segment = open(&folder.0.join(format!("files/{round}")));
        let entries: Vec<(Entry, Vec<u8>)> = segment.entries().collect();
        assert_eq!(entries.len(), 1);
        assert_eq!(segment.sum(entries[0].0.first_cell), 10.0 * ATTACHING as f64);
    }
    for worker in workers {
        assert!(worker.end().success());
    }
    let files = fs::read_dir(folder.0.join("files")).unwrap().count();
    assert_eq!(files as u64, rounds);
}
