//! Why a Convergence could not be written, and when to try again. Decisions only.

use std::time::{Duration, Instant};

use cluster::Class;
use reconcile_core::Backoff;

/// Shortest and longest pause after writes that were refused in a row.
const PAUSES: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(300));
/// What somebody else wrote is known a moment later.
const OVERTAKEN: Duration = Duration::from_secs(2);

/// What a failed write means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The Convergence is not what was looked at: somebody else has written or deleted it. The watch will bring what
    /// it is now; nobody is at fault.
    Overtaken,
    /// The API server does not take it, or does not answer.
    Refused,
}

impl Fault {
    /// By the class of the API server's answer.
    pub(crate) const fn of(class: Class) -> Self {
        match class {
            Class::Conflict | Class::NotFound => Self::Overtaken,
            _ => Self::Refused,
        }
    }

    /// When to assess again. `recheck`: when time alone would make it necessary.
    pub(crate) fn retry(self, recheck: Option<Duration>, refusals: &mut Backoff, now: Instant) -> Duration {
        match self {
            Self::Overtaken => OVERTAKEN,
            Self::Refused => {
                let pause = refusals.next(now);
                recheck.map_or(pause, |recheck| recheck.min(pause))
            }
        }
    }
}

/// Nothing has been refused yet.
pub(crate) const fn refusals() -> Backoff {
    Backoff::new(PAUSES.0, PAUSES.1)
}

#[cfg(test)]
mod tests;
