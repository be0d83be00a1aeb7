//! Families that the caller makes at every collection, from somewhere else's numbers.

use std::ffi::c_void;
use std::sync::Arc;

use metrion_core::{
    Collector as CoreCollector, Error, ErrorCode, Exemplar, FamilySnapshot, MetricType,
    Result as CoreResult, Schema, Value,
};

use crate::callback::{ReleaseFunction, User};
use crate::family::unsupported;
use crate::handle::{Collector, Registry};
use crate::reading::NativeHistogram;
use crate::status::{Result, Status, done, null, returning};
use crate::text::{Label, Text, names, numbers, pairs, with_values};

/// Gives the families of this moment by `metrion_yield_family` and `metrion_yield_series`. What it
/// returns other than 0, a `metrion_status`, is why they are not to be had; they are left out of that collection, and counted.
pub type CollectFunction =
    Option<unsafe extern "C" fn(user: *mut c_void, families: *mut Families) -> i32>;

/// The types of families that a collector yields.
#[repr(C)]
pub enum FamilyType {
    /// A number that only goes up.
    Counter = 0,
    /// A number that goes up and down.
    Gauge = 1,
    /// Counts by upper bound, and their sum.
    Histogram = 2,
    /// As a histogram, but its counts go down too.
    GaugeHistogram = 3,
    /// Quantiles, a sum and a count.
    Summary = 4,
    /// Text, as labels with the value 1.
    Info = 5,
    /// Which of some named states hold.
    StateSet = 6,
    /// A number of which nothing more is known.
    Unknown = 7,
}

/// What a collector's family is, apart from its numbers.
#[repr(C)]
pub struct FamilySchema {
    /// A `metrion_family_type`.
    pub family_type: i32,
    /// The name.
    pub name: Text,
    /// One sentence for people.
    pub help: Text,
    /// The base unit; the name ends with it.
    pub unit: Text,
    /// The names of the labels.
    pub label_names: *const Text,
    /// How many.
    pub label_name_count: usize,
    /// A histogram's finite upper bounds.
    pub bounds: *const f64,
    /// How many.
    pub bound_count: usize,
    /// A summary's quantiles.
    pub quantiles: *const f64,
    /// How many.
    pub quantile_count: usize,
    /// A state set's states.
    pub states: *const Text,
    /// How many.
    pub state_count: usize,
}

/// One series of a collector's family.
#[repr(C)]
pub struct SeriesData {
    /// The values of the labels.
    pub values: *const Text,
    /// How many.
    pub value_count: usize,
    /// Its numbers. Of a histogram the count of each bucket alone, the one to infinity last, and the sum;
    /// of a summary the values of its quantiles, the sum and the count; of a state set one for each state;
    /// one alone of every other type.
    pub row: *const f64,
    /// How many.
    pub row_count: usize,
    /// A histogram's native buckets; null is none.
    pub native: *const NativeHistogram,
    /// When it began, in seconds since the Unix epoch; null where that is not known.
    pub created: *const f64,
    /// Of when its numbers are, in seconds since the Unix epoch; null is now.
    pub timestamp: *const f64,
}

/// Where a collector's families go during a collection.
#[derive(Default)]
pub struct Families {
    made: Vec<FamilySnapshot>,
}

struct CallerCollector {
    function: unsafe extern "C" fn(user: *mut c_void, families: *mut Families) -> i32,
    user: User,
    described: Vec<Schema>,
}

impl CallerCollector {
    fn call(&self) -> Result<Vec<FamilySnapshot>> {
        let mut families = Families::default();
        // SAFETY: the caller gave both to be used together, and the families are ours.
        let status = unsafe { (self.function)(self.user.data(), &raw mut families) };
        if status == Status::Ok as i32 {
            return Ok(families.made);
        }
        let message = format!("a collector failed with status {status}");
        Err(Error::new(ErrorCode::InvalidValue, message))
    }
}

impl CoreCollector for CallerCollector {
    fn describe(&self) -> Vec<Schema> {
        self.described.clone()
    }

    fn collect(&self) -> Vec<FamilySnapshot> {
        self.call().unwrap_or_default()
    }

    fn try_collect(&self) -> Vec<CoreResult<FamilySnapshot>> {
        match self.call() {
            Ok(families) => families.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        }
    }
}

/// Adds a collector to a registry. It is called once now, to find names that are taken, and then at every
/// collection, on whatever thread collects. `release`, which may be null, is called when that has ended:
/// also when this call fails.
///
/// Fails with `metric_exists` when a name is taken, and with the errors of a wrong schema.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_register(
    registry: Registry,
    function: CollectFunction,
    user: *mut c_void,
    release: ReleaseFunction,
    out: *mut Collector,
) -> Status {
    let user = User::new(user, release);
    let register = move || {
        let function = function.ok_or_else(|| null("the function"))?;
        let registry = registry.get()?.clone();
        let mut collector = CallerCollector { function, user, described: Vec::new() };
        let families = collector.call()?;
        collector.described = families.iter().map(|family| family.schema().clone()).collect();
        let id = registry.register(Arc::new(collector))?;
        Ok(Collector::new(registry, id))
    };
    // SAFETY: what callers of the library promise.
    unsafe { returning(out, register) }
}

/// Takes a collector out of its registry. A null handle is no error, one that was freed is `not_found`.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_collector_free(collector: Collector) -> Status {
    done(|| collector.free())
}

/// Begins a family, during a collection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_yield_family(
    families: Option<&mut Families>,
    schema: Option<&FamilySchema>,
) -> Status {
    done(|| {
        let families = families.ok_or_else(|| null("the families"))?;
        let schema = schema.ok_or_else(|| null("the schema"))?.read()?;
        families.made.push(FamilySnapshot::new(schema));
        Ok(())
    })
}

/// Adds a series to the family that was begun last.
///
/// Fails with `label_mismatch` and `invalid_value` for a series of another shape than its family.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_yield_series(
    families: Option<&mut Families>,
    series: Option<&SeriesData>,
) -> Status {
    done(|| {
        let series = series.ok_or_else(|| null("the series"))?;
        let row = numbers(series.row, series.row_count, "the row")?;
        // SAFETY: what callers of the library promise.
        let native = unsafe { series.native.as_ref() };
        let native = native.map(NativeHistogram::read).transpose()?;
        let family = last(families)?;
        let value = value(family.schema().metric_type, row)?;
        with_values(series.values, series.value_count, |values| family.push(values, value))?;
        let at = family.len() - 1;
        // SAFETY: as above.
        let (created, timestamp) = unsafe { (series.created.as_ref(), series.timestamp.as_ref()) };
        created.into_iter().for_each(|seconds| family.set_created(at, *seconds));
        timestamp.into_iter().for_each(|seconds| family.set_timestamp(at, *seconds));
        native.into_iter().for_each(|native| family.set_native(at, native));
        Ok(())
    })
}

/// Adds an exemplar to the series that was added last: of the bucket `place`, or 0 for a counter.
/// `timestamp`, in seconds since the Unix epoch, may be null.
///
/// Fails with `invalid_exemplar` when the labels are too long or wrong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_yield_exemplar(
    families: Option<&mut Families>,
    place: usize,
    labels: *const Label,
    count: usize,
    value: f64,
    timestamp: *const f64,
) -> Status {
    done(|| {
        let family = last(families)?;
        // SAFETY: what callers of the library promise.
        let timestamp = unsafe { timestamp.as_ref() }.copied();
        let exemplar = Exemplar::new(pairs(labels, count)?, value, timestamp)?;
        let Some(at) = family.len().checked_sub(1) else {
            return Err(Error::new(ErrorCode::NotFound, "the family has no series yet"));
        };
        family.set_exemplar(at, place, exemplar);
        Ok(())
    })
}

fn last(families: Option<&mut Families>) -> Result<&mut FamilySnapshot> {
    let families = families.ok_or_else(|| null("the families"))?;
    let none = || Error::new(ErrorCode::NotFound, "no family was begun yet");
    families.made.last_mut().ok_or_else(none)
}

fn value(metric_type: MetricType, row: &[f64]) -> Result<Value<'_>> {
    match (metric_type, row) {
        (MetricType::Histogram | MetricType::GaugeHistogram, [counts @ .., sum]) => {
            Ok(Value::Histogram { counts, sum: *sum })
        }
        (MetricType::Summary, [quantiles @ .., sum, count]) => {
            Ok(Value::Summary { quantiles, sum: *sum, count: *count })
        }
        (MetricType::StateSet, states) => Ok(Value::States(states)),
        (_, [number]) => Ok(Value::Number(*number)),
        _ => {
            let message = format!("{} numbers for a {}", row.len(), metric_type.as_str());
            Err(Error::new(ErrorCode::InvalidValue, message))
        }
    }
}

impl FamilySchema {
    fn read(&self) -> Result<Schema> {
        // SAFETY: what callers of the library promise.
        let text = |text: Text, what| unsafe { text.name(what) };
        Ok(Schema {
            help: text(self.help, "the help")?,
            unit: text(self.unit, "the unit")?,
            label_names: names(self.label_names, self.label_name_count, "the label names")?,
            bounds: numbers(self.bounds, self.bound_count, "the bounds")?.to_vec(),
            quantiles: numbers(self.quantiles, self.quantile_count, "the quantiles")?.to_vec(),
            states: names(self.states, self.state_count, "the states")?,
            ..Schema::new(text(self.name, "the name")?, metric_type(self.family_type)?)
        })
    }
}

/// C can pass any number for an enum.
fn metric_type(number: i32) -> Result<MetricType> {
    const TYPES: [MetricType; 8] = [
        MetricType::Counter,
        MetricType::Gauge,
        MetricType::Histogram,
        MetricType::GaugeHistogram,
        MetricType::Summary,
        MetricType::Info,
        MetricType::StateSet,
        MetricType::Unknown,
    ];
    let found = usize::try_from(number).ok().and_then(|number| TYPES.get(number));
    found.copied().ok_or_else(|| unsupported(&format!("there is no family type {number}")))
}
