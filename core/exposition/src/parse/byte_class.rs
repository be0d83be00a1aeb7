//! What a byte may be part of, looked up in a table: one load for each byte of a name.

/// Of the names of labels: letters, digits and `_`.
pub(super) const LABEL_NAME: u8 = 1;
/// Of the names of metrics: the same and `:`.
pub(super) const METRIC_NAME: u8 = 2;
/// Anything but a blank.
pub(super) const WORD: u8 = 4;
/// Anything but quotes and backslashes.
pub(super) const PLAIN: u8 = 8;

const TABLE: [u8; 256] = table();

const fn table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    loop {
        table[byte as usize] = match byte {
            b' ' | b'\t' => PLAIN,
            b'"' | b'\\' => WORD,
            b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {
                PLAIN | WORD | METRIC_NAME | LABEL_NAME
            }
            b':' => PLAIN | WORD | METRIC_NAME,
            _ => PLAIN | WORD,
        };
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}

/// How many bytes of a class `text` begins with.
#[inline]
pub(super) fn count(text: &[u8], class: u8) -> usize {
    let is_other = |byte: &u8| TABLE[usize::from(*byte)] & class == 0;
    text.iter().position(is_other).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte() {
        for byte in 0..=u8::MAX {
            let is = |class| count(&[byte], class) == 1;
            assert_eq!(is(WORD), byte != b' ' && byte != b'\t');
            assert_eq!(is(PLAIN), byte != b'"' && byte != b'\\');
            let in_label = byte.is_ascii_alphanumeric() || byte == b'_';
            assert_eq!((is(LABEL_NAME), is(METRIC_NAME)), (in_label, in_label || byte == b':'));
        }
        assert_eq!(count(b"ab:c{", METRIC_NAME), 4);
        assert_eq!(count(b"", WORD), 0);
    }
}
