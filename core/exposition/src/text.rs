//! The Prometheus text format, version 0.0.4.

use metrion_model::{Error, FamilySnapshot, MetricType, Snapshot};

use crate::EncodeOptions;
use crate::lines::{
    Distribution, Numbers, Start, append_column, append_help, append_histograms, append_numbers,
    append_states, append_summaries, append_type, only_suffix,
};
use crate::number::append_number;
use crate::presented::presented;

/// Appends the families of a snapshot, in its order, in the Prometheus text format 0.0.4, with the
/// default options ([`crate::Format::encode`] takes others). It returns why families were left out.
///
/// A caller that encodes again and again keeps its buffer and clears it: nothing else is allocated
/// but a few short strings for each family.
///
/// What the format leaves open is as in the `prometheus` crate's `TextEncoder`: no `# HELP` line for
/// an empty help text, nothing at all for a family without series, numbers with the fewest digits
/// that read back the same and never with an exponent. Infinities differ: they are `+Inf` and `-Inf`,
/// as the format's documentation has it, where that crate writes `inf` and `-inf`.
///
/// Types that the format does not have are as in Python's `prometheus_client`: an info is the gauge
/// `x_info`, a state set a gauge, an unknown `untyped`; a gauge histogram is a histogram, and its
/// `_gcount` and `_gsum` are gauges after it, as are the `_created` samples. Of a native histogram it
/// shows the classic buckets, which may be the one to infinity alone. It has no place for exemplars.
pub fn encode_text(snapshot: &Snapshot, out: &mut Vec<u8>) -> Vec<Error> {
    encode(snapshot, EncodeOptions::default(), out)
}

pub(crate) fn encode(snapshot: &Snapshot, options: EncodeOptions, out: &mut Vec<u8>) -> Vec<Error> {
    let (families, left_out) = presented(snapshot, options.escaping);
    for family in families {
        append_family(out, &family);
        append_gauges_behind(out, &family, options.created_samples);
    }
    left_out
}

struct Text;

impl Numbers for Text {
    #[inline(always)]
    fn float(out: &mut Vec<u8>, value: f64) {
        append_number(out, value);
    }

    #[inline(always)]
    fn count(out: &mut Vec<u8>, value: f64) {
        append_number(out, value);
    }

    /// In milliseconds.
    fn timestamp(out: &mut Vec<u8>, unix_seconds: f64) {
        append_number(out, (unix_seconds * 1e3).round());
    }
}

fn append_family(out: &mut Vec<u8>, family: &FamilySnapshot) {
    let schema = family.schema();
    let suffix = only_suffix(schema.metric_type);
    append_help(out, schema, suffix, false);
    append_type(out, schema, suffix, text_type(schema.metric_type));
    // One copy of the code is enough for a browser.
    if cfg!(target_arch = "wasm32") || family.has_timestamps() {
        append_samples(out, family, |out, row| append_timestamp(out, family, row));
    } else {
        append_samples(out, family, |_, _| {});
    }
    out.push(b'\n');
}

/// The word of this format for a type; the ones that it does not know are gauges.
const fn text_type(metric_type: MetricType) -> &'static str {
    match metric_type {
        MetricType::Unknown => "untyped",
        MetricType::GaugeHistogram => "histogram",
        MetricType::Info | MetricType::StateSet => "gauge",
        other => other.as_str(),
    }
}

/// `tail` appends what follows the number of a line.
fn append_samples(out: &mut Vec<u8>, family: &FamilySnapshot, tail: impl Fn(&mut Vec<u8>, usize)) {
    let schema = family.schema();
    let name = schema.name.as_str();
    let (sum, count) = (Start::new(name, "_sum"), Start::new(name, "_count"));
    let distribution = |out: &mut Vec<u8>, row: usize, of: Distribution| {
        let labels = family.labels().text(row);
        sum.append(out, labels);
        append_number(out, of.sum);
        tail(out, row);
        count.append(out, labels);
        append_number(out, of.count);
        tail(out, row);
    };
    let bucket_tail = |out: &mut Vec<u8>, row: usize, _: usize| tail(out, row);
    match schema.metric_type {
        MetricType::Histogram => {
            append_histograms::<Text>(out, family, bucket_tail, distribution);
        }
        MetricType::GaugeHistogram => {
            append_histograms::<Text>(out, family, bucket_tail, |_, _, _| {});
        }
        MetricType::Summary => append_summaries::<Text>(out, family, &tail, distribution),
        MetricType::StateSet => append_states::<Text>(out, family, &tail),
        other => {
            let start = Start::new(name, only_suffix(other));
            append_numbers::<Text>(out, &start, family, tail);
        }
    }
}

fn append_timestamp(out: &mut Vec<u8>, family: &FamilySnapshot, row: usize) {
    if let Some(timestamp) = family.timestamp(row) {
        out.push(b' ');
        Text::timestamp(out, timestamp);
    }
}

/// What the format has no place for in the family itself: gauges of their own, in the order of their
/// names.
fn append_gauges_behind(out: &mut Vec<u8>, family: &FamilySnapshot, created: bool) {
    let schema = family.schema();
    let created = created && schema.metric_type.suffixes().contains(&"_created");
    let dated: Vec<usize> =
        (0..family.len()).filter(|row| created && family.created(*row).is_some()).collect();
    if !dated.is_empty() {
        append_gauge(out, &family.select(&dated), "_created", |family, row| {
            family.created(row).unwrap_or_default()
        });
    }
    if schema.metric_type == MetricType::GaugeHistogram {
        let of = |family: &FamilySnapshot, row| Distribution::of_counts(family.row(row));
        append_gauge(out, family, "_gcount", |family, row| of(family, row).count);
        append_gauge(out, family, "_gsum", |family, row| of(family, row).sum);
    }
}

fn append_gauge(
    out: &mut Vec<u8>,
    family: &FamilySnapshot,
    suffix: &str,
    value: impl Fn(&FamilySnapshot, usize) -> f64,
) {
    append_help(out, family.schema(), suffix, false);
    append_type(out, family.schema(), suffix, "gauge");
    let start = Start::new(&family.schema().name, suffix);
    append_column(out, &start, family, |out, row| {
        append_number(out, value(family, row));
        append_timestamp(out, family, row);
    });
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrion_model::{Schema, Value};

    fn family(name: &str, metric_type: MetricType, labels: &[&str]) -> FamilySnapshot {
        let bounds = if metric_type == MetricType::Histogram { vec![0.5, 2.0] } else { vec![] };
        FamilySnapshot::new(Schema {
            help: format!("About {name}."),
            label_names: labels.iter().map(|label| (*label).to_owned()).collect(),
            bounds,
            ..Schema::new(name, metric_type)
        })
    }

    fn text(families: Vec<FamilySnapshot>) -> String {
        let mut out = Vec::new();
        encode_text(&Snapshot { families }, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn one_of_each_type() {
        let mut counter = family("jobs", MetricType::Counter, &["queue", "state"]);
        counter.push(&["a\\b", "\"x\ny\""], Value::Number(3.0)).unwrap();
        counter.push(&["", "é"], Value::Number(0.25)).unwrap();
        let mut gauge = family("depth", MetricType::Gauge, &[]);
        gauge.push(&[], Value::Number(f64::NEG_INFINITY)).unwrap();
        let mut unknown = family("odd", MetricType::Unknown, &[]);
        unknown.push(&[], Value::Number(f64::NAN)).unwrap();
        let mut histogram = family("wait", MetricType::Histogram, &["queue"]);
        let value = Value::Histogram { counts: &[1.0, 2.0, 3.0], sum: 17.5 };
        histogram.push(&["a"], value).unwrap();
        let expected = r#"# HELP jobs_total About jobs.
# TYPE jobs_total counter
jobs_total{queue="a\\b",state="\"x\ny\""} 3
jobs_total{queue="",state="é"} 0.25
# HELP depth About depth.
# TYPE depth gauge
depth -Inf
# HELP odd About odd.
# TYPE odd untyped
odd NaN
# HELP wait About wait.
# TYPE wait histogram
wait_bucket{queue="a",le="0.5"} 1
wait_bucket{queue="a",le="2"} 3
wait_bucket{queue="a",le="+Inf"} 6
wait_sum{queue="a"} 17.5
wait_count{queue="a"} 6
"#;
        assert_eq!(text(vec![counter, gauge, unknown, histogram]), expected);
    }

    #[test]
    fn a_histogram_without_labels() {
        let mut histogram = family("wait", MetricType::Histogram, &[]);
        let value = Value::Histogram { counts: &[0.0, 1.0, 0.0], sum: 1.0 };
        histogram.push(&[], value).unwrap();
        let expected = r#"# HELP wait About wait.
# TYPE wait histogram
wait_bucket{le="0.5"} 0
wait_bucket{le="2"} 1
wait_bucket{le="+Inf"} 1
wait_sum 1
wait_count 1
"#;
        assert_eq!(text(vec![histogram]), expected);
    }

    #[test]
    fn families_without_series_print_nothing() {
        assert_eq!(text(vec![]), "");
        assert_eq!(text(vec![family("jobs", MetricType::Counter, &["queue"])]), "");
    }

    #[test]
    fn help_is_escaped_or_left_out() {
        let with_help = |help: &str| {
            let schema = family("x", MetricType::Gauge, &[]).schema().clone();
            let mut gauge = FamilySnapshot::new(Schema { help: help.into(), ..schema });
            gauge.push(&[], Value::Number(1.0)).unwrap();
            text(vec![gauge])
        };
        assert_eq!(with_help(""), "# TYPE x gauge\nx 1\n");
        assert_eq!(with_help("a\\b\n\"c\""), "# HELP x a\\\\b\\n\"c\"\n# TYPE x gauge\nx 1\n");
    }

    #[test]
    fn appends_and_keeps_the_buffer() {
        let mut gauge = family("x", MetricType::Gauge, &[]);
        gauge.push(&[], Value::Number(1.0)).unwrap();
        let snapshot = Snapshot { families: vec![gauge] };
        let mut out = b"before\n".to_vec();
        encode_text(&snapshot, &mut out);
        assert!(out.starts_with(b"before\n# HELP x"));
        let buffer = out.as_ptr();
        out.clear();
        encode_text(&snapshot, &mut out);
        assert_eq!(out.as_ptr(), buffer);
    }
}
