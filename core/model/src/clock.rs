//! Time comes in from outside, so that tests can set it and `wasm32` needs no `std::time`.

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
