//! What stands in the way for good, so that it makes no sense to wait for it: what is certain and has lasted, or a run
//! that its controller has given up. Pure.

use std::collections::HashMap;
use std::time::Duration;

use api::blocker::BlockerCode;
use api::condition::{self, READY, STALLED, TRUE};
use api::convergence::Blocker;
use api::kustomization::Kustomization;
use jiff::{SignedDuration, Timestamp};

#[cfg(test)]
mod tests;

/// For how long something stands in the way before it does so for good: an image that could not be pulled once, or a
/// quota that was full for a moment, is not the end.
const LASTED: SignedDuration = SignedDuration::from_secs(60);
/// For how long that has to be watched: what stood there before may be what was just mended.
const WATCHED: Duration = Duration::from_secs(10);

/// What stands in the way, and for how long it has been watched.
#[derive(Debug, Default)]
pub(super) struct Standing {
    known: HashMap<(BlockerCode, Option<String>), Duration>,
}

/// What the Kustomization itself says of what comes next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// Its controller has given up on it, as it is now.
    pub(super) is_stalled: bool,
    /// Something has not been tried yet: a newer revision, or the latest change of its spec.
    pub(super) is_due: bool,
    /// Its dependencies come back to one that waits: no time ends that.
    pub(super) is_in_circle: bool,
}

impl Run {
    /// Of a Kustomization whose source has this revision.
    pub(super) fn of(object: &Kustomization, desired: Option<&str>) -> Self {
        let generation = object.metadata.generation;
        let Some(status) = &object.status else { return Self { is_due: true, ..Self::default() } };
        let is_now = |type_: &str| {
            let found = condition::get(&status.conditions, type_);
            found.filter(|found| {
                found.observed_generation.is_none() || found.observed_generation == generation
            })
        };
        let has_seen = is_now(READY).is_some();
        let attempted = status.last_attempted_revision.as_deref();
        let is_newer = desired.is_some() && attempted.is_some() && desired != attempted;
        Self {
            is_stalled: is_now(STALLED).is_some_and(|stalled| stalled.status == TRUE),
            is_due: !has_seen || is_newer,
            is_in_circle: false,
        }
    }
}

impl Standing {
    /// Takes in what stands in the way now, `clock` after the waiting began; whether it does so for good.
    pub(super) fn is_for_good(
        &mut self,
        blockers: &[Blocker],
        run: Run,
        clock: Duration,
        now: Timestamp,
    ) -> bool {
        let before = std::mem::take(&mut self.known);
        let mut is_for_good = false;
        for blocker in blockers.iter().filter(|blocker| is_certain(blocker.code, run)) {
            let key = (blocker.code, blocker.object.clone());
            let since = before.get(&key).copied().unwrap_or(clock);
            let watched = clock.saturating_sub(since);
            let seconds = SignedDuration::try_from(watched).unwrap_or(SignedDuration::MAX);
            let lasted = now.duration_since(blocker.since.0).max(seconds);
            is_for_good |= !is_open(blocker.code, run) && watched >= WATCHED && lasted >= LASTED;
            self.known.insert(key, since);
        }
        run.is_stalled || is_for_good
    }
}

/// Whether what comes next may take it away. A circle keeps what is due from being tried.
const fn is_open(code: BlockerCode, run: Run) -> bool {
    run.is_due && !matches!(code, BlockerCode::DependencyNotReady)
}

/// Whether time alone does not take it away, as far as can be told.
const fn is_certain(code: BlockerCode, run: Run) -> bool {
    match code {
        BlockerCode::DependencyNotReady => run.is_in_circle,
        // What is fetched, started or answered later goes by itself.
        BlockerCode::SourceNotReady
        | BlockerCode::ArtifactMissing
        | BlockerCode::GateClosed
        | BlockerCode::OverrideActive
        | BlockerCode::TargetUnreachable
        | BlockerCode::NamespaceTerminating
        | BlockerCode::WebhookUnavailable
        | BlockerCode::HealthTimeout
        | BlockerCode::StaleStatus
        | BlockerCode::ReconciliationFailed
        | BlockerCode::NotObserved
        | BlockerCode::FinalizerStuck
        | BlockerCode::Unknown => false,
        _ => true,
    }
}
