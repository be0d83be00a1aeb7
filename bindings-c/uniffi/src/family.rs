//! Families: their series, and views of them.

use std::sync::Arc;

use metrion as core;
use metrion::{Counter, Gauge, Handle, Histogram, Info, StateSet, Summary};

use crate::callback::ValueFunction;
use crate::error::{Result, unsupported};
use crate::options::{Label, pairs};
use crate::series::Series;

/// A family of whatever type.
pub(crate) enum AnyFamily {
    Counter(core::Family<Counter>),
    Gauge(core::Family<Gauge>),
    Histogram(core::Family<Histogram>),
    Summary(core::Family<Summary>),
    Info(core::Family<Info>),
    StateSet(core::Family<StateSet>),
}

/// Does the same with whatever type of family it is.
macro_rules! with_family {
    ($any:expr, $family:ident => $body:expr) => {
        match $any {
            crate::family::AnyFamily::Counter($family) => $body,
            crate::family::AnyFamily::Gauge($family) => $body,
            crate::family::AnyFamily::Histogram($family) => $body,
            crate::family::AnyFamily::Summary($family) => $body,
            crate::family::AnyFamily::Info($family) => $body,
            crate::family::AnyFamily::StateSet($family) => $body,
        }
    };
}
pub(crate) use with_family;

/// From a type of metric to its variants.
macro_rules! variants {
    ($($name:ident)*) => {
        $(
            impl From<core::Family<$name>> for AnyFamily {
                fn from(family: core::Family<$name>) -> Self {
                    Self::$name(family)
                }
            }
        )*
    };
}
variants! { Counter Gauge Histogram Summary Info StateSet }

/// A metric family: all series of one name.
#[derive(uniffi::Object)]
pub struct Family(pub(crate) AnyFamily);

impl Family {
    pub(crate) fn shared(family: impl Into<AnyFamily>) -> Arc<Self> {
        Arc::new(Self(family.into()))
    }
}

#[uniffi::export]
impl Family {
    /// The series with these label values, in the order of the label names; made when it is new.
    pub fn labels(&self, values: &[String]) -> Result<Arc<Series>> {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        with_family!(&self.0, family => Ok(Series::found(&family.labels(&values)?)))
    }

    /// The series with these labels, in any order; made when it is new.
    pub fn labels_by_name(&self, labels: &[Label]) -> Result<Arc<Series>> {
        let labels = pairs(labels);
        with_family!(&self.0, family => {
            Ok(Series::found(&family.labels_by_name(&labels)?))
        })
    }

    /// A view of the family in which these labels have a fixed value.
    pub fn curry(&self, labels: &[Label]) -> Result<Arc<Self>> {
        let labels = pairs(labels);
        with_family!(&self.0, family => Ok(Self::shared(family.curry(&labels)?)))
    }

    /// The names of the labels that are not fixed.
    pub fn open_labels(&self) -> Vec<String> {
        with_family!(&self.0, family => family.open_labels().map(str::to_owned).collect())
    }

    /// Removes one series; whether it was there.
    pub fn remove(&self, values: &[String]) -> Result<bool> {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        with_family!(&self.0, family => Ok(family.remove(&values)?))
    }

    /// Removes every series that has these labels among its own; how many there were.
    pub fn remove_matching(&self, labels: &[Label]) -> Result<u64> {
        let labels = pairs(labels);
        with_family!(&self.0, family => Ok(family.remove_matching(&labels)? as u64))
    }

    /// Removes all series.
    pub fn clear(&self) {
        with_family!(&self.0, family => family.clear());
    }

    /// Sets all series to zero and their creation time to now, without removing them.
    pub fn reset(&self) {
        with_family!(&self.0, family => family.reset());
    }

    /// How many series the family has, without the overflow series.
    pub fn series_count(&self) -> u64 {
        with_family!(&self.0, family => family.len() as u64)
    }

    /// Lets a function give the value of one series of a counter or gauge from now on, at every
    /// collection, on whatever thread collects.
    pub fn set_callback(&self, series: &Series, function: Box<dyn ValueFunction>) -> Result<()> {
        let call = move || function.value();
        match (&self.0, &series.series) {
            (AnyFamily::Counter(family), Handle::Counter(one)) => family.set_callback(one, call),
            (AnyFamily::Gauge(family), Handle::Gauge(one)) => family.set_callback(one, call),
            _ => {
                let message =
                    "callbacks are for series of counters and gauges, with their own family";
                return Err(unsupported(message).into());
            }
        }
        Ok(())
    }
}
