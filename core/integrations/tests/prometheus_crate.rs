//! The bridges, judged by the `prometheus` crate's own encoder.
#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]
#![allow(deprecated, reason = "only old methods of the crate set an untyped metric")]

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use metrion_exposition::encode_text;
use metrion_integrations::prometheus_crate::{RegistryCollector, collect_prometheus};
use metrion_metrics::{
    Collector, FamilyOptions, GaugeOptions, HistogramOptions, Registry, RegistryOptions,
};
use metrion_model::{
    FamilySnapshot, MetricType, NameFilter, NativeHistogram, Schema, Snapshot, Value,
};
use prometheus::core::{Collector as PrometheusCollector, Desc};
use prometheus::{Opts, TextEncoder, proto};
use proptest::prelude::*;

fn registry() -> Registry {
    Registry::new(RegistryOptions::default()).unwrap()
}

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn our_page(registry: &Registry) -> Vec<String> {
    let mut out = Vec::new();
    encode_text(&registry.snapshot(&NameFilter::all()), &mut out);
    sorted(std::str::from_utf8(&out).unwrap())
}

fn their_page(registry: &prometheus::Registry) -> Vec<String> {
    sorted(&TextEncoder::new().encode_to_string(&registry.gather()).unwrap())
}

fn collected(theirs: prometheus::Registry) -> Registry {
    let ours = registry();
    ours.register(Arc::new(collect_prometheus(theirs))).unwrap();
    ours
}

#[derive(Clone, Debug)]
struct Family {
    help: String,
    label_names: Vec<String>,
    bounds: Vec<f64>,
    /// Label values and what is observed, added or set.
    series: Vec<(Vec<String>, Vec<f64>)>,
}

fn family() -> impl Strategy<Value = Family> {
    let label_names = prop::sample::subsequence(vec!["a", "b", "c"], 0..3);
    let bounds = prop::sample::subsequence(vec![-1.5, 0.0, 0.1, 2.0, 1e6], 0..5);
    // Multiples of a power of two: no order of additions rounds them.
    let numbers = prop::collection::vec((0..4_000_000).prop_map(|n| f64::from(n) / 8.0), 0..6);
    let values = prop::collection::vec("[a-z\"\\\\\n é]{0,4}", 3);
    ("[a-z\\\\\n]{1,8}", label_names, bounds, prop::collection::vec((values, numbers), 1..4))
        .prop_map(|(help, label_names, bounds, mut series)| {
            for (values, _) in &mut series {
                values.truncate(label_names.len());
            }
            // The crate hashes label values without anything between them: `a`, `bc` and `ab`, `c` are
            // one series to it.
            let mut seen = HashSet::new();
            series.retain(|(values, _)| seen.insert(values.concat()));
            let label_names = label_names.into_iter().map(str::to_owned).collect();
            Family { help, label_names, bounds, series }
        })
}

fn strs(strings: &[String]) -> Vec<&str> {
    strings.iter().map(String::as_str).collect()
}

proptest! {
    #[test]
    fn their_registries_in_ours(
        counter in family(), gauge in family(), histogram in family(), labelled: bool,
    ) {
        let labels = labelled.then(|| HashMap::from([("zone".to_owned(), "x\"".to_owned())]));
        let prefix = labelled.then(|| "app".to_owned());
        let theirs = prometheus::Registry::new_custom(prefix, labels).unwrap();
        let vec = prometheus::CounterVec::new(
            Opts::new("c_total", &counter.help), &strs(&counter.label_names)).unwrap();
        theirs.register(Box::new(vec.clone())).unwrap();
        for (values, numbers) in &counter.series {
            numbers.iter().for_each(|number| vec.with_label_values(&strs(values)).inc_by(*number));
        }
        let vec = prometheus::GaugeVec::new(
            Opts::new("g", &gauge.help).const_label("d", "e"), &strs(&gauge.label_names)).unwrap();
        theirs.register(Box::new(vec.clone())).unwrap();
        for (values, numbers) in &gauge.series {
            numbers.iter().for_each(|number| vec.with_label_values(&strs(values)).set(-number));
        }
        let opts = prometheus::HistogramOpts::new("h", &histogram.help)
            .buckets(histogram.bounds.clone());
        let vec = prometheus::HistogramVec::new(opts, &strs(&histogram.label_names)).unwrap();
        theirs.register(Box::new(vec.clone())).unwrap();
        for (values, numbers) in &histogram.series {
            numbers.iter().for_each(|number| vec.with_label_values(&strs(values)).observe(*number));
        }
        prop_assert_eq!(our_page(&collected(theirs.clone())), their_page(&theirs));
    }

    #[test]
    fn our_registries_in_theirs(counter in family(), gauge in family(), histogram in family()) {
        let ours = registry();
        let options = |name: &str, family: &Family| {
            FamilyOptions::labelled(name, &family.help, &strs(&family.label_names))
        };
        let family = ours.counter_family(options("c", &counter)).unwrap();
        for (values, numbers) in &counter.series {
            let child = family.labels(&strs(values)).unwrap();
            numbers.iter().for_each(|number| child.add(*number));
        }
        let family = ours.gauge_family(GaugeOptions {
            family: options("g", &gauge), ..GaugeOptions::default()
        }).unwrap();
        for (values, numbers) in &gauge.series {
            let child = family.labels(&strs(values)).unwrap();
            numbers.iter().for_each(|number| child.set(-number).unwrap());
        }
        let family = ours.histogram_family(HistogramOptions {
            family: options("h", &histogram), buckets: histogram.bounds.clone(),
            ..HistogramOptions::default()
        }).unwrap();
        for (values, numbers) in &histogram.series {
            let child = family.labels(&strs(values)).unwrap();
            numbers.iter().for_each(|number| child.observe(*number));
        }
        let theirs = prometheus::Registry::new();
        theirs.register(Box::new(RegistryCollector::new(&ours))).unwrap();
        prop_assert_eq!(their_page(&theirs), our_page(&ours));
        // And there and back again.
        prop_assert_eq!(our_page(&collected(theirs)), our_page(&ours));
    }
}

/// Yields what it was given, in either world.
#[derive(Clone)]
struct Fixed<F>(Vec<F>);

impl Collector for Fixed<FamilySnapshot> {
    fn collect(&self) -> Vec<FamilySnapshot> {
        self.0.clone()
    }
}

impl PrometheusCollector for Fixed<proto::MetricFamily> {
    fn desc(&self) -> Vec<&Desc> {
        Vec::new()
    }

    fn collect(&self) -> Vec<proto::MetricFamily> {
        self.0.clone()
    }
}

fn their_family(
    name: &str,
    field_type: proto::MetricType,
    metrics: Vec<proto::Metric>,
) -> proto::MetricFamily {
    let mut family = proto::MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_field_type(field_type);
    family.set_metric(metrics);
    family
}

fn their_metric(labels: &[(&str, &str)]) -> proto::Metric {
    let pair = |(name, value): &(&str, &str)| {
        let mut pair = proto::LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    };
    proto::Metric::from_label(labels.iter().map(pair).collect())
}

fn snapshot_of(families: Vec<proto::MetricFamily>) -> Snapshot {
    let theirs = prometheus::Registry::new();
    theirs.register(Box::new(Fixed(families))).unwrap();
    collected(theirs).snapshot(&NameFilter::all())
}

#[test]
fn summaries_untyped_and_timestamps() {
    let quantile = |at, value| {
        let mut quantile = proto::Quantile::default();
        quantile.set_quantile(at);
        quantile.set_value(value);
        quantile
    };
    let summary = |labels, quantiles: &[(f64, f64)]| {
        let mut summary = proto::Summary::default();
        summary.set_quantile(quantiles.iter().map(|(at, value)| quantile(*at, *value)).collect());
        summary.set_sample_sum(9.0);
        summary.set_sample_count(4);
        let mut metric = their_metric(labels);
        metric.set_summary(summary);
        metric
    };
    let mut value = proto::Untyped::default();
    value.set_value(3.0);
    let mut untyped = their_metric(&[]);
    untyped.untyped = Some(value).into();
    untyped.set_timestamp_ms(1_500);
    let snapshot = snapshot_of(vec![
        their_family(
            "s",
            proto::MetricType::SUMMARY,
            vec![
                summary(&[], &[(0.5, 1.0), (0.9, 2.0)]),
                summary(&[("a", "b")], &[(0.1, 0.0), (0.9, 7.0)]),
            ],
        ),
        their_family("u", proto::MetricType::UNTYPED, vec![untyped]),
    ]);
    assert_eq!(snapshot.sample_value("s", &[("quantile", "0.9")]), Some(2.0));
    assert_eq!(snapshot.sample_value("s", &[("quantile", "0.5")]), None);
    assert_eq!(snapshot.sample_value("s", &[("a", "b"), ("quantile", "0.9")]), Some(7.0));
    assert_eq!(snapshot.sample_value("s_sum", &[("a", "b")]), Some(9.0));
    assert_eq!(snapshot.sample_value("s_count", &[]), Some(4.0));
    assert_eq!(snapshot.sample_value("u", &[]), Some(3.0));
    let untyped = snapshot.families.iter().find(|family| family.schema().name == "u").unwrap();
    assert_eq!(untyped.schema().metric_type, MetricType::Unknown);
    assert_eq!(untyped.timestamp(0), Some(1.5));
}

#[test]
fn families_of_mixed_shapes() {
    let bucket = |bound, count| {
        let mut bucket = proto::Bucket::default();
        bucket.set_upper_bound(bound);
        bucket.set_cumulative_count(count);
        bucket
    };
    let histogram = |labels, buckets: &[(f64, u64)], count| {
        let mut histogram = proto::Histogram::default();
        histogram.set_bucket(buckets.iter().map(|(at, count)| bucket(*at, *count)).collect());
        histogram.set_sample_count(count);
        let mut metric = their_metric(labels);
        metric.set_histogram(histogram);
        metric
    };
    let snapshot = snapshot_of(vec![
        their_family(
            "h",
            proto::MetricType::HISTOGRAM,
            vec![
                histogram(&[], &[(1.0, 1), (2.0, 3), (4.0, 6), (f64::INFINITY, 10)], 10),
                // Other bounds and other labels; a count that went back.
                histogram(&[("a", "b")], &[(2.0, 5), (3.0, 6), (4.0, 4)], 7),
            ],
        ),
        their_family("not a name", proto::MetricType::GAUGE, vec![their_metric(&[])]),
        their_family("", proto::MetricType::GAUGE, vec![their_metric(&[])]),
        their_family("plain", proto::MetricType::COUNTER, vec![their_metric(&[])]),
        // Bounds that do not increase: left out.
        their_family(
            "bad",
            proto::MetricType::HISTOGRAM,
            vec![histogram(&[], &[(2.0, 1), (1.0, 1)], 1)],
        ),
    ]);
    let bucket = |labels: &[(&str, &str)]| snapshot.sample_value("h_bucket", labels);
    assert_eq!(bucket(&[("le", "1")]), None);
    assert_eq!(bucket(&[("le", "2")]), Some(3.0));
    assert_eq!(bucket(&[("le", "4")]), Some(6.0));
    assert_eq!(bucket(&[("le", "+Inf")]), Some(10.0));
    assert_eq!(bucket(&[("a", "b"), ("le", "2")]), Some(5.0));
    assert_eq!(bucket(&[("a", "b"), ("le", "4")]), Some(5.0));
    assert_eq!(snapshot.sample_value("h_count", &[("a", "b")]), Some(7.0));
    let names: Vec<&str> =
        snapshot.families.iter().map(|family| family.schema().name.as_str()).collect();
    assert_eq!(names, ["h", "not a name", "plain"]);
    assert_eq!(snapshot.sample_value("plain_total", &[]), Some(0.0));
}

#[test]
fn our_other_types_in_theirs() {
    let new = |schema: Schema| FamilySnapshot::new(schema.validated(Default::default()).unwrap());
    let mut summary = new(Schema {
        help: "S.".into(),
        quantiles: vec![0.5, 0.9],
        ..Schema::new("s", MetricType::Summary)
    });
    let value = Value::Summary { quantiles: &[1.0, 2.5], sum: 9.0, count: 4.0 };
    summary.push_labels([("a", "b")].into_iter(), value).unwrap();
    summary.set_timestamp(0, 1.5);
    let states = vec!["on".to_owned(), "off".to_owned()];
    let mut set = new(Schema { states, ..Schema::new("e", MetricType::StateSet) });
    set.push_labels([("a", "b")].into_iter(), Value::States(&[1.0, 0.0])).unwrap();
    let mut info = new(Schema::new("build_info", MetricType::Info));
    info.push_labels([("version", "1")].into_iter(), Value::Number(1.0)).unwrap();
    let mut unknown = new(Schema::new("u", MetricType::Unknown));
    unknown.push(&[], Value::Number(-2.5)).unwrap();
    let bounds = vec![1.0];
    let mut gauges = new(Schema { bounds, ..Schema::new("g", MetricType::GaugeHistogram) });
    gauges.push(&[], Value::Histogram { counts: &[1.0, 2.0], sum: 9.0 }).unwrap();
    let mut native = new(Schema::new("n", MetricType::Histogram));
    native.push(&[], Value::Histogram { counts: &[0.0], sum: 9.0 }).unwrap();
    let buckets = vec![(0, 2.0), (3, 1.0)];
    native.set_native(0, NativeHistogram { positive: buckets, ..NativeHistogram::default() });
    let empty = new(Schema::new("empty", MetricType::Gauge));

    let ours = registry();
    let families = vec![summary, set, info, unknown, gauges, native, empty];
    ours.register(Arc::new(Fixed(families))).unwrap();
    let theirs = prometheus::Registry::new();
    theirs.register(Box::new(RegistryCollector::new(&ours))).unwrap();
    let text = TextEncoder::new().encode_to_string(&theirs.gather()).unwrap();
    let expected = r#"# TYPE build_info gauge
build_info{version="1"} 1
# TYPE e gauge
e{a="b",e="on"} 1
e{a="b",e="off"} 0
# TYPE g histogram
g_bucket{le="1"} 1
g_bucket{le="+Inf"} 3
g_sum 9
g_count 3
# TYPE n histogram
n_bucket{le="+Inf"} 3
n_sum 9
n_count 3
# HELP s S.
# TYPE s summary
s{a="b",quantile="0.5"} 1 1500
s{a="b",quantile="0.9"} 2.5 1500
s_sum{a="b"} 9 1500
s_count{a="b"} 4 1500
# TYPE u gauge
u -2.5
"#;
    // The order of equal labels is the registry's.
    assert_eq!(sorted(&text), sorted(expected));
}

#[test]
fn registries_are_told_apart() {
    let (first, second) = (registry(), registry());
    let theirs = prometheus::Registry::new();
    theirs.register(Box::new(RegistryCollector::new(&first))).unwrap();
    theirs.register(Box::new(RegistryCollector::new(&second))).unwrap();
    let again = theirs.register(Box::new(RegistryCollector::new(&first)));
    assert!(matches!(again, Err(prometheus::Error::AlreadyReg)));
    first.counter("c", "").unwrap().inc();
    assert_eq!(theirs.gather().len(), 1);
    theirs.unregister(Box::new(RegistryCollector::new(&first))).unwrap();
    assert_eq!(theirs.gather().len(), 0);
}

#[test]
fn a_name_that_is_taken_is_left_out() {
    let theirs = prometheus::Registry::new();
    for name in ["c", "c_total", "mine"] {
        let counter = prometheus::Counter::new(name, "Help.").unwrap();
        theirs.register(Box::new(counter)).unwrap();
    }
    let ours = collected(theirs);
    ours.counter("mine", "").unwrap().inc();
    let snapshot = ours.snapshot(&NameFilter::all());
    assert_eq!(snapshot.families.len(), 2);
    assert_eq!(snapshot.sample_value("mine_total", &[]), Some(1.0));
}
