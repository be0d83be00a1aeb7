//! A number that goes up and down.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use metrion_model::{Error, ErrorCode, FamilySnapshot, Result, Value};
use metrion_slab::{Cell, OwnValues, OwnedCells, Owners, ProcessWriter};

use crate::definition::{Kind, Storage};
use crate::family::Metric;
use crate::options::GaugeMode;
use crate::series::{CellAddress, Series};

/// One series of a gauge family. Cloning gives another handle to the same series.
#[derive(Clone, Debug)]
pub struct Gauge {
    series: Arc<Series>,
    mode: GaugeMode,
    storage: Storage,
}

impl Gauge {
    /// Adds `amount`, which may be negative.
    #[inline]
    pub fn add(&self, amount: f64) {
        let (segment, cell) = (&self.series.segment, self.series.cell());
        match self.storage.possible() {
            Storage::Last => segment.add_common(cell, amount),
            Storage::Sum => segment.add(cell, amount),
            Storage::Bound => segment.add_bound(cell, amount),
            Storage::Own => {
                segment.add_own(cell, amount);
                self.take_turn();
            }
        }
    }

    /// Says that the process has given a value of its own, and when, if the newest is to be shown.
    fn take_turn(&self) {
        if self.shows_newest() {
            let segment = &self.series.segment;
            segment.set_own(self.turn(), segment.next_turn());
        } else {
            self.begin_turns();
        }
    }

    /// Says that the process has a value, which is older than any that somebody gave.
    fn begin_turns(&self) {
        let segment = &self.series.segment;
        if segment.get_own(self.turn()) == 0.0 {
            let first = if self.shows_newest() { f64::MIN_POSITIVE } else { segment.next_turn() };
            segment.set_own(self.turn(), first);
        }
    }

    fn shows_newest(&self) -> bool {
        matches!(self.mode, GaugeMode::MostRecent | GaugeMode::LiveMostRecent)
    }

    fn turn(&self) -> Cell {
        self.series.cell() + 1
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
        let (segment, cell) = (&self.series.segment, self.series.cell());
        if self.storage.possible() == Storage::Own {
            segment.set_own(cell, value);
            self.take_turn();
        } else {
            segment.set(cell, value);
        }
        Ok(())
    }

    /// Whether this gauge can be set.
    ///
    /// # Errors
    /// `unsupported` on an up-down gauge.
    #[inline]
    pub fn check_set(&self) -> Result<()> {
        if self.mode != GaugeMode::UpDown {
            return Ok(());
        }
        let message = "an up-down gauge cannot be set, only added to and subtracted from";
        Err(Error::new(ErrorCode::Unsupported, message))
    }

    /// The value; of a mode that keeps one for each process, that of this process.
    #[must_use]
    pub fn get(&self) -> f64 {
        let (segment, cell) = (&self.series.segment, self.series.cell());
        match self.storage.possible() {
            Storage::Last => segment.get(cell),
            Storage::Sum => segment.sum(cell),
            Storage::Bound => segment.sum_bound(cell, &segment.owners()),
            Storage::Own => segment.get_own(cell),
        }
    }

    /// How it counts.
    #[must_use]
    pub const fn mode(&self) -> GaugeMode {
        self.mode
    }

    /// Whose number its cell is. Only with `Sum` and `Bound` may a writer add to its own cell by its address, and
    /// only with `Last` may anybody store to the common one.
    #[must_use]
    pub const fn storage(&self) -> Storage {
        self.storage
    }

    /// Where its cell is: see [`Gauge::storage`].
    #[must_use]
    pub fn address(&self) -> CellAddress<'_> {
        self.series.address()
    }

    /// The cell to which a writer writes by its address; see [`crate::Counter::cell_of`]. None at all when
    /// the process has its value elsewhere: then every update is a call.
    #[must_use]
    pub fn cell_of(&self, writer: &ProcessWriter) -> Option<OwnedCells> {
        match self.storage.possible() {
            Storage::Last => Some(self.series.segment.common_cell(self.series.cell())),
            Storage::Sum => Some(writer.cells(self.series.cell(), 1)),
            Storage::Bound => writer.has_slab().then(|| writer.cells(self.series.cell(), 1)),
            Storage::Own => None,
        }
    }
}

impl Metric for Gauge {
    fn new(series: Arc<Series>) -> Self {
        let mode = match series.context.definition.kind {
            Kind::Gauge(mode) => mode,
            _ => GaugeMode::default(),
        };
        let storage = series.context.storage();
        Self { series, mode, storage }
    }

    fn series(&self) -> &Arc<Series> {
        &self.series
    }

    fn leave(&self, value: f64) {
        // An up-down gauge cannot be set: its functions are for their own process.
        let _unsupported = self.set(value);
    }

    fn reset(&self) {
        let series = &self.series;
        match self.storage.possible() {
            // The parts of others are theirs: this process's makes up for them.
            Storage::Bound => series.segment.add_bound(series.cell(), -self.get()),
            _ => series.reset_cells(),
        }
    }

    fn begin(&self) {
        // A process shows the value 0 from the start, as a program alone does.
        if self.storage.possible() == Storage::Own {
            self.begin_turns();
        }
    }

    fn collect(&self, labels: &str, family: &mut FamilySnapshot, owners: &Owners) -> Result<()> {
        let number = match self.storage.possible() {
            Storage::Own => return self.collect_processes(labels, family, owners),
            Storage::Bound => self.series.segment.sum_bound(self.series.cell(), owners),
            Storage::Sum | Storage::Last => self.get(),
        };
        family.push_label_text(labels, Value::Number(number))
    }
}

/// Who has the number of a process that has ended takes its place under that label: a worker that came again, a
/// container that was started anew.
fn leave_out_predecessors(said: &mut Vec<OwnValues>) {
    let mut newest: HashMap<u32, (bool, usize)> = HashMap::new();
    for own in said.iter() {
        let newest = newest.entry(own.process).or_default();
        if own.is_live || !newest.0 {
            *newest = (own.is_live, own.slab);
        }
    }
    said.retain(|own| own.is_live || newest.get(&own.process) == Some(&(false, own.slab)));
}

impl Gauge {
    /// What the processes' values come to.
    fn collect_processes(
        &self,
        labels: &str,
        family: &mut FamilySnapshot,
        owners: &Owners,
    ) -> Result<()> {
        let mut said = self.series.said(owners);
        said.retain(|own| own.is_live || !self.mode.is_live());
        if self.mode == GaugeMode::All {
            leave_out_predecessors(&mut said);
        }
        let mut numbers = said.iter().filter_map(|own| own.values.first().copied());
        let number = match self.mode {
            GaugeMode::Min | GaugeMode::LiveMin => numbers.reduce(f64::min),
            GaugeMode::Max | GaugeMode::LiveMax => numbers.reduce(f64::max),
            GaugeMode::Sum | GaugeMode::LiveSum => numbers.reduce(|sum, number| sum + number),
            GaugeMode::MostRecent | GaugeMode::LiveMostRecent => numbers.next_back(),
            _ => {
                let mut seen = HashSet::new();
                for (own, number) in said.iter().zip(numbers) {
                    // In two containers two processes may have one number.
                    let is_first = seen.insert(own.process);
                    let place = if is_first { String::new() } else { format!("-{}", own.slab) };
                    let separator = if labels.is_empty() { "" } else { "," };
                    let labels = format!("{labels}{separator}pid=\"{}{place}\"", own.process);
                    family.push_label_text(&labels, Value::Number(number))?;
                }
                return Ok(());
            }
        };
        number.map_or(Ok(()), |number| family.push_label_text(labels, Value::Number(number)))
    }
}
