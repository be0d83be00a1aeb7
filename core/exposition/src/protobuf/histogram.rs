//! The `Histogram` message: classic buckets, native ones, or both.

use metrion_model::{FamilySnapshot, NativeHistogram, PlacedExemplar};

use super::encode::{append_created, append_exemplar};
use super::wire::{
    append_double, append_integer, append_message, append_prefixed, append_varint, varint_len,
    zigzag,
};
use crate::number::as_integer;

/// `Histogram.bucket`.
const BUCKET: u8 = 0x1a;

/// A family's upper bounds as they are written, infinity last.
pub(super) struct Bounds(Vec<[u8; 9]>);

impl Bounds {
    pub(super) fn new(bounds: &[f64]) -> Self {
        let field = |bound: &f64| {
            let [a, b, c, d, e, f, g, h] = bound.to_le_bytes();
            [0x11, a, b, c, d, e, f, g, h]
        };
        Self(bounds.iter().chain([&f64::INFINITY]).map(field).collect())
    }

    /// Whether there is no bucket but the one to infinity.
    fn is_empty(&self) -> bool {
        self.0.len() == 1
    }
}

pub(super) fn append_histogram(
    out: &mut Vec<u8>,
    family: &FamilySnapshot,
    bounds: &Bounds,
    row: usize,
) {
    let Some((sum, counts)) = family.row(row).split_last() else {
        return;
    };
    let native = family.native(row);
    let total = native.map_or_else(|| counts.iter().sum(), NativeHistogram::count);
    let whole = counts.iter().all(|count| is_whole(*count)) && native.is_none_or(is_whole_native);
    // Fields stand in the order of their numbers.
    if whole {
        append_integer(out, 0x08, total as u64);
        append_double(out, 0x11, *sum);
    } else {
        append_double(out, 0x11, *sum);
        append_double(out, 0x21, total);
    }
    let exemplars = family.row_exemplars(row);
    if native.is_none() || !bounds.is_empty() {
        if whole && exemplars.is_empty() {
            append_plain_buckets(out, bounds, counts, total as u64);
        } else {
            append_buckets(out, bounds, counts, total, whole, exemplars);
        }
    }
    if let Some(native) = native {
        append_native(out, native, whole);
    }
    append_created(out, 0x7a, family.created(row));
    if native.is_some() && bounds.is_empty() {
        append_native_exemplars(out, exemplars);
    }
}

/// Whether this can stand in an integer field.
fn is_whole(count: f64) -> bool {
    as_integer(count).is_some()
}

fn is_whole_native(native: &NativeHistogram) -> bool {
    let buckets = native.positive.iter().chain(&native.negative);
    is_whole(native.zero_count) && buckets.map(|(_, count)| *count).all(is_whole)
}

/// A number of observations: in the field of integers, or in that of floats.
#[inline(always)]
fn append_number(out: &mut Vec<u8>, whole: bool, integer_tag: u8, float_tag: u8, value: f64) {
    if whole {
        append_integer(out, integer_tag, value as u64);
    } else {
        append_double(out, float_tag, value);
    }
}

/// Counts are cumulative. As from Go's clients, the bucket to infinity is there only for its exemplar:
/// its count is the histogram's own.
fn append_buckets(
    out: &mut Vec<u8>,
    bounds: &Bounds,
    counts: &[f64],
    total: f64,
    whole: bool,
    exemplars: &[PlacedExemplar],
) {
    let mut sum = 0.0;
    let mut exemplars = exemplars.iter().peekable();
    for (place, (bound, own)) in bounds.0.iter().zip(counts).enumerate() {
        sum += own;
        let last = place + 1 == counts.len();
        let count = if last { total } else { sum.min(total) };
        let exemplar = exemplars.next_if(|placed| placed.place == place);
        if last && exemplar.is_none() {
            break;
        }
        append_message(out, BUCKET, |out| {
            append_number(out, whole, 0x08, 0x21, count);
            out.extend_from_slice(bound);
            if let Some(placed) = exemplar {
                append_message(out, 0x1a, |out| append_exemplar(out, &placed.exemplar));
            }
        });
    }
}

/// The same for whole counts without exemplars, which is what nearly all histograms are: the length of
/// each bucket is known without a look back.
#[inline(always)]
fn append_plain_buckets(out: &mut Vec<u8>, bounds: &Bounds, counts: &[f64], total: u64) {
    let Some((_infinity, counts)) = counts.split_last() else {
        return;
    };
    let mut sum = 0;
    for (bound, own) in bounds.0.iter().zip(counts) {
        sum += as_integer(*own).unwrap_or_default();
        let count = sum.min(total);
        let len = 1 + varint_len(count) + bound.len();
        out.extend_from_slice(&[BUCKET, len as u8, 0x08]);
        append_varint(out, count);
        out.extend_from_slice(bound);
    }
}

fn append_native(out: &mut Vec<u8>, native: &NativeHistogram, whole: bool) {
    append_integer(out, 0x28, zigzag(native.schema.into()));
    append_double(out, 0x31, native.zero_threshold);
    append_number(out, whole, 0x38, 0x41, native.zero_count);
    append_side(out, &native.negative, whole, [0x4a, 0x52, 0x5a]);
    append_side(out, &native.positive, whole, [0x62, 0x6a, 0x72]);
    // Without any observation and with no width of the zero bucket this would be a classic histogram:
    // an empty span says that it is not.
    if native.buckets() == 0 && native.zero_threshold == 0.0 {
        append_span(out, 0x62, 0, 0);
    }
}

/// The buckets above or below zero. Buckets with following indices are a span.
fn append_side(out: &mut Vec<u8>, buckets: &[(i32, f64)], whole: bool, tags: [u8; 3]) {
    let [span_tag, delta_tag, count_tag] = tags;
    let mut end = 0;
    for span in buckets.chunk_by(|(a, _), (b, _)| a.checked_add(1) == Some(*b)) {
        if let [(start, _), ..] = span {
            append_span(out, span_tag, i64::from(*start) - end, span.len());
            end = i64::from(*start) + span.len() as i64;
        }
    }
    if buckets.is_empty() {
        return;
    }
    let bytes = if whole { 2 } else { 8 } * buckets.len();
    out.push(if whole { delta_tag } else { count_tag });
    append_prefixed(out, if bytes < 0x80 { 1 } else { 2 }, |out| {
        let mut before = 0;
        for (_, count) in buckets {
            if whole {
                append_varint(out, zigzag(*count as i64 - before));
                before = *count as i64;
            } else {
                out.extend_from_slice(&count.to_le_bytes());
            }
        }
    });
}

/// `offset` is the gap after the span before, or where the first span starts.
fn append_span(out: &mut Vec<u8>, tag: u8, offset: i64, len: usize) {
    append_message(out, tag, |out| {
        append_integer(out, 0x08, zigzag(offset));
        append_integer(out, 0x10, len as u64);
    });
}

/// `Histogram.exemplars`, which must have times.
fn append_native_exemplars(out: &mut Vec<u8>, exemplars: &[PlacedExemplar]) {
    for placed in exemplars.iter().filter(|placed| placed.exemplar.timestamp().is_some()) {
        // The tag of field 16 has two bytes.
        out.push(0x82);
        append_message(out, 0x01, |out| append_exemplar(out, &placed.exemplar));
    }
}
