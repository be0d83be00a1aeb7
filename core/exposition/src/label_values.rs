//! The values of a series' labels, found in the text that a family keeps of them, for formats that
//! write labels in another way than the text formats do.

use metrion_model::{LabelSets, Schema};

/// How many bytes are compared at once.
const BLOCK: usize = 16;

/// The labels that the series of a family have, as their text names them.
pub(crate) struct LabelNames(Vec<Opening>);

impl LabelNames {
    pub(crate) fn new(schema: &Schema) -> Self {
        Self(names(schema).map(Opening::new).collect())
    }

    /// The values of one series, whose text is of the form of [`LabelSets::text`].
    #[inline(always)]
    pub(crate) fn values<'a>(&'a self, text: &'a str) -> PlainValues<'a> {
        PlainValues { names: self.0.iter(), text, rest: text.as_bytes() }
    }
}

/// The names themselves, in the order of the text.
pub(crate) fn names(schema: &Schema) -> impl Iterator<Item = &str> {
    let constant = schema.constant_labels.iter().map(|(name, _)| name.as_str());
    constant.chain(schema.label_names.iter().map(String::as_str))
}

/// Values in the order of [`names`], up to one that has escapes or control characters, or whose name
/// is another: that and all behind it is [`PlainValues::rest`].
pub(crate) struct PlainValues<'a> {
    names: std::slice::Iter<'a, Opening>,
    text: &'a str,
    rest: &'a [u8],
}

impl<'a> PlainValues<'a> {
    /// What there is still, as text of the same form.
    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.text.len() - self.rest.len()..).unwrap_or_default()
    }
}

impl<'a> Iterator for PlainValues<'a> {
    type Item = &'a [u8];

    #[inline(always)]
    fn next(&mut self) -> Option<&'a [u8]> {
        let from = self.names.next()?.strip(self.rest)?;
        let len = plain_len(from);
        let (value, behind) = from.split_at_checked(len)?;
        let behind = behind.strip_prefix(b"\"")?;
        self.rest = behind.strip_prefix(b",").unwrap_or(behind);
        Some(value)
    }
}

/// `name="`
struct Opening {
    text: Vec<u8>,
    /// The same as one word, when it is not too long, and which bits of the word it has.
    word: Option<(u128, u128)>,
}

impl Opening {
    fn new(name: &str) -> Self {
        let mut set = LabelSets::default();
        set.push([(name, "")].into_iter());
        let text = set.text(0).strip_suffix('"').unwrap_or_default().as_bytes().to_vec();
        let word = |bytes: &[u8]| {
            let mut block = [0; BLOCK];
            block.get_mut(..bytes.len())?.copy_from_slice(bytes);
            Some(u128::from_ne_bytes(block))
        };
        Self { word: word(&text).zip(word(&vec![0xff; text.len()])), text }
    }

    #[inline(always)]
    fn strip<'a>(&self, rest: &'a [u8]) -> Option<&'a [u8]> {
        match (self.word, rest.first_chunk::<BLOCK>()) {
            (Some((word, mask)), Some(block)) if u128::from_ne_bytes(*block) & mask == word => {
                rest.get(self.text.len()..)
            }
            _ => rest.strip_prefix(self.text.as_slice()),
        }
    }
}

/// How many bytes stand before the first quote, backslash or control character.
#[inline(always)]
fn plain_len(text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let found = special_bytes(u64::from_le_bytes(*word));
        if found != 0 {
            return place * 8 + (found.trailing_zeros() / 8) as usize;
        }
    }
    let special = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' '));
    words.len() * 8 + special.unwrap_or(rest.len())
}

/// The high bit of each byte that is such a one; above the lowest of them there may be others
/// (Mycroft's test, as in the C library's `memchr`).
const fn special_bytes(word: u64) -> u64 {
    below(word ^ ones(b'"'), 1) | below(word ^ ones(b'\\'), 1) | below(word, b' ')
}

const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(ones(limit)) & !word & ones(0x80)
}

const fn ones(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(names: &[&str], pairs: &[(&str, &str)]) -> (Vec<String>, String) {
        let schema = Schema {
            label_names: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Schema::default()
        };
        let mut set = LabelSets::default();
        set.push(pairs.iter().copied());
        let names = LabelNames::new(&schema);
        let mut values = names.values(set.text(0));
        let plain = values.by_ref().map(|value| String::from_utf8(value.to_vec()).unwrap());
        (plain.collect(), values.rest().to_owned())
    }

    #[test]
    fn up_to_what_is_not_plain() {
        let pairs = [("a", "1"), ("a name of more than sixteen bytes", "2"), ("c", "3")];
        let names = ["a", "a name of more than sixteen bytes", "c"];
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(split(&names, &pairs), (texts(&["1", "2", "3"]), String::new()));
        assert_eq!(split(&names[..1], &pairs[..1]), (texts(&["1"]), String::new()));
        assert_eq!(split(&["a", "c"], &pairs[..2]).0, texts(&["1"]));
        assert_eq!(split(&["a", "b"], &[("a", "x\"y"), ("b", "2")]).1, r#"a="x\"y",b="2""#);
        assert_eq!(split(&["a", "b"], &[("a", "1"), ("b", "\t")]).1, "b=\"\t\"");
        assert_eq!(split(&["a"], &[]), (vec![], String::new()));
    }

    proptest! {
        #[test]
        fn the_first_special_byte(text in r#"[a-z\x00\x01\x1f \x7f!#\[\]é"\\]{0,40}"#) {
            let expected = text.find(|c| c < ' ' || c == '"' || c == '\\').unwrap_or(text.len());
            prop_assert_eq!(plain_len(text.as_bytes()), expected);
        }
    }
}
