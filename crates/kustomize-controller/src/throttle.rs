//! Kustomizations whose build cost too much: the same input is not built again at once, but after growing delays.
//!
//! It says when, and in which words; what a build may cost, and what is an excess, is `reconcile::builder`'s. In memory
//! only: another process tries once more.

use crate::fault::{Fault, FaultKind};
use api::kustomization::Kustomization;
use api::labels;
use jiff::Timestamp;
use parking_lot::Mutex;
use reconcile_core::{Backoff, ObjectKey};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The shortest delay, whatever the interval is.
const SHORTEST: Duration = Duration::from_secs(60);
/// Where the delay stops growing, unless the interval itself is longer.
const LONGEST: Duration = Duration::from_secs(3600);

/// What a build is made from, and who asked for it: anything else is tried at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    artifact: String,
    uid: Option<String>,
    generation: Option<i64>,
    requested: Option<String>,
}

impl Attempt {
    /// At an artifact of this digest.
    pub(crate) fn of(object: &Kustomization, artifact: &str) -> Self {
        let annotations = object.metadata.annotations.as_ref();
        Self {
            artifact: artifact.to_owned(),
            uid: object.metadata.uid.clone(),
            generation: object.metadata.generation,
            requested: annotations.and_then(|all| all.get(labels::REQUESTED_AT)).cloned(),
        }
    }
}

/// What is known of the last excess.
#[derive(Clone, Debug)]
struct Excess {
    attempt: Attempt,
    /// Excesses of this attempt in a row.
    count: u32,
    until: Instant,
    message: String,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Throttles {
    by_key: Mutex<HashMap<ObjectKey, Excess>>,
}

/// The moment, on both clocks: delays are measured on one, people read the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) instant: Instant,
    pub(crate) shown: Timestamp,
}

impl Moment {
    /// Now.
    pub(crate) fn now() -> Self {
        Self { instant: Instant::now(), shown: Timestamp::now() }
    }
}

impl Throttles {
    /// How an attempt ends that comes too early; `None` when it may be made.
    pub(crate) fn check(&self, key: &ObjectKey, attempt: &Attempt, now: Instant) -> Option<Fault> {
        let by_key = self.by_key.lock();
        let excess = by_key.get(key).filter(|excess| excess.attempt == *attempt && now < excess.until)?;
        let left = excess.until.saturating_duration_since(now);
        Some(Fault::new(FaultKind::Throttled, excess.message.clone()).after(left))
    }

    /// An attempt cost too much: what is said of it, and when the next one may be made.
    pub(crate) fn exceeded(
        &self,
        key: &ObjectKey,
        attempt: Attempt,
        interval: Duration,
        why: &str,
        now: Moment,
    ) -> Fault {
        let mut by_key = self.by_key.lock();
        let earlier = by_key.get(key).filter(|excess| excess.attempt == attempt).map_or(0, |e| e.count);
        let least = interval.max(SHORTEST);
        let delay = Backoff::delay(least, LONGEST.max(least), earlier);
        let message = message(why, delay, now.shown);
        // A moment that no clock can show is never reached, and an hour is as good.
        let until = now.instant.checked_add(delay).unwrap_or(now.instant + LONGEST);
        let count = earlier.saturating_add(1);
        by_key.insert(key.clone(), Excess { attempt, count, until, message: message.clone() });
        Fault::new(FaultKind::BuildExceeded, message).after(delay)
    }

    /// A build was done within its limits, or the Kustomization is gone.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        self.by_key.lock().remove(key);
    }
}

fn message(why: &str, delay: Duration, now: Timestamp) -> String {
    let next = jiff::SignedDuration::try_from(delay).ok().and_then(|delay| now.checked_add(delay).ok());
    let next = next.map(|next| format!(" before {}", api::duration::whole_seconds(next)));
    format!(
        "{why}; the same input is not built again{}, unless artifact or spec change or a reconciliation is requested",
        next.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests;
