//! Quantiles of the observations in a sliding window of time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use metrion_model::{Error, ErrorCode, FamilySnapshot, NativeHistogram, Result, Shown, Value};
use metrion_slab::{OwnedCells, Owners, ProcessWriter, lock};

use crate::definition::Kind;
use crate::exponential::Exponential;
use crate::family::Metric;
use crate::native::NativeOptions;
use crate::series::Series;

/// The window of a summary: how old observations may be, and in how many slices they age.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Window {
    /// The allowed error of each quantile, as a share of the rank.
    pub(crate) errors: Vec<f64>,
    pub(crate) max_age_seconds: f64,
    pub(crate) slices: usize,
}

/// A bucket's upper bound is 2^(1/64) times its lower one, so that its middle is within 0.55 % of
/// whatever is in it. A slice whose observations need more buckets than that, which takes a spread of
/// 2^64 to one without gaps, goes on with buckets twice as wide.
const BUCKETS: NativeOptions = NativeOptions {
    schema: 6,
    max_buckets: 4096,
    zero_threshold: 0.0,
    max_zero_threshold: 0.0,
    min_reset_seconds: 0.0,
};

/// More slices than that make nothing better.
const MAX_SLICES: usize = 60;

impl Window {
    /// A short form for error messages.
    pub(crate) fn summary(&self) -> String {
        let (errors, seconds) = (Shown::all(&self.errors), Shown(self.max_age_seconds));
        format!("allowed errors {errors:?}, a window of {seconds} s in {} steps", self.slices)
    }

    pub(crate) fn validated(self) -> Result<Self> {
        let fault = |what: String| Err(Error::new(ErrorCode::InvalidObjectives, what));
        if let Some(bad) = self.errors.iter().find(|error| !(0.0..=1.0).contains(*error)) {
            return fault(format!(
                "the allowed error of a quantile is 0 to 1, not {}",
                Shown(*bad)
            ));
        }
        if !(self.max_age_seconds > 0.0 && self.max_age_seconds.is_finite()) {
            return fault(format!("max_age is above 0, not {}", Shown(self.max_age_seconds)));
        }
        if !(1..=MAX_SLICES).contains(&self.slices) {
            return fault(format!("age_buckets is 1 to {MAX_SLICES}, not {}", self.slices));
        }
        Ok(self)
    }

    /// Words of a series' payload: those of the slices' buckets, then for each slice the number of its
    /// time and 1, or 0 before the first.
    pub(crate) const fn words(slices: usize) -> usize {
        slices * (Exponential::WORDS + 1)
    }
}

/// One series of a summary family. Cloning gives another handle to the same series.
///
/// Its cells are the count and the sum of all observations ever, and, if it has quantiles, the zero
/// bucket of each slice. Quantiles are of the last `max_age` seconds: a ring of `age_buckets` slices, of which the
/// oldest is emptied and used again. Each slice counts in exponential buckets, so an answer is within
/// 1 % of the observation that has the quantile's rank, whatever the distribution. (Logarithmic buckets
/// with that guarantee are those of DDSketch, Masson, Rim and Lee, VLDB 2019.)
#[derive(Clone, Debug)]
pub struct Summary {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    series: Arc<Series>,
    slices: Box<[Exponential]>,
    /// Under which a slice is emptied.
    turn: Mutex<()>,
}

/// The numbers of a summary at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryValue {
    /// The value of each quantile, in the order of the objectives; NaN when nothing was observed
    /// within the window.
    pub quantiles: Vec<f64>,
    /// The sum of all observations ever.
    pub sum: f64,
    /// The number of all observations ever.
    pub count: f64,
}

impl Summary {
    /// Counts one observation. NaN has no rank: it is dropped and counted.
    pub fn observe(&self, value: f64) {
        let series = &self.inner.series;
        if value.is_nan() {
            return series.segment.count_invalid();
        }
        if !self.inner.slices.is_empty()
            && !self.inner.current_slice().is_some_and(|slice| slice.observe(value))
        {
            return series.segment.count_overflow();
        }
        series.segment.observe(series.cell(), series.cell() + 1, value);
    }

    /// Calls a function and observes the seconds that it takes.
    pub fn time<T>(&self, function: impl FnOnce() -> T) -> T {
        let clock = &self.inner.series.context.clock;
        let start = clock.monotonic_seconds();
        let result = function();
        self.observe((clock.monotonic_seconds() - start).max(0.0));
        result
    }

    /// The quantiles, the sum and the count over all writers.
    #[must_use]
    pub fn get(&self) -> SummaryValue {
        let series = &self.inner.series;
        let (count, sum) =
            (series.segment.sum(series.cell()), series.segment.sum(series.cell() + 1));
        let ranked = self.inner.ranked();
        let quantiles = &series.context.definition.schema.quantiles;
        let quantiles = quantiles.iter().map(|quantile| value_at(&ranked, *quantile)).collect();
        SummaryValue { quantiles, sum, count }
    }

    /// Whether it has quantiles: then [`Summary::cells_of`] is not all of it.
    #[must_use]
    pub fn has_quantiles(&self) -> bool {
        !self.inner.slices.is_empty()
    }

    /// A writer's own cells by their addresses, the count and the sum; see [`crate::Counter::cell_of`].
    #[must_use]
    pub fn cells_of(&self, writer: &ProcessWriter) -> OwnedCells {
        writer.cells(self.inner.series.cell(), 2)
    }
}

impl Inner {
    fn window(&self) -> Option<&Window> {
        match &self.series.context.definition.kind {
            Kind::Summary(window) => Some(window),
            _ => None,
        }
    }

    /// The number of the slice of time that it is.
    fn now(&self) -> Option<u64> {
        let window = self.window()?;
        let seconds = self.series.context.seconds();
        Some((seconds / window.max_age_seconds * window.slices as f64) as u64)
    }

    fn current_slice(&self) -> Option<&Exponential> {
        let now = self.now()?;
        let at = (now % self.slices.len() as u64) as usize;
        let slice = self.slices.get(at)?;
        // A clock that went back counts in what is the future to it: nothing is emptied twice.
        if self.time_of(at)? < now + 1 {
            self.empty(at, now)?;
        }
        Some(slice)
    }

    #[cold]
    fn empty(&self, at: usize, now: u64) -> Option<()> {
        let _turn = lock(&self.turn);
        let before = self.time_of(at)?;
        if before > now {
            return Some(());
        }
        if before > 0 {
            self.slices.get(at)?.reset_slice();
        }
        // Of processes that come here at the same time all may empty the slice, and what one of them observed in
        // between is not in it: a few observations of millions, and of the quantiles alone.
        self.time_word(at)?.fetch_max(now + 1, Ordering::AcqRel);
        Some(())
    }

    fn time_of(&self, slice: usize) -> Option<u64> {
        self.time_word(slice).map(|word| word.load(Ordering::Acquire))
    }

    fn time_word(&self, slice: usize) -> Option<&AtomicU64> {
        let words = self.series.segment.payload(&self.series.entry);
        words.get(self.slices.len() * Exponential::WORDS + slice)
    }

    /// The values within the window and how many of each there are, in ascending order.
    fn ranked(&self) -> Vec<(f64, f64)> {
        let _turn = lock(&self.turn);
        let Some(now) = self.now() else { return Vec::new() };
        let oldest = (now + 2).saturating_sub(self.slices.len() as u64);
        let is_recent = |at: usize| self.time_of(at).is_some_and(|time| time >= oldest.max(1));
        let recent = self.slices.iter().enumerate().filter(|(at, _)| is_recent(*at));
        let mut ranked = Vec::new();
        for (_, slice) in recent {
            let (_, buckets) = slice.read(|| ());
            let middle = |index| middle_of(buckets.schema, index);
            ranked.extend(buckets.negative.iter().map(|(index, count)| (-middle(*index), *count)));
            ranked.push((0.0, buckets.zero_count));
            ranked.extend(buckets.positive.iter().map(|(index, count)| (middle(*index), *count)));
        }
        ranked.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        ranked
    }

    fn reset(&self) {
        let _turn = lock(&self.turn);
        let (series, slices) = (&self.series, self.slices.iter());
        slices.for_each(Exponential::reset_slice);
        series.segment.reset(series.cell(), 2);
    }
}

/// The number of which the relative distance to both ends of a bucket is the same.
fn middle_of(schema: i8, index: i32) -> f64 {
    let growth = NativeHistogram::upper_bound(schema, 1);
    let lower = NativeHistogram::upper_bound(schema, index - 1);
    if lower >= f64::MAX {
        return f64::INFINITY;
    }
    (lower * (2.0 * growth / (1.0 + growth))).min(f64::MAX)
}

/// The value of the observation with the rank `ceil(quantile * n)`, at least the first.
fn value_at(ranked: &[(f64, f64)], quantile: f64) -> f64 {
    let total: f64 = ranked.iter().map(|(_, count)| count).sum();
    let rank = (quantile * total).ceil().max(1.0);
    let mut seen = 0.0;
    for (value, count) in ranked {
        seen += count;
        if *count > 0.0 && seen >= rank {
            return *value;
        }
    }
    f64::NAN
}

impl Metric for Summary {
    fn new(series: Arc<Series>) -> Self {
        let slices = match &series.context.definition.kind {
            Kind::Summary(window) => series.context.definition.slices(window),
            _ => 0,
        };
        let slice = |number| {
            let zero = series.cell() + 2 + number as u32;
            Exponential::new(Arc::clone(&series), BUCKETS, number as u8, zero)
        };
        let slices = (0..slices).map(slice).collect();
        Self { inner: Arc::new(Inner { series, slices, turn: Mutex::default() }) }
    }

    fn series(&self) -> &Arc<Series> {
        &self.inner.series
    }

    fn adopt_parts(&self) {
        self.inner.slices.iter().for_each(Exponential::adopt_tables);
    }

    fn collect(&self, labels: &str, family: &mut FamilySnapshot, _: &Owners) -> Result<()> {
        let SummaryValue { quantiles, sum, count } = self.get();
        family.push_label_text(labels, Value::Summary { quantiles: &quantiles, sum, count })
    }

    fn reset(&self) {
        self.inner.reset();
    }
}
