//! Delays: exponential per object, and jitter.
//!
//! When to back off is the machine's decision.

use std::time::{Duration, Instant};

use rand::Rng as _;

/// Doubling delays between two bounds (`--min-retry-delay`, `--max-retry-delay`). Keep one per object, in its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    min: Duration,
    max: Duration,
    failures: u32,
    until: Option<Instant>,
}

impl Backoff {
    /// Nothing has failed yet.
    pub const fn new(min: Duration, max: Duration) -> Self {
        Self { min, max, failures: 0, until: None }
    }

    /// Counts a failure and says how long to wait. A failure within the window of the one before (a run that an
    /// event started early) does not count again: otherwise a burst of events would lead straight to the longest
    /// delay.
    pub fn next(&mut self, now: Instant) -> Duration {
        if let Some(until) = self.until
            && now < until
        {
            return until.duration_since(now);
        }
        let delay = self.peek();
        self.failures = self.failures.saturating_add(1);
        self.until = Some(now + delay);
        delay
    }

    /// The delay that the next failure would get.
    pub fn peek(&self) -> Duration {
        let factor = 1_u32.checked_shl(self.failures.min(31)).unwrap_or(u32::MAX);
        self.min.saturating_mul(factor).min(self.max)
    }

    /// It worked.
    pub const fn reset(&mut self) {
        self.failures = 0;
        self.until = None;
    }

    /// How many failures in a row were counted.
    pub const fn failures(&self) -> u32 {
        self.failures
    }
}

/// `interval` moved by up to `percent` either way (`--interval-jitter-percentage`).
pub fn jitter(interval: Duration, percent: u8) -> Duration {
    let spread = f64::from(percent.min(99)) / 100.0;
    if spread == 0.0 || interval.is_zero() {
        return interval;
    }
    interval.mul_f64(1.0 + rand::rng().random_range(-spread..=spread))
}
