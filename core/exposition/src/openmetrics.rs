//! OpenMetrics, version 1.0.

use metrion_model::{Error, FamilySnapshot, MetricType, PlacedExemplar, Snapshot};

use crate::EncodeOptions;
use crate::go_float::{append_count, append_go_float};
use crate::lines::{
    Distribution, Numbers, Start, append, append_escaped, append_help, append_histograms,
    append_name, append_numbers, append_states, append_summaries, append_type, only_suffix,
};
use crate::number::append_number;
use crate::presented::presented;

/// Appends the families of a snapshot, in its order, as OpenMetrics 1.0, with the default options
/// ([`crate::Format::encode`] takes others). It returns why families were left out.
///
/// Floats are as Go's expfmt writes them (`1.0`, `1.5e+06`), in `le` and `quantile` too; counts are
/// integers; times are in seconds, all digits written out, because some readers split them at the
/// point. Exemplars stand behind buckets and counters. A family without series is not shown. Of a
/// native histogram the format shows the classic buckets, which may be the one to infinity alone. A
/// histogram with a bound below zero has neither `_sum` nor `_count`, as the standard wants it; other
/// numbers that it does not want (negative sums, NaN, counts with a fraction) are written as they are, as
/// Go's clients do; strict readers refuse the page then.
pub fn encode_openmetrics(snapshot: &Snapshot, out: &mut Vec<u8>) -> Vec<Error> {
    encode(snapshot, EncodeOptions::default(), out)
}

pub(crate) fn encode(snapshot: &Snapshot, options: EncodeOptions, out: &mut Vec<u8>) -> Vec<Error> {
    let (families, left_out) = presented(snapshot, options.escaping);
    for family in families {
        append_family(out, &family, options.created_samples);
    }
    out.extend_from_slice(b"# EOF\n");
    left_out
}

struct OpenMetrics;

impl Numbers for OpenMetrics {
    #[inline(always)]
    fn float(out: &mut Vec<u8>, value: f64) {
        append_go_float(out, value);
    }

    #[inline(always)]
    fn count(out: &mut Vec<u8>, value: f64) {
        append_count(out, value);
    }

    /// In seconds.
    fn timestamp(out: &mut Vec<u8>, unix_seconds: f64) {
        append_number(out, unix_seconds);
    }
}

fn append_family(out: &mut Vec<u8>, family: &FamilySnapshot, created: bool) {
    let schema = family.schema();
    append_help(out, schema, "", true);
    append_type(out, schema, "", schema.metric_type.as_str());
    if !schema.unit.is_empty() {
        out.extend_from_slice(b"\n# UNIT ");
        append_name(out, &schema.name, "");
        out.push(b' ');
        append_escaped(out, &schema.unit, true);
    }
    let created = created && (0..family.len()).any(|row| family.created(row).is_some());
    let has_extras = created || family.has_timestamps() || !family.exemplars().is_empty();
    // One copy of the code is enough for a browser.
    if cfg!(target_arch = "wasm32") || has_extras {
        append_samples(out, family, &Extras::new(family, created));
    } else {
        append_samples(out, family, &Bare);
    }
    out.push(b'\n');
}

/// What a family's lines have behind their numbers.
trait Tails {
    /// Behind any sample of a row.
    fn sample(&self, out: &mut Vec<u8>, row: usize);
    /// Behind a bucket, or behind a counter (its place is 0).
    fn bucket(&self, out: &mut Vec<u8>, row: usize, place: usize);
    /// The last line of a row.
    fn created(&self, out: &mut Vec<u8>, row: usize);
}

/// Nothing.
struct Bare;

impl Tails for Bare {
    #[inline(always)]
    fn sample(&self, _: &mut Vec<u8>, _: usize) {}
    #[inline(always)]
    fn bucket(&self, _: &mut Vec<u8>, _: usize, _: usize) {}
    #[inline(always)]
    fn created(&self, _: &mut Vec<u8>, _: usize) {}
}

/// Times, exemplars and `_created` samples.
struct Extras<'a> {
    family: &'a FamilySnapshot,
    created: Option<Start>,
}

impl<'a> Extras<'a> {
    fn new(family: &'a FamilySnapshot, created: bool) -> Self {
        let schema = family.schema();
        let created = created && schema.metric_type.suffixes().contains(&"_created");
        Self { family, created: created.then(|| Start::new(&schema.name, "_created")) }
    }
}

impl Tails for Extras<'_> {
    fn sample(&self, out: &mut Vec<u8>, row: usize) {
        if let Some(timestamp) = self.family.timestamp(row) {
            out.push(b' ');
            OpenMetrics::timestamp(out, timestamp);
        }
    }

    fn bucket(&self, out: &mut Vec<u8>, row: usize, place: usize) {
        self.sample(out, row);
        if let Some(placed) = exemplar_at(self.family, row, place) {
            append_exemplar(out, placed);
        }
    }

    fn created(&self, out: &mut Vec<u8>, row: usize) {
        if let (Some(start), Some(created)) = (&self.created, self.family.created(row)) {
            start.append(out, self.family.labels().text(row));
            OpenMetrics::timestamp(out, created);
            // All samples of a series have a time, or none has.
            self.sample(out, row);
        }
    }
}

fn exemplar_at(family: &FamilySnapshot, row: usize, place: usize) -> Option<&PlacedExemplar> {
    family.row_exemplars(row).iter().find(|placed| placed.place == place)
}

fn append_exemplar(out: &mut Vec<u8>, placed: &PlacedExemplar) {
    let exemplar = &placed.exemplar;
    append(out, &[" # {", exemplar.label_text(), "} "]);
    append_go_float(out, exemplar.value());
    if let Some(timestamp) = exemplar.timestamp() {
        out.push(b' ');
        OpenMetrics::timestamp(out, timestamp);
    }
}

fn append_samples(out: &mut Vec<u8>, family: &FamilySnapshot, tails: &impl Tails) {
    let schema = family.schema();
    let name = schema.name.as_str();
    let (sum, count) = match schema.metric_type {
        MetricType::GaugeHistogram => ("_gsum", "_gcount"),
        _ => ("_sum", "_count"),
    };
    let (sum, count) = (Start::new(name, sum), Start::new(name, count));
    // The standard forbids the sum of a histogram that has bounds below zero, for it is no counter, and
    // a count without a sum.
    let has_sum = schema.metric_type != MetricType::Histogram
        || schema.bounds.first().is_none_or(|lowest| *lowest >= 0.0);
    let distribution = |out: &mut Vec<u8>, row: usize, of: Distribution| {
        let labels = family.labels().text(row);
        if has_sum {
            sum.append(out, labels);
            append_go_float(out, of.sum);
            tails.sample(out, row);
            count.append(out, labels);
            append_count(out, of.count);
            tails.sample(out, row);
        }
        tails.created(out, row);
    };
    match schema.metric_type {
        MetricType::Histogram | MetricType::GaugeHistogram => {
            let tail = |out: &mut Vec<u8>, row, place| tails.bucket(out, row, place);
            append_histograms::<OpenMetrics>(out, family, tail, distribution);
        }
        MetricType::Summary => {
            let tail = |out: &mut Vec<u8>, row| tails.sample(out, row);
            append_summaries::<OpenMetrics>(out, family, tail, distribution);
        }
        MetricType::StateSet => {
            append_states::<OpenMetrics>(out, family, |out, row| tails.sample(out, row));
        }
        MetricType::Counter => {
            let start = Start::new(name, only_suffix(MetricType::Counter));
            append_numbers::<OpenMetrics>(out, &start, family, |out, row| {
                tails.bucket(out, row, 0);
                tails.created(out, row);
            });
        }
        other => {
            let start = Start::new(name, only_suffix(other));
            append_numbers::<OpenMetrics>(out, &start, family, |out, row| tails.sample(out, row));
        }
    }
}
