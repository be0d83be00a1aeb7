//! What is scraped, and every sample that a server must have of it.

use std::collections::BTreeMap;

use metrion_model::{
    Exemplar, FamilySnapshot, MetricType, NativeHistogram, Schema, Snapshot, Value,
};

use crate::Format;

/// A series' labels with its name, and its number. Equal numbers have equal bits, so that NaN is one.
pub(crate) type Samples = BTreeMap<BTreeMap<String, String>, u64>;

pub(crate) const ODD_LABEL: &str = "a\\b\"\n{é},";
pub(crate) const CREATED: f64 = 1_700_000_000.25;
pub(crate) const NUMBERS: [f64; 9] = [
    0.0,
    -0.0,
    0.1 + 0.2,
    -2.5,
    1e300,
    5e-324,
    9_007_199_254_740_993.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
];

fn schema(name: &str, metric_type: MetricType, labels: &[&str]) -> Schema {
    Schema {
        help: help(name),
        label_names: labels.iter().map(|label| (*label).to_owned()).collect(),
        ..Schema::new(name, metric_type)
    }
}

/// Help texts with everything that may have to be escaped.
pub(crate) fn help(name: &str) -> String {
    format!("About \"{name}\", é\\\nand more.")
}

/// Native buckets of four observations above 1, one below -1 and one near zero.
pub(crate) fn native_buckets() -> NativeHistogram {
    NativeHistogram {
        schema: 0,
        zero_threshold: 1e-9,
        zero_count: 1.0,
        positive: vec![(1, 1.0), (2, 2.0), (5, 1.0)],
        negative: vec![(1, 1.0)],
    }
}

/// Counts that are no integers, as rules and ageing make them.
fn half(native: NativeHistogram) -> NativeHistogram {
    let halves = |side: Vec<(i32, f64)>| side.into_iter().map(|(i, n)| (i, n / 2.0)).collect();
    NativeHistogram {
        zero_count: native.zero_count / 2.0,
        positive: halves(native.positive),
        negative: halves(native.negative),
        ..native
    }
}

/// Every type, and all that a series can have. `now` is in Unix seconds.
pub(crate) fn everything(now: f64) -> Snapshot {
    let exemplar =
        |id: &str, value, timestamp| Exemplar::new([("trace_id", id)], value, timestamp).unwrap();
    let mut counter = FamilySnapshot::new(Schema {
        constant_labels: vec![("zone".into(), "a".into())],
        ..schema("jobs", MetricType::Counter, &["queue"])
    });
    counter.push(&[ODD_LABEL], Value::Number(3.0)).unwrap();
    counter.push(&["b"], Value::Number(1_234_567.0)).unwrap();
    counter.set_created(0, CREATED);
    counter.set_exemplar(0, 0, exemplar("ab12", 1.0, Some(now - 20.5)));

    let mut gauge = FamilySnapshot::new(schema("depth", MetricType::Gauge, &["n"]));
    for (n, number) in NUMBERS.iter().enumerate() {
        gauge.push(&[&n.to_string()], Value::Number(*number)).unwrap();
    }
    let mut past = FamilySnapshot::new(schema("past", MetricType::Gauge, &[]));
    past.push(&[], Value::Number(7.0)).unwrap();
    past.set_timestamp(0, now - 30.25);
    let mut unknown = FamilySnapshot::new(schema("odd", MetricType::Unknown, &["x"]));
    unknown.push(&[""], Value::Number(f64::NAN)).unwrap();

    let mut histogram = FamilySnapshot::new(Schema {
        unit: "seconds".into(),
        bounds: vec![0.5, 2.0],
        ..schema("wait_seconds", MetricType::Histogram, &["queue"])
    });
    histogram.push(&["a"], Value::Histogram { counts: &[1.0, 2.0, 3.0], sum: 17.5 }).unwrap();
    histogram.set_created(0, CREATED);
    histogram.set_exemplar(0, 1, exemplar("ef56", 1.75, Some(now - 10.25)));

    let mut native = FamilySnapshot::new(schema("size", MetricType::Histogram, &["x"]));
    native.push(&["1"], Value::Histogram { counts: &[6.0], sum: 30.0 }).unwrap();
    native.set_native(0, native_buckets());
    let mut both = FamilySnapshot::new(Schema {
        bounds: vec![0.0, 4.0],
        ..schema("both", MetricType::Histogram, &[])
    });
    both.push(&[], Value::Histogram { counts: &[2.0, 3.0, 1.0], sum: 30.0 }).unwrap();
    both.set_native(0, native_buckets());

    let mut unbounded = FamilySnapshot::new(schema("unbounded", MetricType::Histogram, &[]));
    unbounded.push(&[], Value::Histogram { counts: &[2.0], sum: 3.0 }).unwrap();
    let mut halves = FamilySnapshot::new(schema("halves", MetricType::Histogram, &[]));
    halves.push(&[], Value::Histogram { counts: &[3.5], sum: 15.0 }).unwrap();
    halves.set_native(0, half(native_buckets()));

    let mut gauge_histogram = FamilySnapshot::new(Schema {
        bounds: vec![1.0],
        ..schema("sizes", MetricType::GaugeHistogram, &["x"])
    });
    gauge_histogram.push(&["1"], Value::Histogram { counts: &[4.0, 1.0], sum: 30.0 }).unwrap();
    // Without these Prometheus 2.42 would forget the suffixes of a gauge histogram's samples.
    gauge_histogram.set_native(0, native_buckets());
    let mut summary = FamilySnapshot::new(Schema {
        quantiles: vec![0.5, 1.0],
        ..schema("took", MetricType::Summary, &["x"])
    });
    let value = Value::Summary { quantiles: &[0.125, f64::NAN], sum: 9.0, count: 4.0 };
    summary.push(&["1"], value).unwrap();
    summary.set_created(0, CREATED);
    let mut info = FamilySnapshot::new(schema("build", MetricType::Info, &[]));
    info.push_labels([("version", "1.2")].into_iter(), Value::Number(1.0)).unwrap();
    let mut states = FamilySnapshot::new(Schema {
        states: vec!["on".into(), "o\"ff".into()],
        ..schema("mode", MetricType::StateSet, &["x"])
    });
    states.push(&["1"], Value::States(&[1.0, 0.0])).unwrap();
    Snapshot {
        families: vec![
            counter,
            gauge,
            past,
            unknown,
            histogram,
            native,
            both,
            unbounded,
            halves,
            gauge_histogram,
            summary,
            info,
            states,
        ],
    }
}

/// What [`everything`] is to a server that scraped it in that format, but for the native histograms
/// of the protocol buffer format.
pub(crate) fn samples(job: &str, instance: &str, format: Format) -> Samples {
    let mut samples = Samples::new();
    let mut add = |name: &str, labels: &[(&str, &str)], value: f64| {
        let own = [("__name__", name), ("job", job), ("instance", instance)];
        let labels = own.iter().chain(labels).filter(|(_, value)| !value.is_empty());
        let labels = labels.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let before = samples.insert(labels.collect(), value.to_bits());
        assert!(before.is_none(), "{name} twice");
    };
    add("jobs_total", &[("zone", "a"), ("queue", ODD_LABEL)], 3.0);
    add("jobs_total", &[("zone", "a"), ("queue", "b")], 1_234_567.0);
    for (n, number) in NUMBERS.iter().enumerate() {
        add("depth", &[("n", &n.to_string())], *number);
    }
    add("past", &[], 7.0);
    add("odd", &[], f64::NAN);
    // Bounds are text to a server, and each format has its own.
    let [two, zero, four, one] = match format {
        Format::Text => ["2", "0", "4", "1"],
        Format::OpenMetrics | Format::Protobuf => ["2.0", "0.0", "4.0", "1.0"],
    };
    add("wait_seconds_bucket", &[("queue", "a"), ("le", "0.5")], 1.0);
    add("wait_seconds_bucket", &[("queue", "a"), ("le", two)], 3.0);
    add("wait_seconds_bucket", &[("queue", "a"), ("le", "+Inf")], 6.0);
    add("wait_seconds_sum", &[("queue", "a")], 17.5);
    add("wait_seconds_count", &[("queue", "a")], 6.0);
    add("unbounded_bucket", &[("le", "+Inf")], 2.0);
    add("unbounded_sum", &[], 3.0);
    add("unbounded_count", &[], 2.0);
    if format != Format::Protobuf {
        add("halves_bucket", &[("le", "+Inf")], 3.5);
        add("halves_sum", &[], 15.0);
        add("halves_count", &[], 3.5);
        add("size_bucket", &[("x", "1"), ("le", "+Inf")], 6.0);
        add("size_sum", &[("x", "1")], 30.0);
        add("size_count", &[("x", "1")], 6.0);
        add("both_bucket", &[("le", zero)], 2.0);
        add("both_bucket", &[("le", four)], 5.0);
        add("both_bucket", &[("le", "+Inf")], 6.0);
        add("both_sum", &[], 30.0);
        add("both_count", &[], 6.0);
        add("sizes_bucket", &[("x", "1"), ("le", one)], 4.0);
        add("sizes_bucket", &[("x", "1"), ("le", "+Inf")], 5.0);
        add("sizes_gsum", &[("x", "1")], 30.0);
        add("sizes_gcount", &[("x", "1")], 5.0);
        add("jobs_created", &[("zone", "a"), ("queue", ODD_LABEL)], CREATED);
        add("wait_seconds_created", &[("queue", "a")], CREATED);
        add("took_created", &[("x", "1")], CREATED);
    }
    add("took", &[("x", "1"), ("quantile", "0.5")], 0.125);
    add("took", &[("x", "1"), ("quantile", one)], f64::NAN);
    add("took_sum", &[("x", "1")], 9.0);
    add("took_count", &[("x", "1")], 4.0);
    add("build_info", &[("version", "1.2")], 1.0);
    add("mode", &[("x", "1"), ("mode", "on")], 1.0);
    add("mode", &[("x", "1"), ("mode", "o\"ff")], 0.0);
    samples
}
