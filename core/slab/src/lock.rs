//! Locks that a fork does not cut in two.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::fork::{Gate, gate};

/// A locked value, and the gate that was passed to lock it. The order of the fields is that in which
/// they are given back: a fork that gets through the gate must find the lock free.
#[derive(Debug)]
pub struct Locked<'a, T> {
    value: MutexGuard<'a, T>,
    _gate: Gate,
}

/// Locks a mutex behind the gate of forks. One that a panic left locked is taken over: what is behind these
/// locks is changed last, when nothing can fail any more.
pub fn lock<T>(mutex: &Mutex<T>) -> Locked<'_, T> {
    let gate = gate();
    Locked { value: mutex.lock().unwrap_or_else(PoisonError::into_inner), _gate: gate }
}

impl<T> Deref for Locked<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Locked<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
