//! What is remembered of one Kustomization between two explanations, as a value that is passed in and comes out. It is rebuilt from the published status after a
//! restart, so that `since` stays (decisions 6.2). Pure.

use std::collections::BTreeMap;

use api::convergence::{Blocker, ConvergenceStatus, HealthState, SyncState};
use api::kustomization::KustomizationStatus;
use health::State;
use health::track::Track;
use jiff::Timestamp;
use manifest::ObjectId;

use crate::inventory_mark::Baseline;

/// Reason of a Job that is well and will be removed some time after it has finished.
pub(crate) const FINISHED: &str = "Finished";
/// Reason of a Job that has been removed after it had finished.
pub(crate) const FINISHED_AND_REMOVED: &str = "FinishedAndRemoved";

/// Reason of an object whose kind the API server does not know.
pub(crate) const KIND_UNKNOWN: &str = "KindUnknown";

/// One object.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    pub(crate) sync: SyncState,
    pub(crate) health: HealthState,
    pub(crate) since: Timestamp,
    /// What it looked like after it was last applied; `None` until it is seen.
    pub(crate) baseline: Option<Baseline>,
    /// A Job that has finished and is removed later.
    pub(crate) finished: bool,
    /// What it was, for what is shown of it.
    pub(crate) track: Track,
    /// It has been seen with this Kustomization's labels, so that to speak of its absence gives nothing away.
    pub(crate) owned: bool,
}

/// Tells one successful run from the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) revision: Option<String>,
    pub(crate) generation: i64,
    pub(crate) since: Timestamp,
    /// The last run, where the history tells.
    pub(crate) run: Option<RunMark>,
}

/// Tells one run from the next by its result's digest and how often that was given: times have whole seconds, and two
/// runs may end in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunMark {
    digest: String,
    status: String,
    total: i64,
    last: Timestamp,
}

/// The last run of a Kustomization, where its history tells.
#[must_use]
pub fn last_run(status: &KustomizationStatus) -> Option<RunMark> {
    status.history.first().map(|run| RunMark {
        digest: run.digest.clone(),
        status: run.last_reconciled_status.clone(),
        total: run.total_reconciliations,
        last: run.last_reconciled.0,
    })
}

/// One Kustomization.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    pub(crate) objects: BTreeMap<ObjectId, Remembered>,
    /// The status as it stands in the cluster: since when what it says is so.
    pub published: Option<ConvergenceStatus>,
    /// The last explanation's blockers that a status has no room for.
    pub(crate) unlisted: Vec<Blocker>,
    /// Since when a change waits to be taken up.
    pub(crate) pending_since: Option<Timestamp>,
    /// The successful run whose result the baselines are.
    pub(crate) marker: Option<Marker>,
}

impl Memory {
    /// Whether an object has been seen with this Kustomization's labels, so that to speak of it gives nothing away.
    #[must_use]
    pub fn has_owned(&self, id: &ObjectId) -> bool {
        self.objects.get(id).is_some_and(|known| known.owned)
    }

    /// After a restart.
    #[must_use]
    pub fn restored(published: Option<ConvergenceStatus>) -> Self {
        let objects = published
            .iter()
            .flat_map(|status| &status.objects)
            .filter_map(|report| {
                let id = ObjectId::from_inventory(&report.id).ok()?;
                let finished = matches!(report.reason.as_deref(), Some(FINISHED | FINISHED_AND_REMOVED));
                // Something was said of it that is said of nothing else.
                let owned = report.health != HealthState::NotObserved
                    && report.reason.as_deref() != Some(KIND_UNKNOWN);
                let remembered = Remembered {
                    sync: report.sync,
                    health: report.health,
                    since: report.since.0,
                    baseline: None,
                    finished,
                    track: track(report.health, report.since.0),
                    owned,
                };
                Some((id, remembered))
            })
            .collect();
        let pending = published.as_ref().and_then(|status| status.sync.as_ref());
        let pending_since =
            pending.filter(|sync| sync.state == SyncState::RevisionPending).map(|sync| sync.since.0);
        Self { objects, published, pending_since, ..Self::default() }
    }
}

/// What is remembered of an object whose state was published.
fn track(health: HealthState, since: Timestamp) -> Track {
    let state = match health {
        HealthState::Healthy => State::Healthy,
        HealthState::Progressing => State::Progressing,
        HealthState::Suspended => State::Suspended,
        HealthState::Terminating => State::Terminating,
        HealthState::Degraded => State::Degraded,
        HealthState::Missing => State::Missing,
        HealthState::Unknown => State::Unknown,
        HealthState::NotObserved => return Track::default(),
    };
    Track::restored(state, since)
}

#[cfg(test)]
mod tests;
