//! Whether what is planned may be done now. Pure: the place between plan and execution that every write of a run and of a
//! heal passes. What only puts drift back may not be done in mode `Report`; nothing else is forbidden yet.

use super::change_plan::ChangePlan;
use api::drift_report::DriftMode;
use jiff::Timestamp;
use manifest::ObjectId;
use std::collections::BTreeSet;

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Permit {
    /// Go on.
    Granted,
    /// Go on with everything but these, which stay as they are.
    Withheld(BTreeSet<ObjectId>),
}

/// Decides about a plan at a moment.
pub(crate) fn permit(plan: &ChangePlan, mode: DriftMode, _now: Timestamp) -> Permit {
    if mode == DriftMode::Heal {
        return Permit::Granted;
    }
    let drifted = plan.changes.iter().filter(|change| change.drift.is_some() && !change.is_idle());
    let withheld: BTreeSet<ObjectId> = drifted.map(|change| change.id.clone()).collect();
    if withheld.is_empty() { Permit::Granted } else { Permit::Withheld(withheld) }
}

#[cfg(test)]
mod tests;
