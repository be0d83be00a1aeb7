//! A snapshot in every format, read back by the parsers.

use std::collections::BTreeMap;

use metrion::Snapshot;
use metrion::exposition::parse::{ParsedFamily, parse_openmetrics, parse_text};
use metrion::exposition::{EncodeOptions, Format, Syntax, parse_protobuf};

/// Panics when a parser refuses what the encoder of its format wrote, or when two formats tell of
/// different series or numbers.
pub fn check_every_format(snapshot: &Snapshot) {
    let text = encode(snapshot, Syntax::Text);
    let families = match parse_text(&text) {
        Ok(families) => families,
        Err(error) => panic!("{error}\n{}", String::from_utf8_lossy(&text)),
    };
    let openmetrics = encode(snapshot, Syntax::OpenMetrics);
    match parse_openmetrics(&openmetrics) {
        Ok(same) => {
            assert_eq!(values(&families), values(&same), "{}", String::from_utf8_lossy(&text));
        }
        // The format wants none of these; they are written as they are (ADR 0012). Escaping makes
        // reserved labels of some names.
        Err(error) => assert!(
            ["must not be NaN", "must not be negative", "is reserved"]
                .iter()
                .any(|known| error.message().contains(known)),
            "{error}\n{}",
            String::from_utf8_lossy(&openmetrics)
        ),
    }
    let shown = snapshot.families.iter().filter(|family| !family.is_empty());
    let series: Vec<usize> = shown.map(|family| family.len()).collect();
    let protobuf = encode(snapshot, Syntax::Protobuf);
    let messages = parse_protobuf(&protobuf).map(|family| family.unwrap().metric.len());
    assert!(messages.sum::<usize>() >= series.iter().sum());
    let json = encode(snapshot, Syntax::Json);
    serde_json::from_slice::<serde::de::IgnoredAny>(&json).unwrap();
}

fn encode(snapshot: &Snapshot, syntax: Syntax) -> Vec<u8> {
    let mut out = Vec::new();
    let options = EncodeOptions { created_samples: true, ..EncodeOptions::default() };
    let left_out = Format { syntax, escaping: None }.encode(snapshot, options, &mut out);
    assert!(left_out.is_empty(), "classic names need no escapes: {left_out:?}");
    out
}

/// The numbers of all samples, by their names and labels. Bounds and quantiles, which the formats spell
/// differently, are numbers. Of a histogram with bounds below zero OpenMetrics has no sum and no count.
fn values(families: &[ParsedFamily<'_>]) -> BTreeMap<String, String> {
    let samples = families.iter().flat_map(|family| &family.samples);
    let ends_with = |name: &str| name.ends_with("_sum") || name.ends_with("_count");
    samples
        .filter(|sample| !ends_with(&sample.name))
        .map(|sample| {
            let mut labels: Vec<_> = sample
                .labels
                .iter()
                .map(|(name, value)| match name.as_ref() {
                    "le" | "quantile" => (name, format!("{:?}", value.parse::<f64>())),
                    _ => (name, value.into_owned()),
                })
                .collect();
            labels.sort_unstable();
            (format!("{} {labels:?}", sample.name), format!("{:?}", sample.value))
        })
        .collect()
}
