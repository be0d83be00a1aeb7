//! Counts of observations by upper bound, and their sum.

use std::sync::Arc;

use metrion_model::{Exemplar, FamilySnapshot, NativeHistogram, Result, Value};
use metrion_slab::{OwnedCells, Owners, ProcessWriter};

use crate::bounds::Bounds;
use crate::definition::Kind;
use crate::exponential::Exponential;
use crate::family::Metric;
use crate::series::{CellAddress, Series};
use crate::timer::HistogramTimer;

/// One series of a histogram family. Cloning gives another handle to the same series.
///
/// Its cells are the count of each bucket alone, the bucket to infinity last, and then the sum.
/// `_count` is the sum of the counts by construction; `_sum` may differ from it by updates in flight.
/// With native buckets only, the counts are of those.
#[derive(Clone, Debug)]
pub struct Histogram {
    series: Arc<Series>,
    bounds: Arc<Bounds>,
    native: Option<Arc<Exponential>>,
}

/// The numbers of a histogram at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramValue {
    /// The count of each bucket alone (not cumulative), the bucket to infinity last.
    pub counts: Vec<f64>,
    /// The sum of the observations.
    pub sum: f64,
    /// The native buckets, if it has any.
    pub native: Option<NativeHistogram>,
}

/// How many exemplars a histogram without classic buckets keeps: as many as Prometheus' Go client.
const NATIVE_EXEMPLARS: usize = 10;

impl Histogram {
    /// Counts one observation. NaN belongs to no bucket: it is dropped and counted.
    #[inline(always)] // a call costs a third of what it does
    pub fn observe(&self, value: f64) {
        if value.is_nan() || self.native.is_some() {
            return self.observe_rare(value);
        }
        self.observe_classic(value);
    }

    #[inline(always)]
    fn observe_classic(&self, value: f64) {
        let first = self.series.cell();
        let bucket = first + self.bounds.bucket(value) as u32;
        let sum = first + self.bounds.buckets() as u32;
        self.series.segment.observe(bucket, sum, value);
    }

    /// Counts what is not just two cells.
    #[inline(never)]
    fn observe_rare(&self, value: f64) {
        if value.is_nan() {
            return self.series.segment.count_invalid();
        }
        let Some(native) = &self.native else { return };
        if !native.observe(value) {
            // Without room for its bucket, the observation is nowhere: its count and sum belong
            // together.
            return self.series.segment.count_overflow();
        }
        if self.is_native_only() {
            // Behind the one classic bucket, which nobody counts in.
            self.series.segment.add(self.series.cell() + 1, value);
        } else {
            self.observe_classic(value);
        }
    }

    /// Counts one observation and keeps it as the last example of its bucket. `labels` tell where it
    /// comes from, for instance `trace_id`.
    ///
    /// # Errors
    /// `invalid_exemplar` when the labels are too long or wrong; nothing is counted then.
    pub fn observe_with_exemplar(&self, value: f64, labels: &[(&str, &str)]) -> Result<()> {
        let now = self.series.context.clock.unix_seconds();
        let exemplar = Exemplar::new(labels.iter().copied(), value, Some(now))?;
        self.observe(value);
        if !value.is_nan() {
            let place = self.exemplar_place(value);
            self.series.exemplars().set(&self.series, place, self.exemplar_places(), &exemplar);
        }
        Ok(())
    }

    /// As [`Histogram::observe`], with the span that the caller is in as the exemplar, if the registry
    /// was told how to find it and the span is sampled.
    pub fn observe_in_span(&self, value: f64) {
        match self.series.context.span_labels() {
            // A span's ids always fit; what there is no room for is left out.
            Some(labels) => drop(self.observe_with_exemplar(value, &labels.as_pairs())),
            None => self.observe(value),
        }
    }

    /// Whether there are only native buckets.
    fn is_native_only(&self) -> bool {
        self.native.is_some() && self.bounds.as_slice().is_empty()
    }

    fn exemplar_places(&self) -> usize {
        if self.is_native_only() { NATIVE_EXEMPLARS } else { self.bounds.as_slice().len() + 1 }
    }

    fn exemplar_place(&self, value: f64) -> usize {
        if !self.is_native_only() {
            return self.bounds.bucket(value);
        }
        // Neighbouring powers of two have different places.
        let exponent = (value.to_bits() >> 52) as usize & 0x7ff;
        exponent % NATIVE_EXEMPLARS
    }

    /// Starts to measure time. The seconds until the timer is stopped or dropped are one observation.
    pub fn start_timer(&self) -> HistogramTimer {
        HistogramTimer::new(self.clone(), Arc::clone(&self.series.context.clock))
    }

    /// Calls a function and observes the seconds that it takes.
    pub fn time<T>(&self, function: impl FnOnce() -> T) -> T {
        let _timer = self.start_timer();
        function()
    }

    /// The counts and the sum over all writers.
    #[must_use]
    pub fn get(&self) -> HistogramValue {
        let Some(native) = &self.native else {
            let (counts, sum) = self.cells();
            return HistogramValue { counts, sum, native: None };
        };
        let ((mut counts, sum), native) = native.read(|| self.cells());
        if let [count] = counts.as_mut_slice() {
            *count = native.count();
        }
        HistogramValue { counts, sum, native: Some(native) }
    }

    fn cells(&self) -> (Vec<f64>, f64) {
        let mut counts = vec![0.0; self.bounds.as_slice().len() + 2];
        self.series.segment.sum_into(self.series.cell(), &mut counts);
        let sum = counts.pop().unwrap_or_default();
        (counts, sum)
    }

    /// The finite upper bounds and the table that finds a value's bucket.
    #[must_use]
    pub fn bounds(&self) -> &Arc<Bounds> {
        &self.bounds
    }

    /// Whether it counts in native buckets, too: then [`Histogram::cells_of`] is not all of it.
    #[must_use]
    pub fn is_native(&self) -> bool {
        self.native.is_some()
    }

    /// A writer's own cells by their addresses, in the order of [`Histogram`]'s cells; see
    /// [`crate::Counter::cell_of`].
    #[must_use]
    pub fn cells_of(&self, writer: &ProcessWriter) -> OwnedCells {
        writer.cells(self.series.cell(), self.bounds.as_slice().len() + 2)
    }

    /// Where its cells are: one for each bucket, the one to infinity last, and then the sum.
    #[must_use]
    pub fn address(&self) -> CellAddress<'_> {
        self.series.address()
    }

    /// Counts an observation that no bucket takes.
    #[cold]
    pub fn count_invalid(&self) {
        self.series.segment.count_invalid();
    }
}

impl Metric for Histogram {
    fn new(series: Arc<Series>) -> Self {
        let definition = &series.context.definition;
        let bounds = Arc::clone(&definition.bounds);
        let native = match definition.kind {
            Kind::Histogram { native: Some(options) } => {
                let zero = series.cell() + bounds.as_slice().len() as u32 + 2;
                Some(Arc::new(Exponential::new(Arc::clone(&series), options, 0, zero)))
            }
            _ => None,
        };
        Self { series, bounds, native }
    }

    fn series(&self) -> &Arc<Series> {
        &self.series
    }

    fn adopt_parts(&self) {
        self.series.adopt_exemplars(self.exemplar_places());
        self.native.iter().for_each(|native| native.adopt_tables());
    }

    fn collect(&self, labels: &str, family: &mut FamilySnapshot, _: &Owners) -> Result<()> {
        let HistogramValue { counts, sum, native } = self.get();
        family.push_label_text(labels, Value::Histogram { counts: &counts, sum })?;
        if let Some(native) = native {
            family.set_native(family.len() - 1, native);
        }
        Ok(())
    }

    fn reset(&self) {
        match &self.native {
            Some(native) => native.reset_series(),
            None => self.series.reset_cells(),
        }
    }
}
