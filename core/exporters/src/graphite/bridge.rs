use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use metrion_model::{Error, ErrorCode, NameFilter, Result};

use super::GraphiteOptions;
use super::client::send;
use super::lines::lines;
use crate::Scrape;

/// Sends the metrics of `source` from a thread of its own, now and then every `interval`, until the
/// bridge is stopped or the process ends. After a push that takes longer than the interval the next one
/// begins at once. What fails is counted and told to `on_failure`; nothing of it is kept.
///
/// After fork() the child has no such thread.
///
/// # Errors
/// `invalid_value` for an interval of nothing and for a wrong prefix, `io` when there is no thread to
/// be had.
pub fn start(
    source: impl Scrape,
    options: GraphiteOptions,
    interval: Duration,
    on_failure: impl Fn(&Error) + Send + 'static,
) -> Result<GraphiteBridge> {
    options.check()?;
    if interval.is_zero() {
        let message = "the interval of pushes must be longer than nothing";
        return Err(Error::new(ErrorCode::InvalidValue, message));
    }
    let shared = Arc::new(Shared::default());
    let own = Arc::clone(&shared);
    thread::Builder::new()
        .name("metrion-graphite".to_owned())
        .spawn(move || run(&own, &source, &options, interval, &on_failure))
        .map_err(|error| Error::io("cannot start a thread", &error))?;
    Ok(GraphiteBridge { process: process::id(), shared })
}

/// Metrics on their way to Graphite. Dropping it leaves them on it until the process ends.
#[derive(Debug)]
pub struct GraphiteBridge {
    process: u32,
    shared: Arc<Shared>,
}

/// How the pushes of a bridge went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GraphiteStats {
    /// How many succeeded.
    pub pushed: u64,
    /// How many failed.
    pub failed: u64,
}

impl GraphiteBridge {
    /// Ends it: no further push begins, and once this returns neither the source nor `on_failure` is
    /// being called. What is being sent is still sent.
    pub fn stop(&self) {
        // A fork's child has no thread, and what that held it holds here for ever.
        if self.process != process::id() {
            return;
        }
        let mut state = self.shared.lock();
        state.is_stopped = true;
        self.shared.changed.notify_all();
        // Whoever is called by the thread may stop it, and must not wait for itself.
        let own = thread::current().id();
        while state.calling.is_some_and(|caller| caller != own) {
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// How the pushes went so far.
    #[must_use]
    pub fn stats(&self) -> GraphiteStats {
        self.shared.lock().stats
    }
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_stopped: bool,
    /// The thread that calls the source or `on_failure` now.
    calling: Option<ThreadId>,
    stats: GraphiteStats,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls what `stop` waits for; `None` once it was stopped.
    fn call<T>(&self, what: impl FnOnce() -> T) -> Option<T> {
        let mut state = self.lock();
        if state.is_stopped {
            return None;
        }
        state.calling = Some(thread::current().id());
        drop(state);
        // Its end is told even when it panics.
        let _calling = Calling(self);
        Some(what())
    }

    /// Waits, at most so long; whether it was stopped meanwhile.
    fn is_stopped_within(&self, pause: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), pause, |state| !state.is_stopped);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_stopped
    }
}

struct Calling<'a>(&'a Shared);

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        self.0.lock().calling = None;
        self.0.changed.notify_all();
    }
}

fn run(
    shared: &Shared,
    source: &dyn Scrape,
    options: &GraphiteOptions,
    interval: Duration,
    on_failure: &dyn Fn(&Error),
) {
    loop {
        let start = Instant::now();
        let collect = || lines(&source.scrape(&NameFilter::all()), options);
        let Some(lines) = shared.call(|| catch_unwind(AssertUnwindSafe(collect))) else { return };
        let panicked = |_| Error::new(ErrorCode::Io, "a collector panicked");
        match lines.map_err(panicked).and_then(|lines| send(&lines, options)) {
            Ok(()) => shared.lock().stats.pushed += 1,
            Err(error) => {
                shared.lock().stats.failed += 1;
                shared.call(|| on_failure(&error));
            }
        }
        if shared.is_stopped_within(interval.saturating_sub(start.elapsed())) {
            return;
        }
    }
}
