//! The hash that is part of the layout.

use rapidhash::v3::{RapidSecrets, rapidhash_v3_seeded};

/// The hash of some bytes, the same in all processes whatever they were built with: rapidhash v3, seeded as its code in
/// C++ does it.
#[inline]
#[must_use]
pub fn hash(bytes: &[u8], seed: u64) -> u64 {
    rapidhash_v3_seeded(bytes, &RapidSecrets::seed_cpp(seed))
}
