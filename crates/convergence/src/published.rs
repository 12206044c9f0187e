//! A published status read back as an explanation, so that it can be compared with the next one. What a status has no
//! room for is not in it; `project` is the way there.

use api::condition::{self, CONVERGED};
use api::convergence::ConvergenceStatus;
use api::explain::{Explanation, VERSION, Verdict};

/// The answer that a status gives, with its blockers. Without objects: a status lists only some, and which ones changes
/// with the others. `None` where the status is not one of ours, or none yet.
#[must_use]
pub fn published_answer(status: &ConvergenceStatus) -> Option<Explanation> {
    let converged = condition::get(&status.conditions, CONVERGED)?;
    Some(Explanation {
        version: VERSION,
        target: status.target.clone()?,
        verdict: Verdict {
            status: converged.status.clone(),
            reason: converged.reason.clone(),
            summary: status.summary.clone().unwrap_or_default(),
            generation: converged.observed_generation.unwrap_or_default(),
            since: converged.last_transition_time.clone(),
        },
        desired: status.desired.clone(),
        applied: status.applied.clone(),
        sync: status.sync.clone()?,
        health: status.health.clone()?,
        counts: status.counts.clone()?,
        objects: Vec::new(),
        blockers: status.blockers.clone(),
        last_result: status.last_result.clone(),
    })
}

#[cfg(test)]
mod tests;
