//! How much memory a message will take, before it is decoded: two bytes are enough for an empty part
//! of it, which takes hundreds in memory.

use std::mem::size_of;

use metrion_proto::client::{
    Bucket, BucketSpan, Exemplar, Histogram, LabelPair, Metric, MetricFamily, Quantile, Summary,
};

use super::parse::read_varint;

/// The messages of the schema that others have many of, and those that these are in.
#[derive(Clone, Copy)]
enum Part {
    Family,
    Metric,
    Label,
    Counter,
    Summary,
    Quantile,
    Histogram,
    Bucket,
    Span,
    Exemplar,
}

impl Part {
    /// What a field of this part is, if it is a part.
    const fn field(self, number: u64) -> Option<Self> {
        Some(match (self, number) {
            (Self::Family, 4) => Self::Metric,
            (Self::Metric | Self::Exemplar, 1) => Self::Label,
            (Self::Metric, 3) => Self::Counter,
            (Self::Metric, 4) => Self::Summary,
            (Self::Metric, 7) => Self::Histogram,
            (Self::Counter, 2) | (Self::Bucket, 3) | (Self::Histogram, 16) => Self::Exemplar,
            (Self::Summary, 3) => Self::Quantile,
            (Self::Histogram, 3) => Self::Bucket,
            (Self::Histogram, 9 | 12) => Self::Span,
            _ => return None,
        })
    }

    const fn size(self) -> usize {
        match self {
            Self::Family => size_of::<MetricFamily>(),
            Self::Metric => size_of::<Metric>(),
            Self::Label => size_of::<LabelPair>(),
            // Inside the metric.
            Self::Counter => 0,
            Self::Summary => size_of::<Summary>(),
            Self::Quantile => size_of::<Quantile>(),
            Self::Histogram => size_of::<Histogram>(),
            Self::Bucket => size_of::<Bucket>(),
            Self::Span => size_of::<BucketSpan>(),
            Self::Exemplar => size_of::<Exemplar>(),
        }
    }
}

/// The bytes that a family will take, but for the room that lists keep in which they grow: at most as
/// much again. It stops where prost will stop too, with an error.
///
/// # Errors
/// A message with a group: the schema has none, and prost goes through unknown ones part by part.
pub(super) fn needed(family: &[u8]) -> Result<usize, &'static str> {
    needed_by(family, Part::Family)
}

fn needed_by(mut rest: &[u8], part: Part) -> Result<usize, &'static str> {
    let mut sum = part.size();
    while let Some((tag, behind)) = varint(rest) {
        let (own, behind) = match tag & 7 {
            // Either may be one of a list of numbers.
            0 => (size_of::<u64>(), varint(behind).map(|(_, behind)| behind)),
            1 => (size_of::<f64>(), behind.get(8..)),
            2 => {
                let Some((field, behind)) = length_delimited(behind) else {
                    break;
                };
                let own = match (part.field(tag >> 3), part) {
                    (Some(inner), _) => needed_by(field, inner)?,
                    // A packed list of numbers, which may have a byte each.
                    (None, Part::Histogram) => field.len().saturating_mul(size_of::<u64>()),
                    (None, _) => field.len(),
                };
                (own, Some(behind))
            }
            3 | 4 => return Err("it has a group of fields, which is no part of the schema"),
            _ => (0, behind.get(4..)),
        };
        // Where addresses have 32 bits there are messages that would take more than those reach.
        sum = sum.saturating_add(own);
        rest = behind.unwrap_or_default();
    }
    Ok(sum)
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (value, len) = read_varint(bytes).ok()?;
    Some((value, bytes.get(len..)?))
}

fn length_delimited(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, behind) = varint(bytes)?;
    behind.split_at_checked(usize::try_from(len).ok()?)
}
