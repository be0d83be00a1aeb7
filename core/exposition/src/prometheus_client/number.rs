use crate::go_float::append_go_float;
use crate::number::append_number;

/// `1.0`, `0.25`, `1e+06`, `+Inf`: a number as `prometheus_client` writes it, which is as Go does, but
/// for negative ones: these have an exponent only from -1e16 down.
#[must_use]
pub fn float_text(value: f64) -> String {
    let mut text = Vec::new();
    append_float(&mut text, value);
    String::from_utf8_lossy(&text).into_owned()
}

#[inline(always)]
pub(super) fn append_float(out: &mut Vec<u8>, value: f64) {
    if value <= -1e6 && value > -1e16 {
        append_plain(out, value);
    } else {
        append_go_float(out, value);
    }
}

/// Without an exponent, and with a point: how Python writes the time.
pub(super) fn append_plain(out: &mut Vec<u8>, value: f64) {
    append_number(out, value);
    if value.is_finite() && value.fract() == 0.0 {
        out.extend_from_slice(b".0");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values are those of `prometheus_client.utils.floatToGoString`.
    #[test]
    fn as_python_writes_them() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1e6, "1e+06"),
            (-1e6, "-1000000.0"),
            (-1234567.5, "-1234567.5"),
            (-1e16, "-1e+16"),
            (999_999.5, "999999.5"),
            (1_234_567.0, "1.234567e+06"),
            (1e-5, "1e-05"),
            (-1.5e-7, "-1.5e-07"),
            (0.0001, "0.0001"),
            (1_700_000_000.25, "1.70000000025e+09"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(float_text(value), text);
        }
    }
}
