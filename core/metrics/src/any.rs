//! Series of whatever type, for callers that learn the type while they run: bindings.

use std::sync::Arc;

use metrion_model::{Error, ErrorCode, FamilySnapshot, Result};
use metrion_slab::{OwnedCells, Owners, ProcessWriter};

use crate::definition::Kind;
use crate::series::Series;
use crate::{Counter, Gauge, Histogram, Info, Metric, StateSet, Summary};

/// A handle to one series, of whatever type. An operation that a type has not gives `unsupported`.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // each is what it is called
pub enum Handle {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
    Summary(Summary),
    Info(Info),
    StateSet(StateSet),
}

macro_rules! from_types {
    ($($name:ident)*) => {
        $(impl From<$name> for Handle {
            fn from(own: $name) -> Self {
                Self::$name(own)
            }
        })*
    };
}
from_types! { Counter Gauge Histogram Summary Info StateSet }

/// Does the same with whatever type of handle it is.
macro_rules! with_own {
    ($handle:expr, $own:ident => $body:expr) => {
        match $handle {
            Handle::Counter($own) => $body,
            Handle::Gauge($own) => $body,
            Handle::Histogram($own) => $body,
            Handle::Summary($own) => $body,
            Handle::Info($own) => $body,
            Handle::StateSet($own) => $body,
        }
    };
}

/// So that one family's code serves all types: a module for browsers has it once.
impl Metric for Handle {
    fn new(series: Arc<Series>) -> Self {
        match series.context.definition.kind {
            Kind::Counter => Counter::new(series).into(),
            Kind::Gauge(_) => Gauge::new(series).into(),
            Kind::Histogram { .. } => Histogram::new(series).into(),
            Kind::Summary(_) => Summary::new(series).into(),
            Kind::Info => Info::new(series).into(),
            Kind::StateSet => StateSet::new(series).into(),
        }
    }

    fn series(&self) -> &Arc<Series> {
        with_own!(self, own => own.series())
    }

    fn adopt_parts(&self) {
        with_own!(self, own => own.adopt_parts());
    }

    fn leave(&self, value: f64) {
        with_own!(self, own => own.leave(value));
    }

    fn begin(&self) {
        with_own!(self, own => own.begin());
    }

    fn collect(&self, labels: &str, family: &mut FamilySnapshot, owners: &Owners) -> Result<()> {
        with_own!(self, own => own.collect(labels, family, owners))
    }

    fn reset(&self) {
        with_own!(self, own => Metric::reset(own));
    }
}

impl Handle {
    /// A writer's cells if they are all that an update of the series changes.
    #[must_use]
    pub fn cells(&self, writer: &ProcessWriter) -> Option<OwnedCells> {
        match self {
            Self::Counter(own) => Some(own.cell_of(writer)),
            Self::Gauge(own) => own.cell_of(writer),
            Self::Histogram(own) => (!own.is_native()).then(|| own.cells_of(writer)),
            Self::Summary(own) => (!own.has_quantiles()).then(|| own.cells_of(writer)),
            Self::Info(_) | Self::StateSet(_) => None,
        }
    }

    /// Adds to a counter or a gauge.
    ///
    /// # Errors
    /// `invalid_value` for an amount that a counter does not take; `unsupported`.
    pub fn add(&self, amount: f64) -> Result<()> {
        match self {
            Self::Counter(own) => own.checked_add(amount),
            Self::Gauge(own) => {
                own.add(amount);
                Ok(())
            }
            _ => Err(unsupported("only counters and gauges are added to")),
        }
    }

    /// Sets a gauge.
    ///
    /// # Errors
    /// Those of [`Gauge::set`]; `unsupported`.
    pub fn set(&self, value: f64) -> Result<()> {
        match self {
            Self::Gauge(own) => own.set(value),
            _ => Err(unsupported("only gauges are set")),
        }
    }

    /// Gives a histogram or a summary an observation.
    ///
    /// # Errors
    /// `unsupported`.
    pub fn observe(&self, value: f64) -> Result<()> {
        match self {
            Self::Histogram(own) => own.observe(value),
            Self::Summary(own) => own.observe(value),
            _ => return Err(unsupported("only histograms and summaries observe")),
        }
        Ok(())
    }

    /// Adds to a counter, or gives a histogram an observation, with an exemplar of these labels.
    ///
    /// # Errors
    /// Those of the types' own functions; `unsupported`.
    pub fn update_with_exemplar(&self, value: f64, labels: &[(&str, &str)]) -> Result<()> {
        match self {
            Self::Counter(own) => own.add_with_exemplar(value, labels),
            Self::Histogram(own) => own.observe_with_exemplar(value, labels),
            _ => Err(unsupported("only counters and histograms have exemplars")),
        }
    }

    /// Sets what an info says.
    ///
    /// # Errors
    /// Those of [`Info::set`]; `unsupported`.
    pub fn set_info(&self, labels: &[(&str, &str)]) -> Result<()> {
        match self {
            Self::Info(own) => own.set(labels),
            _ => Err(unsupported("only infos say something")),
        }
    }

    /// Makes one state of a state set hold and no other.
    ///
    /// # Errors
    /// Those of [`StateSet::set_only`]; `unsupported`.
    pub fn set_state(&self, state: &str) -> Result<()> {
        match self {
            Self::StateSet(own) => own.set_only(state),
            _ => Err(unsupported("only state sets have states")),
        }
    }

    /// A counter's or gauge's value, all writers together; NaN for the others.
    #[must_use]
    pub fn number(&self) -> f64 {
        match self {
            Self::Counter(own) => own.get(),
            Self::Gauge(own) => own.get(),
            _ => f64::NAN,
        }
    }
}

fn unsupported(what: &str) -> Error {
    Error::new(ErrorCode::Unsupported, what)
}
