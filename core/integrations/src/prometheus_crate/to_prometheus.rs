//! A registry as a collector of a prometheus registry.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use metrion_metrics::Registry;
use metrion_model::{FamilySnapshot, MetricType, NameFilter, NativeHistogram};
use prometheus::core::{Collector, Desc};
use prometheus::proto;

/// The families of a [`Registry`] for a [`prometheus::Registry`].
///
/// - A counter's name there ends with `_total`, an info's with `_info`.
/// - That crate's encoder knows counters, gauges, histograms and summaries: infos, state sets (a
///   series for each state, with the label that OpenMetrics gives it) and unknowns become gauges,
///   gauge histograms become histograms.
/// - Native buckets, exemplars, created times and units are left out; a histogram that has only
///   native buckets is its count and sum.
/// - Counts of buckets are whole numbers there.
///
/// A prometheus registry does not learn which families there will be, so it cannot find clashes of
/// names: it then puts both under one name.
pub struct RegistryCollector {
    registry: Registry,
    /// One that nothing is shown under: it tells this registry from others.
    descs: Vec<Desc>,
}

impl RegistryCollector {
    /// A collector of this registry. A prometheus registry takes one of each registry, and gives it
    /// back to another one of the same.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        let identity = format!("{:p}", Arc::as_ptr(registry.segment()));
        let desc = Desc::new(
            "metrion_registry".to_owned(),
            "A Metrion registry, by where it is in memory.".to_owned(),
            Vec::new(),
            HashMap::from([("segment".to_owned(), identity)]),
        );
        // Without one it would only clash with others that have none, and these names are valid.
        Self { registry: registry.clone(), descs: desc.into_iter().collect() }
    }
}

impl Collector for RegistryCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.descs.iter().collect()
    }

    fn collect(&self) -> Vec<proto::MetricFamily> {
        self.registry.snapshot(&NameFilter::all()).families.iter().map(family).collect()
    }
}

impl fmt::Debug for RegistryCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RegistryCollector").field(&self.registry).finish()
    }
}

fn family(snapshot: &FamilySnapshot) -> proto::MetricFamily {
    let schema = snapshot.schema();
    let (suffix, field_type) = match schema.metric_type {
        MetricType::Counter => ("_total", proto::MetricType::COUNTER),
        MetricType::Info => ("_info", proto::MetricType::GAUGE),
        MetricType::Histogram | MetricType::GaugeHistogram => ("", proto::MetricType::HISTOGRAM),
        MetricType::Summary => ("", proto::MetricType::SUMMARY),
        _ => ("", proto::MetricType::GAUGE),
    };
    let mut family = proto::MetricFamily::default();
    family.set_name(format!("{}{suffix}", schema.name));
    family.set_help(schema.help.clone());
    family.set_field_type(field_type);
    family.set_metric((0..snapshot.len()).flat_map(|row| metrics(snapshot, row)).collect());
    family
}

/// One metric for a series, or one for each state of a state set.
fn metrics(snapshot: &FamilySnapshot, row: usize) -> Vec<proto::Metric> {
    let (schema, values) = (snapshot.schema(), snapshot.row(row));
    let mut metric = proto::Metric::from_label(labels(snapshot, row));
    if let Some(seconds) = snapshot.timestamp(row) {
        metric.set_timestamp_ms((seconds * 1000.0).round() as i64);
    }
    match schema.metric_type {
        MetricType::Histogram | MetricType::GaugeHistogram => {
            metric.set_histogram(histogram(&schema.bounds, values, snapshot.native(row)));
        }
        MetricType::Summary => metric.set_summary(summary(&schema.quantiles, values)),
        MetricType::Counter => {
            let mut counter = proto::Counter::default();
            counter.set_value(first(values));
            metric.set_counter(counter);
        }
        MetricType::StateSet => {
            let states = schema.states.iter().zip(values);
            return states
                .map(|(state, value)| state_metric(&metric, &schema.name, state, *value))
                .collect();
        }
        _ => metric.set_gauge(gauge(first(values))),
    }
    vec![metric]
}

fn labels(snapshot: &FamilySnapshot, row: usize) -> Vec<proto::LabelPair> {
    snapshot.labels().pairs(row).map(|(name, value)| pair(&name, &value)).collect()
}

fn pair(name: &str, value: &str) -> proto::LabelPair {
    let mut pair = proto::LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}

fn first(values: &[f64]) -> f64 {
    values.first().copied().unwrap_or_default()
}

fn gauge(value: f64) -> proto::Gauge {
    let mut gauge = proto::Gauge::default();
    gauge.set_value(value);
    gauge
}

fn state_metric(series: &proto::Metric, name: &str, state: &str, value: f64) -> proto::Metric {
    let mut metric = series.clone();
    let mut labels = metric.take_label();
    labels.push(pair(name, state));
    metric.set_label(labels);
    metric.set_gauge(gauge(value));
    metric
}

/// `values` are the count of each bucket alone, the one to infinity included, and the sum.
fn histogram(bounds: &[f64], values: &[f64], native: Option<&NativeHistogram>) -> proto::Histogram {
    let mut histogram = proto::Histogram::default();
    let Some((sum, counts)) = values.split_last() else { return histogram };
    let mut total = 0.0;
    let mut buckets = Vec::with_capacity(bounds.len());
    for (bound, count) in bounds.iter().zip(counts) {
        total += count;
        let mut bucket = proto::Bucket::default();
        bucket.set_upper_bound(*bound);
        bucket.set_cumulative_count(total as u64);
        buckets.push(bucket);
    }
    let count = match native {
        Some(native) if bounds.is_empty() => native.count(),
        _ => counts.iter().sum(),
    };
    histogram.set_bucket(buckets);
    histogram.set_sample_count(count as u64);
    histogram.set_sample_sum(*sum);
    histogram
}

/// `values` are those of the quantiles, the sum and the count.
fn summary(quantiles: &[f64], values: &[f64]) -> proto::Summary {
    let mut summary = proto::Summary::default();
    let shown = quantiles.iter().zip(values).map(|(quantile, value)| {
        let mut shown = proto::Quantile::default();
        shown.set_quantile(*quantile);
        shown.set_value(*value);
        shown
    });
    summary.set_quantile(shown.collect());
    if let [.., sum, count] = values {
        summary.set_sample_sum(*sum);
        summary.set_sample_count(*count as u64);
    }
    summary
}
