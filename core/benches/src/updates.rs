//! The hot paths: one update of one metric.

use std::hint::black_box;
use std::sync::atomic::AtomicU64;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use metrion::{DEFAULT_BUCKETS, FamilyOptions, Registry, RegistryOptions};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::case::{Peer, Row, Run, repeat};
use crate::series::{LABEL_NAMES, LabelValues, durations, label_values, rotate};

/// `prometheus-client`'s label sets are structs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Labels {
    method: &'static str,
    path: &'static str,
    instance: &'static str,
}

impl From<&LabelValues> for Labels {
    fn from([method, path, instance]: &LabelValues) -> Self {
        Self { method, path, instance }
    }
}

/// A counter that counts in f64, as Metrion's do.
pub(crate) type ClientCounter = Counter<f64, AtomicU64>;

/// `inc` of one counter again and again, through a handle that is kept: each update waits for the one
/// before.
pub(crate) fn counter() -> Row {
    counters("counter inc, the same again and again", 1)
}

/// `inc` of 16 counters in turn, through handles that are kept: closer to a program in which something
/// else happens between two updates of the same counter.
pub(crate) fn counters_in_turn() -> Row {
    counters("counter inc, 16 in turn", 16)
}

fn counters(title: &'static str, count: usize) -> Row {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let name = |i| format!("requests_{i}");
    let ours: Vec<_> =
        (0..count).map(|i| registry.counter(&name(i), "Requests.").unwrap()).collect();
    let prometheus: Vec<_> =
        (0..count).map(|i| prometheus::Counter::new(name(i), "Requests.").unwrap()).collect();
    let client: Vec<_> = (0..count).map(|_| ClientCounter::default()).collect();
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics: Vec<_> = metrics::with_local_recorder(&recorder, || {
        (0..count).map(|i| metrics::counter!(name(i))).collect()
    });
    Row {
        title,
        threads: &[1, 2],
        ours: repeat(move |time| rotate(&ours, time).inc()),
        peers: vec![
            Peer::new("prometheus", repeat(move |time| rotate(&prometheus, time).inc()))
                .with_goals(&[5.0, 30.0]),
            Peer::new(
                "prometheus-client",
                repeat(move |time| {
                    rotate(&client, time).inc();
                }),
            ),
            Peer::new("metrics", repeat(move |time| rotate(&metrics, time).increment(1))),
        ],
    }
}

/// `inc` of one of 256 series that exist already, found by three label values.
pub(crate) fn labelled_counter() -> Row {
    let values = label_values(256);
    let of = |run: fn(Vec<LabelValues>) -> Run| run(values.clone());
    Row {
        title: "labels(3 values) and inc, over 256 series",
        threads: &[1, 2],
        ours: of(|values| {
            let registry = Registry::new(RegistryOptions::default()).unwrap();
            let options = FamilyOptions::labelled("requests", "Requests.", &LABEL_NAMES);
            let family = registry.counter_family(options).unwrap();
            values.iter().for_each(|values| drop(family.labels(values)));
            repeat(move |time| {
                let values: &LabelValues = rotate(&values, time);
                if let Ok(counter) = black_box(&family).labels(values) {
                    counter.inc();
                }
            })
        }),
        peers: vec![
            Peer::new(
                "prometheus",
                of(|values| {
                    let options = prometheus::Opts::new("requests", "Requests.");
                    let family = prometheus::CounterVec::new(options, &LABEL_NAMES).unwrap();
                    values.iter().for_each(|values| drop(family.with_label_values(values)));
                    repeat(move |time| {
                        let values: &LabelValues = rotate(&values, time);
                        black_box(&family).with_label_values(values).inc();
                    })
                }),
            )
            .with_goals(&[3.0, 20.0]),
            Peer::new(
                "prometheus-client",
                of(|values| {
                    let family = Family::<Labels, ClientCounter>::default();
                    let labels: Vec<Labels> = values.iter().map(Labels::from).collect();
                    labels.iter().for_each(|labels| drop(family.get_or_create(labels)));
                    repeat(move |time| {
                        black_box(&family).get_or_create(rotate(&labels, time)).inc();
                    })
                }),
            ),
            Peer::new(
                "metrics",
                of(|values| {
                    let recorder = PrometheusBuilder::new().build_recorder();
                    let run = repeat(move |time| {
                        let [method, path, instance] = *rotate(&values, time);
                        metrics_counter(method, path, instance).increment(1);
                    });
                    with_recorder(recorder, run)
                }),
            ),
        ],
    }
}

fn metrics_counter(
    method: &'static str,
    path: &'static str,
    instance: &'static str,
) -> metrics::Counter {
    metrics::counter!("requests", "method" => method, "path" => path, "instance" => instance)
}

/// A case of `metrics` whose macros meet this recorder.
fn with_recorder(recorder: PrometheusRecorder, run: Run) -> Run {
    Box::new(move |times| metrics::with_local_recorder(&recorder, || run(times)))
}

/// `observe` of a value that falls into any bucket.
pub(crate) fn histogram() -> Row {
    let values = durations();
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    Row {
        title: "histogram observe, 11 bounds",
        threads: &[1, 2],
        ours: {
            let (values, ours) = (values.clone(), registry.histogram("wait", "Wait.").unwrap());
            repeat(move |time| black_box(&ours).observe(*rotate(&values, time)))
        },
        peers: vec![
            Peer::new("prometheus", {
                let options = prometheus::HistogramOpts::new("wait", "Wait.");
                let options = options.buckets(DEFAULT_BUCKETS.to_vec());
                let histogram = prometheus::Histogram::with_opts(options).unwrap();
                let values = values.clone();
                repeat(move |time| black_box(&histogram).observe(*rotate(&values, time)))
            })
            .with_goals(&[6.0, 50.0]),
            Peer::new("prometheus-client", {
                let histogram =
                    prometheus_client::metrics::histogram::Histogram::new(DEFAULT_BUCKETS);
                let values = values.clone();
                repeat(move |time| black_box(&histogram).observe(*rotate(&values, time)))
            }),
            Peer::new("metrics", {
                let builder = PrometheusBuilder::new().set_buckets(&DEFAULT_BUCKETS).unwrap();
                let recorder = builder.build_recorder();
                let histogram =
                    metrics::with_local_recorder(&recorder, || metrics::histogram!("wait"));
                let handle = recorder.handle();
                repeat(move |time| {
                    black_box(&histogram).record(*rotate(&values, time));
                    // It keeps all values until somebody, here as its exporter does, counts them into
                    // buckets: that work is part of recording.
                    if time % 65_536 == 65_535 {
                        handle.run_upkeep();
                    }
                })
            }),
        ],
    }
}

/// `set` through a handle that is kept: everywhere a store to one atomic.
pub(crate) fn gauge() -> Row {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let ours = registry.gauge("depth", "Depth.").unwrap();
    let prometheus = prometheus::Gauge::new("depth", "Depth.").unwrap();
    let client = prometheus_client::metrics::gauge::Gauge::<f64, AtomicU64>::default();
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = metrics::with_local_recorder(&recorder, || metrics::gauge!("depth"));
    Row {
        title: "gauge set",
        threads: &[1],
        ours: repeat(move |time| drop(black_box(&ours).set(time as f64))),
        peers: vec![
            Peer::new("prometheus", repeat(move |time| black_box(&prometheus).set(time as f64))),
            Peer::new(
                "prometheus-client",
                repeat(move |time| {
                    black_box(&client).set(time as f64);
                }),
            ),
            Peer::new("metrics", repeat(move |time| black_box(&metrics).set(time as f64))),
        ],
    }
}
