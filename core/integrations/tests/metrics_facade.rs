//! The recorder beside `metrics-exporter-prometheus`: the same operations, the same samples.
#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Barrier;

use metrics::{Key, KeyName, Label, Level, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use metrion_exposition::encode_text;
use metrion_integrations::metrics_facade::{MetricsRecorder, NameMatcher, RecorderOptions};
use metrion_metrics::{FamilyOptions, Geometry, Registry, RegistryOptions};
use metrion_model::{ErrorCode, MetricType, NameFilter};
use proptest::prelude::*;

fn registry() -> Registry {
    Registry::new(RegistryOptions::default()).unwrap()
}

/// What a page says, whatever its order: samples by their name and sorted labels, types, help texts.
type Page = BTreeMap<String, String>;

fn parse(text: &str) -> Page {
    let mut page = Page::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let at = match line.strip_prefix("# ") {
            // "TYPE name type"
            Some(comment) => {
                let words: Vec<&str> = comment.splitn(3, ' ').collect();
                page.insert(format!("# {} {}", words[0], words[1]), words[2].to_owned());
                continue;
            }
            None => line.rfind(' ').unwrap(),
        };
        let (series, value) = (&line[..at], line[at + 1..].parse::<f64>().unwrap());
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let mut labels = split_labels(labels.trim_end_matches('}'));
        labels.sort();
        let twice = page.insert(format!("{name} {}", labels.join(",")), format!("{value}"));
        assert_eq!(twice, None, "{line}");
    }
    page
}

/// The pairs of `a="x",b="y"`, with numbers of one form in `le`.
fn split_labels(text: &str) -> Vec<String> {
    let mut pairs = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            ',' if !quoted => {
                pairs.push(String::new());
                continue;
            }
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        pairs.last_mut().unwrap().push(c);
    }
    let number = |le: &str| le.trim_matches('"').parse::<f64>().unwrap();
    pairs.retain(|pair| !pair.is_empty());
    pairs
        .into_iter()
        .map(|pair| match pair.strip_prefix("le=") {
            Some(le) => format!("le={}", number(le)),
            None => pair,
        })
        .collect()
}

fn page(registry: &Registry) -> Page {
    let mut out = Vec::new();
    encode_text(&registry.snapshot(&NameFilter::all()), &mut out);
    let mut page = parse(std::str::from_utf8(&out).unwrap());
    page.retain(|line, _| !line.contains("metrion_facade_dropped"));
    page
}

#[derive(Clone, Debug)]
enum Operation {
    Increment(u64),
    Absolute(u64),
    Set(f64),
    Add(f64),
    Subtract(f64),
    Record(f64),
    Describe(Option<Unit>, String),
}

/// The kind of metric follows from the name, as it does in a program.
fn apply(recorder: &dyn Recorder, name: &str, labels: &[(String, String)], operation: &Operation) {
    let metadata = Metadata::new("test", Level::INFO, None);
    let labels: Vec<Label> =
        labels.iter().map(|(name, value)| Label::new(name.clone(), value.clone())).collect();
    let key = Key::from_parts(name.to_owned(), labels);
    let counter = || recorder.register_counter(&key, &metadata);
    let gauge = || recorder.register_gauge(&key, &metadata);
    let name = KeyName::from(name.to_owned());
    match (operation, name.as_str().as_bytes()[0]) {
        (Operation::Describe(unit, text), kind) => {
            let text = SharedString::from(text.clone());
            match kind {
                b'c' => recorder.describe_counter(name, *unit, text),
                b'g' => recorder.describe_gauge(name, *unit, text),
                _ => recorder.describe_histogram(name, *unit, text),
            }
        }
        (Operation::Increment(by), b'c') => counter().increment(*by),
        (Operation::Absolute(to), b'c') => counter().absolute(*to),
        (Operation::Set(to), b'g') => gauge().set(*to),
        (Operation::Add(by), b'g') => gauge().increment(*by),
        (Operation::Subtract(by), b'g') => gauge().decrement(*by),
        (Operation::Record(value), b'h') => {
            recorder.register_histogram(&key, &metadata).record(*value);
        }
        _ => {}
    }
}

fn operations() -> impl Strategy<Value = (String, Vec<(String, String)>, Operation)> {
    let name = "[cgh](|\\.a|-b_seconds|_y_total|_size|é)";
    // Names of which no two are the same when they are sanitized; values without backslashes, which
    // the exporter takes for escapes.
    let label = ("[ab]|c\\.d|1x", "[a-z \"\n,}é]{0,3}");
    let labels = prop::collection::vec(label, 0..3).prop_map(|labels| {
        let unique: BTreeMap<String, String> = labels.into_iter().collect();
        unique.into_iter().collect()
    });
    let unit = prop::option::of(prop::sample::select(vec![
        Unit::Seconds,
        Unit::Bytes,
        Unit::Count,
        Unit::Percent,
        Unit::CountPerSecond,
    ]));
    // Whole numbers: the order of additions then does not matter.
    let number = (-50..50).prop_map(f64::from);
    let operation = prop_oneof![
        (0_u64..50).prop_map(Operation::Increment),
        (0_u64..50).prop_map(Operation::Absolute),
        number.clone().prop_map(Operation::Set),
        number.clone().prop_map(Operation::Add),
        number.clone().prop_map(Operation::Subtract),
        number.clone().prop_map(Operation::Record),
        number.prop_map(Operation::Record),
        (unit, "[a-z\n]{1,5}").prop_map(|(unit, text)| Operation::Describe(unit, text)),
    ];
    (name, labels, operation)
}

proptest! {
    #[test]
    fn the_same_samples_as_the_exporter(
        operations in prop::collection::vec(operations(), 0..60),
    ) {
        let registry = registry();
        let ours = MetricsRecorder::new(&registry, RecorderOptions {
            buckets: vec![-10.0, 0.5, 20.0],
            buckets_for: vec![
                (NameMatcher::Suffix("_size".into()), vec![1.0]),
                (NameMatcher::Full("h.a".into()), vec![2.0, 3.0]),
            ],
            unit_suffix: true,
            ..RecorderOptions::default()
        }).unwrap();
        let theirs = PrometheusBuilder::new()
            .with_recommended_naming(true)
            .set_buckets(&[-10.0, 0.5, 20.0]).unwrap()
            .set_buckets_for_metric(Matcher::Suffix("_size".into()), &[1.0]).unwrap()
            .set_buckets_for_metric(Matcher::Full("h.a".into()), &[2.0, 3.0]).unwrap()
            .build_recorder();
        let mut described = BTreeSet::new();
        for (name, labels, operation) in &operations {
            // Of two descriptions the exporter takes the last until it renders, and then the first.
            if matches!(operation, Operation::Describe(..)) && !described.insert(name) {
                continue;
            }
            apply(&ours, name, labels, operation);
            apply(&theirs, name, labels, operation);
        }
        prop_assert_eq!(ours.rejected(), 0);
        prop_assert_eq!(page(&registry), parse(&theirs.handle().render()));
    }
}

#[test]
fn labels_of_one_name_may_differ() {
    let registry = registry();
    let recorder = MetricsRecorder::new(&registry, RecorderOptions::default()).unwrap();
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("jobs").increment(1);
        metrics::counter!("jobs", "queue" => "a").increment(2);
        metrics::counter!("jobs", "queue" => "a", "zone" => "b").increment(3);
        metrics::counter!("jobs", "zone" => "b", "queue" => "a").increment(4);
        metrics::counter!("jobs_total", "queue" => "a").increment(5);
    });
    let snapshot = registry.snapshot(&NameFilter::all());
    let jobs = snapshot.families.iter().find(|family| family.schema().name == "jobs").unwrap();
    assert_eq!(jobs.len(), 3);
    assert_eq!(snapshot.sample_value("jobs_total", &[]), Some(1.0));
    assert_eq!(snapshot.sample_value("jobs_total", &[("queue", "a")]), Some(7.0));
    assert_eq!(snapshot.sample_value("jobs_total", &[("queue", "a"), ("zone", "b")]), Some(7.0));
}

#[test]
fn a_handle_that_cannot_be_had_is_counted_and_writes_nowhere() {
    let registry = registry();
    let recorder = MetricsRecorder::new(&registry, RecorderOptions::default()).unwrap();
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("a").increment(1);
        metrics::histogram!("h").record(1.0);
        let refused = [
            metrics::gauge!("a"),
            // What the text of others already has.
            metrics::gauge!("a_total"),
            metrics::gauge!("h_count"),
            metrics::gauge!(""),
            metrics::gauge!("b", "__name__" => "x"),
            metrics::gauge!("b", "" => "x"),
        ];
        refused.iter().for_each(|gauge| gauge.set(7.0));
        metrics::histogram!("i", "le" => "1").record(1.0);
        metrics::counter!("_total").increment(1);
        // A counter's name is the same with and without the ending.
        metrics::counter!("a_total").increment(1);
    });
    assert_eq!(recorder.rejected(), 8);
    let snapshot = registry.snapshot(&NameFilter::all());
    let names: Vec<&str> =
        snapshot.families.iter().map(|family| family.schema().name.as_str()).collect();
    assert_eq!(names, ["a", "h", "metrion_facade_dropped"]);
    assert_eq!(snapshot.sample_value("a_total", &[]), Some(2.0));
    let dropped = [("reason", "handle_refused")];
    assert_eq!(snapshot.sample_value("metrion_facade_dropped_total", &dropped), Some(8.0));
}

#[test]
fn units_and_help() {
    let described = |unit_suffix| {
        let registry = registry();
        let options = RecorderOptions { unit_suffix, ..RecorderOptions::default() };
        let recorder = MetricsRecorder::new(&registry, options).unwrap();
        metrics::with_local_recorder(&recorder, || {
            metrics::histogram!("latency").record(1.0);
            metrics::counter!("read_bytes_total").increment(1);
            // Also after the first use; the first description stays.
            metrics::describe_histogram!("latency", Unit::Seconds, "How long.");
            metrics::describe_histogram!("latency", Unit::Bytes, "Other.");
            metrics::describe_counter!("read_bytes_total", Unit::Bytes, "How much.");
        });
        let snapshot = registry.snapshot(&NameFilter::all());
        let schemas = snapshot.families.iter().map(|family| family.schema().clone());
        let of = |kind| {
            let schema = schemas.clone().find(|schema| schema.metric_type == kind).unwrap();
            (schema.name, schema.help, schema.unit)
        };
        (of(MetricType::Histogram), of(MetricType::Counter))
    };
    let text = |(a, b, c): (&str, &str, &str)| (a.to_owned(), b.to_owned(), c.to_owned());
    let bytes = text(("read_bytes", "How much.", "bytes"));
    assert_eq!(described(false), (text(("latency", "How long.", "")), bytes.clone()));
    assert_eq!(described(true), (text(("latency_seconds", "How long.", "seconds")), bytes));
}

#[test]
fn absolute_totals_from_many_threads() {
    let registry = registry();
    let recorder = MetricsRecorder::new(&registry, RecorderOptions::default()).unwrap();
    // A later total would hide that an earlier one was added twice, so each counter gets one.
    let counters: Vec<metrics::Counter> = metrics::with_local_recorder(&recorder, || {
        (0..20_000).map(|i| metrics::counter!("absolute", "i" => i.to_string())).collect()
    });
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                barrier.wait();
                metrics::with_local_recorder(&recorder, || {
                    for counter in &counters {
                        counter.absolute(7);
                        metrics::counter!("increments").increment(1);
                    }
                });
            });
        }
    });
    let snapshot = registry.snapshot(&NameFilter::all());
    let absolute = snapshot.families.iter().find(|family| family.schema().name == "absolute");
    assert_eq!(absolute.unwrap().values(), [7.0; 20_000]);
    assert_eq!(snapshot.sample_value("increments_total", &[]), Some(80_000.0));
}

#[test]
fn past_the_memory_one_series_takes_the_writes() {
    let registry = registry();
    let geometry = Geometry { entries: 64, ..Geometry::default() };
    let options = RecorderOptions { geometry, ..RecorderOptions::default() };
    let recorder = MetricsRecorder::new(&registry, options).unwrap();
    metrics::with_local_recorder(&recorder, || {
        for i in 0..1000 {
            metrics::counter!("a", "x" => i.to_string()).increment(1);
            metrics::counter!("a", "y" => i.to_string()).increment(1);
        }
    });
    let snapshot = registry.snapshot(&NameFilter::all());
    let family = snapshot.families.first().unwrap();
    assert!(family.len() < 100, "{}", family.len());
    // Every update is in a series of its own or counted as dropped into the common one.
    let sum = family.values().iter().sum::<f64>();
    let overflow = snapshot.sample_value("a_total", &[("metrion_overflow", "true")]).unwrap();
    let dropped = [("reason", "series_limit")];
    let counted = snapshot.sample_value("metrion_facade_dropped_total", &dropped).unwrap();
    assert_eq!(sum - overflow + counted, 2000.0);
    assert!(overflow > 900.0, "{overflow}");
}

#[test]
fn names_without_room_are_refused() {
    let registry = registry();
    let geometry = Geometry { entries: 64, ..Geometry::default() };
    let options = RecorderOptions { geometry, ..RecorderOptions::default() };
    let recorder = MetricsRecorder::new(&registry, options).unwrap();
    metrics::with_local_recorder(&recorder, || {
        for i in 0..1000 {
            metrics::counter!(format!("name_{i}")).increment(1);
        }
        metrics::counter!("name_0").increment(1);
    });
    let snapshot = registry.snapshot(&NameFilter::all());
    assert_eq!(snapshot.sample_value("name_0_total", &[]), Some(2.0));
    let room = 1000 - recorder.rejected();
    assert!((16..=64).contains(&room), "{room}");
    let families = snapshot.families.iter();
    let shown = families.filter(|family| family.schema().name.starts_with("name_"));
    assert_eq!(shown.count() as u64, room);
}

#[test]
fn a_registry_takes_one_recorder_and_keeps_its_own_names() {
    let registry = registry();
    registry.counter_family(FamilyOptions::new("taken", "")).unwrap();
    let recorder = MetricsRecorder::new(&registry, RecorderOptions::default()).unwrap();
    let second = MetricsRecorder::new(&registry, RecorderOptions::default()).unwrap_err();
    assert_eq!(second.code(), ErrorCode::MetricExists);
    let bad = RecorderOptions { buckets: vec![2.0, 1.0], ..RecorderOptions::default() };
    assert_eq!(
        MetricsRecorder::new(&self::registry(), bad).unwrap_err().code(),
        ErrorCode::InvalidBuckets
    );
    metrics::with_local_recorder(&recorder, || metrics::counter!("taken").increment(5));
    let snapshot = registry.snapshot(&NameFilter::all());
    assert_eq!(snapshot.sample_value("taken_total", &[]), Some(0.0));
}
