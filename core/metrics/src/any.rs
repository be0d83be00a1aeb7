//! Families and series of whatever type, for callers that learn the type while they run: bindings.

use std::sync::Arc;

use metrion_model::{Error, ErrorCode, FamilySnapshot, Result, Schema};
use metrion_slab::{Memory, OwnedCells, ProcessWriter};

use crate::{Counter, Family, Gauge, Histogram, Info, Metric, Registry, StateSet, Summary};

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

impl Handle {
    /// A writer's cells if they are all that an update of the series changes.
    #[must_use]
    pub fn cells(&self, writer: &ProcessWriter) -> Option<OwnedCells> {
        match self {
            Self::Counter(own) => Some(own.cell_of(writer)),
            Self::Gauge(own) => Some(own.cell_of(writer)),
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

/// A series that was found or made.
#[derive(Clone, Debug)]
pub struct AnyChild {
    /// The handle to it.
    pub handle: Handle,
    /// Whether it is the series for what is past the family's limit.
    pub is_overflow: bool,
}

/// A family of whatever type. Each function is that of [`Family`].
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait AnyFamily: Send + Sync {
    fn schema(&self) -> &Schema;
    fn open_labels(&self) -> Vec<String>;
    fn generation_memory(&self) -> Memory;
    fn child(&self, values: &[&str]) -> Result<AnyChild>;
    fn check_labels(&self, pairs: &[(&str, &str)]) -> Result<()>;
    fn curry(&self, pairs: &[(&str, &str)]) -> Result<Arc<dyn AnyFamily>>;
    fn remove(&self, values: &[&str]) -> Result<bool>;
    fn remove_matching(&self, pairs: &[(&str, &str)]) -> Result<usize>;
    fn clear(&self);
    fn reset(&self);
    fn unregister_from(&self, registry: &Registry) -> Result<()>;
    fn snapshot(&self) -> Result<FamilySnapshot>;
}

impl<M: Metric + Into<Handle>> AnyFamily for Family<M> {
    fn schema(&self) -> &Schema {
        self.schema()
    }

    fn open_labels(&self) -> Vec<String> {
        self.open_labels().map(str::to_owned).collect()
    }

    fn generation_memory(&self) -> Memory {
        self.generation_memory()
    }

    fn child(&self, values: &[&str]) -> Result<AnyChild> {
        let child = self.labels(values)?;
        Ok(AnyChild { handle: (*child).clone().into(), is_overflow: child.is_overflow() })
    }

    fn check_labels(&self, pairs: &[(&str, &str)]) -> Result<()> {
        self.labels_by_name(pairs).map(drop)
    }

    fn curry(&self, pairs: &[(&str, &str)]) -> Result<Arc<dyn AnyFamily>> {
        Ok(Arc::new(self.curry(pairs)?))
    }

    fn remove(&self, values: &[&str]) -> Result<bool> {
        self.remove(values)
    }

    fn remove_matching(&self, pairs: &[(&str, &str)]) -> Result<usize> {
        self.remove_matching(pairs)
    }

    fn clear(&self) {
        self.clear();
    }

    fn reset(&self) {
        self.reset();
    }

    fn unregister_from(&self, registry: &Registry) -> Result<()> {
        registry.unregister_family(self)
    }

    fn snapshot(&self) -> Result<FamilySnapshot> {
        self.snapshot()
    }
}
