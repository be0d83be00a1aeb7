//! What users of families and registries rely on.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use metrion_metrics::{
    Collector, Counter, Family, FamilyOptions, GaugeMode, GaugeOptions, Geometry, HistogramOptions,
    Registry, RegistryOptions,
};
use metrion_model::{ErrorCode, FamilySnapshot, MetricType, NameFilter, Schema, Snapshot, Value};

fn registry() -> Registry {
    Registry::new(RegistryOptions::default()).unwrap()
}

fn labelled(registry: &Registry) -> Family<Counter> {
    registry.counter_family(FamilyOptions::labelled("c", "help", &["a", "b"])).unwrap()
}

/// One line for each series: `name{labels} values`.
fn lines(snapshot: &Snapshot) -> Vec<String> {
    let family_lines = |family: &FamilySnapshot| -> Vec<String> {
        let line = |row| {
            let labels = family.labels().text(row);
            format!("{}{{{labels}}} {:?}", family.schema().name, family.row(row))
        };
        (0..family.len()).map(line).collect()
    };
    snapshot.families.iter().flat_map(family_lines).collect()
}

fn all(registry: &Registry) -> Vec<String> {
    lines(&registry.snapshot(&NameFilter::all()))
}

#[test]
fn counters_gauges_and_histograms_add_up() {
    let registry = registry();
    let counter = registry.counter("requests_total", "help").unwrap();
    counter.inc();
    counter.add(2.5);
    let gauge = registry.gauge("temperature", "help").unwrap();
    gauge.set(-0.0).unwrap();
    let histogram = registry.histogram("latency", "help").unwrap();
    histogram.observe(0.005);
    histogram.observe(11.0);
    assert_eq!(counter.get(), 3.5);
    assert!(gauge.get().is_sign_negative());
    gauge.add(2.0);
    assert_eq!(
        all(&registry),
        [
            "requests{} [3.5]",
            "temperature{} [2.0]",
            "latency{} [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 11.005]",
        ]
    );
}

#[test]
fn threads_write_to_their_own_slabs_and_nothing_is_lost() {
    let registry = registry();
    let family = labelled(&registry);
    std::thread::scope(|scope| {
        // More threads than slabs, so that some share the common one.
        for _ in 0..40 {
            scope.spawn(|| {
                for i in 0..1000 {
                    let value = (i % 7).to_string();
                    family.labels(&[&value, "x"]).unwrap().inc();
                }
            });
        }
    });
    let total: f64 = (0..7).map(|i| family.labels(&[&i.to_string(), "x"]).unwrap().get()).sum();
    assert_eq!(total, 40_000.0);
}

#[test]
fn wrong_values_are_dropped_and_counted() {
    let options = RegistryOptions { self_metrics: true, ..RegistryOptions::default() };
    let registry = Registry::new(options).unwrap();
    let counter = registry.counter("c", "help").unwrap();
    counter.add(-1.0);
    counter.add(f64::NAN);
    assert_eq!(counter.checked_add(-2.0).unwrap_err().code(), ErrorCode::InvalidValue);
    registry.histogram("h", "help").unwrap().observe(f64::NAN);
    assert_eq!(counter.get(), 0.0);
    let own = registry.snapshot(&NameFilter::only(vec!["metrion_registry_dropped_total".into()]));
    assert_eq!(
        lines(&own),
        [
            r#"metrion_registry_dropped{reason="series_limit"} [0.0]"#,
            r#"metrion_registry_dropped{reason="invalid_value"} [4.0]"#,
            r#"metrion_registry_dropped{reason="collect_failure"} [0.0]"#,
        ]
    );
}

#[test]
fn creating_is_get_or_create_and_a_conflict_names_both() {
    let registry = registry();
    let first = labelled(&registry);
    first.labels(&["1", "2"]).unwrap().inc();
    let again = labelled(&registry);
    assert_eq!(again.labels(&["1", "2"]).unwrap().get(), 1.0);

    let error = registry.counter_family(FamilyOptions::labelled("c", "help", &["a"])).unwrap_err();
    assert_eq!(error.code(), ErrorCode::MetricExists);
    assert!(error.message().contains("c{a}") && error.message().contains("c{a,b}"), "{error}");
    // Clashes of sample names count too.
    assert_eq!(registry.gauge("c_total", "help").unwrap_err().code(), ErrorCode::MetricExists);
    registry.gauge("h_count", "help").unwrap();
    assert_eq!(registry.histogram("h", "help").unwrap_err().code(), ErrorCode::MetricExists);
    // Nothing was half registered.
    registry.counter("h_sum", "help").unwrap();
    let other_mode =
        GaugeOptions { family: FamilyOptions::new("h_count", "help"), mode: GaugeMode::UpDown };
    assert_eq!(registry.gauge_family(other_mode).unwrap_err().code(), ErrorCode::MetricExists);
}

#[test]
fn labels_by_name_and_by_place() {
    let registry = registry();
    let family = labelled(&registry);
    family.labels(&["1", "2"]).unwrap().inc();
    assert_eq!(family.labels_by_name(&[("b", "2"), ("a", "1")]).unwrap().get(), 1.0);
    for wrong in [&["1"][..], &["1", "2", "3"]] {
        assert_eq!(family.labels(wrong).unwrap_err().code(), ErrorCode::LabelMismatch);
    }
    for wrong in [&[("a", "1")][..], &[("a", "1"), ("c", "2")], &[("a", "1"), ("a", "1")]] {
        assert_eq!(family.labels_by_name(wrong).unwrap_err().code(), ErrorCode::LabelMismatch);
    }
    assert_eq!(family.len(), 1);
}

#[test]
fn a_curried_view_fixes_labels() {
    let registry = registry();
    let family = labelled(&registry);
    let fixed = family.curry(&[("a", "1")]).unwrap();
    fixed.labels(&["2"]).unwrap().inc();
    fixed.labels_by_name(&[("b", "2")]).unwrap().inc();
    family.labels(&["9", "2"]).unwrap().inc();
    assert_eq!(family.labels(&["1", "2"]).unwrap().get(), 2.0);
    assert_eq!(fixed.labels(&["1", "2"]).unwrap_err().code(), ErrorCode::LabelMismatch);
    assert_eq!(fixed.curry(&[("a", "2")]).unwrap_err().code(), ErrorCode::LabelMismatch);
    assert_eq!(fixed.curry(&[("z", "2")]).unwrap_err().code(), ErrorCode::LabelMismatch);
    assert_eq!(fixed.curry(&[("b", "2")]).unwrap().labels(&[]).unwrap().get(), 2.0);
    fixed.clear();
    assert_eq!(all(&registry), [r#"c{a="9",b="2"} [1.0]"#]);
}

#[test]
fn a_removed_child_writes_nowhere_visible() {
    let registry = registry();
    let family = labelled(&registry);
    let kept = family.labels(&["1", "2"]).unwrap().clone();
    kept.inc();
    let generation = family.generation();
    assert!(family.remove(&["1", "2"]).unwrap());
    assert!(!family.remove(&["1", "2"]).unwrap());
    assert_ne!(family.generation(), generation);
    kept.inc();
    assert_eq!(all(&registry), [""; 0]);
    family.labels(&["1", "2"]).unwrap().add(5.0);
    kept.inc();
    assert_eq!(all(&registry), [r#"c{a="1",b="2"} [5.0]"#]);
}

#[test]
fn removal_by_partial_match_and_of_all() {
    let registry = registry();
    let family = labelled(&registry);
    for (a, b) in [("1", "1"), ("1", "2"), ("2", "1")] {
        family.labels(&[a, b]).unwrap().inc();
    }
    assert_eq!(family.remove_matching(&[("z", "1")]).unwrap_err().code(), ErrorCode::LabelMismatch);
    assert_eq!(family.remove_matching(&[("a", "1")]).unwrap(), 2);
    assert_eq!(all(&registry), [r#"c{a="2",b="1"} [1.0]"#]);
    family.clear();
    assert!(family.is_empty());
}

#[test]
fn past_the_limit_writes_go_to_one_overflow_series() {
    let registry = registry();
    let options =
        FamilyOptions { max_series: Some(2), ..FamilyOptions::labelled("c", "help", &["a"]) };
    let family = registry.counter_family(options).unwrap();
    for value in ["1", "2", "3", "4", "3"] {
        family.labels(&[value]).unwrap().inc();
    }
    assert_eq!(registry.segment().overflowed(), 3);
    assert_eq!(
        all(&registry),
        [r#"c{a="1"} [1.0]"#, r#"c{a="2"} [1.0]"#, r#"c{metrion_overflow="true"} [3.0]"#]
    );
    family.remove(&["1"]).unwrap();
    family.labels(&["5"]).unwrap().inc();
    assert_eq!(
        all(&registry),
        [r#"c{a="2"} [1.0]"#, r#"c{a="5"} [1.0]"#, r#"c{metrion_overflow="true"} [3.0]"#]
    );
}

#[test]
fn a_full_registry_overflows_and_then_drops() {
    let options = RegistryOptions {
        geometry: Geometry { slabs: 2, cells: 1, entries: 128, key_words: 1 << 12, processes: 0 },
        ..RegistryOptions::default()
    };
    let registry = Registry::new(options).unwrap();
    let family = labelled(&registry);
    for i in 0..1000 {
        family.labels(&[&i.to_string(), "x"]).unwrap().inc();
    }
    let lines = all(&registry);
    let overflow = lines.last().unwrap();
    assert!(overflow.starts_with(r#"c{metrion_overflow="true"} "#), "{overflow}");
    let total: f64 = registry.snapshot(&NameFilter::all()).families[0].values().iter().sum();
    assert_eq!(total, 1000.0);
    let mut last = Ok(());
    for i in 0..200 {
        last = registry.counter(&format!("d{i}"), "help").map(drop);
    }
    assert_eq!(last.unwrap_err().code(), ErrorCode::LimitReached);
}

#[test]
fn reset_goes_back_to_zero_exactly() {
    let registry = registry();
    let family = labelled(&registry);
    let child = family.labels(&["1", "2"]).unwrap().clone();
    let histogram = registry.histogram_family(HistogramOptions {
        family: FamilyOptions::new("h", "help"),
        buckets: vec![1.0],
        ..HistogramOptions::default()
    });
    let histogram = histogram.unwrap();
    std::thread::scope(|scope| {
        // Exact in binary, as the slabs are added up in whatever order the threads got them.
        for amount in [0.125, 0.25, 0.5] {
            let (child, histogram) = (&child, &histogram);
            scope.spawn(move || {
                child.add(amount);
                histogram.labels(&[]).unwrap().observe(amount);
            });
        }
    });
    family.reset();
    histogram.reset();
    assert_eq!(child.get(), 0.0);
    child.inc();
    assert_eq!(child.get(), 1.0);
    family.reset();
    assert_eq!(all(&registry), [r#"c{a="1",b="2"} [0.0]"#, "h{} [0.0, 0.0, 0.0]"]);
}

#[test]
fn callbacks_give_values_and_failures_leave_the_series_out() {
    let registry = registry();
    let options = GaugeOptions {
        family: FamilyOptions::labelled("g", "help", &["a"]),
        ..GaugeOptions::default()
    };
    let family = registry.gauge_family(options).unwrap();
    family.labels(&["plain"]).unwrap().set(1.0).unwrap();
    let child = |value| family.labels(&[value]).unwrap().clone();
    family.set_callback(&child("called"), || Some(7.0));
    family.set_callback(&child("nothing"), || None);
    family.set_callback(&child("panics"), || panic!("in a callback"));
    assert_eq!(all(&registry), [r#"g{a="plain"} [1.0]"#, r#"g{a="called"} [7.0]"#]);
    family.remove(&["called"]).unwrap();
    assert_eq!(all(&registry), [r#"g{a="plain"} [1.0]"#]);
}

struct Fixed(&'static str, f64);

impl Collector for Fixed {
    fn describe(&self) -> Vec<Schema> {
        vec![FamilySnapshot::new(self.schema()).schema().clone()]
    }

    fn collect(&self) -> Vec<FamilySnapshot> {
        let mut family = FamilySnapshot::new(self.schema());
        family.push(&[], Value::Number(self.1)).unwrap();
        vec![family]
    }
}

impl Fixed {
    fn schema(&self) -> Schema {
        Schema::new(self.0, MetricType::Unknown)
    }
}

#[test]
fn collectors_and_unregistering() {
    let registry = registry();
    let family = registry.counter_family(FamilyOptions::new("c", "help")).unwrap();
    let id = registry.register(Arc::new(Fixed("f", 3.0))).unwrap();
    let clash = registry.register(Arc::new(Fixed("c_total", 3.0))).unwrap_err();
    assert_eq!(clash.code(), ErrorCode::MetricExists);
    assert_eq!(all(&registry), ["c{} [0.0]", "f{} [3.0]"]);
    registry.unregister(id).unwrap();
    assert_eq!(registry.unregister(id).unwrap_err().code(), ErrorCode::NotFound);
    registry.unregister_family(&family).unwrap();
    assert!(all(&registry).is_empty());
    registry.gauge("c", "another schema").unwrap();
    // It goes by the family, not by its name.
    assert_eq!(registry.unregister_family(&family).unwrap_err().code(), ErrorCode::NotFound);
    assert_eq!(all(&registry), ["c{} [0.0]"]);
}

#[test]
fn registry_labels_and_name_filter() {
    let options = RegistryOptions {
        constant_labels: vec![("service".into(), "shop".into())],
        ..RegistryOptions::default()
    };
    let registry = Registry::new(options).unwrap();
    labelled(&registry).labels(&["1", "2"]).unwrap().inc();
    registry.gauge("g", "help").unwrap();
    let filter = NameFilter::only(vec!["c_total".into()]);
    assert_eq!(lines(&registry.snapshot(&filter)), [r#"c{service="shop",a="1",b="2"} [1.0]"#]);
}

#[test]
fn the_heap_is_rebuilt_from_the_directory() {
    let registry = registry();
    let family = labelled(&registry);
    family.labels(&["1", "2"]).unwrap().inc();
    family.labels(&["", "\"\n"]).unwrap().add(0.5);
    family.labels(&["gone", "x"]).unwrap().inc();
    family.remove(&["gone", "x"]).unwrap();
    let up_down = GaugeOptions { family: FamilyOptions::new("u", "help"), mode: GaugeMode::UpDown };
    registry.gauge_family(up_down).unwrap().labels(&[]).unwrap().dec();
    registry.histogram("h", "help").unwrap().observe(0.3);
    let before = all(&registry);

    let rebuilt =
        Registry::from_segment(Arc::clone(registry.segment()), RegistryOptions::default());
    assert_eq!(all(&rebuilt), before);
    labelled(&rebuilt).labels(&["1", "2"]).unwrap().inc();
    assert_eq!(family.labels(&["1", "2"]).unwrap().get(), 2.0);
}

#[test]
fn a_family_is_read_alone_and_after_it_was_taken_out() {
    let registry = registry();
    let family = labelled(&registry);
    family.labels(&["1", "2"]).unwrap().inc();
    let read = || lines(&Snapshot { families: vec![family.snapshot().unwrap()] });
    assert_eq!(read(), ["c{a=\"1\",b=\"2\"} [1.0]"]);
    registry.unregister_family(&family).unwrap();
    family.labels(&["1", "2"]).unwrap().inc();
    assert_eq!(read(), ["c{a=\"1\",b=\"2\"} [2.0]"]);
    assert_eq!(all(&registry), [""; 0]);
}

#[test]
fn one_counter_starts_again() {
    let registry = registry();
    let family = labelled(&registry);
    let [a, b] = ["a", "b"].map(|value| family.labels(&[value, ""]).unwrap().clone());
    a.inc();
    b.inc();
    let before = family.snapshot().unwrap();
    a.start_again();
    assert_eq!((a.get(), b.get()), (0.0, 1.0));
    let after = family.snapshot().unwrap();
    assert!(after.created(0) >= before.created(0));
    assert_eq!(after.created(1), before.created(1));
}

#[test]
fn a_collector_that_fails_in_part_is_served_in_part() {
    struct Half;
    impl Collector for Half {
        fn collect(&self) -> Vec<FamilySnapshot> {
            Vec::new()
        }

        fn try_collect(&self) -> Vec<metrion_model::Result<FamilySnapshot>> {
            let mut good = FamilySnapshot::new(Schema::new("good", MetricType::Gauge));
            good.push(&[], Value::Number(1.0)).unwrap();
            vec![Err(metrion_model::Error::new(ErrorCode::InvalidValue, "bad")), Ok(good)]
        }
    }
    let options = RegistryOptions { self_metrics: true, ..RegistryOptions::default() };
    let registry = Registry::new(options).unwrap();
    registry.register(Arc::new(Half)).unwrap();
    let snapshot = registry.snapshot(&NameFilter::all());
    assert_eq!(snapshot.sample_value("good", &[]), Some(1.0));
    let failures = [("reason", "collect_failure")];
    assert_eq!(snapshot.sample_value("metrion_registry_dropped_total", &failures), Some(1.0));
}

#[test]
fn a_counter_in_totals_keeps_its_unit() {
    let registry = registry();
    for name in ["b", "b_total"] {
        let family = FamilyOptions { unit: "total".into(), ..FamilyOptions::new(name, "") };
        assert_eq!(registry.counter_family(family).unwrap().schema().name, "b_total");
    }
}
