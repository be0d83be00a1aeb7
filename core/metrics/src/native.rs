//! Options of native (exponential) histograms, and the index of a value's bucket.

use std::sync::OnceLock;

use metrion_model::{Error, ErrorCode, NativeHistogram, Result, Shown};

use crate::bounds::Bounds;

/// How a histogram counts in native buckets. Names and meanings are those of Prometheus' Go client.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NativeOptions {
    /// The resolution to begin with, from -4 to 8: a bucket's upper bound is `2^(2^-schema)` times its
    /// lower one. See [`NativeOptions::with_factor`].
    pub schema: i8,
    /// At most that many buckets, 160 by default. When one more is needed, the histogram is reset if
    /// `min_reset_seconds` have passed; else the zero bucket is widened up to `max_zero_threshold`;
    /// else all buckets are merged in pairs, again and again, down to schema -4.
    pub max_buckets: usize,
    /// Observations of an absolute value up to this are in the zero bucket; 2^-128 by default.
    pub zero_threshold: f64,
    /// How far the zero bucket may be widened; 0, the default, is not at all.
    pub max_zero_threshold: f64,
    /// How long a histogram lives at least before it is reset to get its resolution back; 0, the
    /// default, is for ever.
    pub min_reset_seconds: f64,
}

impl Default for NativeOptions {
    fn default() -> Self {
        Self {
            schema: 3,
            max_buckets: 160,
            zero_threshold: DEFAULT_ZERO_THRESHOLD,
            max_zero_threshold: 0.0,
            min_reset_seconds: 0.0,
        }
    }
}

/// 2^-128, as Prometheus' Go client has it.
pub const DEFAULT_ZERO_THRESHOLD: f64 = 2.938735877055719e-39;

/// More buckets than that are of no use, and a bound keeps memory in hand.
const MAX_BUCKETS: usize = 4096;

impl NativeOptions {
    /// The lowest resolution in which a bucket's upper bound is at most `factor` times its lower one,
    /// within the schemas that there are.
    ///
    /// # Errors
    /// `invalid_buckets` when the factor is not above 1.
    pub fn with_factor(factor: f64) -> Result<Self> {
        if !(factor > 1.0 && factor.is_finite()) {
            let message = format!("a bucket factor must be above 1, not {}", Shown(factor));
            return Err(Error::new(ErrorCode::InvalidBuckets, message));
        }
        let fits = |schema: &i8| NativeHistogram::upper_bound(*schema, 1) <= factor;
        let (low, high) = NativeHistogram::SCHEMAS.into_inner();
        let schema = (low..=high).find(fits).unwrap_or(high);
        Ok(Self { schema, ..Self::default() })
    }

    /// A short form for error messages.
    pub(crate) fn summary(&self) -> String {
        format!(
            "native buckets of schema {}, at most {}, zero up to {} and at most {}, reset after {} s",
            self.schema,
            self.max_buckets,
            Shown(self.zero_threshold),
            Shown(self.max_zero_threshold),
            Shown(self.min_reset_seconds),
        )
    }

    pub(crate) fn validated(self) -> Result<Self> {
        let fault = |what: String| Err(Error::new(ErrorCode::InvalidBuckets, what));
        if !NativeHistogram::SCHEMAS.contains(&self.schema) {
            return fault(format!("a native histogram's schema is -4 to 8, not {}", self.schema));
        }
        if !(1..=MAX_BUCKETS).contains(&self.max_buckets) {
            return fault(format!("max_buckets is 1 to {MAX_BUCKETS}, not {}", self.max_buckets));
        }
        for (name, number) in [
            ("zero_threshold", self.zero_threshold),
            ("max_zero_threshold", self.max_zero_threshold),
            ("min_reset_seconds", self.min_reset_seconds),
        ] {
            if !(0.0..f64::INFINITY).contains(&number) {
                return fault(format!("{name} is a number from 0 up, not {}", Shown(number)));
            }
        }
        Ok(self)
    }
}

/// The index of the bucket of a number above zero: the lowest `i` with `value <= base^i`. Infinity is
/// in the bucket above that of the largest number. (The arithmetic is that of Prometheus' Go client.)
pub(crate) fn bucket_index(value: f64, schema: i8) -> i32 {
    if value == f64::INFINITY {
        return bucket_index(f64::MAX, schema) + 1;
    }
    let (fraction, exponent) = split(value);
    match u32::try_from(schema) {
        Ok(schema @ 1..) => {
            let bounds = fractions(schema);
            (bounds.bucket(fraction) as i32) + ((exponent - 1) << schema)
        }
        _ => {
            let index = if fraction == 0.5 { exponent - 1 } else { exponent };
            coarser(index, u32::from(schema.unsigned_abs()))
        }
    }
}

/// The index after merging buckets in pairs so many times: `ceil(index / 2^times)`.
pub(crate) fn coarser(index: i32, times: u32) -> i32 {
    (index + ((1 << times) - 1)) >> times
}

/// `value = fraction * 2^exponent` with a fraction from 0.5 up to, and without, 1. For numbers above
/// zero.
fn split(value: f64) -> (f64, i32) {
    const MANTISSA_BITS: u32 = 52;
    const EXPONENT_OF_HALF: u64 = 1022;
    // The leading zeros of a subnormal number are part of its exponent.
    let is_subnormal = value < f64::MIN_POSITIVE;
    let (value, shift) = if is_subnormal { (value * TWO_POW_64, 64) } else { (value, 0) };
    let bits = value.to_bits();
    let exponent = (bits >> MANTISSA_BITS) as i32 - EXPONENT_OF_HALF as i32;
    let mantissa = bits & ((1 << MANTISSA_BITS) - 1);
    let fraction = f64::from_bits(mantissa | EXPONENT_OF_HALF << MANTISSA_BITS);
    (fraction, exponent - shift)
}

const TWO_POW_64: f64 = (1_u128 << 64) as f64;

/// The upper bounds of the buckets from 0.5 to 1, all but the last.
fn fractions(schema: u32) -> &'static Bounds {
    static TABLES: [OnceLock<Bounds>; 9] = [const { OnceLock::new() }; 9];
    static NONE: OnceLock<Bounds> = OnceLock::new();
    let make = || {
        let bounds = (0..1 << schema).map(|i| 0.5 * NativeHistogram::upper_bound(schema as i8, i));
        Bounds::new(&bounds.collect::<Vec<_>>())
    };
    TABLES.get(schema as usize).unwrap_or(&NONE).get_or_init(make)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn resolution_of_a_factor() {
        // As `pickSchema` of the Go client has it.
        for (factor, schema) in [
            (65536.0, -4),
            (1e300, -4),
            (17.0, -2),
            (16.0, -2),
            (4.0, -1),
            (2.0, 0),
            (1.5, 1),
            (1.1, 3),
            (1.01, 7),
            (1.001, 8),
        ] {
            assert_eq!(NativeOptions::with_factor(factor).unwrap().schema, schema, "{factor}");
        }
        for bad in [1.0, 0.0, -2.0, f64::NAN, f64::INFINITY] {
            assert!(NativeOptions::with_factor(bad).is_err());
        }
    }

    #[test]
    fn options_are_checked() {
        let good = NativeOptions::default();
        assert!(good.validated().is_ok());
        for bad in [
            NativeOptions { schema: 9, ..good },
            NativeOptions { schema: -5, ..good },
            NativeOptions { max_buckets: 0, ..good },
            NativeOptions { max_buckets: MAX_BUCKETS + 1, ..good },
            NativeOptions { zero_threshold: -1.0, ..good },
            NativeOptions { max_zero_threshold: f64::NAN, ..good },
            NativeOptions { min_reset_seconds: f64::INFINITY, ..good },
        ] {
            assert_eq!(bad.validated().unwrap_err().code(), ErrorCode::InvalidBuckets);
        }
    }

    #[test]
    fn bounds_are_inclusive() {
        for exponent in [-1074, -1023, -3, 0, 1, 10, 1023] {
            let value = f64::from(exponent).exp2();
            for schema in NativeHistogram::SCHEMAS {
                let scaled = f64::from(exponent) * 2_f64.powi(schema.into());
                assert_eq!(bucket_index(value, schema), scaled.ceil() as i32, "{value} {schema}");
            }
            assert_eq!(bucket_index(value.next_up(), 0), exponent + 1);
        }
        assert_eq!(bucket_index(f64::INFINITY, 0), 1025);
        assert_eq!(bucket_index(f64::MAX, 0), 1024);
        assert_eq!(bucket_index(3.0, 1), 4);
    }

    proptest! {
        #[test]
        fn a_value_is_within_its_bucket(value in 1e-300..1e300_f64, schema in -4_i8..=8) {
            let index = bucket_index(value, schema);
            let bound = |index| NativeHistogram::upper_bound(schema, index);
            // The bounds themselves are rounded.
            prop_assert!(value <= bound(index) * (1.0 + 1e-12));
            prop_assert!(value >= bound(index - 1) * (1.0 - 1e-12));
        }

        #[test]
        fn merging_is_the_same_as_counting_coarsely(value in 1e-300..1e300_f64, schema in -3_i8..=8) {
            prop_assert_eq!(coarser(bucket_index(value, schema), 1), bucket_index(value, schema - 1));
        }
    }
}
