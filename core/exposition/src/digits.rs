//! The fewest digits that read back as the same number.

/// Calls `then` with the digits of a finite number: `12.5`, `-0.0`, `1.5e-7`, `1e16` or `1e+16`. There is
/// an exponent below 1e-5 and from 1e16 on.
#[inline(always)]
pub(crate) fn with_shortest<R>(value: f64, then: impl FnOnce(&str) -> R) -> R {
    #[cfg(not(target_arch = "wasm32"))]
    return then(zmij::Buffer::new().format_finite(value));
    // A page would download 10 kB more for tables that halve the time.
    #[cfg(target_arch = "wasm32")]
    then(ryu::Buffer::new().format_finite(value))
}

/// Such digits, taken apart: 10^`exponent` times the number that `whole` and `fraction` are with a point between
/// them.
pub(crate) struct Decimal<'a> {
    /// `-` or nothing.
    pub(crate) sign: &'a str,
    pub(crate) whole: &'a str,
    pub(crate) fraction: &'a str,
    pub(crate) exponent: i64,
}

impl<'a> Decimal<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (sign, mantissa) = match mantissa.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", mantissa),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        Self { sign, whole, fraction, exponent: exponent.parse().unwrap_or(0) }
    }

    /// All digits, without the point.
    pub(crate) fn digits(&self) -> impl DoubleEndedIterator<Item = u8> + use<'a> {
        self.whole.bytes().chain(self.fraction.bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    /// Of two texts that are equally near, both take the one that ends with an even digit.
    fn check(value: f64) {
        let (mut fast, mut small) = (zmij::Buffer::new(), ryu::Buffer::new());
        assert_eq!(fast.format_finite(value).replace('+', ""), small.format_finite(value));
    }

    #[test]
    fn browsers_get_the_same_digits() {
        let twos = (-1074..1024).map(|exponent| 2_f64.powi(exponent));
        for edge in twos.chain((-320..309).map(|exponent| 10_f64.powi(exponent))).chain([0.0]) {
            for near in [edge.next_down(), edge, edge.next_up(), edge * 9.0] {
                if near.is_finite() {
                    check(near);
                    check(-near);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_bits(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            check(value);
        }

        #[test]
        fn any_decimal(integer: i64, shift in 0..64_u32, places in 0..12) {
            check((integer >> shift) as f64 / 10_f64.powi(places));
        }
    }
}
