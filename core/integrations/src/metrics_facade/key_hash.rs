//! Keys carry their hash.

use std::hash::{BuildHasherDefault, Hasher};

/// Takes the hash that a [`metrics::Key`] writes as it is.
#[derive(Debug, Default)]
pub(super) struct KeyHasher(u64);

pub(super) type BuildKeyHasher = BuildHasherDefault<KeyHasher>;

impl Hasher for KeyHasher {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    /// Keys do not call it; the result is still a hash if they ever do.
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8).wrapping_mul(0x0100_0000_01b3) ^ u64::from(*byte);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
