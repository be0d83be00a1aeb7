//! A family is a map from label values to a number, whatever the values are: the core beside a map
//! of the standard library, read back from the snapshot and from every format that has a parser.
#![no_main]

use std::collections::HashMap;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use metrion::exposition::parse::parse_openmetrics;
use metrion::exposition::{encode_openmetrics, encode_protobuf, parse_protobuf};
use metrion::{
    Counter, Family, FamilyOptions, Geometry, LabelSets, NameFilter, Registry, RegistryOptions,
};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    labels: u8,
    steps: Vec<Step<'a>>,
}

#[derive(Arbitrary, Debug)]
enum Step<'a> {
    Add([&'a str; 4], u8),
    AddByName([&'a str; 4], u8),
    AddCurried([&'a str; 4], u8),
    /// The values of an earlier step with the border between two of them moved.
    AddShifted(u8, u8),
    Remove([&'a str; 4]),
    RemoveEarlier(u8),
    RemoveMatching(u8, &'a str),
    Clear,
    Reset,
}

const NAMES: [&str; 4] = ["w", "x", "y", "z"];

type Model = HashMap<Vec<String>, f64>;

fuzz_target!(|input: Input<'_>| {
    let names = &NAMES[..1 + usize::from(input.labels) % NAMES.len()];
    let geometry = Geometry { slabs: 2, cells: 1 << 15, entries: 1 << 13, key_words: 1 << 16, processes: 0 };
    let registry =
        Registry::new(RegistryOptions { geometry, ..RegistryOptions::default() }).unwrap();
    let family = registry.counter_family(FamilyOptions::labelled("c", "", names)).unwrap();
    let mut model = Model::new();
    let mut seen: Vec<Vec<String>> = Vec::new();
    for step in &input.steps {
        apply(&family, names, &mut model, &mut seen, step);
        assert_eq!(family.len(), model.len());
    }
    assert_eq!(from_snapshot(&registry), model);
    assert_eq!(from_text(&registry), model);
    assert_eq!(from_openmetrics(&registry), model);
    assert_eq!(from_protobuf(&registry), model);
});

fn apply(
    family: &Family<Counter>,
    names: &[&str],
    model: &mut Model,
    seen: &mut Vec<Vec<String>>,
    step: &Step<'_>,
) {
    let count = names.len();
    let mut add = |values: &[&str], amount: u8| {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        seen.push(values.clone());
        *model.entry(values).or_default() += f64::from(amount);
        f64::from(amount)
    };
    match step {
        Step::Add(values, amount) => {
            let amount = add(&values[..count], *amount);
            family.labels(&values[..count]).unwrap().add(amount);
        }
        Step::AddByName(values, amount) => {
            let amount = add(&values[..count], *amount);
            let mut pairs: Vec<_> = names.iter().copied().zip(values.iter().copied()).collect();
            pairs.reverse();
            family.labels_by_name(&pairs).unwrap().add(amount);
        }
        Step::AddCurried(values, amount) => {
            let amount = add(&values[..count], *amount);
            let view = family.curry(&[(names[count - 1], values[count - 1])]).unwrap();
            view.labels(&values[..count - 1]).unwrap().add(amount);
        }
        Step::AddShifted(which, border) => {
            let Some(mut values) = earlier(seen, *which) else { return };
            let border = usize::from(*border) % count;
            if border + 1 < count
                && let Some(last) = values[border].pop()
            {
                values[border + 1].insert(0, last);
            }
            let refs: Vec<&str> = values.iter().map(String::as_str).collect();
            family.labels(&refs).unwrap().inc();
            *model.entry(values).or_default() += 1.0;
        }
        Step::Remove(values) => {
            let key: Vec<String> = values[..count].iter().map(|v| (*v).to_owned()).collect();
            assert_eq!(family.remove(&values[..count]).unwrap(), model.remove(&key).is_some());
        }
        Step::RemoveEarlier(which) => {
            let Some(values) = earlier(seen, *which) else { return };
            let refs: Vec<&str> = values.iter().map(String::as_str).collect();
            assert_eq!(family.remove(&refs).unwrap(), model.remove(&values).is_some());
        }
        Step::RemoveMatching(place, value) => {
            let place = usize::from(*place) % count;
            let before = model.len();
            model.retain(|values, _| values[place] != *value);
            let removed = family.remove_matching(&[(names[place], *value)]).unwrap();
            assert_eq!(removed, before - model.len());
        }
        Step::Clear => {
            model.clear();
            family.clear();
        }
        Step::Reset => {
            model.values_mut().for_each(|value| *value = 0.0);
            family.reset();
        }
    }
}

fn earlier(seen: &[Vec<String>], which: u8) -> Option<Vec<String>> {
    seen.get(usize::from(which) % seen.len().max(1)).cloned()
}

fn from_snapshot(registry: &Registry) -> Model {
    let snapshot = registry.snapshot(&NameFilter::all());
    let family = &snapshot.families[0];
    let found: Model = (0..family.len())
        .map(|row| (values_of(family.labels(), row), family.row(row)[0]))
        .collect();
    assert_eq!(found.len(), family.len(), "two rows with the same label values");
    found
}

fn from_text(registry: &Registry) -> Model {
    let text = metrion::text(registry);
    let sample = |line: &str| {
        let (labels, number) = line.strip_prefix("c_total{").unwrap().rsplit_once("} ").unwrap();
        let mut sets = LabelSets::default();
        sets.push_text(labels);
        (values_of(&sets, 0), number.parse().unwrap())
    };
    text.split_terminator('\n').skip(1).map(sample).collect()
}

fn from_openmetrics(registry: &Registry) -> Model {
    let mut bytes = Vec::new();
    encode_openmetrics(&registry.snapshot(&NameFilter::all()), &mut bytes);
    let families = parse_openmetrics(&bytes).unwrap();
    let samples = families.iter().flat_map(|family| &family.samples);
    samples
        .map(|sample| {
            let values = sample.labels.iter().map(|(_, value)| value.into_owned());
            (values.collect(), sample.value)
        })
        .collect()
}

fn from_protobuf(registry: &Registry) -> Model {
    let mut bytes = Vec::new();
    encode_protobuf(&registry.snapshot(&NameFilter::all()), &mut bytes);
    let metrics = parse_protobuf(&bytes).flat_map(|family| family.unwrap().metric);
    metrics
        .map(|metric| {
            let values = metric.label.iter().map(|label| label.value().to_owned());
            (values.collect(), metric.counter.unwrap().value())
        })
        .collect()
}

fn values_of(labels: &LabelSets, row: usize) -> Vec<String> {
    labels.pairs(row).map(|(_, value)| value.into_owned()).collect()
}
