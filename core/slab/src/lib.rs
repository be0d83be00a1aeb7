//! The cells: segments, single-writer slabs, the directory and lock-free lookup.
//!
//! A [`Segment`] is one range of zeroed 64-bit words. `FORMAT.md` says what lies where. Everything in
//! it is an atomic word; the types on the heap are caches that can be rebuilt from it.
//!
//! # Who may read and write which word, and why that is sound
//!
//! No word is ever accessed but through an atomic, so there are no data races in the sense of the
//! language whatever happens. What follows is why the *numbers* are right.
//!
//! **Cells of a slab with an owner.** Only the owner writes, by a relaxed load, an addition and a
//! relaxed store. With one writer nothing can come between the load and the store. Readers load
//! relaxed. Each load sees some value that the cell really had, as 64-bit atomics do not tear, and two
//! loads that are ordered see values in that order (read-read coherence). So a counter's sum, which
//! is taken over the slabs in a fixed order, never goes back: f64 addition is monotonic in each term.
//! When writers are quiet, and whoever knows that learned it by some synchronisation (a join, a lock),
//! the loads see the last stores, and sums are exact.
//!
//! **Counts** (`word.rs`) are whole numbers as long as only whole numbers are added, and f64s from then
//! on. Each word says which it is, so that whoever reads sees one value or the other, and a cell's values
//! only grow over that change, too: both say exactly the same.
//!
//! **Memory that another language writes itself** ([`Memory`]) is the same words, and for them its
//! code is the writer: JavaScript loads and stores aligned doubles, each one instruction on every
//! machine it runs on, so no value is torn. To this crate's threads it is what another process would
//! be that has the mapping. Its writer is the isolate's one thread, and it hands the slab back when no
//! more of its code will run.
//!
//! **Handing a slab over.** Claiming is a compare-and-swap of the owner word with Acquire; releasing
//! is a store of 0 with Release. So the next owner sees the last one's stores and goes on from them.
//! Nobody releases a slab but its owner: a thread in its exit handler, the holder of a
//! [`ProcessWriter`], or a fork's child for threads that exist only in the parent. In a shared segment the
//! kernel hands it over, by a lock on the file (`sharing.rs`), which orders the two processes.
//!
//! **The common slab** has any number of writers; all add by compare-and-swap, and atomicity needs no
//! ordering. Last values are plain stores to it: the later one in modification order stays.
//!
//! **Bitmaps of touched pages.** A writer sets its page's bit (Release) before its first store to the
//! page; readers test it with Acquire and skip the page without it. A reader that does not see the
//! bit takes the page as zero, which is what it was before that first store.
//!
//! **Directory entries** are reserved, filled and published. The fills are relaxed stores; the state
//! word (Release) and the swap of the chain's head (Release) come after them. Whoever finds an entry
//! came by one of the two (Acquire), so it sees the fills. An entry in a chain is made live by its writer
//! or by whoever finds it there, with a compare-and-swap from the one state before, so it does not come
//! back when it was removed in between. Heads only grow at the front while entries
//! are not freed; freeing happens in private memory alone, and excludes insertions by a lock.
//!
//! **Baselines.** A reset stores the sum that it read (Release). Readers load the baseline (Acquire)
//! before the cells: if they see the new baseline, their loads of the cells come after those of the
//! reset, and so no cell is older than the baseline knows it. Differences are never negative.
//!
//! **Reuse.** A freed entry's cells are zeroed by relaxed stores. There is no other access to them: the
//! last handle is gone, and the count of handles (an `Arc`) orders every use before the free. Their
//! next user gets them through the free list's lock.
//!
//! **A cell that is not zero** was written, so its page's bit is set: an update of such a cell of the
//! thread's own slab, or of a last value, does not look at the bitmap.
//!
//! **Sparse cells** (`sparse.rs`). A slot is claimed by compare-and-swap (Release); whoever finds it with
//! Acquire adds to a cell that was zero before. All who claim a number go the same way through the slots,
//! which never become empty again, so they meet at one of them. Only in private memory, where one claims at
//! a time (its series' lock), does a slot become another number's.
//!
//! **Exemplars** (`exemplar.rs`) are behind a sequence lock: odd while one is written. A reader that saw
//! the same even number before (Acquire) and after (an acquire fence, then a relaxed load) its loads
//! has read what no writer was at that began meanwhile: had it seen any store of such a one, that writer's
//! release fence would make its odd number visible to the second load. One that began before, and in whose
//! stead another has gone on, may still be at it: then the hash does not fit.
//!
//! **Lookup** (`index.rs`) reads a table of pointers; what is taken out of it is dropped by the epochs
//! of `reclaim.rs`, where the argument stands.
//!
//! **The thread's cache** of its slabs (`thread.rs`) holds raw slices under the segment's id. Ids are
//! never used again, and a lookup borrows the segment with that id, so a hit means that the mapping
//! is there. It is emptied before the thread hands its slabs back.
//!
//! **Updates in C.** Inline functions of the C header read the calling thread's cache, and do what
//! [`Segment::count`], [`Segment::add`] and [`Segment::set`] do to a word that is not zero, with the same relaxed atomic
//! loads, stores and compare-and-swaps of the compiler's memory model, which is the same in C and in
//! Rust. Only the owner's thread can see its cache, so it stays the one writer. A hit is no proof there
//! that the segment lives: the handle is, whose generation is compared first.
//!
//! Loom runs models of publication, adoption, summing and reset (`loom_models.rs`); the stress test
//! runs under AddressSanitizer and valgrind.
//!
//! An update that is interrupted by a signal handler which updates the same cell may lose one of the
//! two: the handler is a second writer on the same thread.

mod directory;
mod exemplar;
#[cfg_attr(not(all(unix, not(loom))), path = "no_fork.rs")]
mod fork;
mod hash;
mod index;
mod layout;
mod lock;
#[cfg(all(loom, test))]
mod loom_models;
mod mapping;
mod opening;
mod owned_cells;
mod reclaim;
mod report;
mod room;
mod segment;
#[cfg(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri)))]
mod shared_file;
#[cfg_attr(
    not(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri))),
    path = "no_sharing.rs"
)]
mod sharing;
mod slabs;
mod sparse;
mod sync;
mod thread;
mod word;

/// Whether processes can share segments here: on Linux with 64 bits. Where they cannot, code for it can be left out.
pub const SHARES: bool =
    cfg!(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri)));

pub use directory::{CellsOf, Cursor, Entry, EntryKind, NewEntry};
pub use exemplar::ExemplarSlot;
pub use hash::hash;
pub use index::{Index, Ref, join_key, split_key};
pub use layout::Geometry;
pub use lock::{Locked, lock};
pub use opening::Opening;
pub use owned_cells::{OwnValues, Owners};
pub use reclaim::collect_removed;
pub use report::{SegmentReport, SlabReport};
pub use segment::{Cell, Segment};
pub use slabs::{Memory, OwnedCells, ProcessWriter};
pub use sparse::SparseCells;
pub use thread::{THREAD_SLABS, ThreadSlab, thread_slabs};
