use metrion_model::{
    FamilySnapshot, LabelSets, MetricType, Result, is_classic_label_name, is_classic_metric_name,
};

use super::inner_label::InnerLabel;
use super::number::{append_float, append_plain, float_text};
use super::samples::{append_exemplar, append_samples, text_type};
use super::sorted::with_sorted_labels;
use super::{append_head, append_unit, is_openmetrics, is_sorted, place_of_added};
use crate::lines::{
    Distribution, Numbers, Start, append_histograms, append_numbers, append_states,
    append_summaries,
};
use crate::sample_family::flatten;
use crate::{EncodeOptions, Escaping, Syntax};

/// Appends a family.
///
/// # Errors
/// `invalid_exemplar` for one of a type that OpenMetrics gives none.
pub fn append_family(
    family: &FamilySnapshot,
    syntax: Syntax,
    options: EncodeOptions,
    out: &mut Vec<u8>,
) -> Result<()> {
    if !is_plain(family, options.escaping) {
        return append_samples(&flatten(family, options.created_samples), syntax, options, out);
    }
    let sorted;
    let family = if is_sorted(family.schema()) {
        family
    } else {
        sorted = with_sorted_labels(family)?;
        &sorted
    };
    let is_openmetrics = is_openmetrics(syntax);
    let lines = Lines { family, created: options.created_samples, is_openmetrics };
    if is_openmetrics {
        lines.append_openmetrics(out);
    } else {
        lines.append_text(out);
    }
    Ok(())
}

/// Whether the text of each label can be copied as it is.
fn is_plain(family: &FamilySnapshot, escaping: Escaping) -> bool {
    let schema = family.schema();
    let is_classic = match schema.metric_type {
        MetricType::StateSet => is_classic_label_name(&schema.name),
        _ => is_classic_metric_name(&schema.name),
    };
    is_classic
        && escaping != Escaping::Dots
        && !family.labels().has_quoted_names()
        && (0..family.len()).all(|row| family.native(row).is_none())
}

struct Client;

impl Numbers for Client {
    #[inline(always)]
    fn float(out: &mut Vec<u8>, value: f64) {
        append_float(out, value);
    }

    #[inline(always)]
    fn count(out: &mut Vec<u8>, value: f64) {
        append_float(out, value);
    }

    /// In milliseconds; what is less is cut off.
    fn timestamp(out: &mut Vec<u8>, unix_seconds: f64) {
        out.extend_from_slice(format!(" {}", (unix_seconds * 1000.0) as i64).as_bytes());
    }
}

struct Lines<'a> {
    family: &'a FamilySnapshot,
    /// Whether `_created` samples are wanted.
    created: bool,
    is_openmetrics: bool,
}

impl Lines<'_> {
    fn append_text(&self, out: &mut Vec<u8>) {
        let schema = self.family.schema();
        let name = schema.name.as_str();
        let suffix = schema.metric_type.own_suffix().unwrap_or_default();
        let word = text_type(schema.metric_type);
        append_head(out, &format!("{name}{suffix}"), &schema.help, word, false);
        let family = self.family;
        let tail = |out: &mut Vec<u8>, row: usize| {
            if let Some(seconds) = family.timestamp(row) {
                Client::timestamp(out, seconds);
            }
        };
        self.append_all(out, &tail, &|out, row, _| tail(out, row), &|_, _| {});

        let has_created = self.created && schema.metric_type.suffixes().contains(&"_created");
        if has_created && (0..family.len()).any(|row| family.created(row).is_some()) {
            append_gauge(out, family, "_created", &tail, |row| family.created(row));
        }
        if schema.metric_type == MetricType::GaugeHistogram && !family.is_empty() {
            let of = |row| Distribution::of_counts(family.row(row));
            append_gauge(out, family, "_gcount", &tail, |row| Some(of(row).count));
            append_gauge(out, family, "_gsum", &tail, |row| Some(of(row).sum));
        }
    }

    fn append_openmetrics(&self, out: &mut Vec<u8>) {
        let family = self.family;
        let schema = family.schema();
        append_head(out, &schema.name, &schema.help, schema.metric_type.as_str(), true);
        append_unit(out, &schema.name, &schema.unit);
        let tail = |out: &mut Vec<u8>, row: usize| {
            if let Some(seconds) = family.timestamp(row) {
                out.push(b' ');
                append_plain(out, seconds);
            }
        };
        let exemplar = |out: &mut Vec<u8>, row: usize, place: usize| {
            tail(out, row);
            let placed = family.row_exemplars(row).iter().find(|placed| placed.place == place);
            if let Some(placed) = placed {
                append_exemplar(out, &placed.exemplar, Escaping::AllowUtf8);
            }
        };
        let has_created = self.created && schema.metric_type.suffixes().contains(&"_created");
        let start = Start::new(&schema.name, "_created");
        let created = |out: &mut Vec<u8>, row: usize| {
            if let Some(seconds) = family.created(row).filter(|_| has_created) {
                start.append(out, family.labels().text(row));
                append_float(out, seconds);
                tail(out, row);
            }
        };
        self.append_all(out, &tail, &exemplar, &created);
    }

    /// The samples. `tail` appends what follows the number of a line, `bucket` the same of a bucket or a
    /// counter (its place is 0), `last` what follows the last line of a row.
    fn append_all(
        &self,
        out: &mut Vec<u8>,
        tail: &impl Fn(&mut Vec<u8>, usize),
        bucket: &impl Fn(&mut Vec<u8>, usize, usize),
        last: &impl Fn(&mut Vec<u8>, usize),
    ) {
        if self.family.is_empty() {
            return;
        }
        // Every line brings the line feed of the one before it.
        out.pop();
        self.append_lines(out, tail, bucket, last);
        out.push(b'\n');
    }

    fn append_lines(
        &self,
        out: &mut Vec<u8>,
        tail: &impl Fn(&mut Vec<u8>, usize),
        bucket: &impl Fn(&mut Vec<u8>, usize, usize),
        last: &impl Fn(&mut Vec<u8>, usize),
    ) {
        let family = self.family;
        let schema = family.schema();
        let name = schema.name.as_str();
        let is_gauge = schema.metric_type == MetricType::GaugeHistogram;
        let (sum, count) = if is_gauge { ("_gsum", "_gcount") } else { ("_sum", "_count") };
        let (sum, count) = (Start::new(name, sum), Start::new(name, count));
        // A sum that goes down looks like a counter that began again.
        let has_sum = is_gauge || schema.bounds.first().is_none_or(|bound| *bound >= 0.0);
        let distribution = |out: &mut Vec<u8>, row: usize, of: Distribution| {
            // The text format has a gauge histogram's elsewhere.
            if !is_gauge || self.is_openmetrics {
                let labels = family.labels().text(row);
                let samples = [(&count, of.count, true), (&sum, of.sum, has_sum)];
                for (start, number, _) in samples.into_iter().filter(|(_, _, is_shown)| *is_shown) {
                    start.append(out, labels);
                    append_float(out, number);
                    tail(out, row);
                }
            }
            last(out, row);
        };
        if let Some(place) = place_of_added(schema) {
            self.append_inner(out, place, tail, bucket, distribution);
            return;
        }
        match schema.metric_type {
            MetricType::Histogram | MetricType::GaugeHistogram => {
                append_histograms::<Client>(out, family, bucket, distribution);
            }
            MetricType::Summary => append_summaries::<Client>(out, family, tail, distribution),
            MetricType::StateSet => append_states::<Client>(out, family, tail),
            other => {
                let start = Start::new(name, other.own_suffix().unwrap_or_default());
                append_numbers::<Client>(out, &start, family, |out, row| {
                    bucket(out, row, 0);
                    last(out, row);
                });
            }
        }
    }

    /// The same where the label that the type adds stands before others.
    fn append_inner(
        &self,
        out: &mut Vec<u8>,
        place: usize,
        tail: &impl Fn(&mut Vec<u8>, usize),
        bucket: &impl Fn(&mut Vec<u8>, usize, usize),
        rest: impl Fn(&mut Vec<u8>, usize, Distribution),
    ) {
        let family = self.family;
        let schema = family.schema();
        let has_buckets = schema.metric_type.has_buckets();
        let suffix = if has_buckets { "_bucket" } else { "" };
        let bounds = |name: &str, bounds: &mut dyn Iterator<Item = &f64>| -> Vec<String> {
            bounds.map(|bound| format!("{name}=\"{}\"", float_text(*bound))).collect()
        };
        let lines = InnerLabel {
            family,
            start: format!("\n{}{suffix}{{", schema.name),
            place,
            added: match schema.metric_type {
                MetricType::Summary => bounds("quantile", &mut schema.quantiles.iter()),
                MetricType::StateSet => {
                    schema.states.iter().map(|state| label_text(&schema.name, state)).collect()
                }
                _ => bounds("le", &mut schema.bounds.iter().chain([&f64::INFINITY])),
            },
        };
        for row in 0..family.len() {
            match (schema.metric_type, family.row(row)) {
                (MetricType::Summary, [values @ .., sum, count]) => {
                    lines.append_row(out, row, values.iter().copied(), |out, _| tail(out, row));
                    rest(out, row, Distribution { sum: *sum, count: *count });
                }
                (MetricType::StateSet, states) => {
                    lines.append_row(out, row, states.iter().copied(), |out, _| tail(out, row));
                }
                (_, numbers) => {
                    let counts = numbers.split_last().map_or(&[][..], |(_, counts)| counts);
                    let cumulative = counts.iter().scan(0.0, |sum, count| {
                        *sum += count;
                        Some(*sum)
                    });
                    lines.append_row(out, row, cumulative, |out, place| bucket(out, row, place));
                    rest(out, row, Distribution::of_counts(numbers));
                }
            }
        }
    }
}

fn label_text(name: &str, value: &str) -> String {
    let mut labels = LabelSets::default();
    labels.push([(name, value)].into_iter());
    labels.text(0).to_owned()
}

/// One number of every row that has it as a gauge of its own.
fn append_gauge(
    out: &mut Vec<u8>,
    family: &FamilySnapshot,
    suffix: &str,
    tail: &impl Fn(&mut Vec<u8>, usize),
    value: impl Fn(usize) -> Option<f64>,
) {
    let schema = family.schema();
    append_head(out, &format!("{}{suffix}", schema.name), &schema.help, "gauge", false);
    out.pop();
    let start = Start::new(&schema.name, suffix);
    out.reserve(family.labels().buffer().len() + family.len() * (schema.name.len() + 32));
    for (row, value) in (0..family.len()).filter_map(|row| Some((row, value(row)?))) {
        start.append(out, family.labels().text(row));
        append_float(out, value);
        tail(out, row);
    }
    out.push(b'\n');
}
