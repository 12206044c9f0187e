//! What to do about a lease, decided from what was seen and when. No requests, no clock.

use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::Lease;

/// What of a Lease counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Empty when it was released.
    pub holder: String,
    /// As its holder set it.
    pub duration: Duration,
    /// Changes with every renewal; never compared with a clock.
    pub renewed: Option<jiff::Timestamp>,
    /// How often it changed hands.
    pub transitions: i32,
}

impl Record {
    /// Reads a Lease; absent fields count as released.
    pub fn of(lease: &Lease) -> Self {
        let spec = lease.spec.as_ref();
        let seconds = spec.and_then(|spec| spec.lease_duration_seconds).unwrap_or(0);
        Self {
            holder: spec.and_then(|spec| spec.holder_identity.clone()).unwrap_or_default(),
            duration: Duration::from_secs(u64::try_from(seconds).unwrap_or(0)),
            renewed: spec.and_then(|spec| spec.renew_time.as_ref()).map(|time| time.0),
            transitions: spec.and_then(|spec| spec.lease_transitions).unwrap_or(0),
        }
    }
}

/// A record, and when this process first saw it as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// What was seen.
    pub record: Record,
    /// On this process's clock.
    pub at: Instant,
}

impl Observed {
    /// What is known after `record` was read at `now`: the time stands as long as nothing changed, for it is what the
    /// holder's expiry is counted from.
    #[must_use]
    pub fn next(before: Option<Self>, record: Record, now: Instant) -> Self {
        match before {
            Some(before) if before.record == record => before,
            _ => Self { record, at: now },
        }
    }
}

/// The next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// There is none: create it.
    Create,
    /// It is nobody's, or its holder has not renewed it for as long as it promised to.
    Acquire {
        /// The number to write.
        transitions: i32,
    },
    /// It is ours.
    Renew,
    /// It is somebody else's.
    Wait,
    /// It was ours and is not any more, whoever has it now: another may have led since, and may lead.
    Lost,
}

/// Pure. `me` is this process's identity; `leads`: it has held the lease.
pub fn decide(observed: Option<&Observed>, now: Instant, me: &str, leads: bool) -> Decision {
    let Some(Observed { record, at }) = observed else { return Decision::Create };
    if record.holder == me {
        return Decision::Renew;
    }
    if leads {
        return Decision::Lost;
    }
    let expired = now.saturating_duration_since(*at) >= record.duration;
    if record.holder.is_empty() || expired {
        return Decision::Acquire { transitions: record.transitions.saturating_add(1) };
    }
    Decision::Wait
}

/// For how long after a renewal was sent its holder may write: the renew deadline without a tenth of it, which is what a
/// write may take from the last look at the clock to the API server. Others wait longer than the renew deadline.
#[must_use]
pub fn validity(renew_deadline: Duration) -> Duration {
    renew_deadline.saturating_sub(renew_deadline / 10)
}

#[cfg(test)]
mod tests;
