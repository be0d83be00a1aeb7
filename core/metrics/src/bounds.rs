//! From a value to its histogram bucket in constant time.

/// A histogram's finite upper bounds and a table over the leading bits of a double.
///
/// The bits of a double, taken as an integer with the order of the numbers, grow with the number.
/// Cut to their leading bits (sign, exponent and a few of the mantissa) they index a table that says
/// at which bound to begin; a compare or two finish it. The table is made as fine as 2,048 places
/// allow, which puts no more than one of the usual bounds in each. (The idea is that of HdrHistogram
/// and of exponential histograms, applied to bounds of any spacing.)
#[derive(Clone, Debug)]
pub struct Bounds {
    /// And infinity after them, so that a value above all is found in the same steps as any other.
    bounds: Box<[f64]>,
    /// How many low bits of the ordered integer are cut off.
    shift: u32,
    /// The cut integer of the first place of the table.
    lowest: u64,
    /// For each place, how many bounds lie in places before it.
    table: Box<[u16]>,
}

/// The parts of [`Bounds`]. A value's bits become an integer with the order of the numbers: the sign bit
/// set for numbers from 0 up, all bits inverted below, and -0 taken for 0. That, shifted right by `shift`
/// and less `lowest` (0 if that is negative), and at most the last place, is a place in `table`. There
/// stands the bucket from which the search for the first bound that is not below the value begins.
#[derive(Clone, Copy, Debug)]
pub struct BoundsTable<'a> {
    /// The finite bounds and infinity.
    pub bounds: &'a [f64],
    /// How many low bits are cut off.
    pub shift: u32,
    /// The first place's integer.
    pub lowest: u64,
    /// For each place, how many bounds lie in places before it.
    pub table: &'a [u16],
}

const TABLE_BITS: u32 = 11;

impl Bounds {
    /// The bounds of a validated schema: finite and strictly increasing.
    #[must_use]
    pub fn new(bounds: &[f64]) -> Self {
        let (low, high) = match (bounds.first(), bounds.last()) {
            (Some(low), Some(high)) => (ordered(*low), ordered(*high)),
            _ => (0, 0),
        };
        let shift = (u64::BITS - (high - low).leading_zeros()).saturating_sub(TABLE_BITS);
        let lowest = low >> shift;
        // One more place, for what is above the place of the last bound.
        let places = (high >> shift) - lowest + 2;
        let table = (0..places).map(|place| {
            let before =
                bounds.partition_point(|bound| (ordered(*bound) >> shift) - lowest < place);
            u16::try_from(before).unwrap_or(u16::MAX)
        });
        let table = table.collect();
        let bounds = bounds.iter().copied().chain([f64::INFINITY]).collect();
        Self { bounds, shift, lowest, table }
    }

    /// The index of the first bound that is not below `value`; the number of bounds if there is none.
    /// NaN counts as above all.
    #[inline]
    #[must_use]
    pub fn bucket(&self, value: f64) -> usize {
        // Most are, and their bits have the order of the numbers.
        let ordered = if value > 0.0 { value.to_bits() | 1 << 63 } else { ordered_rare(value) };
        let place = (ordered >> self.shift).saturating_sub(self.lowest) as usize;
        let last = self.bounds.len() - 1;
        let mut bucket = self.table.get(place).map_or(last, |before| usize::from(*before));
        loop {
            match self.bounds.get(bucket) {
                Some(bound) if value <= *bound => return bucket,
                Some(_) => bucket += 1,
                // NaN has gone past infinity.
                None => return last,
            }
        }
    }

    /// How many buckets there are, the one to infinity included.
    #[inline]
    #[must_use]
    pub fn buckets(&self) -> usize {
        self.bounds.len()
    }

    /// What [`Bounds::bucket`] looks at, for bindings whose language does the same by itself.
    #[must_use]
    pub fn table(&self) -> BoundsTable<'_> {
        let Self { bounds, shift, lowest, table } = self;
        BoundsTable { bounds, shift: *shift, lowest: *lowest, table }
    }

    /// The finite bounds.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        self.bounds.split_last().map_or(&[], |(_, finite)| finite)
    }
}

/// The bits of a double as an integer that orders as the numbers do, both zeros alike.
#[inline]
fn ordered(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// The same out of line, for numbers that are not above zero.
#[cold]
fn ordered_rare(value: f64) -> u64 {
    ordered(value)
}

/// `count` bounds from `start`, each `width` above the one before.
#[must_use]
pub fn linear_buckets(start: f64, width: f64, count: usize) -> Vec<f64> {
    (0..count).map(|i| width.mul_add(i as f64, start)).collect()
}

/// `count` bounds from `start`, each `factor` times the one before.
#[must_use]
pub fn exponential_buckets(start: f64, factor: f64, count: usize) -> Vec<f64> {
    std::iter::successors(Some(start), |bound| Some(bound * factor)).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a binding does by itself.
    fn by_table(bounds: &Bounds, value: f64) -> usize {
        let BoundsTable { bounds, shift, lowest, table } = bounds.table();
        let bits = (value + 0.0).to_bits();
        let ordered = if bits >> 63 == 0 { bits | 1 << 63 } else { !bits };
        let place = (ordered >> shift).saturating_sub(lowest).min(table.len() as u64 - 1);
        let mut bucket = usize::from(table[place as usize]);
        while value > bounds[bucket] {
            bucket += 1;
        }
        bucket
    }

    fn naive(bounds: &[f64], value: f64) -> usize {
        bounds.iter().position(|bound| value <= *bound).unwrap_or(bounds.len())
    }

    #[test]
    fn the_usual_bounds() {
        let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        let table = Bounds::new(&bounds);
        let values = bounds.iter().flat_map(|b| [b.next_down(), *b, b.next_up()]);
        let extremes = [0.0, -0.0, -1.0, f64::MIN, f64::MAX, f64::INFINITY, f64::NEG_INFINITY];
        for value in values.chain(extremes).chain([f64::NAN, f64::MIN_POSITIVE, 5e-324]) {
            assert_eq!(table.bucket(value), naive(&bounds, value), "{value}");
        }
    }

    #[test]
    fn no_bounds() {
        assert_eq!(Bounds::new(&[]).bucket(1.0), 0);
        assert_eq!(by_table(&Bounds::new(&[]), 1.0), 0);
    }

    proptest! {
        #[test]
        fn as_a_search_finds_it(
            mut bounds in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO
                | prop::num::f64::SUBNORMAL, 0..300),
            values in prop::collection::vec(prop::num::f64::ANY, 100),
        ) {
            bounds.sort_by(f64::total_cmp);
            bounds.dedup();
            let table = Bounds::new(&bounds);
            for value in values.into_iter().chain(bounds.iter().copied()) {
                prop_assert_eq!(table.bucket(value), naive(&bounds, value));
                if !value.is_nan() {
                    prop_assert_eq!(by_table(&table, value), naive(&bounds, value));
                }
            }
        }
    }
}
