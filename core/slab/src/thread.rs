//! Which slab the calling thread writes to.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::ptr::{self, NonNull};
use std::sync::{Arc, Weak};

use crate::layout::COMMON_SLAB;
use crate::segment::Segment;
use crate::slabs::{OwnerKind, Slab};
use crate::sync::AtomicU64;

/// Segments whose slab a thread finds without a search. More live registries than that are rare; two
/// whose numbers collide share a place and go by the list.
const CACHED: usize = 8;

/// The slab of one segment for this thread. `segment` 0 means empty: no segment has that id.
///
/// Each field is a cell of its own, so that an update reads only what it needs.
struct Cached {
    segment: Cell<u64>,
    number: Cell<usize>,
    /// Empty when it is the common slab, to which threads write in another way.
    cells: Cell<NonNull<[AtomicU64]>>,
}

impl Cached {
    #[allow(clippy::declare_interior_mutable_const, reason = "each use is meant to be a new one")]
    const EMPTY: Self = Self {
        segment: Cell::new(0),
        number: Cell::new(COMMON_SLAB),
        cells: Cell::new(NonNull::slice_from_raw_parts(NonNull::dangling(), 0)),
    };
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
    static CACHE: [Cached; CACHED] = const { [const { Cached::EMPTY }; CACHED] };
    static OWNED: Owned = const { Owned { slabs: RefCell::new(Vec::new()) } };
}

/// The cells of the calling thread's own slab of `segment`; none at all when it has no such slab, or
/// has not asked [`slab`] for it yet.
#[inline]
#[allow(clippy::indexing_slicing)]
pub(crate) fn own_cells(segment: &Segment) -> &[AtomicU64] {
    let id = segment.id();
    CACHE.with(|cache| {
        let cached = &cache[id as usize % CACHED];
        if cached.segment.get() != id {
            return Default::default();
        }
        // SAFETY: the slice was taken from the segment with this id, ids are never used again, and
        // `segment` is borrowed for as long as the result, which keeps its mapping in place.
        unsafe { cached.cells.get().as_ref() }
    })
}

/// The calling thread's slab of `segment`.
#[allow(clippy::indexing_slicing)]
pub(crate) fn slab(segment: &Segment) -> Slab<'_> {
    let id = segment.id();
    CACHE.with(|cache| {
        let cached = &cache[id as usize % CACHED];
        if cached.segment.get() == id {
            let number = cached.number.get();
            return Slab::new(segment, number, number != COMMON_SLAB);
        }
        // An error means that the thread is in its exit handlers: it uses the common slab.
        let Ok(own) = OWNED.try_with(|owned| own_slab(segment, owned)) else {
            return segment.common();
        };
        let slab = own.map_or(segment.common(), |number| Slab::new(segment, number, true));
        cached.segment.set(id);
        cached.number.set(own.unwrap_or(COMMON_SLAB));
        cached.cells.set(NonNull::from(own.map(|_| slab.cells()).unwrap_or_default()));
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
pub(crate) fn owned_slab(segment: &Arc<Segment>) -> Option<usize> {
    OWNED
        .try_with(|owned| {
            let slabs = owned.slabs.try_borrow().ok()?;
            slabs.iter().find(|(held, _)| ptr::eq(held.as_ptr(), &**segment)).map(|(_, n)| *n)
        })
        .ok()
        .flatten()
}

fn clear_cache() {
    CACHE.with(|cache| cache.iter().for_each(|place| place.segment.set(0)));
}
