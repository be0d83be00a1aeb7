//! One registry in several processes: here several registries over one file, which are to each other as processes
//! are.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use metrion_metrics::{
    Collector, Family, FamilyOptions, Gauge, GaugeMode, GaugeOptions, Histogram, HistogramOptions,
    NativeOptions, Registry, RegistryMemory, RegistryOptions, StateSetOptions, SummaryOptions,
};
use metrion_model::{
    ErrorCode, FamilySnapshot, ManualClock, MetricType, NameFilter, Schema, Value,
};

struct Place {
    folder: PathBuf,
    clock: Arc<ManualClock>,
}

impl Place {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("metrion-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder, clock: Arc::new(ManualClock::new(1000.0)) }
    }

    fn open(&self) -> Registry {
        let memory = RegistryMemory::shared(self.folder.join("registry"));
        let clock = Arc::clone(&self.clock) as _;
        Registry::new(RegistryOptions { memory, clock, ..RegistryOptions::default() }).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

/// Every sample as `name{labels} numbers`.
fn shown(registry: &Registry) -> Vec<String> {
    let row = |family: &FamilySnapshot, row| {
        format!("{}{{{}}} {:?}", family.schema().name, family.labels().text(row), family.row(row))
    };
    let families = registry.snapshot(&NameFilter::default()).families;
    families.iter().flat_map(|family| (0..family.len()).map(|at| row(family, at))).collect()
}

fn gauge(registry: &Registry, mode: GaugeMode) -> Gauge {
    let family = FamilyOptions::new("g", "");
    registry.gauge_family(GaugeOptions { family, mode }).unwrap().labels(&[]).unwrap().clone()
}

#[test]
fn any_process_answers_for_all() {
    let place = Place::new("all");
    let [one, two, three] = [place.open(), place.open(), place.open()];
    let family = |registry: &Registry| {
        registry.counter_family(FamilyOptions::labelled("requests", "", &["path"])).unwrap()
    };
    let (first, second) = (family(&one), family(&two));
    for path in ["/a", "/b"] {
        first.labels(&[path]).unwrap().inc();
        second.labels(&[path]).unwrap().add(10.0);
    }
    second.labels(&["/c"]).unwrap().inc();
    one.histogram("h", "").unwrap().observe(0.3);
    two.histogram("h", "").unwrap().observe(0.3);
    two.gauge("last", "").unwrap().set(4.0).unwrap();
    one.gauge("last", "").unwrap().add(1.0);
    // It has no family of its own.
    let wanted = shown(&three);
    assert_eq!(
        wanted[..3],
        [
            "requests{path=\"/a\"} [11.0]",
            "requests{path=\"/b\"} [11.0]",
            "requests{path=\"/c\"} [1.0]"
        ]
    );
    assert_eq!(wanted[4], "last{} [5.0]");
    assert_eq!((shown(&one), shown(&two)), (wanted.clone(), wanted.clone()));
    assert_eq!(
        one.counter_family(FamilyOptions::labelled("requests", "", &["path"])).unwrap().len(),
        3
    );
    drop((one, two, first, second));
    assert_eq!(shown(&three), wanted);
    family(&three).labels(&["/c"]).unwrap().inc();
    assert_eq!(shown(&three)[2], "requests{path=\"/c\"} [2.0]");
    let conflict = three.gauge("requests_total", "").unwrap_err();
    assert_eq!(conflict.code(), ErrorCode::MetricExists);
}

#[test]
fn removal_is_seen_by_caches_of_others() {
    let place = Place::new("removal");
    let [one, two] = [place.open(), place.open()];
    let family = |registry: &Registry| {
        registry.counter_family(FamilyOptions::labelled("c", "", &["x"])).unwrap()
    };
    let (first, second) = (family(&one), family(&two));
    for x in ["a", "b"] {
        first.labels(&[x]).unwrap().inc();
        second.labels(&[x]).unwrap().inc();
    }
    let kept = second.labels(&["a"]).unwrap().clone();
    assert!(first.remove(&["a"]).unwrap());
    assert!(!second.remove(&["a"]).unwrap());
    kept.inc();
    assert_eq!(shown(&two), ["c{x=\"b\"} [2.0]"]);
    second.labels(&["a"]).unwrap().inc();
    assert_eq!(shown(&one), ["c{x=\"b\"} [2.0]", "c{x=\"a\"} [1.0]"]);
    first.labels(&["a"]).unwrap().inc();
    assert_eq!(shown(&two), ["c{x=\"b\"} [2.0]", "c{x=\"a\"} [2.0]"]);
    second.clear();
    assert!(shown(&one).is_empty());
    first.labels(&["z"]).unwrap().inc();
    first.reset();
    assert_eq!(shown(&two), ["c{x=\"z\"} [0.0]"]);
}

#[test]
fn resets_and_creation_times_are_common() {
    let place = Place::new("created");
    let [one, two] = [place.open(), place.open()];
    let family = one.counter_family(FamilyOptions::new("c", "")).unwrap();
    family.labels(&[]).unwrap().inc();
    let created =
        |registry: &Registry| registry.snapshot(&NameFilter::default()).families[0].created(0);
    assert_eq!((created(&one), created(&two)), (Some(1000.0), Some(1000.0)));
    place.clock.set(1005.0);
    family.reset();
    assert_eq!((created(&one), created(&two)), (Some(1005.0), Some(1005.0)));
    assert_eq!(shown(&two), ["c{} [0.0]"]);
}

#[test]
fn what_each_gauge_mode_makes_of_processes() {
    use GaugeMode::*;
    let values = |mode: GaugeMode| {
        let place = Place::new(&format!("mode-{}", mode.as_str()));
        let [one, two, three] = [place.open(), place.open(), place.open()];
        for (registry, number) in [(&one, 1), (&two, 2), (&three, 3)] {
            registry.set_process_number(number);
        }
        gauge(&two, mode).set(7.0).unwrap();
        gauge(&one, mode).set(2.0).unwrap();
        gauge(&three, mode).set(4.0).unwrap();
        assert_eq!(gauge(&two, mode).get(), if mode == LastValue { 4.0 } else { 7.0 });
        let all = shown(&one);
        assert_eq!(all, shown(&three));
        drop((two, three));
        (all, shown(&one))
    };
    let number = |number: f64| vec![format!("g{{}} [{number:?}]")];
    assert_eq!(values(LastValue), (number(4.0), number(4.0)));
    assert_eq!(values(Min), (number(2.0), number(2.0)));
    assert_eq!(values(Max), (number(7.0), number(7.0)));
    assert_eq!(values(Sum), (number(13.0), number(13.0)));
    assert_eq!(values(MostRecent), (number(4.0), number(4.0)));
    assert_eq!(values(LiveMin), (number(2.0), number(2.0)));
    assert_eq!(values(LiveMax), (number(7.0), number(2.0)));
    assert_eq!(values(LiveSum), (number(13.0), number(2.0)));
    assert_eq!(values(LiveMostRecent), (number(4.0), number(2.0)));
    let each = ["g{pid=\"2\"} [7.0]", "g{pid=\"1\"} [2.0]", "g{pid=\"3\"} [4.0]"];
    let each = each.map(String::from).to_vec();
    assert_eq!(values(All), (each.clone(), each.clone()));
    assert_eq!(values(LiveAll), (each.clone(), each[1..2].to_vec()));
}

#[test]
fn a_process_may_have_another_number_and_end() {
    let place = Place::new("numbers");
    let [one, two, three] = [place.open(), place.open(), place.open()];
    one.set_process_number(7);
    gauge(&one, GaugeMode::LiveAll).set(1.0).unwrap();
    let second = gauge(&two, GaugeMode::LiveAll);
    second.set(2.0).unwrap();
    two.set_process_number(8);
    let both = ["g{pid=\"7\"} [1.0]".to_owned(), "g{pid=\"8\"} [2.0]".to_owned()];
    assert_eq!(shown(&three), both);
    two.end_process();
    two.end_process();
    assert_eq!(shown(&three), both[..1]);
    // It has nothing to say until it says something.
    assert_eq!((shown(&two).as_slice(), second.get()), (&both[..1], 0.0));
    second.add(3.0);
    assert_eq!(shown(&three)[1..], ["g{pid=\"8\"} [3.0]"]);
    let alone = Registry::new(RegistryOptions::default()).unwrap();
    alone.set_process_number(7);
    alone.end_process();
}

#[test]
fn who_has_the_number_of_one_that_has_ended_takes_its_place() {
    let place = Place::new("predecessors");
    let watcher = place.open();
    let worker = |number: u32, value: f64| {
        let registry = place.open();
        registry.set_process_number(number);
        gauge(&registry, GaugeMode::All).set(value).unwrap();
        registry
    };
    let line = |number: u32, value: f64| format!("g{{pid=\"{number}\"}} [{value:?}]");
    let [first, second] = [worker(1, 1.0), worker(2, 2.0)];
    drop(first);
    assert_eq!(shown(&watcher), [line(1, 1.0), line(2, 2.0)]);
    let third = worker(1, 3.0);
    assert_eq!(shown(&watcher), [line(2, 2.0), line(1, 3.0)]);
    drop(third);
    assert_eq!(shown(&watcher), [line(2, 2.0), line(1, 3.0)]);
    // Those that live are several, and show where they are, too.
    let others = [worker(2, 4.0), worker(2, 5.0)];
    let all = shown(&watcher);
    assert_eq!((all.len(), all[2].starts_with("g{pid=\"2-")), (4, true));
    drop((second, others));
    assert_eq!(shown(&watcher), [line(1, 3.0), line(2, 5.0)]);
}

#[test]
fn a_process_that_only_has_a_gauge_gives_it_no_value() {
    use GaugeMode::*;
    for mode in [LastValue, MostRecent, LiveMostRecent] {
        let place = Place::new(&format!("only-has-{}", mode.as_str()));
        let [one, two] = [place.open(), place.open()];
        gauge(&one, mode).set(5.0).unwrap();
        let other = gauge(&two, mode);
        assert_eq!(shown(&two), ["g{} [5.0]"], "{mode:?}");
        other.set(-1.0).unwrap();
        assert_eq!(shown(&one), ["g{} [-1.0]"], "{mode:?}");
    }
}

#[test]
fn up_down_gauges_lose_what_ended_processes_had_in_flight() {
    let place = Place::new("up-down");
    let [one, two] = [place.open(), place.open()];
    gauge(&one, GaugeMode::UpDown).inc();
    let other = gauge(&two, GaugeMode::UpDown);
    let in_thread = other.clone();
    std::thread::spawn(move || in_thread.add(5.0)).join().unwrap();
    other.dec();
    assert_eq!((shown(&one), other.get()), (vec!["g{} [5.0]".to_owned()], 5.0));
    drop((two, other));
    assert_eq!(shown(&one), ["g{} [1.0]"]);
    assert_eq!(shown(&place.open()), ["g{} [1.0]"]);
}

#[test]
fn modes_are_one_value_in_private_memory() {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let gauge = gauge(&registry, GaugeMode::LiveAll);
    gauge.set(3.0).unwrap();
    gauge.inc();
    assert_eq!((shown(&registry), gauge.get()), (vec!["g{} [4.0]".to_owned()], 4.0));
    assert_eq!(GaugeMode::from_word("livemostrecent").unwrap(), GaugeMode::LiveMostRecent);
    assert_eq!(GaugeMode::from_word("most").unwrap_err().code(), ErrorCode::InvalidValue);
}

#[test]
fn infos_and_state_sets_show_what_a_live_process_said_last() {
    let place = Place::new("said");
    let [one, two, three] = [place.open(), place.open(), place.open()];
    let states = |registry: &Registry| {
        let states = vec!["idle".to_owned(), "busy".to_owned()];
        let options = StateSetOptions { family: FamilyOptions::new("s", ""), states };
        registry.state_set_family(options).unwrap().labels(&[]).unwrap().clone()
    };
    let version = |registry: &Registry, version: &str| {
        registry.info("build", "").unwrap().set(&[("version", version)]).unwrap();
    };
    version(&one, "1");
    version(&two, "2");
    states(&two).set_only("busy").unwrap();
    states(&one).set_only("idle").unwrap();
    assert_eq!(shown(&three), ["build{version=\"2\"} [1.0]", "s{} [1.0, 0.0]"]);
    assert_eq!(one.info("build", "").unwrap().get(), [("version".to_owned(), "2".to_owned())]);
    states(&two).set("busy", true).unwrap();
    assert_eq!(states(&one).get(), ["idle", "busy"]);
    drop(two);
    assert_eq!(shown(&three), ["build{version=\"1\"} [1.0]", "s{} [1.0, 0.0]"]);
    drop(one);
    // Nobody who said something is there.
    assert_eq!(shown(&three).len(), 2);
    version(&three, "3");
    assert_eq!(shown(&three)[0], "build{version=\"3\"} [1.0]");
}

#[test]
fn native_histograms_and_exemplars_come_together() {
    let place = Place::new("native");
    let registries = [place.open(), place.open(), place.open()];
    let histogram = |registry: &Registry| {
        let native = NativeOptions { max_buckets: 8, ..NativeOptions::default() };
        let options = HistogramOptions::native(FamilyOptions::new("h", ""), native);
        registry.histogram_family(options).unwrap().labels(&[]).unwrap().clone()
    };
    let histograms: Vec<Histogram> = registries.iter().map(histogram).collect();
    for i in 1..=300_u32 {
        histograms[i as usize % 3].observe(f64::from(i));
    }
    let exemplar = [("trace_id", "x")];
    registries[1].counter("c", "").unwrap().add_with_exemplar(1.0, &exemplar).unwrap();
    let alone = Registry::new(RegistryOptions::default()).unwrap();
    let wanted = histogram(&alone);
    (1..=300_u32).for_each(|i| wanted.observe(f64::from(i)));
    let wanted = wanted.get().native.unwrap();
    for registry in &registries {
        let families = registry.snapshot(&NameFilter::default()).families;
        let native = families[0].native(0).unwrap();
        assert_eq!((native.count(), native.schema), (300.0, wanted.schema));
        assert_eq!(native.positive, wanted.positive);
        assert_eq!(families[1].exemplars()[0].exemplar.label_text(), "trace_id=\"x\"");
    }
    assert_eq!(histogram(&place.open()).get().native.unwrap().positive, wanted.positive);
}

#[test]
fn summaries_are_of_all_processes() {
    let place = Place::new("summary");
    let registries = [place.open(), place.open()];
    let options = || SummaryOptions {
        family: FamilyOptions::new("s", ""),
        objectives: vec![(0.5, 0.01)],
        ..SummaryOptions::default()
    };
    for i in 1..=1000_u32 {
        let registry = &registries[i as usize % 2];
        let family = registry.summary_family(options()).unwrap();
        family.labels(&[]).unwrap().observe(f64::from(i));
    }
    let family = place.open().summary_family(options()).unwrap();
    let value = family.labels(&[]).unwrap().get();
    assert_eq!((value.count, value.sum), (1000.0, 500_500.0));
    assert!((495.0..505.0).contains(&value.quantiles[0]), "{value:?}");
}

#[test]
fn limits_and_expiry_hold_for_all() {
    let place = Place::new("limits");
    let [one, two, three] = [place.open(), place.open(), place.open()];
    let options = FamilyOptions {
        max_series: Some(3),
        expire_after_seconds: Some(60.0),
        ..FamilyOptions::labelled("c", "", &["x"])
    };
    let family = |registry: &Registry| registry.counter_family(options.clone()).unwrap();
    let (first, second) = (family(&one), family(&two));
    let inc = |family: &Family<metrion_metrics::Counter>, x: &str| {
        family.labels(&[x]).unwrap().inc();
    };
    inc(&first, "a");
    inc(&second, "b");
    inc(&first, "c");
    inc(&second, "d");
    inc(&second, "a");
    inc(&first, "e");
    assert_eq!(
        shown(&three),
        [
            "c{x=\"a\"} [2.0]",
            "c{x=\"b\"} [1.0]",
            "c{x=\"c\"} [1.0]",
            "c{metrion_overflow=\"true\"} [2.0]",
        ]
    );
    second.remove(&["c"]).unwrap();
    inc(&first, "d");
    assert_eq!(shown(&three).len(), 4);
    // What one process saw move, all have seen move.
    place.clock.advance(50.0);
    inc(&first, "b");
    assert_eq!(shown(&one).len(), 4);
    place.clock.advance(50.0);
    let left = ["c{x=\"b\"} [2.0]", "c{metrion_overflow=\"true\"} [2.0]"];
    assert_eq!(
        (shown(&one), shown(&two), shown(&three)),
        (
            left.map(String::from).to_vec(),
            left.map(String::from).to_vec(),
            left.map(String::from).to_vec()
        )
    );
}

#[test]
fn a_rolling_deploy_shows_the_newest_schema_that_lives() {
    let place = Place::new("deploy");
    let histogram = |registry: &Registry, bounds: &[f64]| {
        let family = FamilyOptions::new("h", "");
        let options = HistogramOptions { family, buckets: bounds.to_vec(), native: None };
        registry.histogram_family(options).unwrap().labels(&[]).unwrap().clone()
    };
    let [old, other_old] = [place.open(), place.open()];
    histogram(&old, &[1.0]).observe(0.5);
    histogram(&other_old, &[1.0]).observe(0.5);
    assert_eq!(shown(&old), ["h{} [2.0, 0.0, 1.0]"]);
    let new = place.open();
    histogram(&new, &[1.0, 2.0]).observe(1.5);
    let of_new = ["h{} [0.0, 1.0, 0.0, 1.5]"];
    assert_eq!(
        (shown(&old).as_slice(), shown(&new).as_slice()),
        (of_new.map(String::from).as_slice(), of_new.map(String::from).as_slice())
    );
    // It still counts, for a deploy that is taken back.
    histogram(&old, &[1.0]).observe(0.5);
    drop(other_old);
    drop(new);
    assert_eq!(shown(&old), ["h{} [3.0, 0.0, 1.5]"]);
    let new = place.open();
    histogram(&new, &[1.0, 2.0]).observe(1.5);
    drop(old);
    assert_eq!(shown(&new), ["h{} [0.0, 2.0, 0.0, 3.0]"]);
    drop(new);
    // None lives: the last one that somebody asked for.
    assert_eq!(shown(&place.open()), ["h{} [0.0, 2.0, 0.0, 3.0]"]);
}

#[test]
fn a_family_stays_until_nobody_has_it() {
    let place = Place::new("unregister");
    let [one, two] = [place.open(), place.open()];
    let family =
        |registry: &Registry| registry.counter_family(FamilyOptions::new("c", "")).unwrap();
    let (first, second) = (family(&one), family(&two));
    first.labels(&[]).unwrap().inc();
    second.labels(&[]).unwrap().inc();
    one.unregister_family(&first).unwrap();
    assert_eq!((shown(&one), shown(&two)), (shown(&two), vec!["c{} [2.0]".to_owned()]));
    two.unregister_family(&second).unwrap();
    assert!(shown(&one).is_empty() && shown(&two).is_empty());
    family(&one).labels(&[]).unwrap().inc();
    assert_eq!(shown(&two), ["c{} [1.0]"]);
}

#[test]
fn what_tells_of_a_process_says_which() {
    struct OfProcess;
    impl Collector for OfProcess {
        fn is_of_process(&self) -> bool {
            true
        }

        fn collect(&self) -> Vec<FamilySnapshot> {
            let mut family = FamilySnapshot::new(Schema::new("memory", MetricType::Gauge));
            family.push(&[], Value::Number(1.0)).unwrap();
            vec![family]
        }
    }
    let place = Place::new("pid");
    let registry = place.open();
    registry.register(Arc::new(OfProcess)).unwrap();
    assert_eq!(shown(&registry), [format!("memory{{pid=\"{}\"}} [1.0]", std::process::id())]);
}

#[test]
fn a_callback_leaves_its_value_for_others() {
    let place = Place::new("callback");
    let [one, two] = [place.open(), place.open()];
    let family = one
        .gauge_family(GaugeOptions { family: FamilyOptions::new("g", ""), ..Default::default() });
    let family = family.unwrap();
    family.set_callback(&family.labels(&[]).unwrap(), || Some(9.0));
    assert_eq!(shown(&one), ["g{} [9.0]"]);
    assert_eq!(shown(&two), ["g{} [9.0]"]);
}

#[test]
fn a_callback_may_use_the_registry_when_it_ends() {
    struct LooksAround(Registry, mpsc::Sender<usize>);
    impl Drop for LooksAround {
        fn drop(&mut self) {
            let _nobody_waits = self.1.send(shown(&self.0).len());
        }
    }
    let place = Place::new("callback-ends");
    let [one, two] = [place.open(), place.open()];
    let family = |registry: &Registry| {
        let family = FamilyOptions::labelled("g", "", &["x"]);
        registry.gauge_family(GaugeOptions { family, ..Default::default() }).unwrap()
    };
    let (first, second) = (family(&one), family(&two));
    let (ended, endings) = mpsc::channel();
    let called = |x: &str| {
        let looks_around = LooksAround(one.clone(), ended.clone());
        first.set_callback(&first.labels(&[x]).unwrap(), move || {
            let _its_own = &looks_around;
            Some(1.0)
        });
    };
    let wait = |what: &str| endings.recv_timeout(Duration::from_secs(60)).expect(what);
    thread::scope(|scope| {
        called("a");
        second.remove(&["a"]).unwrap();
        second.labels(&["a"]).unwrap().set(2.0).unwrap();
        scope.spawn(|| one.snapshot(&NameFilter::default()));
        assert_eq!(wait("a series that another process made again"), 1);
        called("b");
        second.remove(&["b"]).unwrap();
        second.labels(&["b"]).unwrap().set(2.0).unwrap();
        scope.spawn(|| first.len());
        assert_eq!(wait("the same, seen by the family alone"), 2);
    });
    called("c");
    one.unregister_family(&first).unwrap();
    drop(first);
    assert!(endings.try_recv().is_err(), "the other process has the family still");
    two.unregister_family(&second).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| one.snapshot(&NameFilter::default()));
        assert_eq!(wait("a family that another process removed"), 0);
    });
}

#[test]
fn a_second_exporter_is_warned() {
    let place = Place::new("serves");
    let [one, two] = [place.open(), place.open()];
    assert_eq!((one.announce_exporter(), one.announce_exporter()), (None, None));
    assert!(two.announce_exporter().unwrap().contains("scrape only one"));
    assert_eq!(two.announce_exporter(), None, "once is enough");
    drop(one);
    assert!(place.open().announce_exporter().is_some());
    drop(two);
    assert_eq!(place.open().announce_exporter(), None);
    let alone = Registry::new(RegistryOptions::default()).unwrap();
    assert_eq!(alone.announce_exporter(), None);
}

#[test]
fn families_of_all_without_collectors() {
    struct Own;
    impl Collector for Own {
        fn collect(&self) -> Vec<FamilySnapshot> {
            vec![FamilySnapshot::new(Schema::new("own", MetricType::Gauge))]
        }
    }
    let place = Place::new("families");
    let [one, two] = [place.open(), place.open()];
    one.register(Arc::new(Own)).unwrap();
    two.counter("c", "").unwrap().inc();
    let families = one.family_snapshots();
    assert_eq!(families.iter().map(|own| own.schema().name.as_str()).collect::<Vec<_>>(), ["c"]);
}
