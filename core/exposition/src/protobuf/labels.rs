//! Label pairs as messages, out of the text that a family keeps.

use metrion_model::{LabelPairs, LabelSets, Schema};

use super::wire::{append_integer, append_message, append_text, varint_len};

/// `Metric.label` and `Exemplar.label`.
const LABEL: u8 = 0x0a;
const NAME: u8 = 0x0a;
const VALUE: u8 = 0x12;

/// The names that a family's series have, each as it stands in their text and as it is written.
pub(super) struct Names(Vec<Name>);

struct Name {
    /// `name="`
    text: Vec<u8>,
    /// The field of the name, and the tag of the value's.
    field: Vec<u8>,
}

impl Names {
    pub(super) fn new(schema: &Schema) -> Self {
        let constant = schema.constant_labels.iter().map(|(name, _)| name);
        let names = constant.chain(&schema.label_names);
        let name = |name: &String| {
            let mut set = LabelSets::default();
            set.push([(name.as_str(), "")].into_iter());
            let text = set.text(0).strip_suffix('"').unwrap_or_default();
            let mut field = Vec::new();
            append_text(&mut field, NAME, name);
            field.push(VALUE);
            Name { text: text.as_bytes().to_vec(), field }
        };
        Self(names.map(name).collect())
    }

    /// Appends the labels of one series, given as text of the form of [`LabelSets::text`].
    #[inline(always)]
    pub(super) fn append(&self, out: &mut Vec<u8>, text: &str) {
        let mut rest = text.as_bytes();
        for name in &self.0 {
            let Some(value) = rest.strip_prefix(name.text.as_slice()) else {
                break;
            };
            let len = plain_len(value);
            let (Some(plain), Some([b'"', behind @ ..])) = (value.get(..len), value.get(len..))
            else {
                break;
            };
            append_plain(out, name, plain);
            rest = behind.strip_prefix(b",").unwrap_or(behind);
        }
        if !rest.is_empty() {
            let done = text.len() - rest.len();
            append_pairs(out, LabelPairs::new(text.get(done..).unwrap_or_default()));
        }
    }
}

#[inline(always)]
fn append_plain(out: &mut Vec<u8>, name: &Name, value: &[u8]) {
    let len = value.len() as u64;
    let pair = name.field.len() + varint_len(len) + value.len();
    if pair < 0x80 {
        out.extend_from_slice(&[LABEL, pair as u8]);
        out.extend_from_slice(&name.field);
        out.push(len as u8);
    } else {
        append_integer(out, LABEL, pair as u64);
        let Some((tag, field)) = name.field.split_last() else {
            return;
        };
        out.extend_from_slice(field);
        append_integer(out, *tag, len);
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

/// How many bytes stand before the first quote or backslash.
#[inline(always)]
fn plain_len(text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zero_bytes(word ^ ones(b'"')) | zero_bytes(word ^ ones(b'\\'));
        if found != 0 {
            return place * 8 + (found.trailing_zeros() / 8) as usize;
        }
    }
    let special = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
    words.len() * 8 + special.unwrap_or(rest.len())
}

const fn ones(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The high bit of each byte that is zero; above the lowest such byte there may be others
/// (Mycroft's test, as in the C library's `memchr`).
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ones(0x01)) & !word & ones(0x80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_special_byte(text in r#"[a-z\x00\x01\x7f!#\[\]é"\\]{0,40}"#) {
            let expected = text.find(['"', '\\']).unwrap_or(text.len());
            prop_assert_eq!(plain_len(text.as_bytes()), expected);
        }
    }
}
