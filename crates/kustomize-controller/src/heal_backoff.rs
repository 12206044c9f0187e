//! The brake on heals of one object (decisions 1.3): a small budget, then growing delays. Pure.
//!
//! It only counts and delays; who hears of it, and when the heal happens, is the caller's.

use reconcile_core::Backoff;
use std::time::{Duration, Instant};

/// Heals that are let through at once within [`WINDOW`].
pub(crate) const BUDGET: u32 = 5;
/// The time over which the budget counts.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// The first delay.
const SHORTEST: Duration = Duration::from_secs(10);
/// Delays that grow; from this one on they stay as they are.
const MOST_DOUBLED: u32 = 12;

/// One object's heals in the recent past.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HealBackoff {
    window_start: Option<Instant>,
    in_window: u32,
    delays: u32,
    not_before: Option<Instant>,
}

/// Whether a heal may go now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HealDecision {
    /// Go.
    Now,
    /// Wait this long; `first` when the brake has just begun to act, for the one warning.
    After {
        /// From now.
        delay: Duration,
        /// The brake has just begun to act.
        first: bool,
    },
}

impl HealBackoff {
    /// Asks for a heal at `now`. `ceiling` is the Kustomization's interval.
    pub(crate) fn ask(&mut self, now: Instant, ceiling: Duration) -> HealDecision {
        if let Some(until) = self.not_before {
            if now < until {
                return HealDecision::After { delay: until - now, first: false };
            }
            // The delay is over: this heal goes, the next is judged again. A quiet window forgets.
            self.not_before = None;
            let quiet = self
                .window_start
                .is_none_or(|start| now.duration_since(start) > WINDOW + self.delay(ceiling));
            if quiet {
                *self = Self::default();
            }
            self.window_start = Some(now);
            self.in_window = BUDGET;
            return HealDecision::Now;
        }
        if self.window_start.is_none_or(|start| now.duration_since(start) >= WINDOW) {
            self.window_start = Some(now);
            self.in_window = 0;
            self.delays = 0;
        }
        if self.in_window < BUDGET {
            self.in_window += 1;
            return HealDecision::Now;
        }
        let first = self.delays == 0;
        self.delays = self.delays.saturating_add(1);
        let delay = self.delay(ceiling);
        self.not_before = Some(now + delay);
        HealDecision::After { delay, first }
    }

    fn delay(&self, ceiling: Duration) -> Duration {
        Backoff::delay(SHORTEST, ceiling.max(SHORTEST), self.delays.min(MOST_DOUBLED).saturating_sub(1))
    }
}

#[cfg(test)]
mod tests;
