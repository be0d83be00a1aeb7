//! Counts of observations by upper bound, and their sum.

use std::sync::Arc;

use metrion_slab::{OwnedCells, ProcessWriter};

use crate::bounds::Bounds;
use crate::family::{Definition, Metric};
use crate::series::Series;

/// One series of a histogram family. Cloning gives another handle to the same series.
///
/// Its cells are the count of each bucket alone, the bucket to infinity last, and then the sum.
/// `_count` is the sum of the counts by construction; `_sum` may differ from it by updates in flight.
#[derive(Clone, Debug)]
pub struct Histogram {
    series: Arc<Series>,
    bounds: Arc<Bounds>,
}

/// The numbers of a histogram at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramValue {
    /// The count of each bucket alone (not cumulative), the bucket to infinity last.
    pub counts: Vec<f64>,
    /// The sum of the observations.
    pub sum: f64,
}

impl Histogram {
    /// Counts one observation. NaN belongs to no bucket: it is dropped and counted.
    #[inline]
    pub fn observe(&self, value: f64) {
        if value.is_nan() {
            return self.series.segment.count_invalid();
        }
        let bounds = &*self.bounds;
        let first = self.series.cell();
        let bucket = first + bounds.bucket(value) as u32;
        let sum = first + bounds.as_slice().len() as u32 + 1;
        self.series.segment.add_both(bucket, sum, value);
    }

    /// The counts and the sum over all writers.
    #[must_use]
    pub fn get(&self) -> HistogramValue {
        let mut counts = vec![0.0; self.bounds.as_slice().len() + 2];
        self.series.segment.sum_into(self.series.cell(), &mut counts);
        let sum = counts.pop().unwrap_or_default();
        HistogramValue { counts, sum }
    }

    /// The finite upper bounds and the table that finds a value's bucket.
    #[must_use]
    pub fn bounds(&self) -> &Arc<Bounds> {
        &self.bounds
    }

    /// A writer's own cells by their addresses, in the order of [`Histogram`]'s cells; see
    /// [`crate::Counter::cell_of`].
    #[must_use]
    pub fn cells_of(&self, writer: &ProcessWriter) -> OwnedCells {
        writer.cells(self.series.cell(), self.bounds.as_slice().len() + 2)
    }

    /// Counts an observation that no bucket takes.
    #[cold]
    pub fn count_invalid(&self) {
        self.series.segment.count_invalid();
    }
}

impl Metric for Histogram {
    fn new(series: Arc<Series>, definition: &Definition) -> Self {
        Self { series, bounds: Arc::clone(&definition.bounds) }
    }

    fn series(&self) -> &Arc<Series> {
        &self.series
    }
}
