//! One series: its updates, and what it reads.

use std::sync::Arc;

use metrion::{Child, Counter, Gauge, Histogram, Info, Metric, StateSet, Summary};

use crate::error::{Result, unsupported};
use crate::options::{Label, pairs};
use crate::reading::Reading;

/// A series of whatever type.
pub(crate) enum AnySeries {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
    Summary(Summary),
    Info(Info),
    StateSet(StateSet),
}

/// One series of a family.
#[derive(uniffi::Object)]
pub struct Series {
    pub(crate) series: AnySeries,
    is_overflow: bool,
}

impl Series {
    pub(crate) fn found<M: Metric + Into<AnySeries>>(child: &Child<'_, M>) -> Arc<Self> {
        Arc::new(Self { series: (**child).clone().into(), is_overflow: child.is_overflow() })
    }
}

#[uniffi::export]
impl Series {
    /// Adds to a counter or gauge.
    pub fn add(&self, amount: f64) -> Result<()> {
        match &self.series {
            AnySeries::Counter(counter) => counter.checked_add(amount)?,
            AnySeries::Gauge(gauge) => gauge.add(amount),
            _ => return Err(unsupported("only counters and gauges are added to").into()),
        }
        Ok(())
    }

    /// Sets a gauge.
    pub fn set(&self, value: f64) -> Result<()> {
        match &self.series {
            AnySeries::Gauge(gauge) => Ok(gauge.set(value)?),
            _ => Err(unsupported("only gauges are set").into()),
        }
    }

    /// Gives a histogram or summary an observation.
    pub fn observe(&self, value: f64) -> Result<()> {
        match &self.series {
            AnySeries::Histogram(histogram) => histogram.observe(value),
            AnySeries::Summary(summary) => summary.observe(value),
            _ => return Err(unsupported("only histograms and summaries observe").into()),
        }
        Ok(())
    }

    /// The update of a counter or histogram, with an exemplar of these labels.
    pub fn update_with_exemplar(&self, value: f64, labels: &[Label]) -> Result<()> {
        let labels = pairs(labels);
        match &self.series {
            AnySeries::Counter(counter) => counter.add_with_exemplar(value, &labels)?,
            AnySeries::Histogram(histogram) => histogram.observe_with_exemplar(value, &labels)?,
            _ => return Err(unsupported("only counters and histograms have exemplars").into()),
        }
        Ok(())
    }

    /// Sets what an info says.
    pub fn set_info(&self, labels: &[Label]) -> Result<()> {
        match &self.series {
            AnySeries::Info(info) => Ok(info.set(&pairs(labels))?),
            _ => Err(unsupported("only infos say something").into()),
        }
    }

    /// Makes one state of a state set hold and no other.
    pub fn set_only(&self, state: &str) -> Result<()> {
        match &self.series {
            AnySeries::StateSet(states) => Ok(states.set_only(state)?),
            _ => Err(unsupported("only state sets have states").into()),
        }
    }

    /// Makes one state of a state set hold or not, whatever the others do.
    pub fn set_state(&self, state: &str, holds: bool) -> Result<()> {
        match &self.series {
            AnySeries::StateSet(states) => Ok(states.set(state, holds)?),
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
