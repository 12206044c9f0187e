//! When one Kustomization's report is written: as soon as there is news, but not more than once a second, and not at all
//! for a while after the API server refused it.

use std::time::{Duration, Instant};

/// Between two writes of one report; what is found meanwhile goes into the next.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause after trouble.
const LONGEST: Duration = Duration::from_secs(60);
/// After a refusal it is tried again although discovery did not change: rights may have.
const REFUSED: Duration = Duration::from_secs(600);
/// For so long nobody else must have touched the report before it is put right at once again.
const CALM: Duration = Duration::from_secs(600);
/// How often it is looked whether discovery has changed.
const LOOK: Duration = Duration::from_secs(10);

/// Why a write came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It may work in a moment.
    Passing,
    /// The kind is not served, or may not be written.
    Standing,
}

/// When one report was written, and with what success.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Due {
    last: Option<Instant>,
    failures: u32,
    /// The number of discovery's renewals at which it was refused.
    refused: Option<u64>,
    /// How often somebody else touched it of late, and when last.
    disturbed: Option<(u32, Instant)>,
}

impl Due {
    /// From when on it may be written, given how often discovery has been renewed.
    pub(super) fn from(&self, now: Instant, renewals: u64) -> Instant {
        let Some(last) = self.last else { return now };
        match self.refused {
            Some(at) if at == renewals => last + REFUSED,
            Some(_) => now,
            None => {
                let doublings = self.failures.max(self.disturbances(now));
                last + LONGEST.min(PAUSE.saturating_mul(2_u32.saturating_pow(doublings)))
            }
        }
    }

    /// Somebody else has changed or deleted it. Two that write the same report must not do so once a second.
    pub(super) fn disturb(&mut self, now: Instant) {
        self.disturbed = Some((self.disturbances(now).saturating_add(1), now));
    }

    /// What refused it may not any more.
    pub(super) const fn retry(&mut self) -> bool {
        self.refused.take().is_some()
    }

    fn disturbances(&self, now: Instant) -> u32 {
        let recent = |at: Instant| now.saturating_duration_since(at) < CALM;
        self.disturbed.filter(|(_, at)| recent(*at)).map_or(0, |(times, _)| times)
    }

    /// When to look again whether it may be.
    pub(super) fn look(&self, now: Instant, renewals: u64) -> Instant {
        let from = self.from(now, renewals);
        if self.refused.is_some() { from.min(now + LOOK) } else { from }
    }

    /// Whether it was never tried.
    pub(super) const fn is_untried(&self) -> bool {
        self.last.is_none()
    }

    /// Whether it was not tried, or so long ago that nothing follows from it.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.last.is_none_or(|last| now.saturating_duration_since(last) >= PAUSE) && self.refused.is_none()
    }

    /// It was tried.
    pub(super) const fn tried(&mut self, now: Instant, refusal: Option<Refusal>, renewals: u64) {
        self.last = Some(now);
        match refusal {
            None => (self.failures, self.refused) = (0, None),
            Some(Refusal::Passing) => (self.failures, self.refused) = (self.failures.saturating_add(1), None),
            Some(Refusal::Standing) => (self.failures, self.refused) = (0, Some(renewals)),
        }
    }
}

#[cfg(test)]
mod tests;
