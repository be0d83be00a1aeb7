//! What a case is.

use std::time::{Duration, Instant};

/// Does its work a number of times and tells how long that took.
///
/// It keeps its own time so that what it sets up or drops need not count. Any number of threads call
/// it at once.
pub type Run = Box<dyn Fn(u64) -> Duration + Send + Sync>;

/// One thing to measure, which everyone does in the same way.
pub struct Row {
    /// Names the row for people.
    pub title: &'static str,
    /// With how many threads it is measured, once with each.
    pub threads: &'static [usize],
    /// What Metrion does.
    pub ours: Run,
    /// What the others do.
    pub peers: Vec<Peer>,
}

/// What another crate does.
pub struct Peer {
    /// The crate.
    pub name: &'static str,
    /// How many times slower it should be than Metrion: one number for each of [`Row::threads`], or
    /// none at all.
    pub goals: &'static [f64],
    /// What it does.
    pub run: Run,
}

impl Peer {
    pub(crate) fn new(name: &'static str, run: Run) -> Self {
        Self { name, goals: &[], run }
    }

    pub(crate) fn with_goals(self, goals: &'static [f64]) -> Self {
        Self { goals, ..self }
    }
}

/// A case whose work is over and done with each time. `work` gets the number of the time.
///
/// Whoever writes `work` puts a `black_box` around the handle that it uses, so that each time finds
/// its way to the cell anew, as code that does something else in between has to.
pub(crate) fn repeat(work: impl Fn(u64) + Send + Sync + 'static) -> Run {
    Box::new(move |times| {
        let start = Instant::now();
        for time in 0..times {
            work(time);
        }
        start.elapsed()
    })
}
