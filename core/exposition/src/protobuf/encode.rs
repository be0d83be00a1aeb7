//! Snapshots to bytes. There are no messages in between: a metric is some appended bytes.

use metrion_model::{Error, Exemplar, FamilySnapshot, MetricType, Snapshot};

use super::histogram::{Bounds, append_histogram};
use super::labels::{Labels, append_pair, append_pairs};
use super::wire::{
    append_double, append_integer, append_message, append_prefixed, append_text, append_time,
    varint_len,
};
use crate::EncodeOptions;
use crate::lines::only_suffix;
use crate::presented::presented;

/// Appends the families of a snapshot, in its order, as delimited protocol buffer messages, with the
/// default options ([`crate::Format::encode`] takes others). It returns why families were left out.
///
/// A counter's family is named `x_total` and an info's `x_info`, as their samples are in the text
/// format: that is the name under which Prometheus stores them. The schema has no info and no state
/// set: they are gauges. Everything else that a snapshot holds is there: exemplars, created times, and
/// native histograms beside the classic buckets.
///
/// Native and classic buckets of one histogram are counted one after the other, so an update in
/// flight may be in one of them only. The message must have one count: it is that of the native
/// buckets, and the classic ones are cut down to it. (The bucket to infinity is written only where it has
/// an exemplar: its count is that one.)
pub fn encode_protobuf(snapshot: &Snapshot, out: &mut Vec<u8>) -> Vec<Error> {
    encode(snapshot, EncodeOptions::default(), out)
}

pub(crate) fn encode(snapshot: &Snapshot, options: EncodeOptions, out: &mut Vec<u8>) -> Vec<Error> {
    let (families, left_out) = presented(snapshot, options.escaping);
    for family in families {
        let guess = guessed_len(&family);
        out.reserve(guess);
        append_prefixed(out, varint_len(guess as u64), |out| append_family(out, &family));
    }
    left_out
}

/// About how long a family's message is: to make room, and for how long its length is.
fn guessed_len(family: &FamilySnapshot) -> usize {
    let schema = family.schema();
    let labels = schema.constant_labels.len() + schema.label_names.len();
    // In text a label has `="",` beside its name and value, here two more bytes; the number of a
    // metric has two tags and a length.
    let metric = 2 + 2 * labels + 2 + schema.width() * 13;
    schema.name.len()
        + schema.help.len()
        + 20
        + family.labels().buffer().len()
        + family.len() * metric
}

fn append_family(out: &mut Vec<u8>, family: &FamilySnapshot) {
    let schema = family.schema();
    let suffix = only_suffix(schema.metric_type);
    append_integer(out, 0x0a, (schema.name.len() + suffix.len()) as u64);
    out.extend_from_slice(schema.name.as_bytes());
    out.extend_from_slice(suffix.as_bytes());
    if !schema.help.is_empty() {
        append_text(out, 0x12, &schema.help);
    }
    append_integer(out, 0x18, type_number(schema.metric_type));
    append_metrics(out, family);
    if !schema.unit.is_empty() {
        append_text(out, 0x2a, &schema.unit);
    }
}

/// A type's number in the schema. It has no others.
const fn type_number(metric_type: MetricType) -> u64 {
    match metric_type {
        MetricType::Counter => 0,
        MetricType::Gauge | MetricType::Info | MetricType::StateSet => 1,
        MetricType::Summary => 2,
        MetricType::Histogram => 4,
        MetricType::GaugeHistogram => 5,
        _ => 3,
    }
}

fn append_metrics(out: &mut Vec<u8>, family: &FamilySnapshot) {
    match family.schema().metric_type {
        MetricType::Counter => append_each(out, family, |out, row| {
            append_counter(out, family, row);
        }),
        MetricType::Gauge | MetricType::Info => append_each(out, family, |out, row| {
            append_value(out, GAUGE, first(family.row(row)));
        }),
        MetricType::StateSet => append_states(out, family),
        MetricType::Summary => append_each(out, family, |out, row| {
            append_message(out, SUMMARY, |out| append_summary(out, family, row));
        }),
        MetricType::Histogram | MetricType::GaugeHistogram => {
            let bounds = Bounds::new(&family.schema().bounds);
            let mut width = 1;
            append_each(out, family, |out, row| {
                out.push(HISTOGRAM);
                width = append_prefixed(out, width, |out| {
                    append_histogram(out, family, &bounds, row);
                });
            });
        }
        _ => append_each(out, family, |out, row| {
            append_value(out, UNTYPED, first(family.row(row)));
        }),
    }
}

/// The fields of `Metric` after its labels.
const GAUGE: u8 = 0x12;
const COUNTER: u8 = 0x1a;
const SUMMARY: u8 = 0x22;
const UNTYPED: u8 = 0x2a;
const TIMESTAMP_MS: u8 = 0x30;
const HISTOGRAM: u8 = 0x3a;
/// `MetricFamily.metric`.
const METRIC: u8 = 0x22;

/// A metric for each row: its labels, what `value` appends, and its time.
#[inline(always)]
fn append_each(
    out: &mut Vec<u8>,
    family: &FamilySnapshot,
    mut value: impl FnMut(&mut Vec<u8>, usize),
) {
    let labels = Labels::new(family.schema());
    // Metrics of a family are of about the same length.
    let mut width = 1;
    for row in 0..family.len() {
        out.push(METRIC);
        width = append_prefixed(out, width, |out| {
            labels.append(out, family.labels().text(row));
            value(out, row);
            append_timestamp(out, family, row);
        });
    }
}

/// A metric for each state of each row. The state is the label that is named as the family.
fn append_states(out: &mut Vec<u8>, family: &FamilySnapshot) {
    let schema = family.schema();
    let labels = Labels::new(schema);
    for row in 0..family.len() {
        for (state, value) in schema.states.iter().zip(family.row(row)) {
            append_message(out, METRIC, |out| {
                labels.append(out, family.labels().text(row));
                append_pair(out, &schema.name, state);
                append_value(out, GAUGE, *value);
                append_timestamp(out, family, row);
            });
        }
    }
}

fn append_timestamp(out: &mut Vec<u8>, family: &FamilySnapshot, row: usize) {
    if let Some(timestamp) = family.timestamp(row) {
        append_integer(out, TIMESTAMP_MS, (timestamp * 1e3).round() as i64 as u64);
    }
}

fn first(values: &[f64]) -> f64 {
    values.first().copied().unwrap_or_default()
}

/// A gauge, a counter or an untyped: a message that is one double.
#[inline(always)]
fn append_value(out: &mut Vec<u8>, tag: u8, value: f64) {
    out.extend_from_slice(&[tag, 9]);
    append_double(out, 0x09, value);
}

#[inline(always)]
fn append_counter(out: &mut Vec<u8>, family: &FamilySnapshot, row: usize) {
    let value = first(family.row(row));
    let created = family.created(row);
    if created.is_none() && family.exemplars().is_empty() {
        append_value(out, COUNTER, value);
        return;
    }
    append_message(out, COUNTER, |out| {
        append_double(out, 0x09, value);
        if let [placed, ..] = family.row_exemplars(row) {
            append_message(out, 0x12, |out| append_exemplar(out, &placed.exemplar));
        }
        append_created(out, 0x1a, created);
    });
}

fn append_summary(out: &mut Vec<u8>, family: &FamilySnapshot, row: usize) {
    let [values @ .., sum, count] = family.row(row) else {
        return;
    };
    // The schema has whole counts only.
    append_integer(out, 0x08, *count as u64);
    append_double(out, 0x11, *sum);
    for (quantile, value) in family.schema().quantiles.iter().zip(values) {
        append_message(out, 0x1a, |out| {
            append_double(out, 0x09, *quantile);
            append_double(out, 0x11, *value);
        });
    }
    append_created(out, 0x22, family.created(row));
}

pub(super) fn append_created(out: &mut Vec<u8>, tag: u8, created: Option<f64>) {
    if let Some(created) = created {
        append_time(out, tag, created);
    }
}

pub(super) fn append_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    append_pairs(out, exemplar.labels());
    append_double(out, 0x11, exemplar.value());
    append_created(out, 0x1a, exemplar.timestamp());
}
