//! Forks of processes that have a segment with others: each child counts to cells of its own, at the
//! addresses that it has from its parent.
#![cfg(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri)))]
#![allow(unsafe_code, clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use common::{Board, Folder, Role, Watchdog, Worker, fork, is_soak, refuse, series, slabs_owned};
use metrion_slab::{Cell, CellsOf, Geometry, Memory, Opening, OwnedCells, ProcessWriter, Segment};

const OPENING: Opening = Opening {
    geometry: Geometry {
        slabs: 40,
        cells: 1 << 15,
        entries: 256,
        key_words: 1 << 12,
        processes: 20,
    },
    hash_seed: 7,
    move_damaged_aside: false,
};

#[test]
#[ignore = "a process that the other tests start"]
fn worker() {
    let Some(role) = Role::of_process() else { return };
    let watchdog = Watchdog::new("forks");
    let segment = match role.name.as_str() {
        "inheritable" => Segment::inheritable(OPENING).unwrap(),
        _ => Segment::shared(&role.file(), OPENING).unwrap(),
    };
    if role.name == "old kernel" {
        refuse(libc::SYS_madvise, 2, libc::MADV_POPULATE_WRITE);
    }
    fork_under_load(&segment, &role);
    watchdog.step();
}

/// What one process counts with.
struct Counting<'a> {
    segment: &'a Arc<Segment>,
    board: Board,
    /// A count to which everybody adds.
    total: Cell,
    cells: OwnedCells,
    /// A number that other code writes at its address.
    number: Memory,
    number_address: *mut f64,
}

impl<'a> Counting<'a> {
    const TOTAL: usize = 0;
    const NUMBER: usize = 1;

    fn new(segment: &'a Arc<Segment>, writer: &ProcessWriter, board: Board) -> Self {
        let total = series(segment, "total", CellsOf::Writers).first_cell;
        let number = total + 1;
        let cells = writer.cells(total, 2);
        assert_eq!(cells.first_cell(), Some(total));
        let number = writer.memory(number, 1).unwrap();
        let number_address = number.as_ptr();
        Self { segment, board, total, cells, number, number_address }
    }

    /// By each of the ways that there are, on the thread that forks.
    fn count(&self, times: u64) {
        for _ in 0..times {
            self.segment.count(self.total);
            self.cells.count();
            // SAFETY: the cell is in the memory, which is there, and this thread is its only writer.
            unsafe { *self.number.as_ptr() += 1.0 };
            // SAFETY: as above, at the address from before any fork.
            unsafe { *self.number_address += 1.0 };
        }
        let segment = Arc::clone(self.segment);
        let total = self.total;
        thread::spawn(move || (0..times).for_each(|_| segment.count(total))).join().unwrap();
        self.board[Self::TOTAL].fetch_add(3 * times, Ordering::SeqCst);
        self.board[Self::NUMBER].fetch_add(2 * times, Ordering::SeqCst);
    }

    fn check(&self) {
        let counted = |at: usize| self.board[at].load(Ordering::SeqCst) as f64;
        assert_eq!(self.segment.sum(self.total), counted(Self::TOTAL));
        assert_eq!(self.segment.sum(self.total + 1), counted(Self::NUMBER));
    }
}

fn fork_under_load(segment: &Arc<Segment>, role: &Role) {
    let is_named = role.name != "inheritable";
    let writer = segment.process_writer();
    let counting = Counting::new(segment, &writer, Board::open(&role.folder));
    if role.name == "closed before" {
        close_all();
    }
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut counted = 0;
                while !is_done.load(Ordering::SeqCst) {
                    (0..100).for_each(|_| segment.count(counting.total));
                    counted += 100;
                }
                counting.board[Counting::TOTAL].fetch_add(counted, Ordering::SeqCst);
            });
        }
        counting.count(100);
        for round in 0..role.number {
            let children = [
                fork(|| in_child(&counting, &role.name)),
                fork(|| in_child(&counting, &role.name)),
            ];
            counting.count(100);
            for child in children {
                child.wait();
            }
            if is_named {
                // They take the slabs of the children that have ended, and no others.
                let others = [0; 3].map(|_| Segment::shared(&role.file(), OPENING).unwrap());
                others.iter().for_each(|other| other.count_by(counting.total, 5.0));
                counting.board[Counting::TOTAL].fetch_add(15, Ordering::SeqCst);
            }
            assert!(segment.sum(counting.total) > f64::from(round as u32));
        }
        is_done.store(true, Ordering::SeqCst);
    });
    counting.check();
}

fn in_child(counting: &Counting<'_>, role: &str) {
    counting.count(100);
    if role == "closed after" {
        close_all();
    }
    counting.count(50);
    let grandchild = fork(|| counting.count(50));
    let at_once = fork(|| {
        assert!(Command::new("/bin/true").status().unwrap().success());
    });
    counting.count(50);
    grandchild.wait();
    at_once.wait();
    counting.count(50);
}

/// What programs do that become daemons.
fn close_all() {
    for descriptor in 3..1024 {
        // SAFETY: this process uses none of them any more, but for those that are made to bear it.
        unsafe { libc::close(descriptor) };
    }
}

/// Runs the load and the forks in a process of their own, and then looks at what it left.
fn run(role: &str) {
    let folder = Folder::new(&role.replace(' ', "-"));
    let rounds = if is_soak() { 500 } else { 10 };
    assert!(Worker::start(role, &folder.0, rounds, 0).end().success());
    if role != "inheritable" {
        check_rest(&folder.file(), &Board::open(&folder.0));
    }
}

fn check_rest(path: &Path, board: &Board) {
    let segment = Segment::shared(path, OPENING).unwrap();
    let total = series(&segment, "total", CellsOf::Writers).first_cell;
    assert_eq!(segment.sum(total), board[Counting::TOTAL].load(Ordering::SeqCst) as f64);
    // Six writers of the parent, three others, and of two children and their children at most four each.
    let owned = slabs_owned(path);
    assert!(owned <= 9 + 6 * 4, "{owned} slabs");
    // They adopt the slabs of the dead.
    let others: Vec<_> =
        (0..OPENING.geometry.slabs).map(|_| Segment::shared(path, OPENING).unwrap()).collect();
    others.iter().for_each(|other| other.count(total));
    let expected = board[Counting::TOTAL].load(Ordering::SeqCst) + others.len() as u64;
    assert_eq!(segment.sum(total), expected as f64);
}

#[test]
fn parent_and_children_count_on() {
    run("shared");
}

#[test]
fn a_segment_without_a_name_is_inherited() {
    run("inheritable");
}

#[test]
fn descriptors_may_be_closed_before() {
    run("closed before");
}

#[test]
fn descriptors_may_be_closed_after() {
    run("closed after");
}

#[test]
fn kernels_that_cannot_populate_will_do() {
    run("old kernel");
}
