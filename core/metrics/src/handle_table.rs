//! Handles by number, for languages in which a number crosses faster than an object.

use crate::any::Handle;

/// Handles and the numbers by which they are found. A number that was freed is given out again.
#[derive(Debug, Default)]
pub struct HandleTable {
    all: Vec<Option<Handle>>,
    free: Vec<u32>,
}

impl HandleTable {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self { all: Vec::new(), free: Vec::new() }
    }

    /// Gives a handle a number.
    pub fn insert(&mut self, handle: Handle) -> u32 {
        if let Some(number) = self.free.pop()
            && let Some(place) = self.all.get_mut(number as usize)
        {
            *place = Some(handle);
            return number;
        }
        self.all.push(Some(handle));
        self.all.len() as u32 - 1
    }

    /// The handle of a number, if it has one.
    #[must_use]
    pub fn get(&self, number: u32) -> Option<&Handle> {
        self.all.get(number as usize)?.as_ref()
    }

    /// Takes a number back. Drop what it gives when the table is not borrowed any more.
    pub fn remove(&mut self, number: u32) -> Option<Handle> {
        let handle = self.all.get_mut(number as usize).and_then(Option::take)?;
        self.free.push(number);
        Some(handle)
    }
}
