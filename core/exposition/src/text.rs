//! The Prometheus text format, version 0.0.4.

use metrion_model::{FamilySnapshot, LabelSets, MetricType, Schema, Snapshot};

use crate::number::append_number;

/// The content type of what [`encode_text`] writes.
pub const TEXT_CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A guess at the bytes of a number, to size the buffer with. A low one costs a reallocation.
const NUMBER_LEN: usize = 16;

/// Appends the families of a snapshot, in its order, in the Prometheus text format 0.0.4.
///
/// A caller that encodes again and again keeps its buffer and clears it: nothing else is allocated
/// but a few short strings for each family.
///
/// What the format leaves open is as in the `prometheus` crate's `TextEncoder`: no `# HELP` line for
/// an empty help text, nothing at all for a family without series, numbers with the fewest digits
/// that read back the same and never with an exponent. Infinities differ: they are `+Inf` and `-Inf`,
/// as the format's documentation has it, where that crate writes `inf` and `-inf`.
pub fn encode_text(snapshot: &Snapshot, out: &mut Vec<u8>) {
    for family in &snapshot.families {
        if family.is_empty() {
            continue;
        }
        let schema = family.schema();
        match schema.metric_type {
            MetricType::Histogram => {
                append_header(out, &schema.name, schema);
                append_histograms(out, family);
            }
            MetricType::Counter => {
                let name = format!("{}_total", schema.name);
                append_header(out, &name, schema);
                append_numbers(out, &name, family);
            }
            _ => {
                append_header(out, &schema.name, schema);
                append_numbers(out, &schema.name, family);
            }
        }
    }
}

/// Appends the family's comment lines, the last without its line feed.
///
/// Every sample brings the line feed of the line before it, as part of the name that is copied
/// anyway: adding it by itself makes encoding 5 to 10 % slower.
fn append_header(out: &mut Vec<u8>, name: &str, schema: &Schema) {
    if !schema.help.is_empty() {
        append(out, &["# HELP ", name, " "]);
        for byte in schema.help.bytes() {
            match byte {
                b'\\' => out.extend_from_slice(b"\\\\"),
                b'\n' => out.extend_from_slice(b"\\n"),
                _ => out.push(byte),
            }
        }
        out.push(b'\n');
    }
    append(out, &["# TYPE ", name, " ", text_type(schema.metric_type)]);
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

fn append_numbers(out: &mut Vec<u8>, name: &str, family: &FamilySnapshot) {
    let rows = family.labels().buffer().as_bytes();
    out.reserve(rows.len() + family.len() * (name.len() + NUMBER_LEN));
    let with_labels = format!("\n{name}{{");
    let without_labels = format!("\n{name} ");
    let mut start = 0;
    for (row, value) in family.values().iter().enumerate() {
        let end = family.labels().end(row);
        let head = if start == end { &without_labels } else { &with_labels };
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(rows.get(start..end).unwrap_or_default());
        append_number(out, *value);
        start = end;
    }
    out.push(b'\n');
}

fn append_histograms(out: &mut Vec<u8>, family: &FamilySnapshot) {
    let schema = family.schema();
    let name = schema.name.as_str();
    let bounds: Vec<Vec<u8>> = schema
        .bounds
        .iter()
        .chain([&f64::INFINITY])
        .map(|bound| {
            let mut label = b"le=\"".to_vec();
            append_number(&mut label, *bound);
            append(&mut label, &["\"", LabelSets::CLOSE]);
            label
        })
        .collect();

    let lines = schema.width() + 1;
    let line = name.len() + "_bucket{,le=\"\"".len() + 2 * NUMBER_LEN;
    out.reserve(lines * (family.labels().buffer().len() + family.len() * line));

    // What the lines of all buckets of a series begin with.
    let mut head = Vec::new();
    for (row, values) in family.values().chunks_exact(schema.width()).enumerate() {
        let Some((sum, counts)) = values.split_last() else {
            continue;
        };
        let labels = family.labels().text(row);
        let (comma, open, close) =
            if labels.is_empty() { ("", "", " ") } else { (",", "{", LabelSets::CLOSE) };

        head.clear();
        append(&mut head, &["\n", name, "_bucket{", labels, comma]);
        let mut total = 0.0;
        for (bound, count) in bounds.iter().zip(counts) {
            total += count;
            out.extend_from_slice(&head);
            out.extend_from_slice(bound);
            append_number(out, total);
        }
        append(out, &["\n", name, "_sum", open, labels, close]);
        append_number(out, *sum);
        append(out, &["\n", name, "_count", open, labels, close]);
        append_number(out, total);
    }
    out.push(b'\n');
}

fn append(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrion_model::Value;

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
