//! Collectors and callbacks that do what they should not, or what is hard to allow.
#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use metrion_metrics::{Collector, FamilyOptions, GaugeOptions, Registry, RegistryOptions};
use metrion_model::{FamilySnapshot, MetricType, NameFilter, Schema, Snapshot, Value};

/// A collector that is a function.
struct Yields<F>(F);

impl<F: Fn() -> Vec<FamilySnapshot> + Send + Sync + 'static> Collector for Yields<F> {
    fn collect(&self) -> Vec<FamilySnapshot> {
        (self.0)()
    }
}

fn gauge(name: &str, value: f64) -> FamilySnapshot {
    let mut family = FamilySnapshot::new(Schema::new(name, MetricType::Gauge));
    family.push(&[], Value::Number(value)).unwrap();
    family
}

fn registry() -> Registry {
    let options = RegistryOptions { self_metrics: true, ..RegistryOptions::default() };
    Registry::new(options).unwrap()
}

fn snapshot(registry: &Registry) -> Snapshot {
    registry.snapshot(&NameFilter::all())
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    let names = snapshot.families.iter().map(|family| family.schema().name.as_str());
    names.filter(|name| !name.starts_with("metrion_")).collect()
}

fn failures(snapshot: &Snapshot) -> Option<f64> {
    snapshot.sample_value("metrion_registry_dropped_total", &[("reason", "collect_failure")])
}

#[test]
fn families_come_in_the_order_of_registration() {
    let registry = registry();
    registry.gauge("a", "A.").unwrap();
    registry.register(Arc::new(Yields(|| vec![gauge("b", 1.0), gauge("c", 1.0)]))).unwrap();
    registry.gauge("d", "D.").unwrap();
    assert_eq!(names(&snapshot(&registry)), ["a", "b", "c", "d"]);
}

#[test]
fn names_that_are_taken_are_left_out_and_counted() {
    let registry = registry();
    registry.register(Arc::new(Yields(|| vec![gauge("late", 1.0), gauge("twice", 1.0)]))).unwrap();
    registry.register(Arc::new(Yields(|| vec![gauge("twice", 2.0), gauge("own", 2.0)]))).unwrap();
    registry.gauge("late", "The registry's own.").unwrap();
    let snapshot = snapshot(&registry);
    assert_eq!(names(&snapshot), ["twice", "own", "late"]);
    assert_eq!(snapshot.sample_value("twice", &[]), Some(1.0));
    assert_eq!(failures(&snapshot), Some(2.0));
}

#[test]
fn a_collector_that_reads_its_registry_is_not_in_what_it_reads() {
    let registry = registry();
    registry.gauge("a", "A.").unwrap().set(3.0).unwrap();
    let inner = registry.clone();
    let read = move || {
        let snapshot = inner.snapshot(&NameFilter::all());
        vec![gauge("double", 2.0 * snapshot.sample_value("a", &[]).unwrap())]
    };
    registry.register(Arc::new(Yields(read))).unwrap();
    for _ in 0..2 {
        let snapshot = snapshot(&registry);
        assert_eq!(snapshot.sample_value("double", &[]), Some(6.0));
        assert_eq!(failures(&snapshot), Some(0.0));
    }
}

#[test]
fn a_callback_that_reads_its_registry_is_not_in_what_it_reads() {
    let registry = registry();
    registry.gauge("a", "A.").unwrap().set(3.0).unwrap();
    let family = GaugeOptions { family: FamilyOptions::new("b", "B."), ..GaugeOptions::default() };
    let family = registry.gauge_family(family).unwrap();
    let inner = registry.clone();
    family.set_callback(&family.labels(&[]).unwrap(), move || {
        let snapshot = inner.snapshot(&NameFilter::all());
        assert_eq!(snapshot.sample_value("b", &[]), None);
        snapshot.sample_value("a", &[])
    });
    let snapshot = snapshot(&registry);
    assert_eq!(snapshot.sample_value("b", &[]), Some(3.0));
    assert_eq!(failures(&snapshot), Some(0.0));
}

#[test]
fn what_panics_is_collected_again_the_next_time() {
    let registry = registry();
    let times = Mutex::new(0);
    let second = move || {
        let mut times = times.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *times += 1;
        assert!(*times > 1, "the first time");
        vec![gauge("a", 1.0)]
    };
    registry.register(Arc::new(Yields(second))).unwrap();
    assert_eq!(names(&snapshot(&registry)), [""; 0]);
    let again = snapshot(&registry);
    assert_eq!((names(&again), failures(&again)), (vec!["a"], Some(1.0)));
}

#[test]
fn two_threads_collect_one_collector_at_once() {
    let registry = registry();
    let both = Barrier::new(2);
    let wait = move || {
        both.wait();
        vec![gauge("a", 1.0)]
    };
    registry.register(Arc::new(Yields(wait))).unwrap();
    let other = registry.clone();
    let other = thread::spawn(move || names(&snapshot(&other)).len());
    assert_eq!(names(&snapshot(&registry)).len(), 1);
    assert_eq!(other.join().unwrap(), 1);
}

#[test]
fn a_slow_collector_is_taken_out_meanwhile() {
    let registry = registry();
    let begun = Arc::new(Barrier::new(2));
    let removed = Arc::new(Barrier::new(2));
    let waits = [Arc::clone(&begun), Arc::clone(&removed)];
    let slow = move || {
        for barrier in &waits {
            barrier.wait();
        }
        vec![gauge("slow", 1.0)]
    };
    let id = registry.register(Arc::new(Yields(slow))).unwrap();
    let scrape = registry.clone();
    let scrape = thread::spawn(move || names(&snapshot(&scrape)).len());
    begun.wait();
    registry.unregister(id).unwrap();
    assert_eq!(names(&snapshot(&registry)).len(), 0);
    removed.wait();
    // The scrape that began before has it.
    assert_eq!(scrape.join().unwrap(), 1);
}

/// Reads a registry when it ends.
struct ReadsAtTheEnd(Registry);

impl Drop for ReadsAtTheEnd {
    fn drop(&mut self) {
        self.0.gauge("made_at_the_end", "Made.").unwrap();
        assert!(names(&snapshot(&self.0)).contains(&"made_at_the_end"));
    }
}

#[test]
fn what_ends_with_a_collector_may_use_the_registry() {
    let registry = registry();
    let held = ReadsAtTheEnd(registry.clone());
    let collect = move || {
        let _held = &held;
        vec![gauge("a", 1.0)]
    };
    let id = registry.register(Arc::new(Yields(collect))).unwrap();
    registry.unregister(id).unwrap();
    assert_eq!(names(&snapshot(&registry)), ["made_at_the_end"]);
}

#[test]
fn what_ends_with_a_callback_may_use_the_family() {
    let registry = registry();
    let options = FamilyOptions::labelled("g", "G.", &["a"]);
    let options = GaugeOptions { family: options, ..GaugeOptions::default() };
    let family = registry.gauge_family(options).unwrap();
    let child = || family.labels(&["x"]).unwrap().clone();
    let set = || {
        let held = ReadsAtTheEnd(registry.clone());
        family.set_callback(&child(), move || {
            let _held = &held;
            Some(1.0)
        });
    };
    let checkpoint = registry.checkpoint();
    let ends: [&dyn Fn(); 6] = [
        &set,
        &|| assert!(family.remove(&["x"]).unwrap()),
        &|| assert_eq!(family.remove_matching(&[]).unwrap(), 1),
        &|| family.clear(),
        &|| checkpoint.go_back(),
        &|| {
            // A series that is there no more takes none.
            let gone = child();
            family.clear();
            let held = ReadsAtTheEnd(registry.clone());
            family.set_callback(&gone, move || {
                let _held = &held;
                Some(1.0)
            });
        },
    ];
    for end in ends {
        set();
        end();
        assert!(names(&snapshot(&registry)).contains(&"made_at_the_end"));
    }
}
