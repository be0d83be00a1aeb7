//! A prometheus registry as a collector.

use metrion_metrics::Collector;
use metrion_model::{FamilySnapshot, MetricType, NameRules, Result, Schema, Value};
use prometheus::proto;

/// Yields the families of a prometheus registry, with its prefix and labels.
///
/// - A counter's sample ends with `_total`, also where its name there does not.
/// - Histograms of one family with different bounds are shown with the bounds that all have, summaries
///   with the quantiles that all have: what is shown of them is exact.
/// - A family that Metrion cannot take, for instance because its name is not valid, is left out. One
///   whose name is taken (of two counters `x` and `x_total` the second) is left out and counted by
///   the registry that collects.
pub fn collect_prometheus(registry: prometheus::Registry) -> impl Collector {
    PrometheusRegistry(registry)
}

struct PrometheusRegistry(prometheus::Registry);

impl Collector for PrometheusRegistry {
    fn collect(&self) -> Vec<FamilySnapshot> {
        let families = self.0.gather();
        families.iter().filter_map(|family| snapshot(family).ok()).collect()
    }
}

fn snapshot(family: &proto::MetricFamily) -> Result<FamilySnapshot> {
    let metrics = family.get_metric();
    let metric_type = match family.get_field_type() {
        proto::MetricType::COUNTER => MetricType::Counter,
        proto::MetricType::GAUGE => MetricType::Gauge,
        proto::MetricType::HISTOGRAM => MetricType::Histogram,
        proto::MetricType::SUMMARY => MetricType::Summary,
        proto::MetricType::UNTYPED => MetricType::Unknown,
    };
    let mut schema =
        Schema { help: family.help().to_owned(), ..Schema::new(family.name(), metric_type) };
    match metric_type {
        MetricType::Histogram => schema.bounds = common(metrics.iter().map(finite_bounds)),
        MetricType::Summary => schema.quantiles = common(metrics.iter().map(quantiles)),
        _ => {}
    }
    let schema = schema.validated(NameRules::Utf8)?;
    let mut snapshot = FamilySnapshot::new(schema.clone());
    for metric in metrics {
        let row = snapshot.len();
        push(&mut snapshot, &schema, metric)?;
        if metric.timestamp_ms() != 0 {
            snapshot.set_timestamp(row, metric.timestamp_ms() as f64 / 1000.0);
        }
    }
    Ok(snapshot)
}

fn push(snapshot: &mut FamilySnapshot, schema: &Schema, metric: &proto::Metric) -> Result<()> {
    let labels = metric.get_label().iter().map(|pair| (pair.name(), pair.value()));
    match schema.metric_type {
        MetricType::Histogram => {
            let histogram = metric.get_histogram();
            let counts = &counts(histogram, &schema.bounds);
            let sum = histogram.get_sample_sum();
            snapshot.push_labels(labels, Value::Histogram { counts, sum })
        }
        MetricType::Summary => {
            let summary = metric.get_summary();
            let all = summary.get_quantile();
            let value = |wanted: &f64| {
                let found = all.iter().find(|own| own.quantile() == *wanted);
                found.map_or(f64::NAN, proto::Quantile::value)
            };
            let quantiles = &schema.quantiles.iter().map(value).collect::<Vec<f64>>();
            let (sum, count) = (summary.sample_sum(), summary.sample_count() as f64);
            snapshot.push_labels(labels, Value::Summary { quantiles, sum, count })
        }
        MetricType::Counter => {
            snapshot.push_labels(labels, Value::Number(metric.get_counter().value()))
        }
        MetricType::Gauge => {
            snapshot.push_labels(labels, Value::Number(metric.get_gauge().value()))
        }
        _ => snapshot.push_labels(labels, Value::Number(metric.untyped.value())),
    }
}

/// The numbers that all lists have, in the order of the first.
fn common(mut lists: impl Iterator<Item = Vec<f64>>) -> Vec<f64> {
    let mut common = lists.next().unwrap_or_default();
    for list in lists {
        common.retain(|number| list.contains(number));
    }
    common
}

fn finite_bounds(metric: &proto::Metric) -> Vec<f64> {
    let buckets = metric.get_histogram().get_bucket().iter();
    buckets.map(proto::Bucket::upper_bound).filter(|bound| *bound != f64::INFINITY).collect()
}

fn quantiles(metric: &proto::Metric) -> Vec<f64> {
    metric.get_summary().get_quantile().iter().map(proto::Quantile::quantile).collect()
}

/// The count of each bucket alone. Cumulative counts that go back, as a collector that reads while
/// others write may have them, count as standing still.
fn counts(histogram: &proto::Histogram, bounds: &[f64]) -> Vec<f64> {
    let cumulative = |bound: &f64| {
        let bucket = histogram.get_bucket().iter().find(|own| own.upper_bound() == *bound);
        bucket.map_or(0, proto::Bucket::cumulative_count)
    };
    let mut before = 0;
    bounds
        .iter()
        .map(cumulative)
        .chain([histogram.get_sample_count()])
        .map(|count| {
            let alone = count.saturating_sub(before);
            before = before.max(count);
            alone as f64
        })
        .collect()
}
