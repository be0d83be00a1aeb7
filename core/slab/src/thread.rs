//! Which slab the calling thread writes to.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Weak;

use crate::layout::COMMON_SLAB;
use crate::segment::Segment;
use crate::slabs::{OwnerKind, Slab};
use crate::sync::AtomicU64;

/// Segments whose slab a thread finds without a search. More live registries than that are rare; two
/// whose numbers collide share a place and go by the list.
pub const THREAD_SLABS: usize = 8;

/// The calling thread's slab of one segment, in the place `id % THREAD_SLABS` of the thread's table.
///
/// C code reads it in place (see [`thread_slabs`]), so the order of the first three fields is part of
/// the binary interface. Each field is a cell of its own, so that an update reads only what it needs.
#[derive(Debug)]
#[repr(C)]
pub struct ThreadSlab {
    /// The segment's id; 0 means empty: no segment has that id.
    segment: Cell<u64>,
    first: Cell<NonNull<AtomicU64>>,
    /// 0 when it is the common slab, to which threads write in another way.
    count: Cell<usize>,
    number: Cell<usize>,
}

impl ThreadSlab {
    #[allow(clippy::declare_interior_mutable_const, reason = "each use is meant to be a new one")]
    const EMPTY: Self = Self {
        segment: Cell::new(0),
        first: Cell::new(NonNull::dangling()),
        count: Cell::new(0),
        number: Cell::new(COMMON_SLAB),
    };
}

/// The calling thread's table of [`THREAD_SLABS`] places, for code in C that adds to cells by itself.
///
/// The table is the thread's for as long as it runs. That code may do what this crate does: where a
/// place has the segment's id, and the segment is alive, it may load a cell below the count relaxed,
/// and if that is not zero, store it again with something added to it. Everything else is
/// [`Segment::add`]'s, which also fills the table. A thread that ends finds its table empty.
#[must_use]
pub fn thread_slabs() -> *const ThreadSlab {
    CACHE.with(|cache| cache.as_ptr())
}

/// The slabs that this thread owns, handed back when it ends.
struct Owned {
    slabs: RefCell<Vec<(Weak<Segment>, usize)>>,
}

impl Drop for Owned {
    fn drop(&mut self) {
        // Destructors of other thread-locals may still record: they must not find a slab that the
        // next thread may own by then.
        clear_cache();
        for (segment, number) in self.slabs.get_mut().drain(..) {
            if let Some(segment) = segment.upgrade() {
                segment.release(number);
            }
        }
    }
}

thread_local! {
    // Without a destructor, so that the hot path needs no check whether it still exists.
    static CACHE: [ThreadSlab; THREAD_SLABS] = const { [const { ThreadSlab::EMPTY }; THREAD_SLABS] };
    static OWNED: Owned = const { Owned { slabs: RefCell::new(Vec::new()) } };
}

/// The cells of the calling thread's own slab of `segment`; none at all when it has no such slab, or
/// has not asked [`slab`] for it yet.
#[inline]
#[allow(clippy::indexing_slicing)]
pub(crate) fn own_cells(segment: &Segment) -> &[AtomicU64] {
    let id = segment.id();
    CACHE.with(|cache| {
        let cached = &cache[id as usize % THREAD_SLABS];
        if cached.segment.get() != id {
            return Default::default();
        }
        // SAFETY: `first` and `count` are those of a slice of the segment with this id, ids are never
        // used again, and `segment` is borrowed for as long as the result, which keeps its mapping
        // in place.
        unsafe { slice::from_raw_parts(cached.first.get().as_ptr(), cached.count.get()) }
    })
}

/// The calling thread's slab of `segment`.
#[allow(clippy::indexing_slicing)]
pub(crate) fn slab(segment: &Segment) -> Slab<'_> {
    let id = segment.id();
    CACHE.with(|cache| {
        let cached = &cache[id as usize % THREAD_SLABS];
        if cached.segment.get() == id {
            let number = cached.number.get();
            return Slab::of_writer(segment, number, number != COMMON_SLAB);
        }
        // An error means that the thread is in its exit handlers: it uses the common slab.
        let Ok(own) = OWNED.try_with(|owned| own_slab(segment, owned)) else {
            return segment.common();
        };
        let slab = own.map_or(segment.common(), |number| Slab::of_writer(segment, number, true));
        cached.segment.set(id);
        cached.number.set(own.unwrap_or(COMMON_SLAB));
        let cells = if slab.is_exclusive() { slab.cells() } else { Default::default() };
        cached.first.set(NonNull::from(cells).cast());
        cached.count.set(cells.len());
        slab
    })
}

fn own_slab(segment: &Segment, owned: &Owned) -> Option<usize> {
    let mut slabs = owned.slabs.borrow_mut();
    let found = slabs.iter().find(|(held, _)| ptr::eq(held.as_ptr(), segment));
    if let Some((_, number)) = found {
        return Some(*number);
    }
    slabs.retain(|(held, _)| held.strong_count() > 0);
    let number = segment.claim(OwnerKind::Thread)?;
    slabs.push((segment.downgrade(), number));
    Some(number)
}

/// The number of the calling thread's slab, if it has one of its own.
#[cfg(all(unix, not(loom)))]
pub(crate) fn owned_slab(segment: &std::sync::Arc<Segment>) -> Option<usize> {
    OWNED
        .try_with(|owned| {
            let slabs = owned.slabs.try_borrow().ok()?;
            slabs.iter().find(|(held, _)| ptr::eq(held.as_ptr(), &**segment)).map(|(_, n)| *n)
        })
        .ok()
        .flatten()
}

/// Lets the thread go on without a slab of this segment: it uses the common one.
#[cfg(all(unix, not(loom)))]
pub(crate) fn forget_slab(segment: &std::sync::Arc<Segment>) {
    clear_cache();
    let _gone = OWNED.try_with(|owned| {
        if let Ok(mut slabs) = owned.slabs.try_borrow_mut() {
            slabs.retain(|(held, _)| !ptr::eq(held.as_ptr(), &**segment));
        }
    });
}

fn clear_cache() {
    CACHE.with(|cache| cache.iter().for_each(|place| place.segment.set(0)));
}
