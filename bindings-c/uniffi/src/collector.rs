//! Families that another language makes at every collection, from somewhere else's numbers.

use std::sync::Arc;

use metrion as core;
use metrion::{Exemplar, FamilySnapshot, MetricType, Registry, Schema, SourceId, Value};

use crate::error::{CoreError, Result, invalid};
use crate::options::{Label, pairs};
use crate::reading::NativeHistogram;

/// Gives families at every collection, on whatever thread collects.
#[uniffi::export(callback_interface)]
pub trait Collector: Send + Sync {
    /// The families of this moment. An error leaves all of them out of this collection, and is counted.
    fn collect(&self) -> Result<Vec<CollectedFamily>>;
}

/// The types of families that a collector gives.
#[derive(uniffi::Enum)]
pub enum FamilyType {
    /// A number that only goes up.
    Counter,
    /// A number that goes up and down.
    Gauge,
    /// Counts by upper bound, and their sum.
    Histogram,
    /// As a histogram, but its counts go down too.
    GaugeHistogram,
    /// Quantiles, a sum and a count.
    Summary,
    /// Text, as labels with the value 1.
    Info,
    /// Which of some named states hold.
    StateSet,
    /// A number of which nothing more is known.
    Unknown,
}

/// A family at one moment.
#[derive(uniffi::Record)]
pub struct CollectedFamily {
    /// Its type.
    pub family_type: FamilyType,
    /// The name, a counter's without `_total`.
    pub name: String,
    /// One sentence for people.
    #[uniffi(default = "")]
    pub help: String,
    /// The base unit; the name ends with it.
    #[uniffi(default = "")]
    pub unit: String,
    /// The names of the labels.
    #[uniffi(default = [])]
    pub label_names: Vec<String>,
    /// A histogram's finite upper bounds.
    #[uniffi(default = [])]
    pub bounds: Vec<f64>,
    /// A summary's quantiles.
    #[uniffi(default = [])]
    pub quantiles: Vec<f64>,
    /// A state set's states.
    #[uniffi(default = [])]
    pub states: Vec<String>,
    /// The series.
    #[uniffi(default = [])]
    pub series: Vec<CollectedSeries>,
}

/// One series of a family at one moment.
#[derive(uniffi::Record)]
pub struct CollectedSeries {
    /// The values of the labels.
    pub values: Vec<String>,
    /// Its numbers. Of a histogram the count of each bucket alone, the one to infinity last, and the sum;
    /// of a summary the values of its quantiles, the sum and the count; of a state set one for each state;
    /// one alone of every other type.
    pub row: Vec<f64>,
    /// A histogram's native buckets.
    #[uniffi(default = None)]
    pub native: Option<NativeHistogram>,
    /// Updates that stand for others.
    #[uniffi(default = [])]
    pub exemplars: Vec<CollectedExemplar>,
    /// When it began, in seconds since the Unix epoch.
    #[uniffi(default = None)]
    pub created: Option<f64>,
    /// Of when its numbers are, in seconds since the Unix epoch; none is now.
    #[uniffi(default = None)]
    pub timestamp: Option<f64>,
}

/// An update that stands for others.
#[derive(uniffi::Record)]
pub struct CollectedExemplar {
    /// The bucket that it is of; 0 for a counter.
    pub place: i32,
    /// Its labels.
    pub labels: Vec<Label>,
    /// What was added or observed.
    pub value: f64,
    /// When, in seconds since the Unix epoch.
    #[uniffi(default = None)]
    pub timestamp: Option<f64>,
}

struct Foreign {
    collector: Box<dyn Collector>,
    described: Vec<Schema>,
}

impl Foreign {
    fn call(&self) -> core::Result<Vec<FamilySnapshot>> {
        let families = self.collector.collect().map_err(|error| {
            let CoreError::Refused { reason, .. } = error;
            invalid(format!("a collector failed: {reason}"))
        })?;
        families.into_iter().map(CollectedFamily::into_core).collect()
    }
}

impl core::Collector for Foreign {
    fn describe(&self) -> Vec<Schema> {
        self.described.clone()
    }

    fn collect(&self) -> Vec<FamilySnapshot> {
        self.call().unwrap_or_default()
    }

    fn try_collect(&self) -> Vec<core::Result<FamilySnapshot>> {
        match self.call() {
            Ok(families) => families.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        }
    }
}

/// Registers a collector, after it was asked once for the names that it takes.
pub(crate) fn register(registry: &Registry, collector: Box<dyn Collector>) -> Result<SourceId> {
    let mut foreign = Foreign { collector, described: Vec::new() };
    let families = foreign.call()?;
    foreign.described = families.iter().map(|family| family.schema().clone()).collect();
    Ok(registry.register(Arc::new(foreign))?)
}

impl FamilyType {
    fn into_core(self) -> MetricType {
        match self {
            Self::Counter => MetricType::Counter,
            Self::Gauge => MetricType::Gauge,
            Self::Histogram => MetricType::Histogram,
            Self::GaugeHistogram => MetricType::GaugeHistogram,
            Self::Summary => MetricType::Summary,
            Self::Info => MetricType::Info,
            Self::StateSet => MetricType::StateSet,
            Self::Unknown => MetricType::Unknown,
        }
    }
}

impl CollectedFamily {
    fn into_core(self) -> core::Result<FamilySnapshot> {
        let mut family = FamilySnapshot::new(Schema {
            help: self.help,
            unit: self.unit,
            label_names: self.label_names,
            bounds: self.bounds,
            quantiles: self.quantiles,
            states: self.states,
            ..Schema::new(self.name, self.family_type.into_core())
        });
        self.series.into_iter().try_for_each(|series| series.push_to(&mut family))?;
        Ok(family)
    }
}

impl CollectedSeries {
    fn push_to(self, family: &mut FamilySnapshot) -> core::Result<()> {
        let values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        let value = value(family.schema().metric_type, &self.row)?;
        family.push(&values, value)?;
        let at = family.len() - 1;
        self.created.into_iter().for_each(|seconds| family.set_created(at, seconds));
        self.timestamp.into_iter().for_each(|seconds| family.set_timestamp(at, seconds));
        self.native.into_iter().for_each(|native| family.set_native(at, native.into()));
        for own in self.exemplars {
            let exemplar = Exemplar::new(pairs(&own.labels), own.value, own.timestamp)?;
            let place = usize::try_from(own.place)
                .map_err(|_| invalid(format!("there is no bucket {}", own.place)))?;
            family.set_exemplar(at, place, exemplar);
        }
        Ok(())
    }
}

fn value(metric_type: MetricType, row: &[f64]) -> core::Result<Value<'_>> {
    match (metric_type, row) {
        (MetricType::Histogram | MetricType::GaugeHistogram, [counts @ .., sum]) => {
            Ok(Value::Histogram { counts, sum: *sum })
        }
        (MetricType::Summary, [quantiles @ .., sum, count]) => {
            Ok(Value::Summary { quantiles, sum: *sum, count: *count })
        }
        (MetricType::StateSet, states) => Ok(Value::States(states)),
        (_, [number]) => Ok(Value::Number(*number)),
        _ => Err(invalid(format!("{} numbers for a {}", row.len(), metric_type.as_str()))),
    }
}
