//! The label sets and numbers that all cases share.

use std::hint::black_box;

/// The names of the three labels of all labelled cases.
pub(crate) const LABEL_NAMES: [&str; 3] = ["method", "path", "instance"];

/// Values for [`LABEL_NAMES`].
pub(crate) type LabelValues = [&'static str; 3];

/// The first `count` label sets. They live for ever: some peers take only such strings without a copy.
pub(crate) fn label_values(count: usize) -> Vec<LabelValues> {
    let leak = |text: String| -> &'static str { text.leak() };
    let methods = ["GET", "POST", "PUT", "DELETE"];
    let paths: Vec<&str> = (0..100).map(|path| leak(format!("/api/v1/resource/{path}"))).collect();
    let instances: Vec<&str> = (0..count.div_ceil(400))
        .map(|host| leak(format!("10.0.{}.{}:8080", host / 250, host % 250)))
        .collect();
    let pick = |from: &[&'static str], at: usize| from.get(at % from.len()).copied().unwrap_or("");
    (0..count)
        .map(|i| [pick(&methods, i), pick(&paths, i / 4), pick(&instances, i / 400)])
        .collect()
}

/// What the counter of series `i` has counted: integers of all magnitudes up to 2^40.
pub(crate) fn count(i: usize) -> u64 {
    (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (24 + i % 36)
}

/// Durations in seconds, equally many in each of the twelve default buckets, in no order that a
/// branch predictor could learn.
pub(crate) fn durations() -> Vec<f64> {
    let one_in_each = [0.001, 0.007, 0.02, 0.03, 0.07, 0.2, 0.3, 0.7, 2.0, 3.0, 7.0, 20.0];
    let mut random: u64 = 88_172_645_463_325_252;
    let next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        one_in_each.get((random >> 33) as usize % one_in_each.len()).copied()
    };
    std::iter::from_fn(next).take(1 << 17).collect()
}

/// The item for this time of a rotation, out of the optimizer's sight. `items` are a power of two.
#[inline]
pub(crate) fn rotate<T>(items: &[T], time: u64) -> &T {
    black_box(&items[time as usize & (items.len() - 1)])
}
