//! When what a lookup may still look at can be freed.
//!
//! Epochs, with the cost on the side of those who free. A reader stores the epoch in which it began
//! into a record of its own and, when it is done, that it is idle: two plain stores and no fence. Who
//! has taken something out of reach begins a new epoch, makes every thread of the process pass a
//! barrier, and frees what no reader began early enough to see. (Fraser's epochs; the one-sided
//! barrier is that of Linux' `membarrier`, as in liburcu. Where it is missing, readers fence.)
//!
//! Why it is sound. Let a writer take a node out of reach, then advance the epoch from `e`, then pass
//! the heavy barrier, then look at the records.
//! - A reader whose record it finds idle has stored its epoch after the heavy barrier, if at all: the
//!   loads that follow see that the node is out of reach.
//! - A reader with an epoch above `e` has read it with acquire from the writer's advance: the same.
//! - Otherwise the node stays on the list until another writer comes by.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Of a record: nobody has it.
const FREE: u64 = u64::MAX;
/// Of a record: its thread looks at nothing.
const IDLE: u64 = 0;

static EPOCH: AtomicU64 = AtomicU64::new(1);
/// All records there are, never freed.
static READERS: AtomicPtr<Reader> = AtomicPtr::new(ptr::null_mut());
/// What is out of reach, with the epoch in which it was.
static GARBAGE: Mutex<Vec<(u64, Garbage)>> = Mutex::new(Vec::new());

/// A thread's record. Two cache lines, as processors fetch them in pairs.
#[repr(align(128))]
struct Reader {
    /// [`FREE`], [`IDLE`] or the epoch in which its thread began.
    epoch: AtomicU64,
    /// Guards of its thread. Only that thread uses it.
    guards: Cell<usize>,
    /// What `epoch` becomes when the last guard goes. Only its thread uses it.
    after: Cell<u64>,
    next: *const Reader,
}

/// Keeps what was reachable when it was made from being freed.
#[derive(Debug)]
pub(crate) struct Guard {
    reader: *const Reader,
}

/// Something to free, by dropping it.
type Garbage = Box<dyn Send>;

/// A box that may still be looked at: it frees what it points to, and lays no claim to it before.
pub(crate) struct Retired<T>(*mut T);

// SAFETY: it is dropped once, on any thread, and does nothing else with what it points to.
unsafe impl<T: Send> Send for Retired<T> {}

impl<T> Retired<T> {
    /// # Safety
    /// `pointer` is from `Box::into_raw`, and nobody else frees it.
    pub(crate) unsafe fn new(pointer: *mut T) -> Self {
        Self(pointer)
    }
}

impl<T> Drop for Retired<T> {
    fn drop(&mut self) {
        // SAFETY: the promise of `new`.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

thread_local! {
    // Without a destructor, so that the hot path needs no check whether it still exists.
    static MINE: Cell<*const Reader> = const { Cell::new(ptr::null()) };
    static AT_EXIT: AtExit = const { AtExit };
}

struct AtExit;

impl Drop for AtExit {
    fn drop(&mut self) {
        let reader = MINE.replace(ptr::null());
        // SAFETY: records are never freed; this one is the calling thread's.
        if let Some(reader) = unsafe { reader.as_ref() } {
            reader.after.set(FREE);
            if reader.guards.get() == 0 {
                reader.epoch.store(FREE, Ordering::Release);
            }
        }
    }
}

/// Begins to look at shared nodes.
#[inline]
pub(crate) fn enter() -> Guard {
    let mut reader = MINE.get();
    if reader.is_null() {
        reader = register();
    }
    // SAFETY: records are never freed; this one is the calling thread's.
    let own = unsafe { &*reader };
    let guards = own.guards.get();
    own.guards.set(guards + 1);
    if guards == 0 {
        own.epoch.store(EPOCH.load(Ordering::Acquire), Ordering::Relaxed);
        barrier::light();
    }
    Guard { reader }
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: records are never freed; a guard stays on its thread, so this one is the thread's.
        let own = unsafe { &*self.reader };
        let guards = own.guards.get() - 1;
        own.guards.set(guards);
        if guards == 0 {
            own.epoch.store(own.after.get(), Ordering::Release);
        }
    }
}

/// Finds a record for the calling thread; in its exit handlers for one guard only.
#[cold]
#[inline(never)]
fn register() -> *const Reader {
    let reader = free_record().unwrap_or_else(new_record);
    // SAFETY: records are never freed; nobody else has this one.
    let own = unsafe { &*reader };
    if AT_EXIT.try_with(|_| ()).is_ok() {
        own.after.set(IDLE);
        MINE.set(reader);
    } else {
        own.after.set(FREE);
    }
    reader
}

fn readers() -> impl Iterator<Item = &'static Reader> {
    // SAFETY: records are never freed.
    let head = unsafe { READERS.load(Ordering::Acquire).as_ref() };
    // SAFETY: as above.
    std::iter::successors(head, |reader| unsafe { reader.next.as_ref() })
}

fn free_record() -> Option<*const Reader> {
    let take = |reader: &&Reader| {
        reader.epoch.compare_exchange(FREE, IDLE, Ordering::Acquire, Ordering::Relaxed).is_ok()
    };
    readers().find(take).map(ptr::from_ref)
}

fn new_record() -> *const Reader {
    let mut head = READERS.load(Ordering::Acquire);
    let new = Box::into_raw(Box::new(Reader {
        epoch: AtomicU64::new(IDLE),
        guards: Cell::new(0),
        after: Cell::new(IDLE),
        next: head,
    }));
    while let Err(now) = READERS.compare_exchange(head, new, Ordering::AcqRel, Ordering::Acquire) {
        head = now;
        // SAFETY: not published yet, so nobody else has it.
        unsafe { (*new).next = now };
    }
    new
}

/// Drops `garbage` once no guard can see it, and what others left.
///
/// # Safety
/// Whoever enters from now on cannot reach it.
pub(crate) unsafe fn retire(garbage: impl Send + 'static) {
    let epoch = EPOCH.fetch_add(1, Ordering::AcqRel);
    lock().push((epoch, Box::new(garbage)));
    collect_removed();
}

/// Drops what was taken out of an [`crate::Index`] and no lookup can see any more. Every removal does
/// so; what a lookup held up meanwhile waits for the next one.
pub fn collect_removed() {
    let mut all = lock();
    if all.is_empty() || !barrier::heavy() {
        return;
    }
    let active = |reader: &Reader| match reader.epoch.load(Ordering::Acquire) {
        IDLE | FREE => None,
        epoch => Some(epoch),
    };
    let oldest = readers().filter_map(active).min().unwrap_or(u64::MAX);
    let freed: Vec<_> = all.extract_if(.., |(epoch, _)| *epoch < oldest).collect();
    // A destructor may retire something itself.
    drop(all);
    drop(freed);
}

fn lock() -> MutexGuard<'static, Vec<(u64, Garbage)>> {
    GARBAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// In a fork child: the other threads are not there, whatever they looked at.
#[cfg(all(unix, not(loom)))]
pub(crate) fn forget_other_threads() {
    let own = MINE.get();
    for reader in readers().filter(|reader| !ptr::eq(*reader, own)) {
        reader.guards.set(0);
        reader.epoch.store(FREE, Ordering::Relaxed);
    }
}

#[cfg(all(target_os = "linux", not(miri)))]
mod barrier {
    use std::sync::atomic::{AtomicU8, Ordering, compiler_fence, fence};

    /// Whether the kernel makes all threads pass a barrier for us. Plain states and not a `Once`: a
    /// fork may come while another thread is asking, and the child must not wait for that thread.
    /// Asking twice does no harm.
    static ONE_SIDED: AtomicU8 = AtomicU8::new(NOT_ASKED);
    const NOT_ASKED: u8 = 0;
    const YES: u8 = 1;
    const NO: u8 = 2;

    #[inline]
    pub(super) fn light() {
        if ONE_SIDED.load(Ordering::Relaxed) == YES {
            compiler_fence(Ordering::SeqCst);
        } else {
            ask_and_fence();
        }
    }

    #[cold]
    fn ask_and_fence() {
        ask();
        fence(Ordering::SeqCst);
    }

    fn ask() -> u8 {
        match ONE_SIDED.load(Ordering::SeqCst) {
            NOT_ASKED => {
                let granted = membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
                let answer = if granted { YES } else { NO };
                ONE_SIDED.store(answer, Ordering::SeqCst);
                answer
            }
            answer => answer,
        }
    }

    /// Whether all threads have passed a barrier.
    pub(super) fn heavy() -> bool {
        if ask() == YES {
            return membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED);
        }
        fence(Ordering::SeqCst);
        true
    }

    fn membarrier(command: libc::c_int) -> bool {
        // SAFETY: the call takes two numbers and touches no memory of ours.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0) == 0 }
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
mod barrier {
    use std::sync::atomic::{Ordering, fence};

    #[inline]
    pub(super) fn light() {
        fence(Ordering::SeqCst);
    }

    pub(super) fn heavy() -> bool {
        fence(Ordering::SeqCst);
        true
    }
}
