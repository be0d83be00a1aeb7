//! Time comes in from outside, so that tests can set it and `wasm32` needs no `std::time`.

use std::sync::atomic::{AtomicU64, Ordering};

/// A source of time.
pub trait Clock: Send + Sync {
    /// Seconds since the Unix epoch.
    fn unix_seconds(&self) -> f64;
    /// Seconds since some fixed instant; never goes back.
    fn monotonic_seconds(&self) -> f64;
}

/// The operating system's clocks.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug)]
pub struct SystemClock {
    start: std::time::Instant,
}

#[cfg(not(target_arch = "wasm32"))]
impl Default for SystemClock {
    fn default() -> Self {
        Self { start: std::time::Instant::now() }
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Clock for SystemClock {
    fn unix_seconds(&self) -> f64 {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0.0, |since| since.as_secs_f64())
    }

    fn monotonic_seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}

/// A clock that shows what a test sets. Both kinds of time are the same.
#[derive(Debug)]
pub struct ManualClock {
    /// As f64.
    seconds: AtomicU64,
}

impl ManualClock {
    /// A clock that shows this time, in seconds.
    #[must_use]
    pub fn new(seconds: f64) -> Self {
        Self { seconds: AtomicU64::new(seconds.to_bits()) }
    }

    /// Sets the time, also back.
    pub fn set(&self, seconds: f64) {
        self.seconds.store(seconds.to_bits(), Ordering::Release);
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: f64) {
        let later = |bits| Some((f64::from_bits(bits) + seconds).to_bits());
        // The function never refuses.
        let _before = self.seconds.fetch_update(Ordering::AcqRel, Ordering::Acquire, later);
    }
}

impl Clock for ManualClock {
    fn unix_seconds(&self) -> f64 {
        f64::from_bits(self.seconds.load(Ordering::Acquire))
    }

    fn monotonic_seconds(&self) -> f64 {
        self.unix_seconds()
    }
}
