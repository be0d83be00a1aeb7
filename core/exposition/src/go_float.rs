//! Floats of OpenMetrics, as Go's expfmt writes them: always with a point or an exponent.

use crate::digits::{Decimal, with_shortest};
use crate::number::{HALF, append_integer, append_number, as_integer, eight_digits};

/// From here on Go's `%g` writes an exponent, and below the other one.
const EXPONENT_FROM: f64 = 1e6;
const EXPONENT_BELOW: f64 = 1e-4;

/// Appends `value` with the fewest digits that read back the same: `3.0`, `0.25`, `1.5e+06`, `1e-05`,
/// `+Inf`. A negative zero keeps its sign.
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub(crate) fn append_go_float(out: &mut Vec<u8>, value: f64) {
    match as_integer(value) {
        Some(integer) if integer < EXPONENT_FROM as u64 => {
            append_integer(out, integer);
            out.extend_from_slice(b".0");
        }
        Some(integer) => append_large_integer(out, integer),
        None => append_other(out, value),
    }
}

/// Appends an integer from 10^6 to 10^16 as one digit, a point and the others, and an exponent.
#[inline(always)]
fn append_large_integer(out: &mut Vec<u8>, integer: u64) {
    let [high, low] = [eight_digits(integer / HALF), eight_digits(integer % HALF)];
    // Sixteen digits, one in each byte, the first in the lowest.
    let digits = u128::from(high) | u128::from(low) << 64;
    let leading_zeros = digits.trailing_zeros() / 8;
    let digits = digits >> (leading_zeros * 8);
    let behind_the_first = 15 - digits.leading_zeros() as usize / 8;
    let exponent = 15 - leading_zeros as u8;

    let first = b'0' + digits as u8;
    let others = (digits >> 8) | u128::from_ne_bytes([b'0'; 16]);
    out.extend_from_slice(&[first, b'.']);
    let end = out.len() + behind_the_first;
    out.extend_from_slice(&others.to_le_bytes());
    // Without others there is no point.
    out.truncate(end - usize::from(behind_the_first == 0));
    out.extend_from_slice(&[b'e', b'+', b'0' + exponent / 10, b'0' + exponent % 10]);
}

/// Appends a number of observations: an integer, where it is one.
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub(crate) fn append_count(out: &mut Vec<u8>, value: f64) {
    match as_integer(value) {
        Some(integer) => append_integer(out, integer),
        None => append_rare_count(out, value),
    }
}

#[cold]
fn append_rare_count(out: &mut Vec<u8>, value: f64) {
    if value.trunc().to_bits() == value.to_bits() {
        append_number(out, value);
    } else {
        append_other(out, value);
    }
}

fn append_other(out: &mut Vec<u8>, value: f64) {
    if !value.is_finite() {
        append_number(out, value);
        return;
    }
    with_shortest(value, |text| {
        if (EXPONENT_BELOW..EXPONENT_FROM).contains(&value.abs()) || value == 0.0 {
            out.extend_from_slice(text.as_bytes());
        } else if value < EXPONENT_FROM || !append_large_fraction(out, text) {
            append_with_exponent(out, text);
        }
    });
}

/// Appends a number from 10^6 up that is given without an exponent and has a fraction, as times are: the
/// point moves behind the first digit, and no zeros are to be cut off. False when it is not such a one.
fn append_large_fraction(out: &mut Vec<u8>, text: &str) -> bool {
    let Some((whole, fraction)) = text.split_once('.') else { return false };
    let Some((first, rest)) = whole.split_at_checked(1) else { return false };
    if rest.len() < 6 || fraction == "0" || fraction.contains('e') {
        return false;
    }
    out.extend_from_slice(first.as_bytes());
    out.push(b'.');
    out.extend_from_slice(rest.as_bytes());
    out.extend_from_slice(fraction.as_bytes());
    let exponent = rest.len() as u8;
    out.extend_from_slice(&[b'e', b'+', b'0' + exponent / 10, b'0' + exponent % 10]);
    true
}

/// Appends a number other than zero, in whatever form it is given, as one digit, a point and the
/// others, and an exponent of two digits at least.
fn append_with_exponent(out: &mut Vec<u8>, text: &str) {
    let number = Decimal::of(text);
    let leading = number.digits().take_while(|digit| *digit == b'0').count();
    let trailing = number.digits().rev().take_while(|digit| *digit == b'0').count();
    let significant = number.digits().count() - leading - trailing;
    let exponent = number.exponent + number.whole.len() as i64 - 1 - leading as i64;

    out.extend_from_slice(number.sign.as_bytes());
    for (place, digit) in number.digits().skip(leading).take(significant).enumerate() {
        if place == 1 {
            out.push(b'.');
        }
        out.push(digit);
    }
    out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
    if exponent.abs() < 10 {
        out.push(b'0');
    }
    append_integer(out, exponent.unsigned_abs());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(value: f64) -> String {
        let mut out = Vec::new();
        append_go_float(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    /// What `strconv.FormatFloat(value, 'g', -1, 64)` of Go 1.22 gives, with `.0` where that has
    /// neither a point nor an exponent.
    #[test]
    fn as_go_writes_them() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-17.0, "-17.0"),
            (0.25, "0.25"),
            (999_999.0, "999999.0"),
            (1e6, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (-1_234_567.5, "-1.2345675e+06"),
            (999_999.999_999_999_9, "999999.9999999999"),
            (1_520_879_607.789, "1.520879607789e+09"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (0.000_012_5, "1.25e-05"),
            (1e100, "1e+100"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (9_007_199_254_740_992.0, "9.007199254740992e+15"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ];
        for (value, expected) in cases {
            assert_eq!(text(value), expected);
        }
    }

    #[test]
    fn counts() {
        let count = |value| {
            let mut out = Vec::new();
            append_count(&mut out, value);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(count(0.0), "0");
        assert_eq!(count(12_345_678.0), "12345678");
        assert_eq!(count(2_f64.powi(60)), "1152921504606847000");
        assert_eq!(count(-3.0), "-3");
        assert_eq!(count(0.5), "0.5");
    }

    /// The two ways to an exponent agree.
    #[test]
    fn large_integers() {
        for ten in (6..16).map(|exponent| 10_u64.pow(exponent)) {
            for integer in [ten, ten + 1, ten * 9, ten / 2 * 3, ten / 100 * 123, ten * 10 - 1] {
                let integer = integer.clamp(1_000_000, 1_u64 << 52);
                let mut expected = Vec::new();
                append_with_exponent(&mut expected, &integer.to_string());
                let mut out = Vec::new();
                append_large_integer(&mut out, integer);
                assert_eq!(String::from_utf8(out).unwrap(), String::from_utf8(expected).unwrap());
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn any_large_fraction(value in 1e6..1e16) {
            let mut expected = Vec::new();
            append_with_exponent(&mut expected, zmij::Buffer::new().format_finite(value));
            let mut out = Vec::new();
            append_other(&mut out, value);
            prop_assert_eq!(out, expected);
        }

        #[test]
        fn any_large_integer(integer in 1_000_000..1_u64 << 52, shift in 0..32_u32) {
            let integer = (integer >> shift).max(1_000_000);
            let mut expected = Vec::new();
            append_with_exponent(&mut expected, &integer.to_string());
            let mut out = Vec::new();
            append_large_integer(&mut out, integer);
            prop_assert_eq!(out, expected);
        }

        #[test]
        fn reads_back_the_same(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let text = text(value);
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits);
            prop_assert!(text.contains(['.', 'e']));
        }

        /// Rust's own exponent form has the same digits, but for a tie, and no sign or padding.
        #[test]
        fn the_digits_are_rusts(value in 1e6_f64..1e300) {
            let ours = text(value);
            let (mantissa, exponent) = ours.split_once("e+").unwrap();
            let rust = format!("{value:e}");
            let (rust_mantissa, rust_exponent) = rust.split_once('e').unwrap();
            prop_assert_eq!(exponent.parse::<i32>().unwrap(), rust_exponent.parse::<i32>().unwrap());
            prop_assert_eq!(mantissa.len(), rust_mantissa.len());
        }
    }
}
