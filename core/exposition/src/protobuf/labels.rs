//! Label pairs as messages, out of the text that a family keeps.

use metrion_model::{LabelPairs, Schema};

use super::wire::{append_integer, append_message, append_text, append_varint, varint_len};
use crate::label_values::{LabelNames, names};
use crate::piece::Piece;

/// `Metric.label` and `Exemplar.label`.
const LABEL: u8 = 0x0a;
const NAME: u8 = 0x0a;
const VALUE: u8 = 0x12;

/// The labels that a family's series have.
pub(super) struct Labels {
    names: LabelNames,
    /// What a pair has before the value's length.
    heads: Vec<Head>,
}

struct Head {
    /// The field of the name, and the tag of the value.
    field: Piece,
    len: usize,
}

impl Labels {
    pub(super) fn new(schema: &Schema) -> Self {
        let head = |name: &str| {
            let mut field = Vec::new();
            append_text(&mut field, NAME, name);
            field.push(VALUE);
            Head { len: field.len(), field: Piece::new(field) }
        };
        Self { names: LabelNames::new(schema), heads: names(schema).map(head).collect() }
    }

    /// Appends the labels of one series, given as text of the form of
    /// [`metrion_model::LabelSets::text`].
    #[inline(always)]
    pub(super) fn append(&self, out: &mut Vec<u8>, text: &str) {
        let mut values = self.names.values(text);
        for (head, value) in self.heads.iter().zip(values.by_ref()) {
            append_plain(out, head, value);
        }
        if !values.rest().is_empty() {
            append_pairs(out, LabelPairs::new(values.rest()));
        }
    }
}

#[inline(always)]
fn append_plain(out: &mut Vec<u8>, head: &Head, value: &[u8]) {
    // With a length of one byte, which all values have as a rule.
    let pair = head.len + 1 + value.len();
    if pair < 0x80 {
        out.extend_from_slice(&[LABEL, pair as u8]);
        head.field.append(out);
        out.push(value.len() as u8);
    } else {
        let len = value.len() as u64;
        append_integer(out, LABEL, (head.len + varint_len(len) + value.len()) as u64);
        head.field.append(out);
        append_varint(out, len);
    }
    out.extend_from_slice(value);
}

/// Appends labels with names or values that have escapes, or that are not the schema's.
pub(super) fn append_pairs(out: &mut Vec<u8>, pairs: LabelPairs<'_>) {
    for (name, value) in pairs {
        append_pair(out, &name, &value);
    }
}

pub(super) fn append_pair(out: &mut Vec<u8>, name: &str, value: &str) {
    append_message(out, LABEL, |out| {
        append_text(out, NAME, name);
        append_text(out, VALUE, value);
    });
}
