//! When the series of a family moved last.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use metrion_model::{FamilySnapshot, MetricType};
use metrion_slab::{EntryKind, hash};

use crate::series::Series;

/// What is known of each series, by its entry number, from one collection to the next.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    series: HashMap<u32, Seen>,
}

#[derive(Debug)]
struct Seen {
    numbers: u64,
    /// In [`Context::seconds`](crate::definition::Context::seconds).
    moved: f64,
}

/// Words in which processes that share a series tell each other what they saw: the numbers, and when they moved.
const WORDS: u32 = 2;

impl Activity {
    /// Compares the rows of a snapshot with what they were. `rows` are entry numbers and where their
    /// rows are.
    pub(crate) fn watch<'a>(
        &mut self,
        rows: impl Iterator<Item = (&'a Series, usize)>,
        family: &FamilySnapshot,
        now: f64,
    ) {
        for (series, row) in rows {
            let numbers = digest(family, row);
            let number = series.entry.number;
            let seen = self.series.entry(number).or_insert(Seen { numbers, moved: now });
            if series.context.is_shared() {
                *seen = seen_by_all(series, numbers, now);
            } else if seen.numbers != numbers {
                *seen = Seen { numbers, moved: now };
            }
        }
    }

    /// When a series moved last, by the time that it was watched with.
    pub(crate) fn moved(&self, number: u32) -> Option<f64> {
        self.series.get(&number).map(|seen| seen.moved)
    }

    pub(crate) fn forget(&mut self, number: u32) {
        self.series.remove(&number);
    }
}

/// What the processes that share a series saw of it last, which is what this one sees now.
fn seen_by_all(series: &Series, numbers: u64, now: f64) -> Seen {
    let seen = Seen { numbers, moved: now };
    // Without room for it, a series does not expire.
    let Ok(part) = series.part(EntryKind::Activity, b"", 0, WORDS) else { return seen };
    let [known, moved] = series.segment.payload(&part) else { return seen };
    if known.load(Ordering::Acquire) == numbers && moved.load(Ordering::Relaxed) != 0 {
        return Seen { numbers, moved: f64::from_bits(moved.load(Ordering::Relaxed)) };
    }
    moved.store(now.to_bits(), Ordering::Relaxed);
    known.store(numbers, Ordering::Release);
    seen
}

/// A number that changes with those of the row, the same in all processes.
fn digest(family: &FamilySnapshot, row: usize) -> u64 {
    let values = family.row(row);
    let values = match family.schema().metric_type {
        // Its quantiles change by age alone.
        MetricType::Summary => values.get(values.len().saturating_sub(2)..).unwrap_or_default(),
        _ => values,
    };
    // What an info says is in its labels.
    let is_info = family.schema().metric_type == MetricType::Info;
    let labels = if is_info { family.labels().text(row) } else { "" };
    values.iter().fold(hash(labels.as_bytes(), 0), |seed, value| hash(&value.to_le_bytes(), seed))
}
