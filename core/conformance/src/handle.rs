//! What a vector's names stand for.

use std::collections::BTreeMap;

use metrion::{Counter, Family, Gauge, Histogram, Info, StateSet, Summary};

pub(crate) enum Failure {
    /// The core refused: an error that a case may ask for.
    Core(metrion::Error),
    /// The vector asks for what there is not, or expects something else.
    Vector(String),
}

impl From<metrion::Error> for Failure {
    fn from(error: metrion::Error) -> Self {
        Self::Core(error)
    }
}

impl From<String> for Failure {
    fn from(what: String) -> Self {
        Self::Vector(what)
    }
}

pub(crate) type Outcome<T = ()> = Result<T, Failure>;

#[derive(Clone)]
pub(crate) enum Handle {
    Counters(Family<Counter>),
    Gauges(Family<Gauge>),
    Histograms(Family<Histogram>),
    Summaries(Family<Summary>),
    Infos(Family<Info>),
    StateSets(Family<StateSet>),
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
    Summary(Summary),
    Info(Info),
    StateSet(StateSet),
}

/// Does the same with whatever kind of family a handle is.
macro_rules! with_family {
    ($handle:expr, $family:ident => $body:expr) => {
        match $handle {
            Handle::Counters($family) => $body,
            Handle::Gauges($family) => $body,
            Handle::Histograms($family) => $body,
            Handle::Summaries($family) => $body,
            Handle::Infos($family) => $body,
            Handle::StateSets($family) => $body,
            _ => return Err(Failure::Vector("this handle is not a family".into())),
        }
    };
}
pub(crate) use with_family;

/// A handle of each kind of metric and family.
macro_rules! handle_from {
    ($($one:ident($metric:ty), $many:ident;)*) => {
        $(
            impl From<$metric> for Handle {
                fn from(child: $metric) -> Self {
                    Self::$one(child)
                }
            }

            impl From<Family<$metric>> for Handle {
                fn from(family: Family<$metric>) -> Self {
                    Self::$many(family)
                }
            }
        )*
    };
}

handle_from! {
    Counter(Counter), Counters;
    Gauge(Gauge), Gauges;
    Histogram(Histogram), Histograms;
    Summary(Summary), Summaries;
    Info(Info), Infos;
    StateSet(StateSet), StateSets;
}

impl Handle {
    pub(crate) fn labels(&self, values: &[String]) -> Outcome<Self> {
        let values = refs(values);
        Ok(with_family!(self, family => family.labels(&values)?.clone().into()))
    }

    pub(crate) fn labels_by_name(&self, names: &BTreeMap<String, String>) -> Outcome<Self> {
        let pairs = pairs(names);
        Ok(with_family!(self, family => family.labels_by_name(&pairs)?.clone().into()))
    }

    pub(crate) fn curry(&self, names: &BTreeMap<String, String>) -> Outcome<Self> {
        let pairs = pairs(names);
        Ok(with_family!(self, family => family.curry(&pairs)?.into()))
    }

    /// The handle itself, or the one child of a family without (open) labels.
    pub(crate) fn child(&self) -> Outcome<Self> {
        match self {
            Self::Counter(_)
            | Self::Gauge(_)
            | Self::Histogram(_)
            | Self::Summary(_)
            | Self::Info(_)
            | Self::StateSet(_) => Ok(self.clone()),
            _ => self.labels(&[]),
        }
    }

    pub(crate) fn inc(&self) -> Outcome {
        match self {
            Self::Counter(counter) => counter.inc(),
            Self::Gauge(gauge) => gauge.inc(),
            _ => return Err(Failure::Vector("inc is for counters and gauges".into())),
        }
        Ok(())
    }

    pub(crate) fn add(&self, amount: f64, exemplar: Option<&[(String, String)]>) -> Outcome {
        match (self, exemplar) {
            (Self::Counter(counter), None) => counter.checked_add(amount)?,
            (Self::Counter(counter), Some(exemplar)) => {
                counter.add_with_exemplar(amount, &str_pairs(exemplar))?;
            }
            (Self::Gauge(gauge), None) => gauge.add(amount),
            _ => return Err(Failure::Vector("add is for counters and gauges".into())),
        }
        Ok(())
    }

    pub(crate) fn dec(&self, amount: f64) -> Outcome {
        match self {
            Self::Gauge(gauge) => gauge.add(-amount),
            _ => return Err(Failure::Vector("dec is for gauges".into())),
        }
        Ok(())
    }

    pub(crate) fn set(&self, value: f64) -> Outcome {
        match self {
            Self::Gauge(gauge) => Ok(gauge.set(value)?),
            _ => Err(Failure::Vector("set is for gauges".into())),
        }
    }

    pub(crate) fn observe(&self, value: f64, exemplar: Option<&[(String, String)]>) -> Outcome {
        match (self, exemplar) {
            (Self::Histogram(histogram), None) => histogram.observe(value),
            (Self::Histogram(histogram), Some(exemplar)) => {
                histogram.observe_with_exemplar(value, &str_pairs(exemplar))?;
            }
            (Self::Summary(summary), None) => summary.observe(value),
            _ => return Err(Failure::Vector("observe is for histograms and summaries".into())),
        }
        Ok(())
    }

    pub(crate) fn set_info(&self, labels: &[(String, String)]) -> Outcome {
        match self {
            Self::Info(info) => Ok(info.set(&str_pairs(labels))?),
            _ => Err(Failure::Vector("set_info is for infos".into())),
        }
    }

    pub(crate) fn set_state(&self, state: &str) -> Outcome {
        match self {
            Self::StateSet(states) => Ok(states.set_only(state)?),
            _ => Err(Failure::Vector("set_state is for state sets".into())),
        }
    }
}

pub(crate) fn refs(values: &[String]) -> Vec<&str> {
    values.iter().map(String::as_str).collect()
}

pub(crate) fn pairs(names: &BTreeMap<String, String>) -> Vec<(&str, &str)> {
    names.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn str_pairs(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
