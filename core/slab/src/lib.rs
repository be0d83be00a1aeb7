//! The cells: segments, single-writer slabs, the directory and lock-free lookup.

mod directory;
#[cfg_attr(not(all(unix, not(loom))), path = "no_fork.rs")]
mod fork;
mod index;
mod layout;
mod mapping;
mod segment;
mod slabs;
mod sync;
mod thread;

pub use directory::{Entry, EntryKind, NewEntry};
pub use fork::{Gate, gate};
pub use index::{Index, Ref, join_key, split_key};
pub use layout::Geometry;
pub use segment::{Cell, Segment};
pub use slabs::{OwnedCells, ProcessWriter, Slab};
