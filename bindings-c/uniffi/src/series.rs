//! One series: its updates, and what it reads.

use std::sync::Arc;

use metrion::{Child, Handle, Metric};

use crate::error::{Result, unsupported};
use crate::options::{Label, pairs};
use crate::reading::Reading;

/// One series of a family.
#[derive(uniffi::Object)]
pub struct Series {
    pub(crate) series: Handle,
    is_overflow: bool,
}

impl Series {
    pub(crate) fn found<M: Metric + Into<Handle>>(child: &Child<'_, M>) -> Arc<Self> {
        Arc::new(Self { series: (**child).clone().into(), is_overflow: child.is_overflow() })
    }
}

#[uniffi::export]
impl Series {
    /// Adds to a counter or gauge.
    pub fn add(&self, amount: f64) -> Result<()> {
        Ok(self.series.add(amount)?)
    }

    /// Sets a gauge.
    pub fn set(&self, value: f64) -> Result<()> {
        Ok(self.series.set(value)?)
    }

    /// Gives a histogram or summary an observation.
    pub fn observe(&self, value: f64) -> Result<()> {
        Ok(self.series.observe(value)?)
    }

    /// The update of a counter or histogram, with an exemplar of these labels.
    pub fn update_with_exemplar(&self, value: f64, labels: &[Label]) -> Result<()> {
        Ok(self.series.update_with_exemplar(value, &pairs(labels))?)
    }

    /// Sets what an info says.
    pub fn set_info(&self, labels: &[Label]) -> Result<()> {
        Ok(self.series.set_info(&pairs(labels))?)
    }

    /// Makes one state of a state set hold and no other.
    pub fn set_only(&self, state: &str) -> Result<()> {
        Ok(self.series.set_state(state)?)
    }

    /// Makes one state of a state set hold or not, whatever the others do.
    pub fn set_state(&self, state: &str, holds: bool) -> Result<()> {
        match &self.series {
            Handle::StateSet(states) => Ok(states.set(state, holds)?),
            _ => Err(unsupported("only state sets have states").into()),
        }
    }

    /// Whether it is not of the labels that were looked up, but takes what is past the limit. Whoever keeps
    /// series must not keep it under these labels.
    pub fn is_overflow(&self) -> bool {
        self.is_overflow
    }

    /// What it reads, of all threads together.
    pub fn read(&self) -> Reading {
        Reading::of(&self.series)
    }
}
