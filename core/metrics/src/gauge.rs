//! A number that goes up and down.

use std::sync::Arc;

use metrion_model::{Error, ErrorCode, FamilySnapshot, Result, Value};
use metrion_slab::{OwnedCells, ProcessWriter};

use crate::definition::Kind;
use crate::family::Metric;
use crate::options::GaugeMode;
use crate::series::{CellAddress, Series};

/// One series of a gauge family. Cloning gives another handle to the same series.
#[derive(Clone, Debug)]
pub struct Gauge {
    series: Arc<Series>,
    mode: GaugeMode,
}

impl Gauge {
    /// Adds `amount`, which may be negative.
    #[inline]
    pub fn add(&self, amount: f64) {
        let segment = &self.series.segment;
        match self.mode {
            GaugeMode::LastValue => segment.add_common(self.series.cell(), amount),
            GaugeMode::UpDown => segment.add(self.series.cell(), amount),
        }
    }

    /// Adds one.
    #[inline]
    pub fn inc(&self) {
        self.add(1.0);
    }

    /// Takes one off.
    #[inline]
    pub fn dec(&self) {
        self.add(-1.0);
    }

    /// Sets the value.
    ///
    /// # Errors
    /// `unsupported` on an up-down gauge, which is only added to.
    #[inline]
    pub fn set(&self, value: f64) -> Result<()> {
        self.check_set()?;
        self.series.segment.set(self.series.cell(), value);
        Ok(())
    }

    /// Whether this gauge can be set.
    ///
    /// # Errors
    /// `unsupported` on an up-down gauge.
    #[inline]
    pub fn check_set(&self) -> Result<()> {
        if self.mode == GaugeMode::LastValue {
            return Ok(());
        }
        let message = "an up-down gauge cannot be set, only added to and subtracted from";
        Err(Error::new(ErrorCode::Unsupported, message))
    }

    /// The value.
    #[must_use]
    pub fn get(&self) -> f64 {
        let segment = &self.series.segment;
        match self.mode {
            GaugeMode::LastValue => segment.get(self.series.cell()),
            GaugeMode::UpDown => segment.sum(self.series.cell()),
        }
    }

    /// How it counts.
    #[must_use]
    pub const fn mode(&self) -> GaugeMode {
        self.mode
    }

    /// Where its cell is: additive for an up-down gauge, else of the common slab alone.
    #[must_use]
    pub fn address(&self) -> CellAddress<'_> {
        self.series.address()
    }

    /// The cell to which a writer writes by its address; see [`crate::Counter::cell_of`].
    #[must_use]
    pub fn cell_of(&self, writer: &ProcessWriter) -> OwnedCells {
        match self.mode {
            GaugeMode::LastValue => self.series.segment.common_cell(self.series.cell()),
            GaugeMode::UpDown => writer.cells(self.series.cell(), 1),
        }
    }
}

impl Metric for Gauge {
    fn new(series: Arc<Series>) -> Self {
        let mode = match series.context.definition.kind {
            Kind::Gauge(mode) => mode,
            _ => GaugeMode::default(),
        };
        Self { series, mode }
    }

    fn series(&self) -> &Arc<Series> {
        &self.series
    }

    fn collect(&self, labels: &str, family: &mut FamilySnapshot) -> Result<()> {
        family.push_label_text(labels, Value::Number(self.get()))
    }
}
