//! Writes what a parser read in another form of the same: quoted names, labels from last to first,
//! numbers in full. For the parsers' targets.

use std::borrow::Cow;

use metrion::MetricType;
use metrion::exposition::parse::{Labels, ParsedFamily, ParsedSample};

/// What the two formats write in different ways.
#[allow(dead_code, reason = "each target has one of them")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Text,
    OpenMetrics,
}

pub fn rewrite(families: &[ParsedFamily<'_>], format: Format) -> String {
    let mut out = String::new();
    for family in families {
        let name = quoted(&family.name);
        if let Some(help) = &family.help {
            let help = help.replace('\\', r"\\").replace('\n', r"\n");
            out.push_str(&format!("# HELP {name} {help}\n"));
        }
        let metric_type = match (format, family.metric_type) {
            (Format::Text, MetricType::Unknown) => "untyped",
            (_, other) => other.as_str(),
        };
        out.push_str(&format!("# TYPE {name} {metric_type}\n"));
        if let Some(unit) = family.unit {
            out.push_str(&format!("# UNIT {name} {unit}\n"));
        }
        for sample in &family.samples {
            push_sample(&mut out, sample, format);
        }
    }
    if format == Format::OpenMetrics {
        out.push_str("# EOF\n");
    }
    out
}

fn push_sample(out: &mut String, sample: &ParsedSample<'_>, format: Format) {
    let mut parts = vec![quoted(&sample.name)];
    parts.extend(label_texts(sample.labels));
    out.push_str(&format!("{{{}}} {}", parts.join(","), sample.value));
    match (sample.timestamp, format) {
        (Some(seconds), Format::Text) => out.push_str(&format!(" {}", milliseconds(seconds))),
        (Some(seconds), Format::OpenMetrics) => out.push_str(&format!(" {seconds}")),
        (None, _) => {}
    }
    if let Some(exemplar) = &sample.exemplar {
        let labels = label_texts(exemplar.labels).join(",");
        out.push_str(&format!(" # {{{labels}}} {}", exemplar.value));
        if let Some(seconds) = exemplar.timestamp {
            out.push_str(&format!(" {seconds}"));
        }
    }
    out.push('\n');
}

fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

fn label_texts(labels: Labels<'_>) -> Vec<String> {
    let mut texts: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{}={}", quoted(&name), quoted(&value)))
        .collect();
    texts.reverse();
    texts
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('\n', r"\n").replace('"', "\\\""))
}

/// All that a parser says of families, in a form in which equal things are equal: NaN equals NaN, and
/// labels are sorted.
pub fn meaning(families: &[ParsedFamily<'_>], format: Format) -> String {
    let mut out = String::new();
    for family in families {
        let ParsedFamily { name, metric_type, help, unit, samples, .. } = family;
        out.push_str(&format!("{name:?} {metric_type:?} {help:?} {unit:?}\n"));
        for sample in samples {
            let time = match (sample.timestamp, format) {
                // Of more milliseconds than an f64 counts one by one only the size stays.
                (Some(seconds), Format::Text) if seconds.abs() > 4e12 => Some(seconds.signum()),
                (time, _) => time,
            };
            let labels = sorted(sample.labels);
            out.push_str(&format!("  {:?} {labels:?} {:?} {time:?}", sample.name, sample.value));
            if let Some(exemplar) = &sample.exemplar {
                let labels = sorted(exemplar.labels);
                let (value, time) = (exemplar.value, exemplar.timestamp);
                out.push_str(&format!(" {labels:?} {value:?} {time:?}"));
            }
            out.push('\n');
        }
    }
    out
}

fn sorted(labels: Labels<'_>) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    let mut pairs: Vec<_> = labels.iter().collect();
    pairs.sort_unstable();
    pairs
}
