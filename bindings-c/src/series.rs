//! Updates of a series that its inline functions leave to the library.

use metrion_core::{ThreadSlab, thread_slabs};

use crate::family::unsupported;
use crate::handle::Series;
use crate::status::{Result, Status, done};
use crate::text::{Label, Text, pairs};
use metrion_core::Handle as AnySeries;

/// Gives a handle back; the series stays in its family. A null handle is no error, one that was freed is
/// `not_found`.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_series_free(series: Series) -> Status {
    done(|| series.free())
}

/// The calling thread's table of slabs, for the inline functions. It is good for as long as the thread
/// runs.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_thread_slabs() -> *const ThreadSlab {
    thread_slabs()
}

/// `metrion_add`, out of line: for languages that cannot inline C.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_series_add(series: Series, amount: f64) -> Status {
    done(|| series.get()?.add(amount))
}

/// `metrion_set`, out of line.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_series_set(series: Series, value: f64) -> Status {
    done(|| series.get()?.set(value))
}

/// `metrion_observe`, out of line.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_series_observe(series: Series, value: f64) -> Status {
    done(|| series.get()?.observe(value))
}

/// Adds to a counter and keeps what was added as its exemplar. The labels say where it comes from, for
/// instance `trace_id`.
///
/// Fails with `invalid_value` as `metrion_add`, `invalid_exemplar` when the labels are too long or wrong:
/// nothing is added then.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_add_with_exemplar(
    series: Series,
    amount: f64,
    labels: *const Label,
    count: usize,
) -> Status {
    done(|| match series.get()? {
        AnySeries::Counter(counter) => counter.add_with_exemplar(amount, &pairs(labels, count)?),
        _ => Err(unsupported("adding with an exemplar is for counters")),
    })
}

/// Gives a histogram an observation and keeps it as its bucket's exemplar.
///
/// Fails with `invalid_exemplar` when the labels are too long or wrong: nothing is counted then.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_observe_with_exemplar(
    series: Series,
    value: f64,
    labels: *const Label,
    count: usize,
) -> Status {
    done(|| match series.get()? {
        AnySeries::Histogram(histogram) => {
            histogram.observe_with_exemplar(value, &pairs(labels, count)?)
        }
        _ => Err(unsupported("observing with an exemplar is for histograms")),
    })
}

/// Sets what an info says, instead of what it said before.
///
/// Fails with `invalid_name` and `reserved_name` for wrong names, `label_mismatch` for one that is a label
/// of the family, `limit_reached` when the registry is full.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_set_info(series: Series, labels: *const Label, count: usize) -> Status {
    done(|| series.get()?.set_info(&pairs(labels, count)?))
}

/// Makes one state of a state set hold and no other. Fails with `invalid_value` when it is not one of the
/// family's states.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_set_state(series: Series, state: Text) -> Status {
    change_state(series, state, |states, state| states.set_only(state))
}

/// Makes one state of a state set hold, or not, and leaves the others: for one thread at a time.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_change_state(series: Series, state: Text, holds: bool) -> Status {
    change_state(series, state, |states, state| states.set(state, holds))
}

fn change_state(
    series: Series,
    state: Text,
    change: impl FnOnce(&metrion_core::StateSet, &str) -> Result<()>,
) -> Status {
    done(|| match series.get()? {
        // SAFETY: what callers of the library promise.
        AnySeries::StateSet(states) => change(states, &unsafe { state.name("the state")? }),
        _ => Err(unsupported("states are those of state sets")),
    })
}
