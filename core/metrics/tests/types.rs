//! Exemplars, infos, state sets, timers, expiry, views, the cardinality report, UTF-8 names.

#![allow(clippy::unwrap_used, clippy::panic)]

mod test_clock;

use std::sync::Arc;

use metrion_metrics::{
    CardinalityReport, FamilyCardinality, FamilyOptions, GaugeOptions, HistogramOptions,
    LabelCardinality, NativeOptions, Registry, RegistryOptions, SpanContext, SpanSource,
    StateSetOptions,
};
use metrion_model::{ErrorCode, FamilySnapshot, NameFilter, NameRules, Snapshot};
use test_clock::{at, registry};

fn all(registry: &Registry) -> Snapshot {
    registry.snapshot(&NameFilter::all())
}

fn only(snapshot: &Snapshot) -> &FamilySnapshot {
    let [family] = snapshot.families.as_slice() else { panic!("{snapshot:?}") };
    family
}

/// `row place labels value timestamp` of each exemplar.
fn exemplars(registry: &Registry) -> Vec<String> {
    let line = |placed: &metrion_model::PlacedExemplar| {
        let (row, place, exemplar) = (placed.row, placed.place, &placed.exemplar);
        let timestamp = exemplar.timestamp().unwrap();
        format!("{row} {place} {} {} {timestamp}", exemplar.label_text(), exemplar.value())
    };
    let snapshot = all(registry);
    snapshot.families.iter().flat_map(|family| family.exemplars()).map(line).collect()
}

#[test]
fn the_last_exemplar_of_each_bucket_and_counter() {
    let clock = at(100.0);
    let registry = registry(&clock);
    let counter = registry.counter("c", "help").unwrap();
    counter.add_with_exemplar(2.0, &[("trace_id", "a")]).unwrap();
    counter.add_with_exemplar(3.0, &[("trace_id", "b")]).unwrap();
    assert_eq!(counter.get(), 5.0);
    let options = HistogramOptions {
        family: FamilyOptions::labelled("h", "help", &["x"]),
        buckets: vec![1.0, 2.0],
        ..HistogramOptions::default()
    };
    let family = registry.histogram_family(options).unwrap();
    family.labels(&["none"]).unwrap().observe(0.5);
    let histogram = family.labels(&["some"]).unwrap().clone();
    histogram.observe_with_exemplar(5.0, &[("trace_id", "c")]).unwrap();
    clock.advance(1.0);
    histogram.observe_with_exemplar(1.0, &[("trace_id", "d"), ("span_id", "\"\n")]).unwrap();
    histogram.observe_with_exemplar(6.0, &[]).unwrap();
    assert_eq!(
        exemplars(&registry),
        [r#"0 0 trace_id="b" 3 100"#, r#"1 0 trace_id="d",span_id="\"\n" 1 101"#, "1 2  6 101",]
    );

    let rebuilt =
        Registry::from_segment(Arc::clone(registry.segment()), RegistryOptions::default());
    assert_eq!(exemplars(&rebuilt), exemplars(&registry));
}

#[test]
fn long_and_short_exemplars_take_turns() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let counter = registry.counter("c", "help").unwrap();
    let long = "\u{1f600}".repeat(120);
    for value in ["short", long.as_str(), "again", long.as_str()] {
        counter.add_with_exemplar(1.0, &[("trace_id", value)]).unwrap();
        let [found] = exemplars(&registry).try_into().unwrap();
        assert!(found.starts_with(&format!("0 0 trace_id=\"{value}\" ")), "{found}");
    }
    let wrong = counter.add_with_exemplar(1.0, &[("trace_id", &"x".repeat(121))]).unwrap_err();
    assert_eq!(wrong.code(), ErrorCode::InvalidExemplar);
    let wrong = counter.add_with_exemplar(-1.0, &[("trace_id", "x")]).unwrap_err();
    assert_eq!(wrong.code(), ErrorCode::InvalidValue);
    let wrong = counter.add_with_exemplar(1.0, &[("", "x")]).unwrap_err();
    assert_eq!(wrong.code(), ErrorCode::InvalidExemplar);
    assert_eq!(counter.get(), 4.0);
}

#[test]
fn native_histograms_keep_exemplars_of_neighbouring_powers() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let options =
        HistogramOptions::native(FamilyOptions::new("h", "help"), NativeOptions::default());
    let histogram = registry.histogram_family(options).unwrap().labels(&[]).unwrap().clone();
    for exponent in 0..10 {
        histogram.observe_with_exemplar(2_f64.powi(exponent), &[("id", "x")]).unwrap();
    }
    assert_eq!(exemplars(&registry).len(), 10);
    histogram.observe_with_exemplar(1024.0, &[("id", "x")]).unwrap();
    assert_eq!(exemplars(&registry).len(), 10);
}

struct InSpan(SpanContext);

impl SpanSource for InSpan {
    fn current(&self) -> Option<SpanContext> {
        Some(self.0)
    }
}

#[test]
fn exemplars_of_the_current_span() {
    let id = |is_sampled| SpanContext { trace_id: [0xab; 16], span_id: [1; 8], is_sampled };
    for (is_sampled, count) in [(true, 2), (false, 0)] {
        let options = RegistryOptions {
            spans: Some(Arc::new(InSpan(id(is_sampled)))),
            ..RegistryOptions::default()
        };
        let registry = Registry::new(options).unwrap();
        registry.counter("c", "").unwrap().add_in_span(1.0);
        registry.histogram("h", "").unwrap().observe_in_span(0.3);
        assert_eq!(exemplars(&registry).len(), count);
        if is_sampled {
            let labels =
                r#"trace_id="abababababababababababababababab",span_id="0101010101010101""#;
            assert!(exemplars(&registry)[0].starts_with(&format!("0 0 {labels} 1 ")));
        }
        assert_eq!(registry.counter("c", "").unwrap().get(), 1.0);
    }
}

#[test]
fn infos_say_the_last_thing() {
    let options = RegistryOptions {
        constant_labels: vec![("service".into(), "shop".into())],
        ..RegistryOptions::default()
    };
    let registry = Registry::new(options).unwrap();
    let family =
        registry.info_family(FamilyOptions::labelled("build_info", "help", &["part"])).unwrap();
    let info = family.labels(&["api"]).unwrap().clone();
    let text = || only(&all(&registry)).labels().text(0).to_owned();
    assert_eq!(text(), r#"service="shop",part="api""#);
    info.set(&[("version", "1"), ("branch", "x\"y")]).unwrap();
    assert_eq!(text(), r#"service="shop",part="api",version="1",branch="x\"y""#);
    info.set(&[("version", "2")]).unwrap();
    info.set(&[("version", "2")]).unwrap();
    assert_eq!(text(), r#"service="shop",part="api",version="2""#);
    assert_eq!(info.get(), [("version".to_owned(), "2".to_owned())]);
    for (wrong, code) in [
        ("part", ErrorCode::LabelMismatch),
        ("service", ErrorCode::LabelMismatch),
        ("a b", ErrorCode::InvalidName),
        ("__a", ErrorCode::ReservedName),
    ] {
        assert_eq!(info.set(&[(wrong, "x")]).unwrap_err().code(), code, "{wrong}");
    }
    let twice = info.set(&[("a", "1"), ("a", "2")]).unwrap_err();
    assert_eq!(twice.code(), ErrorCode::InvalidName);
    assert_eq!(text(), r#"service="shop",part="api",version="2""#);

    let rebuilt =
        Registry::from_segment(Arc::clone(registry.segment()), RegistryOptions::default());
    assert_eq!(only(&all(&rebuilt)).labels().text(0), text());
    assert_eq!(only(&all(&rebuilt)).row(0), [1.0]);
    family.reset();
    assert_eq!(text(), r#"service="shop",part="api""#);
}

#[test]
fn state_sets() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let state = registry.state_set("job", "help", &["starting", "running", "failed"]).unwrap();
    let row = || only(&all(&registry)).row(0).to_vec();
    assert_eq!((state.get(), row()), (vec!["starting"], vec![1.0, 0.0, 0.0]));
    state.set_only("running").unwrap();
    assert_eq!(row(), [0.0, 1.0, 0.0]);
    state.set("failed", true).unwrap();
    state.set("starting", true).unwrap();
    state.set("running", false).unwrap();
    assert_eq!((state.get(), row()), (vec!["starting", "failed"], vec![1.0, 0.0, 1.0]));
    assert_eq!(state.set_only("gone").unwrap_err().code(), ErrorCode::InvalidValue);
    assert_eq!(row(), [1.0, 0.0, 1.0]);

    let rebuilt =
        Registry::from_segment(Arc::clone(registry.segment()), RegistryOptions::default());
    assert_eq!(only(&all(&rebuilt)).row(0), row());

    let states: Vec<String> = (0..53).map(|i| i.to_string()).collect();
    let all_states = StateSetOptions { family: FamilyOptions::new("many", ""), states };
    let many = registry.state_set_family(all_states).unwrap().labels(&[]).unwrap().clone();
    (0..53).for_each(|i| many.set(&i.to_string(), true).unwrap());
    assert_eq!(many.get().len(), 53);
    let none = registry.state_set("none", "", &[]).unwrap_err();
    assert_eq!(none.code(), ErrorCode::InvalidValue);
}

#[test]
fn timers() {
    let clock = at(50.0);
    let registry = registry(&clock);
    let timer = registry.timer("work", "help").unwrap();
    assert_eq!(all(&registry).families[0].schema().name, "work_seconds");
    let running = timer.start_timer();
    clock.advance(0.25);
    assert_eq!(running.stop(), 0.25);
    let dropped = timer.start_timer();
    clock.advance(0.5);
    drop(dropped);
    assert_eq!(timer.start_timer().discard(), 0.0);
    let back = timer.start_timer();
    clock.set(0.0);
    assert_eq!(back.stop(), 0.0);
    assert_eq!(timer.time(|| 7), 7);
    let value = timer.get();
    assert_eq!((value.counts.iter().sum::<f64>(), value.sum), (4.0, 0.75));

    let summary = registry.summary("s", "").unwrap();
    summary.time(|| clock.advance(2.0));
    assert_eq!((summary.get().count, summary.get().sum), (1.0, 2.0));
}

#[test]
fn idle_series_expire_and_come_back() {
    let clock = at(0.0);
    let registry = registry(&clock);
    let family = FamilyOptions {
        expire_after_seconds: Some(60.0),
        ..FamilyOptions::labelled("c", "help", &["a"])
    };
    let family = registry.counter_family(family).unwrap();
    let shown = || -> Vec<String> {
        let snapshot = all(&registry);
        let family = only(&snapshot);
        (0..family.len()).map(|row| family.labels().text(row).to_owned()).collect()
    };
    let busy = family.labels(&["busy"]).unwrap().clone();
    let idle = family.labels(&["idle"]).unwrap().clone();
    for _ in 0..5 {
        busy.inc();
        assert_eq!(shown().len(), 2);
        clock.advance(14.0);
    }
    assert_eq!(shown(), [r#"a="busy""#]);
    assert_eq!(family.len(), 2);
    idle.inc();
    assert_eq!(shown().len(), 2);
    assert_eq!(idle.get(), 1.0);
    clock.set(0.0);
    assert_eq!(shown().len(), 2, "a clock that goes back ages nothing");

    // A removed series' place is taken by a new one, which is not old.
    clock.set(1000.0);
    assert_eq!(shown().len(), 0);
    family.remove(&["idle"]).unwrap();
    drop(idle);
    family.labels(&["new"]).unwrap().inc();
    assert_eq!(shown(), [r#"a="new""#]);

    let wrong = FamilyOptions { expire_after_seconds: Some(0.0), ..FamilyOptions::new("w", "") };
    assert_eq!(registry.counter_family(wrong).unwrap_err().code(), ErrorCode::InvalidValue);
}

#[test]
fn a_summary_expires_though_its_quantiles_age() {
    let clock = at(0.0);
    let registry = registry(&clock);
    let options = metrion_metrics::SummaryOptions {
        family: FamilyOptions {
            expire_after_seconds: Some(100.0),
            ..FamilyOptions::new("s", "help")
        },
        objectives: vec![(0.5, 0.1)],
        max_age_seconds: 60.0,
        ..Default::default()
    };
    registry.summary_family(options).unwrap().labels(&[]).unwrap().observe(1.0);
    assert_eq!(only(&all(&registry)).len(), 1);
    clock.advance(61.0);
    assert!(only(&all(&registry)).row(0)[0].is_nan());
    clock.advance(39.0);
    assert_eq!(only(&all(&registry)).len(), 0);
}

#[test]
fn callbacks_and_expiry_go_together() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let family = FamilyOptions {
        expire_after_seconds: Some(60.0),
        ..FamilyOptions::labelled("g", "help", &["a"])
    };
    let family = registry.gauge_family(GaugeOptions { family, ..Default::default() }).unwrap();
    for (a, value) in [("1", Some(5.0)), ("2", None), ("3", Some(7.0))] {
        let child = family.labels(&[a]).unwrap().clone();
        family.set_callback(&child, move || value);
    }
    assert_eq!(only(&all(&registry)).values(), [5.0, 7.0]);
}

#[test]
fn callbacks_are_for_counters_and_gauges() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let family =
        HistogramOptions { family: FamilyOptions::new("h", ""), ..HistogramOptions::default() };
    let family = registry.histogram_family(family).unwrap();
    let child = family.labels(&[]).unwrap().clone();
    family.set_callback(&child, || None);
    child.observe(1.0);
    assert_eq!(only(&all(&registry)).len(), 1);
}

#[test]
fn restricted_views() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    registry.counter("a", "").unwrap();
    registry.gauge("b", "").unwrap();
    registry.histogram("c", "").unwrap();
    let names = |snapshot: &Snapshot| -> Vec<String> {
        snapshot.families.iter().map(|family| family.schema().name.clone()).collect()
    };
    let view = registry.restricted(vec!["a_total".into(), "c_bucket".into()]);
    assert_eq!(names(&view.snapshot(&NameFilter::all())), ["a", "c"]);
    let filter = NameFilter::only(vec!["b".into(), "c".into()]);
    assert_eq!(names(&view.snapshot(&filter)), ["c"]);
    assert!(registry.restricted(vec![]).snapshot(&NameFilter::all()).families.is_empty());
}

#[test]
fn the_cardinality_report_says_where_series_come_from() {
    let clock = at(1000.0);
    let registry = registry(&clock);
    let paths = FamilyOptions::labelled("requests", "", &["path", "method"]);
    let requests = registry.counter_family(paths).unwrap();
    for path in ["/", "/a", "/b"] {
        requests.labels(&[path, "GET"]).unwrap().inc();
    }
    let jobs = registry.counter_family(FamilyOptions::labelled("jobs", "", &["queue"])).unwrap();
    jobs.labels(&["mail"]).unwrap().inc();
    clock.advance(3600.0);
    jobs.labels(&["sms"]).unwrap().inc();
    let report = registry.cardinality(2, 600.0);
    let family =
        |name: &str, series, recent| FamilyCardinality { name: name.into(), series, recent };
    let label = |name: &str, values, series| LabelCardinality { name: name.into(), values, series };
    assert_eq!(
        report,
        CardinalityReport {
            series: 5,
            recent: 1,
            families: vec![family("requests", 3, 0), family("jobs", 2, 1)],
            labels: vec![label("path", 3, 3), label("queue", 2, 2)],
        }
    );
}

#[test]
fn utf8_names_where_they_are_allowed() {
    let classic = Registry::new(RegistryOptions::default()).unwrap();
    let error = classic.counter("http.requests", "").unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidName);

    let options = RegistryOptions { name_rules: NameRules::Utf8, ..RegistryOptions::default() };
    let registry = Registry::new(options).unwrap();
    let labels = FamilyOptions::labelled("http.requests", "", &["größe"]);
    registry.counter_family(labels).unwrap().labels(&["L"]).unwrap().inc();
    assert_eq!(only(&all(&registry)).labels().text(0), "\"größe\"=\"L\"");
}

#[test]
fn created_times_change_with_a_reset() {
    let clock = at(10.0);
    let registry = registry(&clock);
    let family = registry.counter_family(FamilyOptions::labelled("c", "", &["a"])).unwrap();
    family.labels(&["1"]).unwrap().inc();
    clock.advance(5.0);
    family.labels(&["2"]).unwrap().inc();
    let created = || {
        let snapshot = all(&registry);
        [only(&snapshot).created(0).unwrap(), only(&snapshot).created(1).unwrap()]
    };
    assert_eq!(created(), [10.0, 15.0]);
    clock.advance(5.0);
    family.reset();
    assert_eq!(created(), [20.0, 20.0]);
}
