//! Families: their series, and views of them.

use metrion_core::{Error, ErrorCode};

use crate::handle::{AnyFamily, Family, Series, with_family};
use crate::status::{Status, done, returning};
use crate::text::{Label, Text, pairs, with_values};

/// Gives a handle back; the family stays in its registry. A null handle is no error, one that was freed
/// is `not_found`.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_family_free(family: Family) -> Status {
    done(|| family.free())
}

/// The series with these label values, in the order of the label names; made when it is new. Past the
/// series limit it is the overflow series. The handle is the caller's to free; for one update without a
/// handle see `metrion_family_add`.
///
/// Fails with `label_mismatch` when their number is not that of the label names, `invalid_label_value`
/// for what is not UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_labels(
    family: Family,
    values: *const Text,
    count: usize,
    out: *mut Series,
) -> Status {
    let find = || {
        let family = family.get()?;
        with_values(
            values,
            count,
            |values| with_family!(family, family => Ok(Series::new(family.labels(values)?.clone()))),
        )
    };
    // SAFETY: what callers of the library promise.
    unsafe { returning(out, find) }
}

/// As `metrion_labels`, with the labels named in any order.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_labels_by_name(
    family: Family,
    labels: *const Label,
    count: usize,
    out: *mut Series,
) -> Status {
    let find = || {
        let labels = pairs(labels, count)?;
        with_family!(family.get()?, family => {
            Ok(Series::new(family.labels_by_name(&labels)?.clone()))
        })
    };
    // SAFETY: what callers of the library promise.
    unsafe { returning(out, find) }
}

/// A view of the family in which these labels have a fixed value. It is a family, too.
///
/// Fails with `label_mismatch` when one is not a label of the family or is fixed already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_curry(
    family: Family,
    labels: *const Label,
    count: usize,
    out: *mut Family,
) -> Status {
    let view = || {
        let labels = pairs(labels, count)?;
        with_family!(family.get()?, family => Ok(Family::new(family.curry(&labels)?)))
    };
    // SAFETY: what callers of the library promise.
    unsafe { returning(out, view) }
}

/// Adds to the counter or gauge with these label values, without a handle to it.
///
/// Fails as `metrion_labels` and `metrion_add` do; nothing is added then.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_family_add(
    family: Family,
    values: *const Text,
    count: usize,
    amount: f64,
) -> Status {
    done(|| match family.get()? {
        AnyFamily::Counter(family) => {
            with_values(values, count, |values| family.labels(values)?.checked_add(amount))
        }
        AnyFamily::Gauge(family) => with_values(values, count, |values| {
            family.labels(values)?.add(amount);
            Ok(())
        }),
        _ => Err(unsupported("only counters and gauges are added to")),
    })
}

/// Sets the gauge with these label values, without a handle to it.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_family_set(
    family: Family,
    values: *const Text,
    count: usize,
    value: f64,
) -> Status {
    done(|| match family.get()? {
        AnyFamily::Gauge(family) => {
            with_values(values, count, |values| family.labels(values)?.set(value))
        }
        _ => Err(unsupported("only gauges are set")),
    })
}

/// Gives the histogram or summary with these label values an observation, without a handle to it.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_family_observe(
    family: Family,
    values: *const Text,
    count: usize,
    value: f64,
) -> Status {
    done(|| match family.get()? {
        AnyFamily::Histogram(family) => with_values(values, count, |values| {
            family.labels(values)?.observe(value);
            Ok(())
        }),
        AnyFamily::Summary(family) => with_values(values, count, |values| {
            family.labels(values)?.observe(value);
            Ok(())
        }),
        _ => Err(unsupported("only histograms and summaries observe")),
    })
}

/// Removes one series. It is no error when there is none. Handles to it stay valid and write nowhere
/// visible. A family without labels keeps its one series: removing sets it to zero.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_remove(family: Family, values: *const Text, count: usize) -> Status {
    done(|| {
        let family = family.get()?;
        with_values(values, count, |values| {
            with_family!(family, family => family.remove(values)).map(drop)
        })
    })
}

/// Removes every series that has these labels among its own. `removed`, which may be null, gets how many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_remove_matching(
    family: Family,
    labels: *const Label,
    count: usize,
    removed: Option<&mut usize>,
) -> Status {
    done(|| {
        let labels = pairs(labels, count)?;
        let number = with_family!(family.get()?, family => family.remove_matching(&labels)?);
        removed.into_iter().for_each(|out| *out = number);
        Ok(())
    })
}

/// Removes all series.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_clear(family: Family) -> Status {
    done(|| {
        with_family!(family.get()?, family => family.clear());
        Ok(())
    })
}

/// Sets all series to zero and their creation time to now, without removing them.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_reset(family: Family) -> Status {
    done(|| {
        with_family!(family.get()?, family => family.reset());
        Ok(())
    })
}

/// How many series the family has, without the overflow series.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_series_count(family: Family, out: *mut usize) -> Status {
    // SAFETY: what callers of the library promise.
    unsafe { returning(out, || Ok(with_family!(family.get()?, family => family.len()))) }
}

pub(crate) fn unsupported(what: &str) -> Error {
    Error::new(ErrorCode::Unsupported, what)
}
