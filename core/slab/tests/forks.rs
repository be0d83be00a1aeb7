//! Forks of processes that have a segment with others: each child counts to cells of its own, at the
//! addresses that it has from its parent.
#![cfg(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri)))]
#![allow(unsafe_code, clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::path::Path;
use std::process::Command;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use common::{Board, Folder, Role, Worker, fork, is_soak, refuse, series, slabs_owned};
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
    match role.name.as_str() {
        "scarce" => return find_no_slab(&role),
        "nameless" => return lose_the_file(),
        "own" => return speak_for_itself(&role),
        _ => {}
    }
    let segment = match role.name.as_str() {
        "inheritable" => Segment::inheritable(OPENING).unwrap(),
        _ => Segment::shared(&role.file(), OPENING).unwrap(),
    };
    if role.name == "old kernel" {
        refuse(libc::SYS_madvise, 2, libc::MADV_POPULATE_WRITE);
        // SAFETY: of no bytes.
        assert_ne!(unsafe { libc::madvise(ptr::null_mut(), 0, libc::MADV_POPULATE_WRITE) }, 0);
    }
    fork_under_load(&segment, &role);
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

/// Lets other threads end, whether or not this one panics.
struct SetAtEnd<'a>(&'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
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
        let end = SetAtEnd(&is_done);
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
            if role.name == "closed before" {
                // By now it has a new one.
                close_all();
            }
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
        drop(end);
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

/// A child for which no slab is left.
fn find_no_slab(role: &Role) {
    let geometry = Geometry { slabs: 3, ..OPENING.geometry };
    let segment = Segment::shared(&role.file(), Opening { geometry, ..OPENING }).unwrap();
    let total = series(&segment, "total", CellsOf::Writers).first_cell;
    let writer = segment.process_writer();
    let cells = writer.cells(total, 1);
    let memory = writer.memory(total, 2).unwrap();
    let update = || {
        segment.count(total);
        cells.count();
        // SAFETY: the cell is in the memory, which is there, and this thread is its only writer.
        unsafe { *memory.as_ptr().add(1) += 1.0 };
    };
    update();
    fork(|| {
        // What other code writes at addresses that it has from its parent nobody counts. All else goes to the common
        // slab.
        update();
        assert_eq!(segment.sum(total), 4.0);
        writer.cells(total, 1).count();
        assert_eq!(segment.sum(total), 5.0);
        drop(writer);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..100_000).for_each(|_| segment.count(total)));
            }
        });
        assert_eq!(segment.sum(total), 400_005.0);
        update();
    })
    .wait();
    update();
    assert_eq!((segment.sum(total), segment.sum(total + 1)), (400_009.0, 2.0));
}

/// A segment without a name, of which the descriptor is gone.
fn lose_the_file() {
    let segment = Segment::inheritable(OPENING).unwrap();
    let total = series(&segment, "total", CellsOf::Writers).first_cell;
    segment.count(total);
    close_all();
    let count = || (0..100_000).for_each(|_| segment.count(total));
    let all = || {
        thread::scope(|scope| {
            (0..2).for_each(|_| drop(scope.spawn(count)));
            count();
        });
    };
    let [one, other] = [fork(all), fork(all)];
    all();
    one.wait();
    other.wait();
    assert_eq!(segment.sum(total), 900_001.0);
    // Nobody can tell who is there, so all are.
    let bound = series(&segment, "bound", CellsOf::Owners).first_cell;
    segment.add_bound(bound, 1.0);
    assert_eq!(segment.sum_bound(bound, &segment.owners()), 1.0);
}

/// What parent and child say of themselves, each in cells of its own.
fn speak_for_itself(role: &Role) {
    let segment = Segment::shared(&role.file(), OPENING).unwrap();
    let cell = series(&segment, "own", CellsOf::Owners).first_cell;
    let says = || {
        let owners = segment.owners();
        let values = segment.own_values(cell, 1, &owners).into_iter();
        let mut says: Vec<_> = values.map(|own| (own.values[0] as u32, own.is_live)).collect();
        says.sort_unstable();
        (says, segment.sum_bound(cell + 1, &owners))
    };
    segment.set_own(cell, 1.0);
    segment.add_bound(cell + 1, 1.0);
    assert_eq!(says(), (vec![(1, true)], 1.0));
    fork(|| {
        assert_eq!(segment.get_own(cell), 0.0);
        segment.set_own(cell, 2.0);
        segment.add_bound(cell + 1, 10.0);
        assert_eq!(says(), (vec![(1, true), (2, true)], 11.0));
        fork(|| segment.set_own(cell, 3.0)).wait();
        assert_eq!(says(), (vec![(1, true), (2, true), (3, false)], 11.0));
    })
    .wait();
    assert_eq!(says(), (vec![(1, true), (2, false), (3, false)], 1.0));
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
    let board = Board::open(&folder.0);
    let worker = Worker::start(role, &folder.0, rounds, 0);
    let ended = worker.end_while_it_moves(|| board[Counting::TOTAL].load(Ordering::SeqCst));
    assert!(ended.success(), "{ended}");
    if role != "inheritable" {
        check_rest(&folder.file(), &board);
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

/// The same in a process that needs nothing but a folder.
fn run_alone(role: &str) {
    let folder = Folder::new(role);
    assert!(Worker::start(role, &folder.0, 0, 0).end().success());
}

#[test]
fn a_child_may_find_no_slab() {
    run_alone("scarce");
}

#[test]
fn a_segment_without_a_name_may_lose_its_descriptor() {
    run_alone("nameless");
}

#[test]
fn a_child_speaks_for_itself() {
    run_alone("own");
}

#[test]
fn kernels_that_cannot_populate_will_do() {
    run("old kernel");
}
