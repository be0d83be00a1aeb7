//! Going back to what a registry had.
#![allow(clippy::unwrap_used, reason = "clippy exempts only the test functions themselves")]

use std::sync::Arc;

use metrion_metrics::{
    Collector, FamilyOptions, GaugeMode, GaugeOptions, HistogramOptions, Registry, RegistryOptions,
    SummaryOptions,
};
use metrion_model::{FamilySnapshot, MetricType, NameFilter, Schema, Value};

struct One;

impl Collector for One {
    fn describe(&self) -> Vec<Schema> {
        vec![Schema::new("one", MetricType::Gauge)]
    }

    fn collect(&self) -> Vec<FamilySnapshot> {
        let mut family = FamilySnapshot::new(Schema::new("one", MetricType::Gauge));
        family.push(&[], Value::Number(1.0)).unwrap();
        vec![family]
    }
}

fn registry() -> Registry {
    Registry::new(RegistryOptions::default()).unwrap()
}

/// Every number with its family and labels.
fn all(registry: &Registry) -> Vec<String> {
    let snapshot = registry.snapshot(&NameFilter::all());
    let rows = |family: &FamilySnapshot| -> Vec<String> {
        let name = &family.schema().name;
        let row = |row| format!("{name}{{{}}} {:?}", family.labels().text(row), family.row(row));
        (0..family.len()).map(row).collect()
    };
    snapshot.families.iter().flat_map(rows).collect()
}

#[test]
fn numbers_are_those_of_then() {
    let registry = registry();
    let counter = registry.counter_family(FamilyOptions::labelled("c", "", &["a"])).unwrap();
    let gauge = registry.gauge("g", "").unwrap();
    let family = FamilyOptions::new("u", "");
    let options = GaugeOptions { family, mode: GaugeMode::UpDown };
    let up_down = registry.gauge_family(options).unwrap().labels(&[]).unwrap().clone();
    let family = FamilyOptions::new("h", "");
    let options = HistogramOptions { family, buckets: vec![1.0], ..HistogramOptions::default() };
    let histogram = registry.histogram_family(options).unwrap().labels(&[]).unwrap().clone();
    let summary = registry.summary("s", "").unwrap();
    let state = registry.state_set("e", "", &["on", "off"]).unwrap();
    let update = |times: u32| {
        for _ in 0..times {
            counter.labels(&["x"]).unwrap().inc();
            gauge.inc();
            up_down.add(-2.0);
            histogram.observe(0.5);
            histogram.observe(7.0);
            summary.observe(3.0);
        }
    };
    update(3);
    let before = all(&registry);
    let checkpoint = registry.checkpoint();
    for times in 1..4 {
        update(times);
        state.set_only("off").unwrap();
        counter.labels(&["y"]).unwrap().inc();
        assert_ne!(all(&registry), before);
        checkpoint.go_back();
        assert_eq!(all(&registry), before);
    }
    // Handles go on from there.
    counter.labels(&["x"]).unwrap().inc();
    assert_eq!(counter.labels(&["x"]).unwrap().get(), 4.0);
}

#[test]
fn what_came_since_is_gone_and_its_names_are_free() {
    let registry = registry();
    let old = registry.counter_family(FamilyOptions::labelled("old", "", &["a"])).unwrap();
    let checkpoint = registry.checkpoint();
    let series = old.labels(&["x"]).unwrap().clone();
    let new = registry.counter("new", "").unwrap();
    registry.register(Arc::new(One)).unwrap();
    checkpoint.go_back();
    assert_eq!(all(&registry), [""; 0]);
    series.inc();
    new.inc();
    assert_eq!(all(&registry), [""; 0]);
    registry.gauge("new", "Another schema.").unwrap();
    registry.register(Arc::new(One)).unwrap();
    old.labels(&["x"]).unwrap().inc();
    assert_eq!(all(&registry), ["old{a=\"x\"} [1.0]", "new{} [0.0]", "one{} [1.0]"]);
}

#[test]
fn collectors_come_back_and_families_do_not() {
    let registry = registry();
    let collector = registry.register(Arc::new(One)).unwrap();
    registry.gauge("stays", "").unwrap();
    let leaves = registry.counter_family(FamilyOptions::new("leaves", "")).unwrap();
    let checkpoint = registry.checkpoint();
    registry.unregister(collector).unwrap();
    registry.unregister_family(&leaves).unwrap();
    // It takes their names.
    registry.gauge("one", "").unwrap();
    checkpoint.go_back();
    assert_eq!(all(&registry), ["one{} [1.0]", "stays{} [0.0]"]);
    registry.unregister(collector).unwrap();
    registry.counter("leaves", "").unwrap();
}

#[test]
fn overflow_series_and_callbacks_are_those_of_then() {
    let registry = registry();
    let options = FamilyOptions { max_series: Some(1), ..FamilyOptions::labelled("g", "", &["a"]) };
    let options = GaugeOptions { family: options, ..GaugeOptions::default() };
    let family = registry.gauge_family(options).unwrap();
    let first = family.labels(&["1"]).unwrap().clone();
    family.set_callback(&first, || Some(5.0));
    let checkpoint = registry.checkpoint();
    family.set_callback(&first, || Some(6.0));
    family.labels(&["2"]).unwrap().inc();
    assert_eq!(all(&registry).len(), 2);
    checkpoint.go_back();
    assert_eq!(all(&registry), ["g{a=\"1\"} [5.0]"]);
    family.labels(&["2"]).unwrap().inc();
    assert_eq!(all(&registry).len(), 2);
}

#[test]
fn what_does_not_count_in_cells_alone_stays_as_it_is() {
    let registry = registry();
    let info = registry.info("i", "").unwrap();
    let family = FamilyOptions::new("s", "");
    let options =
        SummaryOptions { family, objectives: vec![(0.5, 0.05)], ..SummaryOptions::default() };
    let summary = registry.summary_family(options).unwrap().labels(&[]).unwrap().clone();
    let checkpoint = registry.checkpoint();
    info.set(&[("v", "1")]).unwrap();
    summary.observe(2.0);
    checkpoint.go_back();
    assert_eq!((info.get().len(), summary.get().count), (1, 1.0));
}
