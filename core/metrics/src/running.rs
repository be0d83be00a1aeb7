//! Foreign code that reads the registry which is running it: it must not be run again for that, without
//! end.

use std::cell::RefCell;

thread_local! {
    /// What this thread is in the middle of, by address.
    static RUNNING: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// What `function` returns; `None` when this thread is running the same `source` already.
pub(crate) fn unless_running<R>(source: *const (), function: impl FnOnce() -> R) -> Option<R> {
    let address = source.addr();
    let is_running = |running: &RefCell<Vec<usize>>| running.borrow().contains(&address);
    // A thread that is ending has no list any more, and nothing that collects without end.
    if RUNNING.try_with(is_running).unwrap_or_default() {
        return None;
    }
    let _entry = Entry::push(address);
    Some(function())
}

/// An entry of the list, which is there until this is dropped: also by a panic. Green threads end in any
/// order.
struct Entry(usize);

impl Entry {
    fn push(address: usize) -> Self {
        let _ended = RUNNING.try_with(|running| running.borrow_mut().push(address));
        Self(address)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let _ended = RUNNING.try_with(|running| running.borrow_mut().retain(|own| *own != self.0));
    }
}
