//! Cells that are bound to an owner: what a process says of itself, which ends with it.
//!
//! They are given out from the last cell downwards, so that whoever takes a dead owner's slab knows which of its
//! cells to clear. In private memory they are like all others.

use crate::layout::{COMMON_SLAB, header, slab as row};
use crate::segment::{Cell, Segment, update_further};
use crate::sharing::Sharing;
use crate::slabs::{Slab, process_id};
use crate::sync::Ordering;
use crate::thread::{own_cells, slab};
use crate::word::plus_number;

/// What one process says in cells that are bound to it.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnValues {
    /// The number of its slab: another one for each process there is.
    pub slab: usize,
    /// Its process id.
    pub process: u32,
    /// Whether it is there.
    pub is_live: bool,
    /// The numbers in the cells.
    pub values: Vec<f64>,
}

/// Which slabs have an owner that is there, at one moment. By default none has.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    live: Vec<bool>,
}

impl Owners {
    pub(crate) fn has(&self, slab: usize) -> bool {
        self.live.get(slab).is_some_and(|live| *live)
    }
}

impl Segment {
    /// Adds to a number whose parts end with the processes that they are of.
    #[inline]
    pub fn add_bound(&self, cell: Cell, amount: f64) {
        let word = own_cells(self).get(cell as usize);
        if !word.is_some_and(|word| update_further(word, |seen| plus_number(seen, amount))) {
            self.add_bound_first(cell, amount);
        }
    }

    #[cold]
    #[inline(never)]
    fn add_bound_first(&self, cell: Cell, amount: f64) {
        // A slab of the thread's own, and else the process's: the common one has no owner to end with.
        let slab = slab(self);
        let has_owner = slab.is_exclusive() || !self.is_shared();
        let slab = if has_owner { Some(slab) } else { self.own_slab() };
        match slab {
            Some(slab) => slab.update(cell, |seen| plus_number(seen, amount)),
            None => self.count_overflow(),
        }
    }

    /// Updates a cell for a writer that has no slab: what belongs to the process in the process's own, and all else
    /// in the common one.
    #[cold]
    #[inline(never)]
    pub(crate) fn update_without_slab(&self, cell: Cell, next: impl Fn(u64) -> u64) {
        let bound = (self.word(header::CELLS_USED).load(Ordering::Relaxed) >> 32) as usize;
        let is_bound = (cell as usize) >= self.layout().geometry.cells.saturating_sub(bound);
        let slab = if is_bound { self.own_slab() } else { Some(self.common()) };
        match slab {
            Some(slab) => slab.update(cell, next),
            None => self.count_overflow(),
        }
    }

    /// Stores a number that the process says of itself, in a shared segment.
    pub fn set_own(&self, cell: Cell, value: f64) {
        match self.own_slab() {
            Some(slab) => slab.store(cell, value),
            None => self.count_overflow(),
        }
    }

    /// Adds to a number that the process says of itself, in a shared segment.
    pub fn add_own(&self, cell: Cell, amount: f64) {
        match self.own_slab() {
            Some(slab) => slab.update(cell, |seen| plus_number(seen, amount)),
            None => self.count_overflow(),
        }
    }

    /// A number above that of all calls before it, by whatever process.
    #[must_use]
    pub fn next_turn(&self) -> f64 {
        (self.word(header::TURNS).fetch_add(1, Ordering::Relaxed) + 1) as f64
    }

    /// What the process said of itself, in a shared segment.
    #[must_use]
    pub fn get_own(&self, cell: Cell) -> f64 {
        self.own_slab().map_or(0.0, |slab| slab.load(cell))
    }

    /// By which number others know this process: its process id, if it was given no other one.
    #[must_use]
    pub fn process_number(&self) -> u32 {
        self.sharing().map_or_else(process_id, Sharing::process_number)
    }

    /// Gives this process another number, in a shared segment. A fork's child has its own process id again.
    pub fn set_process_number(&self, number: u32) {
        if let Some(sharing) = self.sharing() {
            sharing.set_process_number(self, number);
        }
    }

    /// Lets all that this process said of itself be that of a process which has ended. It may say something again: then
    /// as another one.
    pub fn end_process(&self) {
        if let Some(sharing) = self.sharing() {
            sharing.leave_own_slab();
        }
    }

    /// The number of the slab in which the process tells of itself.
    pub(crate) fn own_slab_number(&self) -> Option<usize> {
        self.own_slab().map(Slab::number)
    }

    fn own_slab(&self) -> Option<Slab<'_>> {
        let window = self.sharing()?.own_window(self)?;
        Some(Slab::of_writer(self, window, false)).filter(|slab| !slab.is_common())
    }

    /// Who is there. It asks the kernel about each slab.
    #[must_use]
    pub fn owners(&self) -> Owners {
        let live = |slab: usize| match self.sharing() {
            None => true,
            Some(sharing) => {
                let owner = self.word(self.layout().slab_row(slab) + row::OWNER);
                owner.load(Ordering::Acquire) != 0 && sharing.has_owner(slab)
            }
        };
        Owners { live: (0..self.slabs_used()).map(live).collect() }
    }

    /// The sum of a number over those of its parts of which the owner is there.
    #[must_use]
    pub fn sum_bound(&self, cell: Cell, owners: &Owners) -> f64 {
        let part = |slab: usize| {
            let mut value = [0.0];
            Slab::new(self, slab, false).add_page_to(cell as usize, &mut value);
            let [value] = value;
            value
        };
        let slabs = (0..self.slabs_used()).filter(|slab| *slab == COMMON_SLAB || owners.has(*slab));
        slabs.map(part).sum()
    }

    /// What each process says in `count` cells, where the last of them is not zero: those that said nothing are left
    /// out.
    #[must_use]
    pub fn own_values(&self, first: Cell, count: usize, owners: &Owners) -> Vec<OwnValues> {
        let of = |slab: usize| {
            let mut values = vec![0.0; count];
            for (value, cell) in values.iter_mut().zip(first as usize..) {
                Slab::new(self, slab, false).add_page_to(cell, std::slice::from_mut(value));
            }
            let owner =
                self.word(self.layout().slab_row(slab) + row::OWNER).load(Ordering::Relaxed);
            let said = values.last().is_some_and(|last| *last != 0.0);
            said.then(|| OwnValues {
                slab,
                process: owner as u32,
                is_live: owners.has(slab),
                values,
            })
        };
        (self.layout().geometry.slabs..self.slabs_used()).filter_map(of).collect()
    }

    /// Forgets what the last owner of a slab said of itself.
    #[cfg(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri)))]
    pub(crate) fn zero_owned_cells(&self, slab: usize) {
        let cells = self.layout().geometry.cells;
        let used = self.word(header::CELLS_USED).load(Ordering::Acquire) >> 32;
        let first = cells.saturating_sub(used as usize);
        Slab::new(self, slab, false).zero(first..cells);
    }
}
