//! What happens in a fork child.
//!
//! The child has a copy of all private memory and one thread. So every slab that belonged to another thread
//! is free in the child, and no lock may be left held by a thread that is not there: whoever changes
//! or walks the heap structures of a registry passes the [`gate`], and a fork waits until nobody is
//! inside.
//!
//! That is so in private memory. A shared segment's slabs stay the parent's, and the child gets others
//! (`sharing.rs`).
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use crate::layout::COMMON_SLAB;
use crate::reclaim::forget_other_threads;
use crate::segment::Segment;
use crate::sharing::Sharing;
use crate::slabs::OwnerKind;
use crate::thread::{forget_slab, owned_slab};

static GATE: RwLock<()> = RwLock::new(());
static SEGMENTS: Mutex<Vec<Weak<Segment>>> = Mutex::new(Vec::new());

thread_local! {
    static INSIDE: Cell<u32> = const { Cell::new(0) };
    static CLOSED: RefCell<Option<RwLockWriteGuard<'static, ()>>> = const { RefCell::new(None) };
}

/// Holds off forks of the process; see [`gate`].
#[derive(Debug)]
pub(crate) struct Gate(#[allow(dead_code)] Option<RwLockReadGuard<'static, ()>>);

/// Enters a section that a fork must not cut in two. Not while foreign code runs (callbacks): that
/// may fork itself.
#[must_use]
pub(crate) fn gate() -> Gate {
    // A second read lock of the same thread could wait for a writer that waits for the first.
    let inside = INSIDE.with(|count| count.replace(count.get() + 1));
    Gate((inside == 0).then(|| GATE.read().unwrap_or_else(PoisonError::into_inner)))
}

impl Drop for Gate {
    fn drop(&mut self) {
        INSIDE.with(|count| count.set(count.get() - 1));
    }
}

/// Makes a segment known to the fork handlers.
pub(crate) fn register(segment: &Arc<Segment>) {
    // Not a `Once`: a fork's child must not wait for a thread that was in it.
    static REGISTERED: AtomicBool = AtomicBool::new(false);
    if !REGISTERED.swap(true, Ordering::Relaxed) {
        // SAFETY: the handlers are functions of this library, which is never unloaded: Rust keeps
        // thread-local destructors in it, and Python and Node do not unload extensions. If there is
        // no memory for them, forks are as they are without handlers.
        unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(child)) };
    }
    let _gate = gate();
    let mut segments = SEGMENTS.lock().unwrap_or_else(PoisonError::into_inner);
    segments.retain(|known| known.strong_count() > 0);
    segments.push(Arc::downgrade(segment));
}

extern "C" fn prepare() {
    if INSIDE.with(Cell::get) == 0 {
        let closed = GATE.write().unwrap_or_else(PoisonError::into_inner);
        CLOSED.with(|guard| *guard.borrow_mut() = Some(closed));
    }
}

extern "C" fn parent() {
    CLOSED.with(|guard| drop(guard.borrow_mut().take()));
}

extern "C" fn child() {
    // This thread has the gate for itself and passes it once more below.
    INSIDE.with(|count| count.set(count.get() + 1));
    // Nobody else is in the gate, so nobody held this lock.
    let segments = SEGMENTS.lock().unwrap_or_else(PoisonError::into_inner);
    for segment in segments.iter().filter_map(Weak::upgrade) {
        match segment.sharing() {
            None => free_slabs_of_other_threads(&segment),
            Some(sharing) => renew(&segment, sharing),
        }
    }
    drop(segments);
    forget_other_threads();
    INSIDE.with(|count| count.set(count.get() - 1));
    parent();
}

/// The parent's slabs in shared memory stay the parent's.
fn renew(segment: &Arc<Segment>, sharing: &Sharing) {
    let own = owned_slab(segment);
    sharing.renew_in_child(segment, own);
    if own.is_some_and(|own| sharing.behind(own).is_none()) {
        forget_slab(segment);
    }
}

fn free_slabs_of_other_threads(segment: &Arc<Segment>) {
    let own = owned_slab(segment);
    for number in COMMON_SLAB + 1..segment.slabs_used() {
        if segment.owner_kind(number) == OwnerKind::Thread as u64 && own != Some(number) {
            segment.release(number);
        }
    }
}
