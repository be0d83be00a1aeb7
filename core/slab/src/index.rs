//! Lock-free lookup of handles by label values.
//!
//! A cache on the heap over the directory: an open-addressing table of pointers to nodes. Readers
//! take no lock and write nothing that another thread reads; writers take turns. What a reader may
//! still look at is freed by `seize` once no reader can.
#![allow(unsafe_code)]

use std::fmt;
use std::ops::Deref;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use rapidhash::v3::{RapidSecrets, rapidhash_v3_seeded};
use seize::{Collector, Guard, LocalGuard, reclaim};

use crate::fork::{Gate, gate};

/// One for the process: a guard then costs the same however many families there are.
static COLLECTOR: LazyLock<Collector> = LazyLock::new(Collector::new);

/// A table of handles by their label values.
///
/// Invariants:
/// - a node is in at most one slot of the current table, and is changed no more once it is there;
/// - a slot goes from empty to a node to [`Index::gone`], never back: probing may stop at empty;
/// - at most half of the slots are not empty.
pub struct Index<H> {
    table: AtomicPtr<Table<H>>,
    secrets: RapidSecrets,
    /// Not empty slots of the current table.
    writer: Mutex<usize>,
}

struct Table<H> {
    slots: Box<[AtomicPtr<Node<H>>]>,
}

struct Node<H> {
    hash: u64,
    /// The label values, each behind its length.
    key: Box<[u8]>,
    handle: H,
}

/// A handle that was looked up. It cannot go away while this is held; hold it briefly, as it keeps
/// all removed series of the process from being freed. Clone the handle to keep it.
pub struct Ref<'a, H> {
    node: NonNull<Node<H>>,
    _guard: LocalGuard<'static>,
    _index: std::marker::PhantomData<&'a Index<H>>,
}

impl<H> Deref for Ref<'_, H> {
    type Target = H;

    #[inline]
    fn deref(&self) -> &H {
        // SAFETY: the node was in the table while the guard was active, so it is freed only after
        // the guard, which lives as long as this.
        unsafe { &self.node.as_ref().handle }
    }
}

impl<H: fmt::Debug> fmt::Debug for Ref<'_, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

// SAFETY: an index owns its nodes, hands out `&H` on any thread and drops an `H` on any.
unsafe impl<H: Send + Sync> Send for Index<H> {}
// SAFETY: as above.
unsafe impl<H: Send + Sync> Sync for Index<H> {}

impl<H> Index<H> {
    /// An empty index whose hashes are keyed by `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            table: AtomicPtr::new(Table::new(8)),
            secrets: RapidSecrets::seed_cpp(seed),
            writer: Mutex::new(0),
        }
    }

    /// The handle of these label values.
    #[inline]
    pub fn get(&self, values: &[&str]) -> Option<Ref<'_, H>> {
        let hash = self.hash(values);
        let guard = COLLECTOR.enter();
        let table = guard.protect(&self.table, Ordering::Acquire);
        // SAFETY: the table was current while the guard is active, so it is not freed before it.
        let slots = unsafe { &*table }.probe(hash);
        for slot in slots {
            let node = guard.protect(slot, Ordering::Acquire);
            if node.is_null() {
                return None;
            }
            if node == Self::gone() {
                continue;
            }
            // SAFETY: `node` is a node of this index, and the guard keeps it.
            let found = unsafe { NonNull::new_unchecked(node) };
            // SAFETY: as above.
            let entry = unsafe { found.as_ref() };
            if entry.hash == hash && key_is(&entry.key, values) {
                return Some(Ref { node: found, _guard: guard, _index: std::marker::PhantomData });
            }
        }
        None
    }

    /// Puts a handle in. The caller makes sure that no handle of these values is there.
    pub fn insert(&self, values: &[&str], handle: H) {
        let (_gate, mut used) = self.lock();
        let guard = COLLECTOR.enter();
        let mut table = self.table.load(Ordering::Relaxed);
        // SAFETY: only writers replace and retire tables, and this is the only writer.
        let size = unsafe { &*table }.slots.len();
        if (*used + 1) * 2 > size {
            (table, *used) = self.grow(&guard, table);
        }
        let hash = self.hash(values);
        let node = Box::new(Node { hash, key: join_key(values), handle });
        // SAFETY: as above; `grow` returns the table that is current now.
        unsafe { &*table }.put(Box::into_raw(node));
        *used += 1;
    }

    /// Takes the handle of these values out. It is dropped once no reader can see it.
    pub fn remove(&self, values: &[&str]) {
        let _writer = self.lock();
        let guard = COLLECTOR.enter();
        let hash = self.hash(values);
        // SAFETY: only writers retire tables, and this is the only writer.
        let table = unsafe { &*self.table.load(Ordering::Relaxed) };
        for slot in table.probe(hash) {
            let node = slot.load(Ordering::Relaxed);
            if node.is_null() {
                return;
            }
            if node == Self::gone() {
                continue;
            }
            // SAFETY: nodes in the current table are alive, and only writers retire them.
            let entry = unsafe { &*node };
            if entry.hash == hash && key_is(&entry.key, values) {
                slot.store(Self::gone(), Ordering::Release);
                // SAFETY: the node is out of the table and was in no other slot, so nobody who
                // enters from now on can reach it; it came from `Box::into_raw`.
                unsafe { guard.defer_retire(node, reclaim::boxed) };
                guard.flush();
                return;
            }
        }
    }

    /// Takes all handles out.
    pub fn clear(&self) {
        let (_gate, mut used) = self.lock();
        let guard = COLLECTOR.enter();
        let old = self.table.swap(Table::new(8), Ordering::AcqRel);
        *used = 0;
        // SAFETY: the table is unreachable for whoever enters from now on; so are its nodes.
        unsafe { retire_nodes(&guard, old) };
        // SAFETY: as above; it came from `Box::into_raw`.
        unsafe { guard.defer_retire(old, reclaim::boxed) };
        guard.flush();
    }

    fn lock(&self) -> (Gate, MutexGuard<'_, usize>) {
        let gate = gate();
        (gate, self.writer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What a slot points to after its node was removed; never dereferenced.
    fn gone() -> *mut Node<H> {
        NonNull::dangling().as_ptr()
    }

    /// Replaces the table by one with room for as many nodes again.
    fn grow(&self, guard: &LocalGuard<'_>, old: *mut Table<H>) -> (*mut Table<H>, usize) {
        // SAFETY: called by the only writer with the current table.
        let nodes: Vec<*mut Node<H>> = unsafe { &*old }.nodes().collect();
        let new = Table::new((nodes.len() + 1) * 4);
        // SAFETY: `new` came from `Box::into_raw` and nobody else has it yet.
        let table = unsafe { &*new };
        nodes.iter().for_each(|node| table.put(*node));
        self.table.store(new, Ordering::Release);
        // SAFETY: unreachable for whoever enters from now on. Its nodes live on in the new table:
        // a `Table` does not own what its slots point to.
        unsafe { guard.defer_retire(old, reclaim::boxed) };
        (new, nodes.len())
    }

    #[inline]
    fn hash(&self, values: &[&str]) -> u64 {
        values.iter().fold(self.secrets.seed, |hash, value| {
            let own = rapidhash_v3_seeded(value.as_bytes(), &self.secrets);
            (hash.rotate_left(23) ^ own).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        })
    }
}

impl<H> Drop for Index<H> {
    fn drop(&mut self) {
        let table = *self.table.get_mut();
        // SAFETY: nobody else has the index any more, so nobody reads the table or its nodes: a
        // `Ref` borrows the index. Both came from `Box::into_raw`.
        let table = unsafe { Box::from_raw(table) };
        for node in table.nodes() {
            // SAFETY: as above, and a node is in one slot only.
            drop(unsafe { Box::from_raw(node) });
        }
    }
}

impl<H> fmt::Debug for Index<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").finish_non_exhaustive()
    }
}

impl<H> Table<H> {
    fn new(slots: usize) -> *mut Self {
        let slots = slots.next_power_of_two();
        let slots = (0..slots).map(|_| AtomicPtr::new(ptr::null_mut())).collect();
        Box::into_raw(Box::new(Self { slots }))
    }

    /// The slots where a node of this hash may be, in order; ends after one round.
    #[inline]
    fn probe(&self, hash: u64) -> impl Iterator<Item = &AtomicPtr<Node<H>>> {
        let start = (hash >> 32) as usize & (self.slots.len() - 1);
        let (before, from) = self.slots.split_at(start);
        from.iter().chain(before)
    }

    /// Stores a node in the first empty slot of its probe. Only for the writer.
    fn put(&self, node: *mut Node<H>) {
        // SAFETY: the writer's own node, or one of the table that it replaces.
        let hash = unsafe { (*node).hash };
        let empty = self.probe(hash).find(|slot| slot.load(Ordering::Relaxed).is_null());
        if let Some(slot) = empty {
            slot.store(node, Ordering::Release);
        }
    }

    fn nodes(&self) -> impl Iterator<Item = *mut Node<H>> {
        let nodes = self.slots.iter().map(|slot| slot.load(Ordering::Relaxed));
        nodes.filter(|node| !node.is_null() && *node != Index::gone())
    }
}

/// # Safety
/// No reader that enters from now on can reach `table` or its nodes.
unsafe fn retire_nodes<H>(guard: &LocalGuard<'_>, table: *mut Table<H>) {
    // SAFETY: the table is retired only after this.
    for node in unsafe { &*table }.nodes() {
        // SAFETY: the caller's promise; nodes come from `Box::into_raw`.
        unsafe { guard.defer_retire(node, reclaim::boxed) };
    }
}

/// The label values, each behind its length: `("ab","c")` and `("a","bc")` stay apart.
#[must_use]
pub fn join_key(values: &[&str]) -> Box<[u8]> {
    let mut key = Vec::with_capacity(values.iter().map(|value| value.len() + 4).sum());
    for value in values {
        key.extend_from_slice(&(value.len() as u32).to_le_bytes());
        key.extend_from_slice(value.as_bytes());
    }
    key.into()
}

/// The label values of a key that [`join_key`] made; `None` if it is not one.
#[must_use]
pub fn split_key(mut key: &[u8]) -> Option<Vec<String>> {
    let mut values = Vec::new();
    while !key.is_empty() {
        let (len, rest) = key.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        values.push(std::str::from_utf8(value).ok()?.to_owned());
        key = rest;
    }
    Some(values)
}

#[inline]
fn key_is(mut key: &[u8], values: &[&str]) -> bool {
    for value in values {
        let Some((len, rest)) = key.split_first_chunk::<4>() else { return false };
        if u32::from_le_bytes(*len) as usize != value.len() || !rest.starts_with(value.as_bytes()) {
            return false;
        }
        key = rest.split_at(value.len()).1;
    }
    key.is_empty()
}
