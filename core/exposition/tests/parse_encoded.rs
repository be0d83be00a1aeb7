//! What the encoder writes reads back as the same numbers, whatever the snapshot.

#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

use std::collections::BTreeMap;

use metrion_exposition::parse::{ParsedFamily, parse_text};
use metrion_exposition::{compare, encode_text};
use metrion_model::{FamilySnapshot, MetricType, Schema, Snapshot, Value};
use proptest::prelude::*;

const BOUNDS: [f64; 3] = [-1.5, 0.001, 1e9];

#[derive(Clone, Debug)]
struct Family {
    metric_type: MetricType,
    help: String,
    label_names: Vec<String>,
    /// By label values; of a histogram the count of each bucket and the sum, else one number.
    series: BTreeMap<Vec<String>, [f64; 5]>,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a\"\\\\\n é☃{},=#]{0,8}"]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), any::<i32>().prop_map(f64::from), Just(0.0), Just(-0.0)]
}

fn histogram_values() -> impl Strategy<Value = [f64; 5]> {
    // So small that their sums are exact.
    let counts = [any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>()];
    (counts, number()).prop_map(|([a, b, c, d], sum)| {
        [f64::from(a), f64::from(b), f64::from(c), f64::from(d), sum]
    })
}

fn family() -> impl Strategy<Value = Family> {
    let types =
        [MetricType::Counter, MetricType::Gauge, MetricType::Unknown, MetricType::Histogram];
    let names = prop::collection::btree_set("[a-zA-Z_][a-zA-Z0-9]{0,4}", 0..4);
    (prop::sample::select(types.to_vec()), text(), names).prop_flat_map(
        |(metric_type, help, names)| {
            let label_names: Vec<String> = names.into_iter().filter(|name| name != "le").collect();
            let values = match metric_type {
                MetricType::Histogram => histogram_values().boxed(),
                _ => number().prop_map(|number| [number; 5]).boxed(),
            };
            let labels = prop::collection::vec(text(), label_names.len());
            prop::collection::btree_map(labels, values, 0..5).prop_map(move |series| Family {
                metric_type,
                help: help.clone(),
                label_names: label_names.clone(),
                series,
            })
        },
    )
}

fn snapshot(families: &[Family]) -> Snapshot {
    let snapshots = families.iter().enumerate().map(|(i, family)| {
        let is_histogram = family.metric_type == MetricType::Histogram;
        let mut snapshot = FamilySnapshot::new(Schema {
            help: family.help.clone(),
            label_names: family.label_names.clone(),
            bounds: if is_histogram { BOUNDS.to_vec() } else { vec![] },
            ..Schema::new(format!("family_{i}"), family.metric_type)
        });
        for (labels, values) in &family.series {
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            let value = match family.metric_type {
                MetricType::Histogram => Value::Histogram { counts: &values[..4], sum: values[4] },
                _ => Value::Number(values[0]),
            };
            snapshot.push(&labels, value).unwrap();
        }
        snapshot
    });
    Snapshot { families: snapshots.collect() }
}

/// The numbers of a series by what its sample names have behind the family's, and by `le`.
type Numbers = BTreeMap<(String, Option<u64>), u64>;

fn expected(family: &Family) -> BTreeMap<Vec<String>, Numbers> {
    let numbers = |values: &[f64; 5]| {
        let number = |suffix: &str, value: f64| ((suffix.to_owned(), None), bits(value));
        match family.metric_type {
            MetricType::Counter => Numbers::from([number("_total", values[0])]),
            MetricType::Histogram => {
                let total: f64 = values[..4].iter().sum();
                let mut numbers =
                    Numbers::from([number("_sum", values[4]), number("_count", total)]);
                let bounds = BOUNDS.iter().chain([&f64::INFINITY]);
                for (i, bound) in bounds.enumerate() {
                    let cumulative = values[..=i].iter().sum();
                    numbers.insert(("_bucket".to_owned(), Some(bits(*bound))), bits(cumulative));
                }
                numbers
            }
            _ => Numbers::from([number("", values[0])]),
        }
    };
    family.series.iter().map(|(labels, values)| (labels.clone(), numbers(values))).collect()
}

fn found(name: &str, parsed: &ParsedFamily<'_>) -> BTreeMap<Vec<String>, Numbers> {
    let mut series: BTreeMap<Vec<String>, Numbers> = BTreeMap::new();
    for sample in &parsed.samples {
        let mut bound = None;
        let mut values = Vec::new();
        for (label, value) in sample.labels {
            match label.as_ref() {
                "le" => bound = Some(bits(value.parse().unwrap())),
                _ => values.push(value.into_owned()),
            }
        }
        let suffix = sample.name.strip_prefix(name).unwrap().to_owned();
        let numbers = series.entry(values).or_default();
        assert_eq!(numbers.insert((suffix, bound), bits(sample.value)), None);
    }
    series
}

/// Equal for equal numbers, the sign of a zero included, and for any two NaN.
fn bits(number: f64) -> u64 {
    if number.is_nan() { f64::NAN.to_bits() } else { number.to_bits() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn reads_what_the_encoder_writes(families in prop::collection::vec(family(), 0..5)) {
        let mut out = Vec::new();
        encode_text(&snapshot(&families), &mut out);
        let parsed = parse_text(&out).unwrap();
        let mut parsed = parsed.iter();
        for (i, family) in families.iter().enumerate().filter(|(_, f)| !f.series.is_empty()) {
            let parsed = parsed.next().unwrap();
            let name = format!("family_{i}");
            let suffix = if family.metric_type == MetricType::Counter { "_total" } else { "" };
            prop_assert_eq!(parsed.name.as_ref(), format!("{name}{suffix}"));
            prop_assert_eq!(parsed.metric_type, family.metric_type);
            // The format has no help that begins with a blank.
            let help = family.help.trim_start_matches([' ', '\t']);
            prop_assert_eq!(parsed.help.as_deref().unwrap_or_default(), help);
            prop_assert_eq!(found(&name, parsed), expected(family));
        }
        prop_assert_eq!(parsed.next(), None);
        prop_assert_eq!(compare(&out, &out), Ok(()));
    }

    #[test]
    fn compare_sees_one_other_number(
        families in prop::collection::vec(family(), 1..4),
        which: prop::sample::Index,
    ) {
        let encode = |families: &[Family]| {
            let mut out = Vec::new();
            encode_text(&snapshot(families), &mut out);
            out
        };
        let mut other = families.clone();
        let mut series: Vec<_> =
            other.iter_mut().flat_map(|family| family.series.values_mut()).collect();
        prop_assume!(!series.is_empty());
        let at = which.index(series.len());
        let before = bits(series[at][0] + 0.0);
        series[at][0] = if series[at][0] == 1.0 { 2.0 } else { 1.0 };
        prop_assume!(bits(series[at][0]) != before);
        let difference = compare(&encode(&families), &encode(&other)).unwrap_err();
        // The number, or of a histogram all its buckets and the count.
        prop_assert!([2, 10].contains(&difference.lines().len()), "{}", difference);
    }
}
