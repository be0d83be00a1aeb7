//! Where memory is not shared between processes.

use std::ops::Range;

use crate::segment::Segment;
use crate::slabs::OwnerKind;
use crate::sync::AtomicU64;

/// A process's part in a shared segment: here there is none.
#[derive(Debug)]
pub(crate) enum Sharing {}

/// A second address of a slab's words.
#[derive(Debug)]
pub(crate) enum Window {}

impl Window {
    pub(crate) fn words(&self) -> &[AtomicU64] {
        match *self {}
    }
}

impl Sharing {
    pub(crate) fn behind(&self, _window: usize) -> Option<(usize, &Window)> {
        match *self {}
    }

    pub(crate) fn has_slab(&self, _window: usize) -> bool {
        match *self {}
    }

    pub(crate) fn window(&self, _window: usize) -> Option<&Window> {
        match *self {}
    }

    pub(crate) fn claim(&self, _segment: &Segment, _kind: OwnerKind) -> Option<usize> {
        match *self {}
    }

    pub(crate) fn release(&self, _window: usize) {
        match *self {}
    }

    #[cfg(all(unix, not(loom)))]
    pub(crate) fn renew_in_child(&self, _segment: &Segment, _own: Option<usize>) {
        match *self {}
    }

    pub(crate) fn has_owner(&self, _slab: usize) -> bool {
        match *self {}
    }

    pub(crate) fn has_others(&self, _segment: &Segment) -> bool {
        match *self {}
    }

    pub(crate) fn process_number(&self) -> u32 {
        match *self {}
    }

    pub(crate) fn set_process_number(&self, _segment: &Segment, _number: u32) {
        match *self {}
    }

    pub(crate) fn leave_own_slab(&self) {
        match *self {}
    }

    pub(crate) fn own_window(&self, _segment: &Segment) -> Option<usize> {
        match *self {}
    }

    pub(crate) fn allocate(&self, _segment: &Segment, _words: Range<usize>) -> bool {
        match *self {}
    }

    pub(crate) fn touch(
        &self,
        _: &Segment,
        _slab: usize,
        _window: Option<usize>,
        _page: usize,
    ) -> bool {
        match *self {}
    }
}
