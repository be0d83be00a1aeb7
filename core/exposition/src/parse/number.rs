/// Integers of so many digits are exact in an f64.
const EXACT_DIGITS: usize = 15;

/// A number of either format: what Go's ParseFloat takes for a decimal number, so `inf`, `infinity`
/// and `nan` in any case, but no number beyond the range of an f64 and no sign before `nan`.
pub(crate) fn parse_number(text: &str) -> Option<f64> {
    parse_short_integer(text.as_bytes()).or_else(|| parse_any(text))
}

/// Most values are small counts, for which this takes a fifth of the time.
pub(crate) fn parse_short_integer(digits: &[u8]) -> Option<f64> {
    if digits.is_empty() || digits.len() > EXACT_DIGITS {
        return None;
    }
    let mut number: u64 = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u64::from(digit);
    }
    Some(number as f64)
}

fn parse_any(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    let is_signed = text.starts_with(['+', '-']);
    let is_named = text.ends_with(|last: char| last.is_ascii_alphabetic());
    let is_allowed =
        number.is_finite() || (number.is_infinite() && is_named) || (number.is_nan() && !is_signed);
    is_allowed.then_some(number)
}

/// A timestamp of OpenMetrics: any finite number of seconds.
pub(super) fn parse_seconds(text: &str) -> Option<f64> {
    parse_number(text).filter(|seconds| seconds.is_finite())
}

/// A timestamp of the text format 0.0.4, an integer in milliseconds, as seconds.
pub(super) fn parse_milliseconds(text: &str) -> Option<f64> {
    let milliseconds: i64 = text.parse().ok()?;
    Some(milliseconds as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_a_number() {
        let cases = [
            ("0", 0.0),
            ("123456789012345", 123_456_789_012_345.0),
            ("12345678901234567890", 12_345_678_901_234_567_000.0),
            ("+1", 1.0),
            ("1.", 1.0),
            (".5", 0.5),
            ("0001e-2", 0.01),
            ("1E5", 1e5),
            ("1e-999", 0.0),
            ("+Inf", f64::INFINITY),
            ("-infinity", f64::NEG_INFINITY),
        ];
        for (text, number) in cases {
            assert_eq!(parse_number(text), Some(number), "{text}");
        }
        assert_eq!(parse_number("-0").map(f64::to_bits), Some((-0.0_f64).to_bits()));
        assert!(parse_number("NaN").unwrap().is_nan());
        for text in ["", "-", ".", "e5", "0x1", "0x1p3", "1_0", "1e", " 1", "1 ", "-nan", "1e999"] {
            assert_eq!(parse_number(text), None, "{text}");
        }
        assert_eq!(parse_number(&"9".repeat(100_000)), None);
        assert_eq!(parse_number(&format!("0.{}", "1".repeat(100_000))), Some(1.0 / 9.0));
    }

    #[test]
    fn timestamps() {
        assert_eq!(parse_seconds("-1.5e3"), Some(-1500.0));
        assert_eq!(parse_seconds("inf"), None);
        assert_eq!(parse_milliseconds("-1500"), Some(-1.5));
        assert_eq!(parse_milliseconds("9223372036854775808"), None);
        assert_eq!(parse_milliseconds("1.5"), None);
    }

    proptest! {
        #[test]
        fn integers_as_std_reads_them(number: u64, shift in 0..64_u32) {
            let text = (number >> shift).to_string();
            prop_assert_eq!(parse_number(&text), text.parse().ok());
        }
    }
}
