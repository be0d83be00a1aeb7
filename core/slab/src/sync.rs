//! The atomics of the segment: the standard ones, or loom's when its models run.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU64, Ordering, fence};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Updates a cell that other threads update as well. The retry loop of every cell that has more than
/// one writer in Metrion is this one.
#[inline]
pub(crate) fn update_shared(cell: &AtomicU64, next: impl Fn(u64) -> u64) {
    let mut seen = cell.load(Ordering::Relaxed);
    loop {
        let new = next(seen);
        match cell.compare_exchange_weak(seen, new, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return,
            Err(now) => seen = now,
        }
    }
}

/// Updates a cell whose only writer is the caller. Called by two writers at once it may lose one of
/// the two updates; it never tears a value.
#[inline]
pub(crate) fn update_exclusive(cell: &AtomicU64, next: impl Fn(u64) -> u64) {
    cell.store(next(cell.load(Ordering::Relaxed)), Ordering::Relaxed);
}
