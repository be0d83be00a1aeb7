//! Numbers as Rust's `Display` writes them: the fewest digits that read back as the same number,
//! without an exponent, and without a point when it is an integer.
//!
//! One difference is left to chance: where two such texts are equally near to the number, zmij takes
//! the one that ends with an even digit, as Python, Go and JavaScript do, and `Display` the larger.

use crate::digits::{Decimal, with_shortest};

/// Below this every integer is exact in an f64, and its shortest digits are all its digits.
const EXACT: u64 = 1 << 53;

/// Adding it to an integer below it leaves the integer in the lowest bits.
const TWO_52: f64 = 4_503_599_627_370_496.0;

/// From here on a number has more than eight digits.
pub(crate) const HALF: u64 = 100_000_000;

/// Below this zmij writes an exponent.
const PLAIN: f64 = 1e-5;

/// Appends `value`; infinities as `+Inf` and `-Inf`.
///
/// Always inlined, as are its parts: this is most of the work for a line, and being called costs a
/// quarter of it.
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub(crate) fn append_number(out: &mut Vec<u8>, value: f64) {
    if let Some(integer) = as_integer(value) {
        append_integer(out, integer);
    } else {
        append_other(out, value);
    }
}

/// The integer that `value` is, if it is one from 0 to 2^52 - 1. Negative zero is none.
///
/// Half as many instructions as a cast and back, which have to care for NaN and all that is too large.
#[inline(always)]
pub(crate) fn as_integer(value: f64) -> Option<u64> {
    let shifted = value + TWO_52;
    let integer = shifted.to_bits().wrapping_sub(TWO_52.to_bits());
    // Equal bits, not equal numbers: -0.0 must keep its sign.
    let same = (shifted - TWO_52).to_bits() == value.to_bits();
    (same && integer < TWO_52 as u64).then_some(integer)
}

#[inline(always)]
fn append_other(out: &mut Vec<u8>, value: f64) {
    let integer = value as i64;
    if (integer as f64).to_bits() == value.to_bits() && integer.unsigned_abs() < EXACT {
        if integer < 0 {
            out.push(b'-');
        }
        append_integer(out, integer.unsigned_abs());
    } else if (PLAIN..EXACT as f64).contains(&value.abs()) {
        with_shortest(value, |text| out.extend_from_slice(text.as_bytes()));
    } else {
        append_rare(out, value);
    }
}

#[cold]
fn append_rare(out: &mut Vec<u8>, value: f64) {
    // Infinities as the format's documentation spells them. The `prometheus` crate writes `inf`, which
    // Go's parser takes, but not every other one.
    match value {
        f64::INFINITY => out.extend_from_slice(b"+Inf"),
        f64::NEG_INFINITY => out.extend_from_slice(b"-Inf"),
        _ if value.is_nan() => out.extend_from_slice(b"NaN"),
        _ => with_shortest(value, |text| append_without_exponent(out, text)),
    }
}

/// Appends a number that is given with an exponent, or as an integer with `.0`.
fn append_without_exponent(out: &mut Vec<u8>, text: &str) {
    let number = Decimal::of(text);
    // How many digits stand before the point.
    let point = number.whole.len() as i64 + number.exponent;

    out.extend_from_slice(number.sign.as_bytes());
    if point <= 0 {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + point.unsigned_abs() as usize, b'0');
        out.extend(number.digits());
    } else {
        out.extend(number.digits().chain(std::iter::repeat(b'0')).take(point as usize));
    }
}

/// Appends the digits of a number below 10^16.
///
/// Not itoa, whose branches depend on the number of digits: where that varies from line to line, as
/// it does among real counters, a mispredicted branch costs more than all the arithmetic here.
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub(crate) fn append_integer(out: &mut Vec<u8>, n: u64) {
    if n < HALF {
        append_significant(out, eight_digits(n));
    } else {
        append_significant(out, eight_digits(n / HALF));
        out.extend_from_slice(&to_ascii(eight_digits(n % HALF)).to_le_bytes());
    }
}

/// Appends digits without the zeros that lead, but at least the last one.
#[inline(always)]
fn append_significant(out: &mut Vec<u8>, digits: u64) {
    const LAST_DIGIT: u64 = 1 << 56;
    let leading_zeros = (digits | LAST_DIGIT).trailing_zeros() / 8;
    let end = out.len() + 8 - leading_zeros as usize;
    // Eight bytes are one store; a copy of just as many as needed would branch on how many.
    out.extend_from_slice(&(to_ascii(digits) >> (leading_zeros * 8)).to_le_bytes());
    out.truncate(end);
}

#[inline(always)]
fn to_ascii(digits: u64) -> u64 {
    digits | u64::from_ne_bytes([b'0'; 8])
}

/// The eight decimal digits of `n < 10^8`, one in each byte, the first in the lowest.
///
/// Every step divides all lanes of the word at once and splits each into two lanes of half the
/// width, the quotient `q` in the lower half and the remainder `n - q * d` in the upper:
/// `q + ((n - q * d) << w) = (n << w) - q * ((d << w) - 1)`. The factors are reciprocals that are
/// exact for lanes of that size.
#[inline(always)]
pub(crate) fn eight_digits(n: u64) -> u64 {
    let q = n / 10_000;
    let n = (n << 32) - q * ((10_000 << 32) - 1);
    let q = ((n * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let n = (n << 16) - q * ((100 << 16) - 1);
    let q = ((n * 103) >> 10) & 0x000f_000f_000f_000f;
    (n << 8) - q * ((10 << 8) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(value: f64) -> String {
        let mut out = b"kept".to_vec();
        append_number(&mut out, value);
        String::from_utf8(out).unwrap().strip_prefix("kept").unwrap().to_owned()
    }

    /// Compares with `Display`, and at a tie between two texts with what a tie must look like.
    fn check(value: f64) {
        let (ours, display) = (text(value), value.to_string());
        if ours != display {
            assert_eq!(ours.len(), display.len(), "{ours} {display}");
            assert_eq!(ours.parse(), Ok(value));
            let exact = format!("{value:.1100}");
            let exact = exact.trim_end_matches('0');
            assert_eq!(exact.len(), ours.len() + 1, "{ours} is not half way from {display}");
            assert!(exact.ends_with('5'), "{exact}");
            assert!(ours.ends_with(['0', '2', '4', '6', '8']), "{ours}");
        }
    }

    #[test]
    fn special_values() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (f64::NAN, "NaN"),
            (-f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (1e-5, "0.00001"),
            (9_007_199_254_740_993.0, "9007199254740992"),
            (1.0 + 2_f64.powi(-17), "1.0000076293945312"),
            (1e21, "1000000000000000000000"),
        ];
        for (value, expected) in cases {
            assert_eq!(text(value), expected);
        }
        assert_eq!(text(5e-324).len(), "0.".len() + 324);
    }

    /// The neighbours of every power of ten and of two, where the number of digits and the path change.
    #[test]
    fn edges() {
        let tens = (-320..309).map(|exponent| format!("1e{exponent}").parse::<f64>().unwrap());
        let twos = (-1074..1024).map(|exponent| 2_f64.powi(exponent));
        for edge in tens.chain(twos) {
            for near in [edge.next_down(), edge, edge.next_up(), edge - 1.0, edge + 1.0, edge * 9.0]
            {
                if near.is_finite() {
                    check(near);
                    check(-near);
                }
            }
        }
    }

    /// Every lane value of every step.
    #[test]
    fn all_halves() {
        for n in 0..10_000_u64 {
            for n in [n, n * 10_000, n * 10_001] {
                let digits = to_ascii(eight_digits(n)).to_le_bytes();
                assert_eq!(std::str::from_utf8(&digits).unwrap(), format!("{n:08}"));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_bits(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(!value.is_infinite());
            check(value);
        }

        #[test]
        fn any_integer(integer: i64, shift in 0..64) {
            let value = (integer >> shift) as f64;
            check(value);
        }

        #[test]
        fn any_decimal(integer: i32, places in 0..9) {
            let value = f64::from(integer) / 10_f64.powi(places);
            check(value);
        }
    }
}
