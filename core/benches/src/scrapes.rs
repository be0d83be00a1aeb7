//! What a scrape costs.

use std::hint::black_box;
use std::sync::{Mutex, PoisonError};

use metrics_exporter_prometheus::PrometheusBuilder;
use metrion::exposition::{EncodeOptions, Format, Syntax};
use metrion::{
    DEFAULT_BUCKETS, FamilyOptions, HistogramOptions, NameFilter, Registry, RegistryOptions,
};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram as ClientHistogram;

use crate::case::{Peer, Row, Run, repeat};
use crate::series::{LABEL_NAMES, count, durations, label_values};
use crate::updates::{ClientCounter, Labels};

pub(crate) const COUNTERS: usize = 100_000;
/// As many lines as the counters have.
pub(crate) const HISTOGRAMS: usize = 8000;
/// How many values each histogram has.
const OBSERVED: usize = 50;

const COUNTER: &str = "http_requests_total";
const HISTOGRAM: &str = "http_request_duration_seconds";
const HELP: &str = "By method, path and instance.";

/// Counters with three labels as text, into a buffer that is kept where the peer takes one.
pub(crate) fn encode_counters() -> Row {
    let ours = counters(COUNTERS);
    let text = page(&ours, Syntax::Text);
    Row {
        title: "encode 100k counters with 3 labels",
        threads: &[1],
        ours: encode(ours, Syntax::Text),
        peers: vec![
            Peer::new("prometheus", encode_prometheus(prometheus_counters(COUNTERS)))
                .with_goals(&[80.0]),
            Peer::new("prometheus-client", encode_client(client_counters(COUNTERS))),
            Peer::new("metrics-exporter-prometheus", render_metrics_counters(COUNTERS)),
            // At most 2.5 times the time of a copy of the same bytes.
            Peer::new("memcpy of the text", copy(text)).with_goals(&[0.4]),
        ],
    }
}

/// The numbers of the same counters, not yet as text.
pub(crate) fn snapshot_counters() -> Row {
    let registry = counters(COUNTERS);
    let prometheus = prometheus_counters(COUNTERS);
    Row {
        title: "snapshot of 100k counters with 3 labels",
        threads: &[1],
        ours: repeat(move |_| drop(black_box(registry.snapshot(&NameFilter::all())))),
        peers: vec![Peer::new("prometheus", repeat(move |_| drop(black_box(prometheus.gather()))))],
    }
}

/// Histograms with three labels and the default bounds as text.
pub(crate) fn encode_histograms() -> Row {
    let ours = histograms(HISTOGRAMS);
    let text = page(&ours, Syntax::Text);
    Row {
        title: "encode 8,000 histograms with 3 labels",
        threads: &[1],
        ours: encode(ours, Syntax::Text),
        peers: vec![
            Peer::new("prometheus", encode_prometheus(prometheus_histograms(HISTOGRAMS))),
            Peer::new("prometheus-client", encode_client(client_histograms(HISTOGRAMS))),
            Peer::new("metrics-exporter-prometheus", render_metrics_histograms(HISTOGRAMS)),
            Peer::new("memcpy of the text", copy(text)),
        ],
    }
}

/// A snapshot, and it in a format.
pub(crate) fn encode(registry: Registry, syntax: Syntax) -> Run {
    into_buffer(Vec::new(), move |out| {
        out.clear();
        append_page(&registry, syntax, out);
    })
}

/// What [`encode`] writes.
pub(crate) fn page(registry: &Registry, syntax: Syntax) -> Vec<u8> {
    let mut out = Vec::new();
    append_page(registry, syntax, &mut out);
    out
}

fn append_page(registry: &Registry, syntax: Syntax, out: &mut Vec<u8>) {
    let format = Format { syntax, escaping: None };
    format.encode(&registry.snapshot(&NameFilter::all()), EncodeOptions::default(), out);
}

fn encode_prometheus(registry: prometheus::Registry) -> Run {
    into_buffer(String::new(), move |out| {
        out.clear();
        prometheus::TextEncoder::new().encode_utf8(&registry.gather(), out).unwrap();
    })
}

pub(crate) fn encode_client(registry: prometheus_client::registry::Registry) -> Run {
    into_buffer(String::new(), move |out| {
        out.clear();
        prometheus_client::encoding::text::encode(out, &registry).unwrap();
    })
}

pub(crate) fn copy(bytes: Vec<u8>) -> Run {
    into_buffer(vec![0; bytes.len()], move |out| {
        out.copy_from_slice(black_box(&bytes));
    })
}

pub(crate) fn into_buffer<B: Send + 'static>(
    buffer: B,
    encode: impl Fn(&mut B) + Send + Sync + 'static,
) -> Run {
    let buffer = Mutex::new(buffer);
    repeat(move |_| {
        let mut buffer = buffer.lock().unwrap_or_else(PoisonError::into_inner);
        encode(&mut buffer);
        black_box(&mut *buffer);
    })
}

pub(crate) fn counters(series: usize) -> Registry {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let options = FamilyOptions::labelled(COUNTER, HELP, &LABEL_NAMES);
    let family = registry.counter_family(options).unwrap();
    for (i, values) in label_values(series).iter().enumerate() {
        family.labels(values).unwrap().add(count(i) as f64);
    }
    registry
}

pub(crate) fn prometheus_counters(series: usize) -> prometheus::Registry {
    let registry = prometheus::Registry::new();
    let options = prometheus::Opts::new(COUNTER, HELP);
    let family = prometheus::CounterVec::new(options, &LABEL_NAMES).unwrap();
    registry.register(Box::new(family.clone())).unwrap();
    for (i, values) in label_values(series).iter().enumerate() {
        family.with_label_values(values).inc_by(count(i) as f64);
    }
    registry
}

pub(crate) fn client_counters(series: usize) -> prometheus_client::registry::Registry {
    let mut registry = prometheus_client::registry::Registry::default();
    let family = Family::<Labels, ClientCounter>::default();
    registry.register(COUNTER, HELP, family.clone());
    for (i, values) in label_values(series).iter().enumerate() {
        family.get_or_create(&Labels::from(values)).inc_by(count(i) as f64);
    }
    registry
}

fn render_metrics_counters(series: usize) -> Run {
    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || {
        metrics::describe_counter!(COUNTER, HELP);
        for (i, values) in label_values(series).iter().enumerate() {
            let [method, path, instance] = *values;
            let labels = [("method", method), ("path", path), ("instance", instance)];
            metrics::counter!(COUNTER, &labels).increment(count(i));
        }
    });
    repeat(move |_| drop(black_box(recorder.handle().render())))
}

/// The values of each histogram in turn.
fn observed(series: usize) -> impl Iterator<Item = Vec<f64>> {
    let values = durations();
    (0..series).map(move |i| values.iter().cycle().skip(i * 7).take(OBSERVED).copied().collect())
}

pub(crate) fn histograms(series: usize) -> Registry {
    let registry = Registry::new(RegistryOptions::default()).unwrap();
    let family = FamilyOptions::labelled(HISTOGRAM, HELP, &LABEL_NAMES);
    let options = HistogramOptions { family, ..HistogramOptions::default() };
    let family = registry.histogram_family(options).unwrap();
    for (values, observed) in label_values(series).iter().zip(observed(series)) {
        let histogram = family.labels(values).unwrap();
        observed.iter().for_each(|value| histogram.observe(*value));
    }
    registry
}

pub(crate) fn prometheus_histograms(series: usize) -> prometheus::Registry {
    let registry = prometheus::Registry::new();
    let options = prometheus::HistogramOpts::new(HISTOGRAM, HELP);
    let options = options.buckets(DEFAULT_BUCKETS.to_vec());
    let family = prometheus::HistogramVec::new(options, &LABEL_NAMES).unwrap();
    registry.register(Box::new(family.clone())).unwrap();
    for (values, observed) in label_values(series).iter().zip(observed(series)) {
        let histogram = family.with_label_values(values);
        observed.iter().for_each(|value| histogram.observe(*value));
    }
    registry
}

pub(crate) fn client_histograms(series: usize) -> prometheus_client::registry::Registry {
    let mut registry = prometheus_client::registry::Registry::default();
    let new: fn() -> ClientHistogram = || ClientHistogram::new(DEFAULT_BUCKETS);
    let family = Family::<Labels, ClientHistogram, _>::new_with_constructor(new);
    registry.register(HISTOGRAM, HELP, family.clone());
    for (values, observed) in label_values(series).iter().zip(observed(series)) {
        let histogram = family.get_or_create(&Labels::from(values));
        observed.iter().for_each(|value| histogram.observe(*value));
    }
    registry
}

fn render_metrics_histograms(series: usize) -> Run {
    let builder = PrometheusBuilder::new().set_buckets(&DEFAULT_BUCKETS).unwrap();
    let recorder = builder.build_recorder();
    metrics::with_local_recorder(&recorder, || {
        metrics::describe_histogram!(HISTOGRAM, HELP);
        for (values, observed) in label_values(series).iter().zip(observed(series)) {
            let [method, path, instance] = *values;
            let labels = [("method", method), ("path", path), ("instance", instance)];
            let histogram = metrics::histogram!(HISTOGRAM, &labels);
            observed.iter().for_each(|value| histogram.record(*value));
        }
    });
    repeat(move |_| drop(black_box(recorder.handle().render())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<&str> {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        lines
    }

    /// The ratios compare the same work: both write the same lines, whatever their order.
    #[test]
    fn the_same_text_as_prometheus() {
        let encoder = prometheus::TextEncoder::new();
        for (ours, theirs) in
            [(counters(500), prometheus_counters(500)), (histograms(20), prometheus_histograms(20))]
        {
            let theirs = encoder.encode_to_string(&theirs.gather()).unwrap();
            // The order of labels is another.
            let pieces = |text: &str| {
                let mut pieces: Vec<String> = text
                    .lines()
                    .map(|line| {
                        let mut parts: Vec<&str> = line.split(['{', ',', '}']).collect();
                        parts.sort_unstable();
                        parts.concat()
                    })
                    .collect();
                pieces.sort_unstable();
                pieces
            };
            assert_eq!(pieces(&metrion::text(&ours)), pieces(&theirs));
            assert_eq!(lines(&theirs).len(), lines(&metrion::text(&ours)).len());
        }
    }
}
