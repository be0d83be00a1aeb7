use std::borrow::Cow;

use super::Labels;

/// A key that is equal for equal names and label sets, whatever the order and the escapes. The label
/// `without` does not count.
pub(crate) fn series_key(name: &str, labels: Labels<'_>, without: Option<&str>) -> Vec<u8> {
    let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> =
        labels.iter().filter(|(name, _)| Some(name.as_ref()) != without).collect();
    pairs.sort_unstable();
    let mut key = Vec::with_capacity(name.len() + labels.text().len() + 8 * (2 * pairs.len() + 1));
    push(&mut key, name);
    for (name, value) in &pairs {
        push(&mut key, name);
        push(&mut key, value);
    }
    key
}

/// With its length before it, so that `("ab", "c")` is not `("a", "bc")`.
fn push(key: &mut Vec<u8>, text: &str) {
    key.extend_from_slice(&text.len().to_le_bytes());
    key.extend_from_slice(text.as_bytes());
}
