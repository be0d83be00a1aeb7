//! Children by their label values, found by the hashes that Python keeps in every `str`.
//!
//! This is the one place where the binding has logic of its own: the update path (see the design's
//! rule for bindings). The core decides what a child is; this only remembers it.
#![allow(unsafe_code)]

use std::ptr;

use pyo3::ffi;

/// A table from label values to child objects.
///
/// Invariants:
/// - a slot is empty (`child` null) or holds `width` keys at `keys[slot * width..]`;
/// - it owns a reference to every key and child in it;
/// - keys are exact `str` objects; at most half of the slots are taken.
pub(crate) struct Table {
    width: usize,
    slots: Vec<Slot>,
    keys: Vec<*mut ffi::PyObject>,
    used: usize,
}

#[derive(Clone, Copy)]
struct Slot {
    hash: u64,
    child: *mut ffi::PyObject,
}

const EMPTY: Slot = Slot { hash: 0, child: ptr::null_mut() };

impl Table {
    pub(crate) fn new(width: usize) -> Self {
        Self::with_slots(width, 8)
    }

    /// How many labels a child has.
    #[inline]
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    fn with_slots(width: usize, slots: usize) -> Self {
        Self {
            width,
            slots: vec![EMPTY; slots],
            keys: vec![ptr::null_mut(); slots * width],
            used: 0,
        }
    }

    /// The child of these values and the hash under which it is kept. The child is borrowed from
    /// the table, null when there is none.
    ///
    /// # Safety
    /// The values are live exact `str` objects, as many as the table is wide.
    #[inline]
    pub(crate) unsafe fn find(&self, values: &[*mut ffi::PyObject]) -> (*mut ffi::PyObject, u64) {
        // SAFETY: a `str` keeps its hash, and hashing it cannot fail.
        let hash_of = |value: &*mut ffi::PyObject| unsafe { ffi::PyObject_Hash(*value) as u64 };
        let hash = values.iter().fold(0, |hash, value| mix(hash, hash_of(value)));
        for (slot, at) in self.probe(hash) {
            if slot.child.is_null() {
                break;
            }
            if slot.hash != hash {
                continue;
            }
            let keys = self.keys.get(at * self.width..).unwrap_or_default();
            // SAFETY: both are exact `str` objects.
            if keys.iter().zip(values).all(|(key, value)| unsafe { is_equal(*key, *value) }) {
                return (slot.child, hash);
            }
        }
        (ptr::null_mut(), hash)
    }

    /// Remembers a child under the hash that [`Table::find`] gave.
    ///
    /// # Safety
    /// As for `find`, which found no child of these values; `child` is a live object.
    pub(crate) unsafe fn insert(
        &mut self,
        hash: u64,
        values: &[*mut ffi::PyObject],
        child: *mut ffi::PyObject,
    ) {
        if (self.used + 1) * 2 > self.slots.len() {
            self.grow();
        }
        // SAFETY: live objects, now owned by the table too.
        unsafe {
            values.iter().for_each(|value| ffi::Py_IncRef(*value));
            ffi::Py_IncRef(child);
        }
        self.put(Slot { hash, child }, values);
    }

    fn grow(&mut self) {
        let mut larger = Self::with_slots(self.width, self.slots.len() * 2);
        for (at, slot) in self.slots.iter().enumerate().filter(|(_, slot)| !slot.child.is_null()) {
            let keys = self.keys.get(at * self.width..(at + 1) * self.width).unwrap_or_default();
            larger.put(*slot, keys);
        }
        // The references have moved over; what is left must not give them up.
        self.slots.clear();
        self.keys.clear();
        *self = larger;
    }

    fn put(&mut self, slot: Slot, values: &[*mut ffi::PyObject]) {
        let empty = self.probe(slot.hash).find(|(slot, _)| slot.child.is_null());
        let Some((_, at)) = empty else { return };
        if let Some(place) = self.slots.get_mut(at) {
            *place = slot;
        }
        self.keys.iter_mut().skip(at * self.width).zip(values).for_each(|(key, v)| *key = *v);
        self.used += 1;
    }

    /// The slots where a child of this hash may be, in order, and their numbers.
    #[inline]
    fn probe(&self, hash: u64) -> impl Iterator<Item = (&Slot, usize)> {
        let mask = self.slots.len() - 1;
        let start = (hash >> 32) as usize;
        (0..=mask).filter_map(move |step| {
            let at = (start + step) & mask;
            Some((self.slots.get(at)?, at))
        })
    }

    #[inline]
    fn key(&self, slot: usize, i: usize) -> *mut ffi::PyObject {
        self.keys.get(slot * self.width + i).copied().unwrap_or(ptr::null_mut())
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        let taken = self.slots.iter().enumerate().filter(|(_, slot)| !slot.child.is_null());
        let mut owned: Vec<*mut ffi::PyObject> = Vec::new();
        for (at, slot) in taken {
            owned.push(slot.child);
            owned.extend((0..self.width).map(|i| self.key(at, i)));
        }
        self.slots.clear();
        // SAFETY: references that the table owns; it is dropped by the deallocation of a Python
        // object or by a method of one, both with the interpreter's lock held.
        owned.into_iter().for_each(|object| unsafe { ffi::Py_DecRef(object) });
    }
}

#[inline]
fn mix(hash: u64, value: u64) -> u64 {
    let product = (hash.rotate_left(5) ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ product >> 32
}

/// # Safety
/// Both are live exact `str` objects.
#[inline]
unsafe fn is_equal(a: *mut ffi::PyObject, b: *mut ffi::PyObject) -> bool {
    // The same object mostly: literals and interned strings.
    // SAFETY: comparing two `str` objects runs no foreign code, and cannot fail.
    ptr::eq(a, b) || unsafe { ffi::PyUnicode_Compare(a, b) == 0 }
}
