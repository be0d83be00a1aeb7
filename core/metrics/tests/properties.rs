//! What must hold for any sequence of operations and under any interleaving of threads.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy exempts only the test functions themselves"
)]

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use metrion_metrics::{
    Counter, Family, FamilyOptions, Geometry, HistogramOptions, Metric, Registry, RegistryOptions,
};
use metrion_model::{FamilySnapshot, NameFilter};
use proptest::prelude::*;

/// A small registry: these tests make thousands of them.
fn registry() -> Registry {
    let geometry =
        Geometry { slabs: 4, cells: 1 << 15, entries: 1 << 12, key_words: 1 << 15, processes: 0 };
    Registry::new(RegistryOptions { geometry, ..RegistryOptions::default() }).unwrap()
}

fn only_family(registry: &Registry) -> FamilySnapshot {
    registry.snapshot(&NameFilter::all()).families.swap_remove(0)
}

/// The label values and the numbers of every series, read back from the escaped text.
fn series(family: &FamilySnapshot) -> Vec<(Vec<String>, Vec<f64>)> {
    let row = |row| {
        let values = family.labels().pairs(row).map(|(_, value)| value.into_owned()).collect();
        (values, family.row(row).to_vec())
    };
    (0..family.len()).map(row).collect()
}

/// Label values that a sloppy identity would mix up.
fn label_value() -> impl Strategy<Value = String> {
    let tricky = prop::sample::select(vec![
        "",
        "a",
        "ab",
        "abc",
        "b",
        "bc",
        "c",
        "\0",
        "a\0b",
        "\"",
        "\\",
        "\\\"",
        "\n",
        "\\n",
        ",",
        "=\"",
        "a\",b=\"",
        "} ",
        "{",
        "é",
        "e\u{301}",
        "\u{feff}",
        "\u{10ffff}",
        " ",
        "a ",
    ]);
    prop_oneof![4 => tricky.prop_map(str::to_owned), 1 => any::<String>()]
}

#[derive(Clone, Debug)]
enum Step {
    Add(Vec<String>, u32),
    AddByName(Vec<String>, u32),
    AddCurried(Vec<String>, u32),
    Remove(Vec<String>),
    RemoveMatching(usize, String),
    Clear,
    Reset,
}

fn step(labels: usize) -> impl Strategy<Value = Step> {
    let values = || prop::collection::vec(label_value(), labels);
    prop_oneof![
        8 => (values(), 0..100_u32).prop_map(|(values, amount)| Step::Add(values, amount)),
        2 => (values(), 0..100_u32).prop_map(|(values, amount)| Step::AddByName(values, amount)),
        2 => (values(), 0..100_u32).prop_map(|(values, amount)| Step::AddCurried(values, amount)),
        4 => values().prop_map(Step::Remove),
        2 => (0..labels, label_value()).prop_map(|(at, value)| Step::RemoveMatching(at, value)),
        1 => Just(Step::Clear),
        1 => Just(Step::Reset),
    ]
}

const NAMES: [&str; 4] = ["w", "x", "y", "z"];

fn labels_and_steps() -> impl Strategy<Value = (usize, Vec<Step>)> {
    (1..=NAMES.len())
        .prop_flat_map(|labels| (Just(labels), prop::collection::vec(step(labels), 1..60)))
}

fn refs(values: &[String]) -> Vec<&str> {
    values.iter().map(String::as_str).collect()
}

fn apply(family: &Family<Counter>, model: &mut HashMap<Vec<String>, f64>, step: &Step) {
    let names = &NAMES[..family.schema().label_names.len()];
    let mut add = |values: &Vec<String>, amount: u32| {
        *model.entry(values.clone()).or_default() += f64::from(amount);
    };
    match step {
        Step::Add(values, amount) => {
            add(values, *amount);
            family.labels(&refs(values)).unwrap().add(f64::from(*amount));
        }
        Step::AddByName(values, amount) => {
            add(values, *amount);
            let pairs = names.iter().copied().zip(refs(values)).rev();
            let child = family.labels_by_name(&pairs.collect::<Vec<_>>()).unwrap();
            child.add(f64::from(*amount));
        }
        Step::AddCurried(values, amount) => {
            add(values, *amount);
            let (first, rest) = values.split_first().unwrap();
            let view = family.curry(&[(names[0], first.as_str())]).unwrap();
            view.labels(&refs(rest)).unwrap().add(f64::from(*amount));
        }
        Step::Remove(values) => {
            let was_there = model.remove(values).is_some();
            assert_eq!(family.remove(&refs(values)).unwrap(), was_there);
        }
        Step::RemoveMatching(at, value) => {
            let before = model.len();
            model.retain(|values, _| values[*at] != *value);
            let removed = family.remove_matching(&[(names[*at], value.as_str())]).unwrap();
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

proptest! {
    /// A family is a map from label values to a number, whatever the values are.
    #[test]
    fn series_never_merge_and_never_split((labels, steps) in labels_and_steps()) {
        let registry = registry();
        let options = FamilyOptions::labelled("c", "help", &NAMES[..labels]);
        let family = registry.counter_family(options).unwrap();
        let mut model = HashMap::new();
        for step in &steps {
            apply(&family, &mut model, step);
            let found = series(&only_family(&registry));
            prop_assert_eq!(found.len(), model.len());
            prop_assert_eq!(family.len(), model.len());
            for (values, numbers) in found {
                prop_assert_eq!(Some(&numbers[0]), model.get(&values), "{:?}", values);
            }
        }
    }

    /// What a directory is rebuilt from is the same identity.
    #[test]
    fn rebuilding_keeps_every_series((labels, steps) in labels_and_steps()) {
        let registry = registry();
        let options = FamilyOptions::labelled("c", "help", &NAMES[..labels]);
        let family = registry.counter_family(options).unwrap();
        let mut model = HashMap::new();
        steps.iter().for_each(|step| apply(&family, &mut model, step));
        let sorted = |registry: &Registry| {
            let mut all = series(&only_family(registry));
            all.sort_by(|a, b| a.0.cmp(&b.0));
            all
        };
        let segment = std::sync::Arc::clone(registry.segment());
        let rebuilt = Registry::from_segment(segment, RegistryOptions::default());
        prop_assert_eq!(sorted(&rebuilt), sorted(&registry));
    }

    /// Past the limit nothing is lost: the series and the overflow series add up to all updates.
    #[test]
    fn a_limit_loses_nothing(
        limit in 0..6_usize,
        values in prop::collection::vec(label_value(), 0..40),
    ) {
        let registry = registry();
        let options = FamilyOptions {
            max_series: Some(limit),
            ..FamilyOptions::labelled("c", "help", &["x"])
        };
        let family = registry.counter_family(options).unwrap();
        for value in &values {
            family.labels(&[value]).unwrap().inc();
        }
        prop_assert!(family.len() <= limit);
        let total: f64 = only_family(&registry).values().iter().sum();
        prop_assert_eq!(total, values.len() as f64);
    }

    /// Buckets and sum are those of a search through the bounds.
    #[test]
    fn histograms_count_as_a_search_does(
        mut bounds in prop::collection::vec(-1e6..1e6_f64, 0..20),
        values in prop::collection::vec(-2_000_000..2_000_000_i32, 0..50),
    ) {
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        let registry = registry();
        let options = HistogramOptions {
            family: FamilyOptions::new("h", "help"),
            buckets: bounds.clone(),
            ..HistogramOptions::default()
        };
        let family = registry.histogram_family(options).unwrap();
        let mut counts = vec![0.0; bounds.len() + 1];
        for value in values.iter().copied().map(f64::from) {
            family.labels(&[]).unwrap().observe(value);
            let at = bounds.iter().position(|bound| value <= *bound).unwrap_or(bounds.len());
            counts[at] += 1.0;
        }
        let found = family.labels(&[]).unwrap().get();
        prop_assert_eq!(found.counts, counts);
        // Integers: the sum is exact in any order.
        prop_assert_eq!(found.sum, values.iter().copied().map(f64::from).sum::<f64>());
    }
}

/// Tells the threads beside a test to end, also when the test fails.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// How long the concurrent tests go on for at most; slow machines then just do less.
const TIME: Duration = Duration::from_secs(2);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Under writers a snapshot lies between the updates that were done before it began and those
    /// that had begun before it ended, and nothing goes back. When they are quiet it is exact.
    #[test]
    fn snapshots_under_writers(
        writers in 1..6_u64,
        updates in 1_000..20_000_u64,
        limited in any::<bool>(),
    ) {
        let registry = registry();
        let counters = registry
            .counter_family(FamilyOptions {
                max_series: limited.then_some(2),
                ..FamilyOptions::labelled("c", "help", &["x"])
            })
            .unwrap();
        let histogram = registry
            .histogram_family(HistogramOptions {
                family: FamilyOptions::new("h", "help"),
                buckets: vec![1.0, 2.0, 4.0],
                ..HistogramOptions::default()
            })
            .unwrap();
        let (begun, done) = (AtomicU64::new(0), AtomicU64::new(0));
        let write = || {
            let deadline = Instant::now() + TIME / 4;
            for i in 0..updates {
                begun.fetch_add(1, Ordering::SeqCst);
                counters.labels(&[["a", "b", "c", "d"][i as usize % 4]]).unwrap().inc();
                histogram.labels(&[]).unwrap().observe((i % 6) as f64);
                done.fetch_add(1, Ordering::SeqCst);
                if i % 256 == 0 && Instant::now() > deadline {
                    break;
                }
            }
        };
        let mut last = HashMap::new();
        let mut check = || {
            let before = done.load(Ordering::SeqCst);
            let snapshot = registry.snapshot(&NameFilter::all());
            let after = begun.load(Ordering::SeqCst);
            let [counters, histogram] = &snapshot.families[..] else { panic!("two families") };
            let (_, counts) = histogram.row(0).split_last().unwrap();
            let count: f64 = counts.iter().sum();
            let total: f64 = counters.values().iter().sum();
            for number in [count, total] {
                assert!(before as f64 <= number && number <= after as f64);
            }
            let counters = series(counters).into_iter().map(|(labels, numbers)| (labels, numbers[0]));
            let buckets = counts.iter().enumerate().map(|(i, n)| (vec!["h".into(), i.to_string()], *n));
            for (key, value) in counters.chain(buckets) {
                let before = last.insert(key, value).unwrap_or(0.0);
                assert!(before <= value, "went back from {before} to {value}");
            }
            count
        };
        let count = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..writers).map(|_| scope.spawn(write)).collect();
            while !threads.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                check();
            }
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            check()
        });
        prop_assert_eq!(count, done.load(Ordering::SeqCst) as f64);
    }

    /// Series that come and go beside one leave it alone, though their cells are used again and
    /// handles to them go on writing.
    #[test]
    fn removal_beside_writers(writers in 1..4_usize, updates in 1_000..10_000_u64) {
        const STRAY: f64 = 1_099_511_627_776.0;
        let registry = Registry::new(RegistryOptions::default()).unwrap();
        let family =
            registry.counter_family(FamilyOptions::labelled("c", "help", &["x", "y"])).unwrap();
        let running = AtomicBool::new(true);
        let total = AtomicU64::new(0);
        let (family, running, total) = (&family, &running, &total);
        std::thread::scope(|scope| {
            let stable: Vec<_> = (0..writers)
                .map(|writer| {
                    scope.spawn(move || {
                        let deadline = Instant::now() + TIME / 4;
                        for i in 0..updates {
                            let own = (i % 8).to_string();
                            family.labels(&["stable", &own]).unwrap().inc();
                            // A stray handle outlives its series' removal for a while.
                            let value = (writer as u64 * updates + i).to_string();
                            let stray = family.labels(&["stray", &value]).unwrap().clone();
                            stray.add(STRAY);
                            if i % 2 == 0 {
                                family.remove(&["stray", &value]).unwrap();
                            }
                            stray.add(STRAY);
                            total.fetch_add(1, Ordering::Relaxed);
                            if Instant::now() > deadline {
                                break;
                            }
                        }
                    })
                })
                .collect();
            scope.spawn(move || {
                while running.load(Ordering::Relaxed) {
                    family.remove_matching(&[("x", "stray")]).unwrap();
                }
            });
            let _ending = Ending(running);
            while !stable.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                for (labels, numbers) in series(&only_family(&registry)) {
                    let whole = if labels[0] == "stray" { STRAY } else { 1.0 };
                    assert_eq!(numbers[0] % whole, 0.0, "{labels:?}");
                    assert!(labels[0] == "stray" || numbers[0] < STRAY, "{labels:?}");
                }
            }
        });
        family.remove_matching(&[("x", "stray")]).unwrap();
        let left: BTreeMap<_, _> = series(&only_family(&registry)).into_iter().collect();
        let sum: f64 = left.values().map(|numbers| numbers[0]).sum();
        prop_assert_eq!(sum, total.load(Ordering::Relaxed) as f64);
        prop_assert!(left.len() <= 8, "{} series are left", left.len());
    }

    /// All threads that ask for new label values at once get the same series.
    #[test]
    fn creation_races_make_one_series(threads in 2..5_usize, rounds in 1..200_usize) {
        let registry = registry();
        let family = registry.counter_family(FamilyOptions::labelled("c", "help", &["x"])).unwrap();
        let barrier = std::sync::Barrier::new(threads);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    barrier.wait();
                    for round in 0..rounds {
                        family.labels(&[&round.to_string()]).unwrap().inc();
                    }
                });
            }
        });
        let found = series(&only_family(&registry));
        prop_assert_eq!(found.len(), rounds);
        for (labels, numbers) in found {
            prop_assert_eq!(numbers[0], threads as f64, "{:?}", labels);
        }
    }
}

/// A family that is taken out and made again while others do the same starts at zero, and what is
/// counted in it stays in it.
#[test]
fn unregistering_beside_creation_keeps_families_apart() {
    let registry = registry();
    let deadline = Instant::now() + TIME;
    let running = AtomicBool::new(true);
    let (registry, running) = (&registry, &running);
    let options = || FamilyOptions::labelled("c", "help", &["x"]);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while running.load(Ordering::Relaxed) {
                let family = registry.counter_family(options()).unwrap();
                registry.unregister_family(&family).unwrap();
            }
        });
        let _ending = Ending(running);
        let mut held: Vec<(Family<Counter>, Counter, f64)> = Vec::new();
        while Instant::now() < deadline {
            let family = registry.counter_family(options()).unwrap();
            let child = family.labels(&["a"]).unwrap().clone();
            let same = held
                .last()
                .is_some_and(|(_, last, _)| std::sync::Arc::ptr_eq(child.series(), last.series()));
            if !same {
                assert_eq!(child.get(), 0.0, "a new family begins with another one's count");
                held.push((family, child.clone(), 0.0));
            }
            let last = held.last_mut().unwrap();
            child.inc();
            last.2 += 1.0;
            if held.len() > 8 {
                for (_, child, count) in held.drain(..8) {
                    assert_eq!(child.get(), count);
                }
            }
        }
    });
}

/// Only one `_total` is taken off a counter's name, also when the directory is read again.
#[test]
fn a_rebuilt_counter_keeps_its_name() {
    let registry = registry();
    registry.counter("c_total_total", "help").unwrap();
    let segment = std::sync::Arc::clone(registry.segment());
    let rebuilt = Registry::from_segment(segment, RegistryOptions::default());
    assert_eq!(only_family(&rebuilt).schema().name, only_family(&registry).schema().name);
}
