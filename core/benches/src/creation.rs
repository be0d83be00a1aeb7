//! What a series costs when it is new.

use std::hint::black_box;
use std::time::{Duration, Instant};

use metrics_exporter_prometheus::PrometheusBuilder;
use metrion::{FamilyOptions, Registry, RegistryOptions};
use prometheus_client::metrics::family::Family;

use crate::case::{Peer, Row, Run};
use crate::series::{LABEL_NAMES, LabelValues, label_values};
use crate::updates::{ClientCounter, Labels};

const SERIES: usize = 10_000;

/// Counters with three labels in a family that has none yet.
pub(crate) fn new_series() -> Row {
    Row {
        title: "make 10k counters with 3 labels",
        threads: &[1],
        ours: create(
            || {
                let registry = Registry::new(RegistryOptions::default()).unwrap();
                let options = FamilyOptions::labelled("requests", "Requests.", &LABEL_NAMES);
                registry.counter_family(options).unwrap()
            },
            |family, values| family.labels(values).unwrap().inc(),
        ),
        peers: vec![
            Peer::new(
                "prometheus",
                create(
                    || {
                        let options = prometheus::Opts::new("requests", "Requests.");
                        prometheus::CounterVec::new(options, &LABEL_NAMES).unwrap()
                    },
                    |family, values| family.with_label_values(values).inc(),
                ),
            ),
            Peer::new(
                "prometheus-client",
                create(Family::<Labels, ClientCounter>::default, |family, values| {
                    family.get_or_create(&Labels::from(values)).inc();
                }),
            ),
            Peer::new(
                "metrics",
                create(
                    || PrometheusBuilder::new().build_recorder(),
                    |recorder, values| {
                        metrics::with_local_recorder(recorder, || {
                            let [method, path, instance] = *values;
                            let labels =
                                [("method", method), ("path", path), ("instance", instance)];
                            metrics::counter!("requests", &labels).increment(1);
                        });
                    },
                ),
            ),
        ],
    }
}

/// Making and dropping the family does not count.
fn create<F: 'static>(
    family: impl Fn() -> F + Send + Sync + 'static,
    add: impl Fn(&F, &LabelValues) + Send + Sync + 'static,
) -> Run {
    let values = label_values(SERIES);
    Box::new(move |times| {
        let mut spent = Duration::ZERO;
        for _ in 0..times {
            let family = family();
            let start = Instant::now();
            for values in &values {
                add(black_box(&family), values);
            }
            spent += start.elapsed();
        }
        spent
    })
}
