//! The families of a vector's collector.

use std::sync::Arc;

use metrion::{
    Collector, Exemplar, FamilySnapshot, MetricType, NativeHistogram, Result, Schema, Value,
};

use crate::format::{ExpectedNative, Number};
use crate::page::{Collected, CollectedKind, CollectedSeries};

/// Gives the same families at every collection.
struct Fixed(Vec<FamilySnapshot>);

impl Collector for Fixed {
    fn describe(&self) -> Vec<Schema> {
        self.0.iter().map(|family| family.schema().clone()).collect()
    }

    fn collect(&self) -> Vec<FamilySnapshot> {
        self.0.clone()
    }
}

/// A collector that gives these families.
pub(crate) fn collector(families: &[Collected]) -> Result<Arc<dyn Collector>> {
    let families: Result<Vec<FamilySnapshot>> = families.iter().map(snapshot).collect();
    Ok(Arc::new(Fixed(families?)))
}

fn snapshot(family: &Collected) -> Result<FamilySnapshot> {
    let metric_type = match family.kind {
        CollectedKind::Counter => MetricType::Counter,
        CollectedKind::Gauge => MetricType::Gauge,
        CollectedKind::Histogram => MetricType::Histogram,
        CollectedKind::GaugeHistogram => MetricType::GaugeHistogram,
        CollectedKind::Summary => MetricType::Summary,
        CollectedKind::Info => MetricType::Info,
        CollectedKind::StateSet => MetricType::StateSet,
        CollectedKind::Unknown => MetricType::Unknown,
    };
    let schema = Schema {
        help: family.help.clone(),
        unit: family.unit.clone(),
        label_names: family.label_names.clone(),
        bounds: numbers(&family.bounds),
        quantiles: numbers(&family.quantiles),
        states: family.states.clone(),
        ..Schema::new(family.name.clone(), metric_type)
    };
    let mut snapshot = FamilySnapshot::new(schema);
    family.series.iter().try_for_each(|series| push(&mut snapshot, series))?;
    Ok(snapshot)
}

fn push(family: &mut FamilySnapshot, series: &CollectedSeries) -> Result<()> {
    let values: Vec<&str> = series.values.iter().map(String::as_str).collect();
    let row = numbers(&series.row);
    let value = match (family.schema().metric_type, row.as_slice()) {
        (MetricType::Histogram | MetricType::GaugeHistogram, [counts @ .., sum]) => {
            Value::Histogram { counts, sum: *sum }
        }
        (MetricType::Summary, [quantiles @ .., sum, count]) => {
            Value::Summary { quantiles, sum: *sum, count: *count }
        }
        (MetricType::StateSet, states) => Value::States(states),
        (_, numbers) => Value::Number(numbers.first().copied().unwrap_or(f64::NAN)),
    };
    family.push(&values, value)?;
    let at = family.len() - 1;
    if let Some(created) = series.created {
        family.set_created(at, created.0);
    }
    if let Some(timestamp) = series.timestamp {
        family.set_timestamp(at, timestamp.0);
    }
    if let Some(native) = &series.native {
        family.set_native(at, buckets(native));
    }
    for (place, labels, value, time) in &series.exemplars {
        let labels = labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let exemplar = Exemplar::new(labels, value.0, time.map(|time| time.0))?;
        family.set_exemplar(at, *place, exemplar);
    }
    Ok(())
}

/// The native buckets that a vector writes down.
pub(crate) fn buckets(written: &ExpectedNative) -> NativeHistogram {
    let side = |buckets: &[(i32, Number)]| buckets.iter().map(|(i, count)| (*i, count.0)).collect();
    NativeHistogram {
        schema: written.schema,
        zero_threshold: written.zero_threshold.0,
        zero_count: written.zero_count.0,
        positive: side(&written.positive),
        negative: side(&written.negative),
    }
}

fn numbers(written: &[Number]) -> Vec<f64> {
    written.iter().map(|number| number.0).collect()
}
