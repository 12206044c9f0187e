//! One object, judged: what is said of it.

use std::time::Duration;

use api::convergence::{HealthState, SyncState};
use api::health_rule::Weight;
use jiff::Timestamp;
use manifest::ObjectId;

use crate::blockers::Draft;
use crate::visibility::Hidden;

/// One object, judged.
pub(super) struct Judged {
    pub(super) id: ObjectId,
    pub(super) sync: SyncState,
    pub(super) health: HealthState,
    /// What its health counts for.
    pub(super) weight: Weight,
    pub(super) reason: String,
    pub(super) message: String,
    pub(super) evidence: Vec<String>,
    pub(super) hint: Option<String>,
    pub(super) since: Timestamp,
    pub(super) blocker: Option<Draft>,
    /// Why it was not looked at.
    pub(super) hidden: Option<Hidden>,
    /// After this time it is judged differently.
    pub(super) recheck: Option<Duration>,
}

impl Judged {
    pub(super) fn unseen(id: &ObjectId, now: Timestamp) -> Self {
        Self {
            id: id.clone(),
            sync: SyncState::NotObserved,
            health: HealthState::NotObserved,
            weight: Weight::Gate,
            reason: String::new(),
            message: String::new(),
            evidence: Vec::new(),
            hint: None,
            since: now,
            blocker: None,
            hidden: None,
            recheck: None,
        }
    }

    /// It is to be looked at again after this time, if not before.
    pub(super) fn again(&mut self, after: Duration) {
        self.recheck = Some(self.recheck.map_or(after, |other| other.min(after)));
    }

    /// Attention that it needs; lower comes first.
    pub(super) fn rank(&self) -> u8 {
        let rank = match (self.health, self.sync) {
            (HealthState::Degraded, _) => 0,
            (HealthState::Missing, _) => 1,
            (HealthState::Unknown, _) => 2,
            (HealthState::Progressing | HealthState::Terminating, _) => 3,
            (_, SyncState::Drifted) => 4,
            (HealthState::NotObserved, _) => 6,
            (HealthState::Healthy | HealthState::Suspended, SyncState::Applied) => 7,
            (HealthState::Healthy | HealthState::Suspended, _) => 5,
        };
        // What the whole does not depend on is shown after what it does.
        if rank < 4 && !self.gates() && self.sync != SyncState::Missing { 5 } else { rank }
    }

    /// Whether the whole is no better than it.
    pub(super) fn gates(&self) -> bool {
        self.weight == Weight::Gate
    }
}
