//! Powers of two whose exponent is a multiple of 1/256: the bounds of native buckets.

/// 2^(index / 256).
///
/// The standard library has this in 4 kB of table, a twentieth of what a page downloads.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))] // for the test
pub(crate) fn power_of_two(index: i64) -> f64 {
    let mut product = (1.0, 0.0);
    for (place, root) in ROOTS.into_iter().enumerate() {
        if index & (128 >> place) != 0 {
            product = times(product, root);
        }
    }
    let exponent = index >> 8;
    // One step less than a subnormal number needs, and the rest in a second one.
    let first = exponent.clamp(-1000, 1023);
    product.0 * scale(first) * scale((exponent - first).clamp(-1000, 1023))
}

/// 2^exponent, from -1022 to 1023.
fn scale(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// 2^(1/2), 2^(1/4) and so on up to 2^(1/256), each with what its f64 is off.
const ROOTS: [(f64, f64); 8] = [
    (std::f64::consts::SQRT_2, -9.667293313452913e-17),
    (1.189207115002721, 3.982015231465646e-17),
    (1.0905077326652577, -3.046782079812471e-17),
    (1.0442737824274138, 8.551889705537965e-17),
    (1.0218971486541166, 5.109225028973444e-17),
    (1.0108892860517005, -1.5234778603368577e-17),
    (1.0054299011128027, 9.499186535455032e-17),
    (1.0027112750502025, -3.636615928692264e-17),
];

/// The product of two numbers that are given with what they are off (Dekker).
fn times(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let product = a.0 * b.0;
    let ((a_high, a_low), (b_high, b_low)) = (halves(a.0), halves(b.0));
    let off = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    let off = off + a.0 * b.1 + a.1 * b.0;
    let sum = product + off;
    (sum, product - sum + off)
}

/// A number as the sum of two of half as many bits.
fn halves(number: f64) -> (f64, f64) {
    let shifted = number * 134_217_729.0;
    let high = shifted - (shifted - number);
    (high, number - high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_standard_library() {
        for index in -1080 * 256..1030 * 256 {
            let (ours, theirs) = (power_of_two(index), (index as f64 / 256.0).exp2());
            // Numbers without all their digits are rounded twice.
            let allowed = u64::from(index < -1022 * 256);
            let off = ours.to_bits().abs_diff(theirs.to_bits());
            assert!(off <= allowed, "{index}: {ours:e} {theirs:e}");
        }
    }
}
