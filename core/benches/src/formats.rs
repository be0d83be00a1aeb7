//! What a scrape costs in the formats that are not the text of `scrapes`.

use metrion::Registry;
use metrion::exposition::Syntax;
use prometheus::Encoder as _;

use crate::case::{Peer, Row, Run};
use crate::scrapes::{
    COUNTERS, HISTOGRAMS, client_counters, client_histograms, copy, counters, encode,
    encode_client, histograms, into_buffer, page, prometheus_counters, prometheus_histograms,
};

pub(crate) fn counters_as_openmetrics() -> Row {
    let client = encode_client(client_counters(COUNTERS));
    row(
        "encode 100k counters with 3 labels as OpenMetrics",
        counters(COUNTERS),
        Syntax::OpenMetrics,
        vec![Peer::new("prometheus-client", client)],
    )
}

pub(crate) fn counters_as_protobuf() -> Row {
    let prometheus = encode_prometheus(prometheus_counters(COUNTERS));
    row(
        "encode 100k counters with 3 labels as protobuf",
        counters(COUNTERS),
        Syntax::Protobuf,
        vec![Peer::new("prometheus", prometheus)],
    )
}

pub(crate) fn counters_as_json() -> Row {
    row("encode 100k counters with 3 labels as JSON", counters(COUNTERS), Syntax::Json, vec![])
}

pub(crate) fn histograms_as_openmetrics() -> Row {
    let client = encode_client(client_histograms(HISTOGRAMS));
    row(
        "encode 8,000 histograms with 3 labels as OpenMetrics",
        histograms(HISTOGRAMS),
        Syntax::OpenMetrics,
        vec![Peer::new("prometheus-client", client)],
    )
}

pub(crate) fn histograms_as_protobuf() -> Row {
    let prometheus = encode_prometheus(prometheus_histograms(HISTOGRAMS));
    row(
        "encode 8,000 histograms with 3 labels as protobuf",
        histograms(HISTOGRAMS),
        Syntax::Protobuf,
        vec![Peer::new("prometheus", prometheus)],
    )
}

pub(crate) fn histograms_as_json() -> Row {
    row(
        "encode 8,000 histograms with 3 labels as JSON",
        histograms(HISTOGRAMS),
        Syntax::Json,
        vec![],
    )
}

/// The peers, and a copy of the same bytes.
fn row(title: &'static str, registry: Registry, syntax: Syntax, peers: Vec<Peer>) -> Row {
    let bytes = page(&registry, syntax);
    let memcpy = Peer::new("memcpy of the bytes", copy(bytes)).with_goals(&[0.4]);
    Row {
        title,
        threads: &[1],
        ours: encode(registry, syntax),
        peers: peers.into_iter().chain([memcpy]).collect(),
    }
}

fn encode_prometheus(registry: prometheus::Registry) -> Run {
    into_buffer(Vec::new(), move |out| {
        out.clear();
        prometheus::ProtobufEncoder::new().encode(&registry.gather(), out).unwrap();
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrion::exposition::parse_protobuf;

    /// The ratios compare the same work: the same messages, whatever the order of series and labels,
    /// but for the times at which series began, which are ours alone.
    #[test]
    fn the_same_messages_as_prometheus() {
        let encoder = prometheus::ProtobufEncoder::new();
        for (ours, theirs) in
            [(counters(500), prometheus_counters(500)), (histograms(20), prometheus_histograms(20))]
        {
            let mut bytes = Vec::new();
            encoder.encode(&theirs.gather(), &mut bytes).unwrap();
            let families = |bytes: &[u8]| {
                let families = parse_protobuf(bytes).map(Result::unwrap);
                let sorted = families.map(|mut family| {
                    for metric in &mut family.metric {
                        metric.label.sort_by(|a, b| a.name.cmp(&b.name));
                        // That crate does not say when a series began.
                        metric.counter.iter_mut().for_each(|own| own.created_timestamp = None);
                        metric.histogram.iter_mut().for_each(|own| own.created_timestamp = None);
                    }
                    family.metric.sort_by_key(|metric| format!("{:?}", metric.label));
                    family
                });
                sorted.collect::<Vec<_>>()
            };
            // Not `assert_eq`: nobody reads the thousands of lines that it prints.
            assert!(families(&page(&ours, Syntax::Protobuf)) == families(&bytes));
        }
    }

    /// prometheus-client has another name for each help text and other spellings of numbers; the lines
    /// are as many.
    #[test]
    fn as_many_lines_as_prometheus_client() {
        for (ours, theirs) in
            [(counters(500), client_counters(500)), (histograms(20), client_histograms(20))]
        {
            let mut text = String::new();
            prometheus_client::encoding::text::encode(&mut text, &theirs).unwrap();
            let ours = String::from_utf8(page(&ours, Syntax::OpenMetrics)).unwrap();
            assert_eq!(ours.lines().count(), text.lines().count());
        }
    }
}
