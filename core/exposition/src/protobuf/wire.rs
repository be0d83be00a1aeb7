//! Fields of the protocol buffer encoding. Tags are the bytes that they are written as:
//! `field << 3 | wire type`.

#[inline(always)]
pub(super) fn append_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// How many bytes [`append_varint`] appends.
pub(super) const fn varint_len(value: u64) -> usize {
    // Each byte has 7 bits; 9/64 is near enough to 1/7 for all that there are.
    ((64 - (value | 1).leading_zeros() as usize) * 9 + 64) / 64
}

/// Signed numbers of which the small ones are short: `sint32` and `sint64`.
pub(super) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

#[inline(always)]
pub(super) fn append_double(out: &mut Vec<u8>, tag: u8, value: f64) {
    let [a, b, c, d, e, f, g, h] = value.to_le_bytes();
    out.extend_from_slice(&[tag, a, b, c, d, e, f, g, h]);
}

pub(super) fn append_integer(out: &mut Vec<u8>, tag: u8, value: u64) {
    out.push(tag);
    append_varint(out, value);
}

pub(super) fn append_text(out: &mut Vec<u8>, tag: u8, text: &str) {
    append_integer(out, tag, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// A message inside another one, of fewer than 128 bytes as a rule.
#[inline(always)]
pub(super) fn append_message(out: &mut Vec<u8>, tag: u8, content: impl FnOnce(&mut Vec<u8>)) {
    out.push(tag);
    append_prefixed(out, 1, content);
}

/// What `content` appends, with its length before it; `width` guesses how many bytes the length takes.
/// It returns how many it took.
///
/// The length is filled in behind the content's back: to compute it first would be to go through all
/// labels twice. A wrong guess costs a move of the content.
#[inline(always)]
pub(super) fn append_prefixed(
    out: &mut Vec<u8>,
    width: usize,
    content: impl FnOnce(&mut Vec<u8>),
) -> usize {
    let at = out.len();
    match width {
        1 => out.push(0),
        2 => out.extend_from_slice(&[0; 2]),
        _ => out.resize(at + width, 0),
    }
    content(out);
    let len = (out.len() - at - width) as u64;
    if varint_len(len) != width {
        return move_and_fill(out, at, width);
    }
    fill(out, at, len);
    width
}

#[cold]
fn move_and_fill(out: &mut Vec<u8>, at: usize, width: usize) -> usize {
    let len = out.len() - at - width;
    let mut prefix = Vec::new();
    append_varint(&mut prefix, len as u64);
    let needed = prefix.len();
    out.splice(at..at + width, prefix);
    needed
}

fn fill(out: &mut [u8], at: usize, len: u64) {
    let Some(place) = out.get_mut(at..) else {
        return;
    };
    let mut rest = len;
    for byte in place {
        if rest < 0x80 {
            *byte = rest as u8;
            return;
        }
        *byte = rest as u8 | 0x80;
        rest >>= 7;
    }
}

/// `google.protobuf.Timestamp`, for a time that it can hold: the years 1 to 9999.
pub(super) fn append_time(out: &mut Vec<u8>, tag: u8, unix_seconds: f64) {
    const YEARS: std::ops::Range<f64> = -62_135_596_800.0..253_402_300_800.0;
    if !YEARS.contains(&unix_seconds) {
        return;
    }
    let whole = unix_seconds.floor();
    // Nanoseconds are finer than an f64 of today's date, whose fraction of 1 may round up to 1.
    let nanos = (((unix_seconds - whole) * 1e9).round() as u64).min(999_999_999);
    append_message(out, tag, |out| {
        append_integer(out, 0x08, whole as i64 as u64);
        if nanos != 0 {
            append_integer(out, 0x10, nanos);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_varints() {
        for bits in 0..64 {
            for value in [(1_u64 << bits) - 1, 1 << bits, (1 << bits) + 1] {
                let mut out = Vec::new();
                append_varint(&mut out, value);
                assert_eq!(varint_len(value), out.len(), "{value}");
            }
        }
    }

    #[test]
    fn a_wrong_guess_is_put_right() {
        for len in [0, 1, 127, 128, 300, 16_383, 16_384, 3_000_000] {
            let mut expected = b"x".to_vec();
            append_varint(&mut expected, len as u64);
            expected.extend(std::iter::repeat_n(7, len));
            for width in 1..6 {
                let mut out = b"x".to_vec();
                let needed = append_prefixed(&mut out, width, |out| out.extend(vec![7; len]));
                assert_eq!(needed, varint_len(len as u64));
                assert!(out == expected, "{len} {width}");
            }
        }
    }
}
