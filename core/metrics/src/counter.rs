//! A number that only goes up.

use std::sync::Arc;

use metrion_model::{Error, ErrorCode, Exemplar, FamilySnapshot, Result, Shown, Value};
use metrion_slab::{OwnedCells, Owners, ProcessWriter};

use crate::family::Metric;
use crate::series::{CellAddress, Series};

/// One series of a counter family. Cloning gives another handle to the same series.
#[derive(Clone, Debug)]
pub struct Counter {
    series: Arc<Series>,
}

impl Counter {
    /// Adds one.
    #[inline]
    pub fn inc(&self) {
        self.series.segment.count(self.series.cell());
    }

    /// Adds `amount`. A negative one or NaN is dropped and counted: see [`Counter::checked_add`].
    #[inline]
    pub fn add(&self, amount: f64) {
        if amount >= 0.0 {
            self.series.segment.count_by(self.series.cell(), amount);
        } else {
            self.series.segment.count_invalid();
        }
    }

    /// Adds `amount`, for callers that can report a wrong one.
    ///
    /// # Errors
    /// `invalid_value` when it is negative or NaN; nothing is added then.
    pub fn checked_add(&self, amount: f64) -> Result<()> {
        self.add(amount);
        Self::check(amount)
    }

    /// Adds `amount` and keeps it as the last example of what was added. `labels` tell where it comes
    /// from, for instance `trace_id`.
    ///
    /// # Errors
    /// `invalid_value` as for [`Counter::checked_add`], `invalid_exemplar` when the labels are too long
    /// or wrong: nothing is added then.
    pub fn add_with_exemplar(&self, amount: f64, labels: &[(&str, &str)]) -> Result<()> {
        let now = self.series.context.clock.unix_seconds();
        let exemplar = Exemplar::new(labels.iter().copied(), amount, Some(now))?;
        self.checked_add(amount)?;
        self.series.exemplars().set(&self.series, 0, 1, &exemplar);
        Ok(())
    }

    /// As [`Counter::add`], with the span that the caller is in as the exemplar, if the registry was
    /// told how to find it and the span is sampled.
    pub fn add_in_span(&self, amount: f64) {
        match self.series.context.span_labels() {
            // A span's ids always fit; what there is no room for is left out.
            Some(labels) => drop(self.add_with_exemplar(amount, &labels.as_pairs())),
            None => self.add(amount),
        }
    }

    /// Whether a counter can take `amount`.
    ///
    /// # Errors
    /// `invalid_value` when it is negative or NaN.
    pub fn check(amount: f64) -> Result<()> {
        if amount >= 0.0 {
            return Ok(());
        }
        let message =
            format!("a counter can only be increased by a number from 0 up, not {}", Shown(amount));
        Err(Error::new(ErrorCode::InvalidValue, message))
    }

    /// The sum over all writers.
    #[must_use]
    pub fn get(&self) -> f64 {
        self.series.segment.sum(self.series.cell())
    }

    /// A writer's own part of this counter by its address: for bindings that hold one writer for a
    /// whole interpreter. It does not keep the series; hold this handle beside it.
    #[must_use]
    pub fn cell_of(&self, writer: &ProcessWriter) -> OwnedCells {
        writer.cells(self.series.cell(), 1)
    }

    /// Where its cell is.
    #[must_use]
    pub fn address(&self) -> CellAddress<'_> {
        self.series.address()
    }

    /// Sets it to zero, and says that it began now: for what begins anew within its process.
    pub fn start_again(&self) {
        let series = &self.series;
        series.reset_cells();
        series.segment.set_created(&series.entry, series.context.clock.unix_seconds());
        series.context.set_created_changed();
    }
}

impl Metric for Counter {
    fn new(series: Arc<Series>) -> Self {
        Self { series }
    }

    fn adopt_parts(&self) {
        self.series.adopt_exemplars(1);
    }

    fn series(&self) -> &Arc<Series> {
        &self.series
    }

    fn collect(&self, labels: &str, family: &mut FamilySnapshot, _: &Owners) -> Result<()> {
        family.push_label_text(labels, Value::Number(self.get()))
    }
}
