//! Which slab the calling thread writes to.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::ptr;
use std::sync::{Arc, Weak};

use crate::segment::Segment;
use crate::slabs::{OwnerKind, Slab};
use crate::sync::AtomicU64;

/// Segments whose slab a thread finds without a search. More live registries than that are rare; two
/// whose numbers collide share a place and go by the list.
const CACHED: usize = 8;

/// The slab of one segment for this thread. `segment` 0 means empty: no segment has that id.
#[derive(Clone, Copy)]
struct Cached {
    segment: u64,
    cells: *const [AtomicU64],
    touched: *const [AtomicU64],
    exclusive: bool,
}

impl Cached {
    const EMPTY: Self = Self {
        segment: 0,
        cells: ptr::slice_from_raw_parts(ptr::null(), 0),
        touched: ptr::slice_from_raw_parts(ptr::null(), 0),
        exclusive: false,
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
    static CACHE: [Cell<Cached>; CACHED] = const { [const { Cell::new(Cached::EMPTY) }; CACHED] };
    static OWNED: Owned = const { Owned { slabs: RefCell::new(Vec::new()) } };
}

/// The calling thread's slab of `segment`.
#[inline]
#[allow(clippy::indexing_slicing)]
pub(crate) fn slab(segment: &Segment) -> Slab<'_> {
    let id = segment.id();
    let cached = CACHE.with(|cache| cache[id as usize % CACHED].get());
    if cached.segment != id {
        return find_slab(segment);
    }
    // SAFETY: the slices were taken from the segment with this id, ids are never used again, and
    // `segment` is borrowed for as long as the result, which keeps its mapping in place.
    let (cells, touched) = unsafe { (&*cached.cells, &*cached.touched) };
    Slab::from_parts(cells, touched, cached.exclusive)
}

#[cold]
#[inline(never)]
fn find_slab(segment: &Segment) -> Slab<'_> {
    // An error means that the thread is in its exit handlers: it uses the common slab.
    let Ok(own) = OWNED.try_with(|owned| own_slab(segment, owned)) else {
        return segment.common();
    };
    let slab = own.map_or(segment.common(), |number| Slab::new(segment, number, true));
    let (cells, touched, exclusive) = slab.parts();
    let cached = Cached { segment: segment.id(), cells, touched, exclusive };
    CACHE.with(|cache| {
        if let Some(place) = cache.get(segment.id() as usize % CACHED) {
            place.set(cached);
        }
    });
    slab
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
    CACHE.with(|cache| cache.iter().for_each(|place| place.set(Cached::EMPTY)));
}
