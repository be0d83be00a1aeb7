//! When the series of a family moved last.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use metrion_model::{FamilySnapshot, MetricType};

/// What is known of each series, by its entry number, from one collection to the next.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    series: HashMap<u32, Seen>,
}

#[derive(Debug)]
struct Seen {
    numbers: u64,
    /// Monotonic seconds.
    moved: f64,
}

impl Activity {
    /// Compares the rows of a snapshot with what they were. `rows` are entry numbers and where their
    /// rows are.
    pub(crate) fn watch(
        &mut self,
        rows: impl Iterator<Item = (u32, usize)>,
        family: &FamilySnapshot,
        now: f64,
    ) {
        for (number, row) in rows {
            let numbers = digest(family, row);
            let seen = self.series.entry(number).or_insert(Seen { numbers, moved: now });
            if seen.numbers != numbers {
                *seen = Seen { numbers, moved: now };
            }
        }
    }

    /// When a series moved last, in monotonic seconds.
    pub(crate) fn moved(&self, number: u32) -> Option<f64> {
        self.series.get(&number).map(|seen| seen.moved)
    }

    pub(crate) fn forget(&mut self, number: u32) {
        self.series.remove(&number);
    }
}

/// A number that changes with those of the row.
fn digest(family: &FamilySnapshot, row: usize) -> u64 {
    let values = family.row(row);
    let values = match family.schema().metric_type {
        // Its quantiles change by age alone.
        MetricType::Summary => values.get(values.len().saturating_sub(2)..).unwrap_or_default(),
        _ => values,
    };
    let mut hasher = DefaultHasher::new();
    values.iter().for_each(|value| value.to_bits().hash(&mut hasher));
    // What an info says is in its labels.
    if family.schema().metric_type == MetricType::Info {
        family.labels().text(row).hash(&mut hasher);
    }
    hasher.finish()
}
