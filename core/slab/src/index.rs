//! Lock-free lookup of handles by label values.
//!
//! A cache on the heap over the directory: an open-addressing table of pointers to nodes. Readers
//! take no lock and write nothing that another thread reads; writers take turns. What a reader may
//! still look at is freed by [`crate::reclaim`] once no reader can.
#![allow(unsafe_code)]

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::{self, NonNull};
use std::sync::Mutex;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::lock::lock;
use crate::reclaim::{self, Guard, Retired};

/// A table of handles by their label values.
///
/// Invariants:
/// - a node is in at most one slot of the current table, and is changed no more once it is there;
/// - a slot goes from empty to a node to the marker of a removed node, never back: probing may stop at empty;
/// - at most half of the slots are not empty.
pub struct Index<H> {
    table: AtomicPtr<Table<H>>,
    seeds: [u64; 2],
    /// Not empty slots of the current table.
    writer: Mutex<usize>,
}

struct Table<H> {
    slots: Box<[AtomicPtr<Node<H>>]>,
}

struct Node<H> {
    hash: u64,
    /// The label values as [`key`] has them.
    key: Box<[u64]>,
    handle: H,
}

impl<H> Node<H> {
    /// What a slot points to after its node was removed; never dereferenced.
    fn gone() -> *mut Self {
        NonNull::dangling().as_ptr()
    }
}

/// A handle that was looked up. It cannot go away while this is held; hold it briefly, as it keeps
/// all removed series of the process from being freed. Clone the handle to keep it.
pub struct Ref<'a, H> {
    node: NonNull<Node<H>>,
    _guard: Guard,
    _index: PhantomData<&'a Index<H>>,
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

impl<H: Send + Sync + 'static> Index<H> {
    /// An empty index whose hashes are keyed by `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            table: AtomicPtr::new(Table::new(8)),
            seeds: [mix(seed, 0x9E37_79B9_7F4A_7C15), mix(!seed, 0xD6E8_FEB8_6659_FD93)],
            writer: Mutex::new(0),
        }
    }

    /// The handle of these label values.
    #[inline(always)]
    pub fn get(&self, values: &[&str]) -> Option<Ref<'_, H>> {
        let hash = self.hash(values);
        let guard = reclaim::enter();
        // SAFETY: the table was current while the guard is active, so it is not freed before it.
        let table = unsafe { &*self.table.load(Ordering::Acquire) };
        for slot in table.probe(hash) {
            let node = slot.load(Ordering::Acquire);
            if node == Node::gone() {
                continue;
            }
            let node = NonNull::new(node)?;
            // SAFETY: a node of this index that was in its table while the guard is active.
            let entry = unsafe { node.as_ref() };
            if entry.hash == hash && key_is(&entry.key, values) {
                return Some(Ref { node, _guard: guard, _index: PhantomData });
            }
        }
        None
    }

    /// Puts a handle in. The caller makes sure that no handle of these values is there.
    pub fn insert(&self, values: &[&str], handle: H) {
        let mut used = lock(&self.writer);
        let mut table = self.table.load(Ordering::Relaxed);
        // SAFETY: only writers replace and retire tables, and this is the only writer.
        let size = unsafe { &*table }.slots.len();
        if (*used + 1) * 2 > size {
            (table, *used) = self.grow(table);
        }
        let hash = self.hash(values);
        let node = Box::new(Node { hash, key: key(values), handle });
        // SAFETY: as above; `grow` returns the table that is current now.
        unsafe { &*table }.put(Box::into_raw(node));
        *used += 1;
    }

    /// Takes the handle of these values out. It is dropped once no reader can see it.
    pub fn remove(&self, values: &[&str]) {
        let _writer = lock(&self.writer);
        let hash = self.hash(values);
        // SAFETY: only writers retire tables, and this is the only writer.
        let table = unsafe { &*self.table.load(Ordering::Relaxed) };
        for slot in table.probe(hash) {
            let node = slot.load(Ordering::Relaxed);
            if node.is_null() {
                return;
            }
            if node == Node::gone() {
                continue;
            }
            // SAFETY: nodes in the current table are alive, and only writers retire them.
            let entry = unsafe { &*node };
            if entry.hash == hash && key_is(&entry.key, values) {
                slot.store(Node::gone(), Ordering::Release);
                // SAFETY: the node is out of the table and was in no other slot, so nobody who
                // enters from now on can reach it; it came from `Box::into_raw`.
                unsafe { reclaim::retire(Retired::new(node)) };
                return;
            }
        }
    }

    /// Takes all handles out.
    pub fn clear(&self) {
        let mut used = lock(&self.writer);
        let old = self.table.swap(Table::new(8), Ordering::AcqRel);
        *used = 0;
        // SAFETY: a retired table is freed only below.
        let nodes = unsafe { &*old }.nodes();
        // SAFETY: a node is in no other table, and comes from `Box::into_raw`.
        let nodes: Vec<_> = nodes.map(|node| unsafe { Retired::new(node) }).collect();
        // SAFETY: the table, and its nodes with it, is unreachable for whoever enters from now on. It
        // comes from `Box::into_raw`.
        unsafe { reclaim::retire((nodes, Retired::new(old))) };
    }

    /// Replaces the table by one with room for as many nodes again.
    fn grow(&self, old: *mut Table<H>) -> (*mut Table<H>, usize) {
        // SAFETY: called by the only writer with the current table.
        let nodes: Vec<*mut Node<H>> = unsafe { &*old }.nodes().collect();
        let new = Table::new((nodes.len() + 1) * 4);
        // SAFETY: `new` came from `Box::into_raw` and nobody else has it yet.
        let table = unsafe { &*new };
        nodes.iter().for_each(|node| table.put(*node));
        self.table.store(new, Ordering::Release);
        // SAFETY: unreachable for whoever enters from now on. Its nodes live on in the new table:
        // a `Table` does not own what its slots point to.
        unsafe { reclaim::retire(Retired::new(old)) };
        (new, nodes.len())
    }

    #[inline(always)]
    fn hash(&self, values: &[&str]) -> u64 {
        let [seed, other] = self.seeds;
        values.iter().fold(seed, |hash, value| {
            let value = Words::of(value.as_bytes());
            let mut hash = mix(hash ^ value.first, value.last ^ other ^ (value.len as u64) << 56);
            for word in value.middle {
                hash = mix(hash ^ word, other);
            }
            hash
        })
    }
}

/// A label value in words of eight bytes, so that hashing and comparing a short one, as most are, is a
/// few instructions and no call.
///
/// The ends and the length alone tell apart values of up to 16 bytes.
struct Words<'a> {
    len: usize,
    first: u64,
    last: u64,
    middle: Middle<'a>,
}

/// The words between the first and the last, which overlaps the one before it.
struct Middle<'a>(&'a [u8]);

impl<'a> Words<'a> {
    #[inline(always)]
    fn of(value: &'a [u8]) -> Self {
        let word = |bytes: &[u8; 8]| u64::from_ne_bytes(*bytes);
        let half = |bytes: &[u8; 4]| u64::from(u32::from_ne_bytes(*bytes));
        let (first, last, rest) = if let Some((first, rest)) = value.split_first_chunk::<8>() {
            (word(first), value.last_chunk().map_or(0, word), rest)
        } else if let Some(first) = value.first_chunk::<4>() {
            (half(first), value.last_chunk().map_or(0, half), Default::default())
        } else {
            let byte = |byte: Option<&u8>| byte.map_or(0, |byte| u64::from(*byte));
            let (first, last) = (byte(value.first()), byte(value.last()));
            (first | byte(value.get(value.len() / 2)) << 8 | last << 16, 0, Default::default())
        };
        Self { len: value.len(), first, last, middle: Middle(rest) }
    }
}

impl Iterator for Middle<'_> {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        match self.0.split_first_chunk::<8>() {
            Some((word, rest)) if !rest.is_empty() => {
                self.0 = rest;
                Some(u64::from_ne_bytes(*word))
            }
            _ => None,
        }
    }
}

/// Both halves of the product: each bit of the result depends on all of both factors.
#[inline]
fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
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

    /// The slots where a node of this hash may be, in order, without an end: half of the slots are
    /// empty, and probing stops there.
    #[inline]
    fn probe(&self, hash: u64) -> impl Iterator<Item = &AtomicPtr<Node<H>>> {
        let last = self.slots.len() - 1;
        let mut place = hash as usize;
        std::iter::from_fn(move || {
            let slot = self.slots.get(place & last);
            place = place.wrapping_add(1);
            slot
        })
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
        nodes.filter(|node| !node.is_null() && *node != Node::gone())
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
pub fn split_key(mut key: &[u8]) -> Option<Vec<&str>> {
    let mut values = Vec::new();
    while !key.is_empty() {
        let (len, rest) = key.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        values.push(std::str::from_utf8(value).ok()?);
        key = rest;
    }
    Some(values)
}

/// The label values for comparing: the length, the ends and the middle of each.
fn key(values: &[&str]) -> Box<[u64]> {
    let mut key = Vec::with_capacity(values.iter().map(|value| 3 + value.len() / 8).sum());
    for value in values {
        let words = Words::of(value.as_bytes());
        key.extend([words.len as u64, words.first, words.last]);
        key.extend(words.middle);
    }
    key.into()
}

#[inline(always)]
fn key_is(mut key: &[u64], values: &[&str]) -> bool {
    for value in values {
        let value = Words::of(value.as_bytes());
        let [len, first, last, rest @ ..] = key else { return false };
        if *len != value.len as u64 || *first != value.first || *last != value.last {
            return false;
        }
        key = rest;
        for word in value.middle {
            let Some((own, rest)) = key.split_first() else { return false };
            if *own != word {
                return false;
            }
            key = rest;
        }
    }
    key.is_empty()
}
