//! Which of some named states hold.

use std::sync::Arc;

use metrion_model::{Error, ErrorCode, FamilySnapshot, Quoted, Result, Value};
use metrion_slab::Owners;

use crate::definition::Storage;
use crate::family::Metric;
use crate::series::Series;

/// One series of a state-set family. Cloning gives another handle to the same series.
///
/// Its one cell is a number with a bit for each state, so that no reader sees half of a change; the bit
/// of the first state is inverted, so that a new series is in its first state. Of processes that share it, one that
/// lives and said something last is right.
#[derive(Clone, Debug)]
pub struct StateSet {
    series: Arc<Series>,
}

impl StateSet {
    /// Makes one state hold and no other.
    ///
    /// # Errors
    /// `invalid_value` when it is not one of the family's states.
    pub fn set_only(&self, state: &str) -> Result<()> {
        let bit = self.bit(state)?;
        self.store(bit);
        Ok(())
    }

    /// Makes one state hold, or not, and leaves the others. For one writer: two that change different
    /// states at the same time may lose one of the changes.
    ///
    /// # Errors
    /// `invalid_value` when it is not one of the family's states.
    pub fn set(&self, state: &str, holds: bool) -> Result<()> {
        let bit = self.bit(state)?;
        let now = self.load();
        self.store(if holds { now | bit } else { now & !bit });
        Ok(())
    }

    /// The states that hold, in the order of the family's states.
    #[must_use]
    pub fn get(&self) -> Vec<&str> {
        let bits = self.load();
        let states = self.series.context.definition.schema.states.iter().enumerate();
        states.filter(|(i, _)| bits >> i & 1 == 1).map(|(_, state)| state.as_str()).collect()
    }

    fn bit(&self, state: &str) -> Result<u64> {
        let schema = &self.series.context.definition.schema;
        let place = schema.states.iter().position(|own| own == state).ok_or_else(|| {
            let message = format!(
                "{:?} is not a state of {}: {:?}",
                Quoted(state),
                schema.name,
                Quoted::all(&schema.states)
            );
            Error::new(ErrorCode::InvalidValue, message)
        })?;
        Ok(1 << place)
    }

    fn load(&self) -> u64 {
        self.load_of(&self.series.owners())
    }

    fn load_of(&self, owners: &Owners) -> u64 {
        let number = match self.series.context.storage() {
            Storage::Own => self.series.said_last(owners).unwrap_or_default(),
            _ => self.series.segment.get(self.series.cell()),
        };
        // A state set has at most 53 states: its number is exact.
        number as u64 ^ 1
    }

    fn store(&self, bits: u64) {
        let number = (bits ^ 1) as f64;
        match self.series.context.storage() {
            Storage::Own => self.series.say(number),
            _ => self.series.segment.set(self.series.cell(), number),
        }
    }
}

impl Metric for StateSet {
    fn new(series: Arc<Series>) -> Self {
        Self { series }
    }

    fn series(&self) -> &Arc<Series> {
        &self.series
    }

    fn collect(&self, labels: &str, family: &mut FamilySnapshot, owners: &Owners) -> Result<()> {
        let bits = self.load_of(owners);
        let states = 0..self.series.context.definition.schema.states.len();
        let holds: Vec<f64> = states.map(|i| (bits >> i & 1) as f64).collect();
        family.push_label_text(labels, Value::States(&holds))
    }
}
