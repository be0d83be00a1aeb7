//! What a process has of a segment that it shares with others: which slabs are its own, and where it
//! writes to them.
//!
//! **Who owns a slab.** A process that has the lock of a slab's number in the segment's file. The kernel
//! keeps that lock as long as the process has the file mapped, however it closes descriptors, and gives
//! it up when the process ends, however it ends; a stopped process keeps it. So nobody has to guess who
//! is gone, and it works between containers that see each other's files but not their processes. Inside a
//! process its writers take turns: a slab whose thread ended waits for the next one. The owner word in
//! the slab table is for people, and tells a slab that was never used.
//!
//! **Windows.** A writer reaches its slab through a second mapping of the slab's pages. Pages come in one by
//! one, when they have memory; all others are zeros of the process's own, which costs nothing and makes an
//! update take the slow path, where memory is found or the update is counted as lost. A fork's child puts a slab of its own
//! behind each window that it goes on with, so that every address of a cell, in whatever language somebody
//! keeps it, is that of a cell of the child's own.

use std::fs::File;
use std::ops::Range;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering as IndexOrdering};
use std::sync::{Mutex, OnceLock};
use std::time::SystemTime;

use crate::layout::{COMMON_SLAB, Layout, PAGE_CELLS, header, slab as row};
use crate::lock::lock;
use crate::mapping::{Mapping, Window, page_words};
use crate::segment::Segment;
use crate::shared_file::SharedFile;
use crate::slabs::{OwnerKind, process_id};
use crate::sync::Ordering;

/// A process's part in a shared segment.
#[derive(Debug)]
pub(crate) struct Sharing {
    state: Mutex<State>,
    /// The slab behind each window; [`COMMON_SLAB`] when there is none.
    slabs: Box<[AtomicUsize]>,
    windows: Box<[OnceLock<Window>]>,
    /// The window of the process's own slab; 0 before it has one.
    own: AtomicUsize,
    /// The number by which others know the process, and 1; 0 is its process id.
    number: AtomicU64,
    /// Whether this is only a look at the file: what is written here stays here.
    is_view: bool,
}

#[derive(Debug)]
struct State {
    file: SharedFile,
    /// Of each description that was opened later a page, so that its locks do not end with its descriptor.
    pins: Vec<Mapping>,
    /// Who has each window.
    holders: Box<[Holder]>,
}

/// Who has a window of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    /// It has no slab.
    Nobody,
    /// It has a slab, for the next writer.
    NextWriter,
    Writer(OwnerKind),
}

impl State {
    /// The file, opened anew if foreign code has closed its descriptor.
    fn file(&mut self) -> &SharedFile {
        if self.file.get().is_none()
            && let Some(file) = self.file.reopened()
            && let Ok(pin) = Mapping::of_file(file.as_fd(), page_words(), true)
        {
            self.pins.push(pin);
            self.file.replace(file);
        }
        &self.file
    }
}

impl Sharing {
    pub(crate) fn new(file: SharedFile, layout: &Layout, is_view: bool) -> Self {
        let count = layout.slabs();
        if !is_view {
            file.hold(presence(layout));
        }
        let holders = vec![Holder::Nobody; count].into();
        Self {
            state: Mutex::new(State { file, pins: Vec::new(), holders }),
            slabs: (0..count).map(|_| AtomicUsize::new(COMMON_SLAB)).collect(),
            windows: (0..count).map(|_| OnceLock::new()).collect(),
            own: AtomicUsize::new(0),
            number: AtomicU64::new(0),
            is_view,
        }
    }

    /// The slab and the cells behind a window.
    pub(crate) fn behind(&self, window: usize) -> Option<(usize, &Window)> {
        let slab = self.slab_behind(window)?;
        Some((slab, self.window(window)?))
    }

    /// The words of a window, whether or not there is a slab behind it.
    pub(crate) fn window(&self, window: usize) -> Option<&Window> {
        self.windows.get(window)?.get()
    }

    /// Whether there is a slab behind a window.
    #[inline]
    pub(crate) fn has_slab(&self, window: usize) -> bool {
        self.slab_behind(window).is_some()
    }

    #[inline]
    fn slab_behind(&self, window: usize) -> Option<usize> {
        let slab = self.slabs.get(window)?.load(IndexOrdering::Acquire);
        (slab != COMMON_SLAB).then_some(slab)
    }

    /// Takes a slab for a writer and says at which window; `None` when none can be had.
    pub(crate) fn claim(&self, segment: &Segment, kind: OwnerKind) -> Option<usize> {
        self.claim_in(&mut lock(&self.state), segment, kind)
    }

    fn claim_in(&self, state: &mut State, segment: &Segment, kind: OwnerKind) -> Option<usize> {
        if self.is_view {
            return None;
        }
        let waiting = state.holders.iter().position(|holder| *holder == Holder::NextWriter);
        if let Some(window) = waiting.filter(|_| kind != OwnerKind::Whole) {
            *state.holders.get_mut(window)? = Holder::Writer(kind);
            return Some(window);
        }
        // Window 0 is never used: the common slab has none.
        let window = (1..state.holders.len())
            .find(|window| state.holders.get(*window) == Some(&Holder::Nobody))?;
        self.give_slab(segment, state.file(), window, kind)?;
        *state.holders.get_mut(window)? = Holder::Writer(kind);
        Some(window)
    }

    /// The window of the slab in which the process says what is true of itself alone.
    pub(crate) fn own_window(&self, segment: &Segment) -> Option<usize> {
        let own = || Some(self.own.load(IndexOrdering::Acquire)).filter(|own| *own != 0);
        own().or_else(|| {
            let mut state = lock(&self.state);
            // Another thread may have been faster.
            own().or_else(|| {
                let claimed = self.claim_in(&mut state, segment, OwnerKind::Whole)?;
                self.own.store(claimed, IndexOrdering::Release);
                Some(claimed)
            })
        })
    }

    /// By which number others know the process.
    pub(crate) fn process_number(&self) -> u32 {
        let given = self.number.load(Ordering::Relaxed).checked_sub(1);
        given.map_or_else(process_id, |number| number as u32)
    }

    /// Gives the process another number than its process id.
    pub(crate) fn set_process_number(&self, segment: &Segment, number: u32) {
        // No slab comes in or goes meanwhile.
        let _state = lock(&self.state);
        self.number.store(u64::from(number) + 1, Ordering::Relaxed);
        for window in 1..self.slabs.len() {
            if let Some(slab) = self.slab_behind(window) {
                let owner = segment.word(segment.layout().slab_row(slab) + row::OWNER);
                let kind = owner.load(Ordering::Relaxed) >> 32;
                owner.store(kind << 32 | u64::from(number), Ordering::Release);
            }
        }
    }

    /// Gives up the slab in which the process tells of itself, as the process's end would. It gets another one when it
    /// has something to say again.
    pub(crate) fn leave_own_slab(&self) {
        let mut state = lock(&self.state);
        let window = self.own.swap(0, IndexOrdering::AcqRel);
        let slab = self.slabs.get(window).map(|slab| slab.swap(COMMON_SLAB, IndexOrdering::AcqRel));
        if let Some(slab) = slab.filter(|slab| *slab != COMMON_SLAB) {
            // The window stays taken: who is about to write there must not write to another's slab.
            if let Some(words) = self.window(window) {
                words.clear();
            }
            state.file().unlock(slab);
        }
    }

    /// Takes a writer's slab back, for the next writer of this process.
    pub(crate) fn release(&self, window: usize) {
        if let Some(holder) = lock(&self.state).holders.get_mut(window) {
            // A fork's child may have found no slab to put behind it.
            let slab = self.slab_behind(window);
            *holder = slab.map_or(Holder::Nobody, |_| Holder::NextWriter);
        }
    }

    /// Puts a slab that nobody has behind a window.
    fn give_slab(
        &self,
        segment: &Segment,
        file: &SharedFile,
        window: usize,
        kind: OwnerKind,
    ) -> Option<usize> {
        let slab = self.take_slab(segment, file, kind)?;
        if self.open_window(segment, window, slab).is_none() {
            if let Some(words) = self.window(window) {
                // Some of its pages may have come in.
                words.clear();
            }
            file.unlock(slab);
            return None;
        }
        segment.begin_ownership(slab, kind);
        self.slabs.get(window)?.store(slab, IndexOrdering::Release);
        Some(slab)
    }

    fn open_window(&self, segment: &Segment, window: usize, slab: usize) -> Option<()> {
        let words = self.windows.get(window)?;
        let start = segment.layout().slab_cells(slab).start;
        let words = match words.get() {
            Some(words) => words,
            None => {
                let new = Window::new(segment.layout().geometry.cells)?;
                // Where pages cannot have a second address (under valgrind), it must be known before somebody
                // relies on it.
                if !new.take_in(0..PAGE_CELLS, segment.mapping(), start) {
                    return None;
                }
                words.get_or_init(|| new)
            }
        };
        if !words.clear() {
            return None;
        }
        for pages in segment.touched_runs(slab) {
            let cells = pages.start * PAGE_CELLS..pages.end * PAGE_CELLS;
            let from = start + cells.start;
            if !words.take_in(cells, segment.mapping(), from) {
                return None;
            }
        }
        Some(())
    }

    /// Locks a slab of which the owner is gone. A writer's is the first one, so that sums have few slabs to go over;
    /// what was counted in it stays. A process's is one that never had an owner, and when there is none, the one of which
    /// the owner came first: what an ended process said of itself goes with it, so that is to be kept as long as can be.
    fn take_slab(&self, segment: &Segment, file: &SharedFile, kind: OwnerKind) -> Option<usize> {
        let geometry = segment.layout().geometry;
        let mut numbers: Vec<usize> = if kind == OwnerKind::Whole {
            (geometry.slabs..segment.layout().slabs()).collect()
        } else {
            (COMMON_SLAB + 1..geometry.slabs).collect()
        };
        if kind == OwnerKind::Whole {
            numbers.sort_by(|a, b| segment.owned_since(*a).total_cmp(&segment.owned_since(*b)));
        }
        numbers.into_iter().find(|slab| !self.owns(*slab) && file.try_lock(*slab))
    }

    /// Whether the slab is this process's.
    fn owns(&self, slab: usize) -> bool {
        self.slabs.iter().any(|own| own.load(IndexOrdering::Acquire) == slab)
    }

    /// Whether the slab has an owner that is there. Where nobody can tell, it has.
    pub(crate) fn has_owner(&self, slab: usize) -> bool {
        self.owns(slab) || lock(&self.state).file().is_locked(slab).unwrap_or(true)
    }

    /// Whether another process has the segment. Where nobody can tell, one has.
    pub(crate) fn has_others(&self, segment: &Segment) -> bool {
        lock(&self.state).file().is_locked(presence(segment.layout())).unwrap_or(true)
    }

    /// Finds memory for words of the segment; whether there is some.
    pub(crate) fn allocate(&self, segment: &Segment, words: Range<usize>) -> bool {
        self.is_view || segment.mapping().allocate(words, || self.clone_of_file())
    }

    fn clone_of_file(&self) -> Option<File> {
        lock(&self.state).file().get()?.try_clone().ok()
    }

    /// Finds memory for a page of a slab that is written through a window, or of the common one.
    pub(crate) fn touch(
        &self,
        segment: &Segment,
        slab: usize,
        window: Option<usize>,
        page: usize,
    ) -> bool {
        self.touch_in(segment, slab, window, page, || self.clone_of_file())
    }

    fn touch_in(
        &self,
        segment: &Segment,
        slab: usize,
        window: Option<usize>,
        page: usize,
        file: impl Fn() -> Option<File>,
    ) -> bool {
        let cells = page * PAGE_CELLS..(page + 1) * PAGE_CELLS;
        let from = segment.layout().slab_cells(slab).start + cells.start;
        if !self.is_view && !segment.mapping().allocate(from..from + PAGE_CELLS, file) {
            return false;
        }
        let Some(window) = window else { return true };
        self.window(window).is_some_and(|words| words.take_in(cells, segment.mapping(), from))
    }

    /// In a fork's child, which has the parent's memory but must not write to the parent's slabs: puts slabs
    /// of its own behind the windows that go on, those of `own` and of writers that are no threads. What is
    /// written to a window without a slab goes nowhere.
    pub(crate) fn renew_in_child(&self, segment: &Segment, own: Option<usize>) {
        if self.is_view {
            return;
        }
        let mut state = lock(&self.state);
        // The parent's locks hang on its description of the file, which parent and child have together.
        let file = state.file.reopened();
        let file = file
            .filter(|file| file.get().is_some_and(|file| segment.mapping().renew(file.as_fd())));
        let can_lock = file.is_some();
        if let Some(file) = file {
            file.hold(presence(segment.layout()));
            state.file.replace(file);
        }
        state.pins.clear();
        self.number.store(0, Ordering::Relaxed);
        let whole = self.own.load(IndexOrdering::Acquire);
        let parents: Vec<usize> =
            self.slabs.iter().map(|slab| slab.swap(COMMON_SLAB, IndexOrdering::AcqRel)).collect();
        for (window, parents_slab) in parents.into_iter().enumerate() {
            if let Some(words) = self.window(window) {
                words.clear();
            }
            let State { file, holders, .. } = &mut *state;
            let Some(holder) = holders.get_mut(window) else { continue };
            let kind = match *holder {
                Holder::Writer(OwnerKind::Thread) if own != Some(window) => None,
                // Left by `leave_own_slab`.
                Holder::Writer(OwnerKind::Whole) if whole != window => None,
                Holder::Writer(kind) => Some(kind),
                Holder::Nobody | Holder::NextWriter => None,
            };
            let slab = kind
                .filter(|_| can_lock)
                .and_then(|kind| self.give_slab(segment, file, window, kind));
            let Some(slab) = slab else {
                // Those that are no threads keep addresses in their window: nobody else gets it.
                if matches!(kind, None | Some(OwnerKind::Thread)) {
                    *holder = Holder::Nobody;
                }
                continue;
            };
            // Whoever keeps the address of a cell writes there without a look.
            for page in segment.touched_runs(parents_slab).into_iter().flatten() {
                let file = || file.get()?.try_clone().ok();
                if self.touch_in(segment, slab, Some(window), page, file) {
                    segment.mark_page(slab, page);
                }
            }
        }
    }
}

/// The byte of which all processes that have the segment hold the lock.
fn presence(layout: &Layout) -> usize {
    layout.slabs()
}

impl Segment {
    /// Makes a slab the caller's, who has its lock: what a dead owner said about itself goes with it.
    fn begin_ownership(&self, slab: usize, kind: OwnerKind) {
        let at = self.layout().slab_row(slab);
        let owner = self.word(at + row::OWNER);
        if owner.load(Ordering::Acquire) != 0 {
            self.zero_owned_cells(slab);
        }
        owner.store((kind as u64) << 32 | u64::from(self.process_number()), Ordering::Release);
        let claims = self.word(at + row::CLAIMS);
        claims.store(claims.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.map_or(0.0, |since| since.as_secs_f64());
        self.word(at + row::SINCE).store(now.to_bits(), Ordering::Relaxed);
        self.word(at + row::EXPORTS).store(0, Ordering::Relaxed);
        self.word(header::SLABS_USED).fetch_max(slab as u64 + 1, Ordering::AcqRel);
    }

    fn mark_page(&self, slab: usize, page: usize) {
        if let Some(bits) = self.range(self.layout().touched(slab)).get(page / 64) {
            bits.fetch_or(1 << (page % 64), Ordering::Release);
        }
    }

    /// Since when the slab's owner has or had it, in Unix seconds; 0 for a slab that never had one.
    fn owned_since(&self, slab: usize) -> f64 {
        let since = self.word(self.layout().slab_row(slab) + row::SINCE);
        f64::from_bits(since.load(Ordering::Relaxed))
    }

    /// The pages of a slab that were ever written, as ranges.
    fn touched_runs(&self, slab: usize) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        // Behind the bits of all pages there may be some more, of no meaning.
        let words = self.layout().geometry.cells / PAGE_CELLS / 64;
        let words = self.range(self.layout().touched(slab)).iter().take(words);
        for (at, word) in words.enumerate() {
            let bits = word.load(Ordering::Acquire);
            for page in (0..64).filter(|bit| bits >> bit & 1 == 1).map(|bit| at * 64 + bit) {
                match runs.last_mut() {
                    Some(run) if run.end == page => run.end += 1,
                    _ => runs.push(page..page + 1),
                }
            }
        }
        runs
    }
}
