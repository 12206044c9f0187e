//! Delays: the one exponential backoff, and the two kinds of jitter.
//!
//! Pure but for the jitter's random number. When to back off is the caller's decision, and so is the waiting.

use std::time::{Duration, Instant};

use rand::Rng as _;

#[cfg(test)]
mod tests;

/// Doubling delays between two bounds (`--min-retry-delay`, `--max-retry-delay`).
///
/// There are two ways to use it:
///
/// - Where time passes between failures that others may cause too, keep one `Backoff` per object in its state: call
///   [`next`](Self::next) on each failure and [`reset`](Self::reset) on each success.
/// - Where failures are counted elsewhere (a report, a loop that sleeps), ask [`Backoff::delay`] with that count.
///
/// Neither adds jitter: pass the answer through [`jitter`] or [`lengthen`] where many clients may fail at once.
///
/// # Guarantees
/// - A delay is never shorter than `min` and never longer than `max`, unless `max` is below `min`: then it is `max`.
/// - No number of failures overflows.
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

    /// The delay after a failure that `earlier` failures in a row came before: `min` after the first (`earlier` is
    /// 0), twice that after the second, and so on up to `max`.
    pub fn delay(min: Duration, max: Duration, earlier: u32) -> Duration {
        let factor = 1_u32.checked_shl(earlier).unwrap_or(u32::MAX);
        min.saturating_mul(factor).min(max)
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
        // A time that no clock can show is never reached, and then the next failure counts at once.
        self.until = now.checked_add(delay);
        delay
    }

    /// The delay that the next failure would get.
    pub fn peek(&self) -> Duration {
        Self::delay(self.min, self.max, self.failures)
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
    scale(interval, 1.0 + rand::rng().random_range(-spread..=spread))
}

/// `delay` made longer by up to `percent`, never shorter: client-go's jitter of retries.
pub fn lengthen(delay: Duration, percent: u8) -> Duration {
    scale(delay, 1.0 + f64::from(percent) / 100.0 * rand::random::<f64>())
}

/// `mul_f64` panics where the product is too long.
fn scale(delay: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(delay.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}
