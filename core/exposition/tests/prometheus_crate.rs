//! The encoder against the `prometheus` crate: for any registry both write the same bytes.

#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

use std::collections::{BTreeMap, HashSet};

use metrion_exposition::encode_text;
use metrion_model::{FamilySnapshot, MetricType, Schema, Snapshot, Value};
use prometheus::core::Collector;
use prometheus::{CounterVec, GaugeVec, HistogramOpts, HistogramVec, Opts, Registry, TextEncoder};
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Family {
    help: String,
    metric_type: MetricType,
    /// Sorted, as the `prometheus` crate sorts label pairs; the first `constant` have one value.
    label_names: Vec<String>,
    constant: Vec<String>,
    bounds: Vec<f64>,
    /// The numbers by the values of the other labels: of a histogram what it observed, else one.
    series: BTreeMap<Vec<String>, Vec<f64>>,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a\"\\\\\n é☃𝕊]{0,6}", "[a-z/0-9]{0,90}"]
}

/// Every finite number: an infinity is where the two differ on purpose.
fn number() -> impl Strategy<Value = f64> {
    use prop::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    prop_oneof![
        POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO,
        (-1_000_000_000_i64..1_000_000_000).prop_map(|n| n as f64),
        (any::<i32>(), 0..7).prop_map(|(n, places)| f64::from(n) / 10_f64.powi(places)),
        Just(1e300),
        Just(f64::NAN),
    ]
}

fn family() -> impl Strategy<Value = Family> {
    let shape = (
        prop::sample::select(vec![MetricType::Counter, MetricType::Gauge, MetricType::Histogram]),
        prop::collection::btree_set("[a-zA-Z_][a-zA-Z0-9]{0,8}", 0..5),
        0..3_usize,
        prop::collection::vec(number().prop_filter("finite", |n| n.is_finite()), 1..12),
    );
    shape.prop_flat_map(|(metric_type, names, constant, mut bounds)| {
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        let label_names: Vec<String> = names.into_iter().filter(|name| name != "le").collect();
        let constant = constant.min(label_names.len());
        let variable = label_names.len() - constant;
        let series = prop::collection::btree_map(
            prop::collection::vec(text(), variable),
            prop::collection::vec(number(), 1..20),
            1..if variable == 0 { 2 } else { 6 },
        )
        .prop_map(told_apart);
        // The `prometheus` crate refuses an empty help text.
        let help = text().prop_map(|help| format!("h{help}"));
        (help, prop::collection::vec(text(), constant), series).prop_map(
            move |(help, constant, series)| Family {
                help,
                metric_type,
                label_names: label_names.clone(),
                constant,
                bounds: bounds.clone(),
                series,
            },
        )
    })
}

/// The series without those that the crate takes for an earlier one: it hashes label values without
/// anything between them, so `a`, `bc` and `ab`, `c` are one series to it.
fn told_apart(mut series: BTreeMap<Vec<String>, Vec<f64>>) -> BTreeMap<Vec<String>, Vec<f64>> {
    let mut seen = HashSet::new();
    series.retain(|labels, _| seen.insert(labels.concat()));
    series
}

/// A number that a counter can have: `max` also turns a NaN, which it takes for absent, into zero.
fn counter_value(numbers: &[f64]) -> f64 {
    numbers[0].abs().max(0.0)
}

fn ours(name: &str, family: &Family) -> FamilySnapshot {
    let constant = family.constant.len();
    let histogram = family.metric_type == MetricType::Histogram;
    let mut snapshot = FamilySnapshot::new(Schema {
        help: family.help.clone(),
        constant_labels: family
            .label_names
            .iter()
            .cloned()
            .zip(family.constant.iter().cloned())
            .collect(),
        label_names: family.label_names[constant..].to_vec(),
        bounds: if histogram { family.bounds.clone() } else { vec![] },
        ..Schema::new(name, family.metric_type)
    });
    for (labels, numbers) in &family.series {
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let mut counts = vec![0.0; family.bounds.len() + 1];
        let value = match family.metric_type {
            MetricType::Counter => Value::Number(counter_value(numbers)),
            MetricType::Histogram => {
                for number in numbers {
                    // A NaN is in no bucket but the last.
                    let bucket = family.bounds.iter().position(|bound| number <= bound);
                    counts[bucket.unwrap_or(family.bounds.len())] += 1.0;
                }
                Value::Histogram { counts: &counts, sum: numbers.iter().fold(0.0, |a, b| a + b) }
            }
            _ => Value::Number(numbers[0]),
        };
        snapshot.push(&labels, value).unwrap();
    }
    snapshot
}

fn theirs(name: &str, family: &Family) -> Box<dyn Collector> {
    let constant = family.constant.len();
    let names: Vec<&str> = family.label_names[constant..].iter().map(String::as_str).collect();
    let constant = family.label_names.iter().cloned().zip(family.constant.iter().cloned());
    let opts = Opts::new(name, &family.help).const_labels(constant.collect());
    match family.metric_type {
        MetricType::Counter => {
            let vec = CounterVec::new(Opts { name: format!("{name}_total"), ..opts }, &names);
            let vec = vec.unwrap();
            for (labels, numbers) in &family.series {
                vec.with_label_values(labels).inc_by(counter_value(numbers));
            }
            Box::new(vec)
        }
        MetricType::Histogram => {
            let opts = HistogramOpts { common_opts: opts, buckets: family.bounds.clone() };
            let vec = HistogramVec::new(opts, &names).unwrap();
            for (labels, numbers) in &family.series {
                let child = vec.with_label_values(labels);
                numbers.iter().for_each(|number| child.observe(*number));
            }
            Box::new(vec)
        }
        _ => {
            let vec = GaugeVec::new(opts, &names).unwrap();
            for (labels, numbers) in &family.series {
                vec.with_label_values(labels).set(numbers[0]);
            }
            Box::new(vec)
        }
    }
}

/// Asserts equal bytes, but for a number that is half way between two texts of equal length: there
/// ours ends with the even digit, and theirs is the larger.
fn assert_same(ours: &str, theirs: &str) {
    for (our_line, their_line) in ours.lines().zip(theirs.lines()) {
        if our_line != their_line {
            let (our_number, their_number) = differing_numbers(our_line, their_line);
            assert_eq!(our_number.parse::<f64>(), their_number.parse(), "{our_line}\n{their_line}");
        }
    }
    assert_eq!(ours.len(), theirs.len());
}

/// The numbers around the first byte at which two lines differ.
fn differing_numbers<'a>(a: &'a str, b: &'a str) -> (&'a str, &'a str) {
    let at = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let start = a[..at].trim_end_matches(is_number).len();
    let number = |line: &'a str| {
        let rest = &line[start..];
        &rest[..rest.find(|c| !is_number(c)).unwrap_or(rest.len())]
    };
    (number(a), number(b))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn writes_what_the_prometheus_crate_writes(families in prop::collection::vec(family(), 0..5)) {
        let registry = Registry::new();
        let mut snapshot = Snapshot::default();
        for (i, family) in families.iter().enumerate() {
            let name = format!("family_{i}:x");
            snapshot.families.push(ours(&name, family));
            registry.register(theirs(&name, family)).unwrap();
        }
        let mut out = Vec::new();
        encode_text(&snapshot, &mut out);
        let expected = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        assert_same(&String::from_utf8(out).unwrap(), &expected);
    }
}
