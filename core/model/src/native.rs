//! Native (exponential) histograms.

/// The buckets of one native histogram at one moment.
///
/// The bucket with index `i` of `positive` counts the observations in `(base^(i-1), base^i]` with
/// `base = 2^(2^-schema)`; `negative` mirrors it. Observations of which the absolute value is at most
/// `zero_threshold` are in the zero bucket. (This is the standard exponential schema of Prometheus.)
///
/// Invariant: indices increase strictly in both lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NativeHistogram {
    /// The resolution, from -4 (a bucket spans a factor of 65536) to 8 (1.0027).
    pub schema: i8,
    /// The width of the zero bucket.
    pub zero_threshold: f64,
    /// The count of the zero bucket.
    pub zero_count: f64,
    /// Index and count of each bucket above zero that is not empty.
    pub positive: Vec<(i32, f64)>,
    /// Index and count of each bucket below zero that is not empty.
    pub negative: Vec<(i32, f64)>,
}

impl NativeHistogram {
    /// The resolutions that Prometheus reads.
    pub const SCHEMAS: std::ops::RangeInclusive<i8> = -4..=8;

    /// The number of observations.
    #[must_use]
    pub fn count(&self) -> f64 {
        let counts = self.positive.iter().chain(&self.negative).map(|(_, count)| count);
        self.zero_count + counts.sum::<f64>()
    }

    /// How many buckets there are, without the zero bucket.
    #[must_use]
    pub fn buckets(&self) -> usize {
        self.positive.len() + self.negative.len()
    }

    /// The upper bound of the bucket with this index.
    #[must_use]
    pub fn upper_bound(schema: i8, index: i32) -> f64 {
        #[cfg(not(target_arch = "wasm32"))]
        return (f64::from(index) * 2_f64.powi(-i32::from(schema))).exp2();
        #[cfg(target_arch = "wasm32")]
        crate::power_of_two::power_of_two(i64::from(index) << (8 - schema.clamp(-4, 8)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_bounds() {
        let histogram = NativeHistogram {
            schema: 1,
            zero_count: 1.0,
            positive: vec![(0, 2.0), (3, 1.0)],
            negative: vec![(-1, 4.0)],
            ..NativeHistogram::default()
        };
        assert_eq!((histogram.count(), histogram.buckets()), (8.0, 3));
        assert_eq!(NativeHistogram::upper_bound(0, 3), 8.0);
        assert_eq!(NativeHistogram::upper_bound(1, 2), 2.0);
        assert_eq!(NativeHistogram::upper_bound(-2, 1), 16.0);
    }
}
