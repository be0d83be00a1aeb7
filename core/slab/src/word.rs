//! What the word of an additive cell says: a number, or a whole number.
//!
//! A cell starts as zero. The word of a *number* is an f64. The word of a *count* is a whole number
//! below 2^50 in the low bits of a NaN that no arithmetic makes, as long as only whole numbers were
//! added, and an f64 from then on. Whoever reads takes either; both say the same value to the last bit.
//!
//! The reason is speed: an addition to an f64 in memory waits some ten cycles for the one before it, one
//! to an integer half of that, and none at all on processors that rename memory (ADR 0024).

/// The highest 14 bits of a whole number's word: a quiet NaN, whose payload begins with a one.
const WHOLE: u64 = 0x7FFC << 48;
/// Whole numbers are below that.
const LIMIT: u64 = 1 << 50;
/// Doubles from here on to twice that are whole numbers, of which the low bits are the number.
const TWO_52: f64 = (1_u64 << 52) as f64;

/// Whether the word is a whole number's: no positive integer is larger.
#[inline]
const fn is_whole(word: u64) -> bool {
    word as i64 >= WHOLE as i64
}

/// What the word says.
#[inline]
pub(crate) const fn value(word: u64) -> f64 {
    if is_whole(word) {
        f64::from_bits(word & (LIMIT - 1) | TWO_52.to_bits()) - TWO_52
    } else {
        f64::from_bits(word)
    }
}

/// The word of a number that is the sum of what the word of a number said and `amount`.
#[inline]
pub(crate) fn plus_number(word: u64, amount: f64) -> u64 {
    // Among the NaNs that a caller may have, some look like whole numbers.
    let amount = if amount.is_nan() { f64::NAN } else { amount };
    (f64::from_bits(word) + amount).to_bits()
}

/// The word of a count after one more, if it is whole before and after.
#[inline]
pub(crate) const fn next_whole(word: u64) -> Option<u64> {
    let next = word.wrapping_add(1);
    // No other word comes just before a whole number's.
    if is_whole(next) { Some(next) } else { None }
}

/// The word of a count after one more.
#[inline]
pub(crate) fn plus_one(word: u64) -> u64 {
    next_whole(word).unwrap_or_else(|| plus_one_not_whole(word))
}

/// Out of line: callers whose whole work is one update would save registers for it.
#[cold]
#[inline(never)]
fn plus_one_not_whole(word: u64) -> u64 {
    plus_count(word, 1.0)
}

/// The word of a count after `amount` more, a number from 0 up.
#[inline]
pub(crate) fn plus_count(word: u64, amount: f64) -> u64 {
    let seen = if word == 0 { WHOLE } else { word };
    if is_whole(seen) && amount < LIMIT as f64 {
        let shifted = amount + TWO_52;
        let sum = seen + (shifted.to_bits() - TWO_52.to_bits());
        if shifted - TWO_52 == amount && is_whole(sum) {
            return sum;
        }
    }
    (value(seen) + amount).to_bits()
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;

    /// Adds all of it up as a count, and as the f64 that a count must be equal to.
    fn check(amounts: &[f64]) {
        let (mut word, mut oracle) = (0, 0.0);
        for amount in amounts {
            word = if *amount == 1.0 { plus_one(word) } else { plus_count(word, *amount) };
            oracle += amount;
            assert_eq!(value(word), oracle, "{amounts:?}");
        }
    }

    #[test]
    fn a_count_says_what_an_f64_would() {
        let top = (LIMIT - 1) as f64;
        check(&[1.0, 1.0, 5.0, 0.0, 1e9, 1.0]);
        check(&[0.5, 1.0, 1.0]);
        check(&[1.0, 0.1, 0.2, 1.0]);
        check(&[top, 1.0, 1.0]);
        check(&[1.0, top, top, 1.0]);
        check(&[1.0, 2.0 * top, 1e300, f64::INFINITY, 1.0]);
        check(&[-0.0, 1.0, f64::from_bits(1), 1.0]);
        check(&[f64::from_bits(1), f64::from_bits(1)]);
    }

    #[test]
    fn whole_numbers_stay_whole() {
        let word = (0..1000).fold(0, |word, _| plus_one(word));
        assert_eq!(word, WHOLE + 1000);
        assert_eq!(plus_count(word, 24.0), WHOLE + 1024);
        assert!(!is_whole(plus_count(word, 0.5)));
    }

    #[test]
    fn no_number_looks_like_a_whole_one() {
        let infinity = f64::INFINITY;
        for number in [0.0, -0.0, 1.0, -1.0, f64::MAX, infinity, -infinity, f64::NAN, -f64::NAN] {
            assert!(!is_whole(number.to_bits()));
        }
        assert!(!is_whole(plus_number(infinity.to_bits(), -infinity)));
        assert!(!is_whole(plus_number(0, f64::from_bits(WHOLE + 7))));
    }
}
