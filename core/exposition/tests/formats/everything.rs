//! A snapshot with everything that one can hold.

use metrion_model::{
    Exemplar, FamilySnapshot, MetricType, NativeHistogram, Schema, Snapshot, Value,
};

fn family(name: &str, metric_type: MetricType, labels: &[&str]) -> Schema {
    Schema {
        help: format!("About \"{name}\"\\\n."),
        label_names: labels.iter().map(|label| (*label).to_owned()).collect(),
        ..Schema::new(name, metric_type)
    }
}

fn exemplar(id: &str, value: f64, timestamp: Option<f64>) -> Exemplar {
    Exemplar::new([("trace_id", id)], value, timestamp).unwrap()
}

pub(crate) fn counter() -> FamilySnapshot {
    let mut counter = FamilySnapshot::new(Schema {
        constant_labels: vec![("zone".into(), "a".into())],
        ..family("jobs", MetricType::Counter, &["queue"])
    });
    counter.push(&["a\\b\"\n"], Value::Number(3.0)).unwrap();
    counter.push(&["é"], Value::Number(1_234_567.0)).unwrap();
    counter.set_created(0, 1_700_000_000.25);
    counter.set_exemplar(0, 0, exemplar("ab12", 1.0, Some(1_700_000_001.5)));
    counter.set_exemplar(1, 0, exemplar("cd34", 0.5, None));
    counter
}

pub(crate) fn histogram() -> FamilySnapshot {
    let mut histogram = FamilySnapshot::new(Schema {
        unit: "seconds".into(),
        bounds: vec![0.5, 2.0],
        ..family("wait_seconds", MetricType::Histogram, &["queue"])
    });
    histogram.push(&["a"], Value::Histogram { counts: &[1.0, 2.0, 3.0], sum: 17.5 }).unwrap();
    histogram.set_created(0, 1_700_000_000.0);
    histogram.set_exemplar(0, 1, exemplar("ef56", 1.75, Some(1_700_000_002.0)));
    histogram.set_exemplar(0, 2, exemplar("gh78", 9.0, None));
    histogram
}

/// With classic buckets too; three observations are in flight, which only the native ones have.
pub(crate) fn native() -> FamilySnapshot {
    let mut native = FamilySnapshot::new(Schema {
        bounds: vec![1.0, 4.0],
        ..family("size", MetricType::Histogram, &[])
    });
    native.push(&[], Value::Histogram { counts: &[2.0, 1.0, 1.0], sum: 30.0 }).unwrap();
    native.set_native(
        0,
        NativeHistogram {
            schema: 0,
            zero_threshold: 1e-9,
            zero_count: 1.0,
            positive: vec![(0, 1.0), (1, 2.0), (5, 1.0)],
            negative: vec![(-1, 2.0)],
        },
    );
    native
}

pub(crate) fn everything() -> Snapshot {
    let mut gauge = FamilySnapshot::new(family("depth", MetricType::Gauge, &[]));
    gauge.push(&[], Value::Number(f64::NEG_INFINITY)).unwrap();
    gauge.set_timestamp(0, 1_700_000_003.5);
    let mut unknown = FamilySnapshot::new(family("odd", MetricType::Unknown, &["x"]));
    unknown.push(&[""], Value::Number(f64::NAN)).unwrap();

    let mut gauge_histogram = FamilySnapshot::new(Schema {
        bounds: vec![1.0],
        ..family("sizes", MetricType::GaugeHistogram, &["x"])
    });
    gauge_histogram.push(&["1"], Value::Histogram { counts: &[4.0, 1.0], sum: 9.5 }).unwrap();
    let mut summary = FamilySnapshot::new(Schema {
        quantiles: vec![0.5, 1.0],
        ..family("took", MetricType::Summary, &["x"])
    });
    let value = Value::Summary { quantiles: &[0.125, f64::NAN], sum: 9.0, count: 4.0 };
    summary.push(&["1"], value).unwrap();
    summary.set_created(0, 1_700_000_000.0);
    let mut info = FamilySnapshot::new(family("build", MetricType::Info, &[]));
    info.push_labels([("version", "1.2")].into_iter(), Value::Number(1.0)).unwrap();
    let mut states = FamilySnapshot::new(Schema {
        states: vec!["on".into(), "o\"ff".into()],
        ..family("mode", MetricType::StateSet, &["x"])
    });
    states.push(&["1"], Value::States(&[1.0, 0.0])).unwrap();
    let empty = FamilySnapshot::new(family("none", MetricType::Gauge, &[]));
    Snapshot {
        families: vec![
            counter(),
            gauge,
            unknown,
            histogram(),
            native(),
            gauge_histogram,
            summary,
            info,
            states,
            empty,
        ],
    }
}

/// Names that are not classic.
pub(crate) fn utf8() -> Snapshot {
    let mut counter = FamilySnapshot::new(Schema {
        help: "Hé.".into(),
        unit: "s".into(),
        label_names: vec!["a.b".into(), "c".into()],
        ..Schema::new("my.\"jobs\"_s", MetricType::Counter)
    });
    counter.push(&["x", "y"], Value::Number(1.0)).unwrap();
    let mut gauge = FamilySnapshot::new(Schema::new("my.gauge", MetricType::Gauge));
    gauge.push(&[], Value::Number(1.0)).unwrap();
    let mut histogram = FamilySnapshot::new(Schema {
        bounds: vec![1.0],
        ..Schema::new("my.histogram", MetricType::Histogram)
    });
    histogram.push(&[], Value::Histogram { counts: &[1.0, 0.0], sum: 1.0 }).unwrap();
    Snapshot { families: vec![counter, gauge, histogram] }
}
