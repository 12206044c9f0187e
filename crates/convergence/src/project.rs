//! `Convergence.status`: an explanation cut to what fits into an object of the API server.

use api::Condition;
use api::condition::CONVERGED;
use api::convergence::{ConvergenceStatus, MAX_BLOCKERS, MAX_OBJECTS, ObjectReport};
use api::explain::{Explanation, ObjectExplanation, Verdict};

/// At most [`MAX_OBJECTS`] objects and [`MAX_BLOCKERS`] blockers, the most important first. `omitted` counts the
/// objects that are left out.
#[must_use]
pub fn project(explanation: &Explanation) -> ConvergenceStatus {
    let omitted = explanation.objects.len().saturating_sub(MAX_OBJECTS);
    ConvergenceStatus {
        target: Some(explanation.target.clone()),
        desired: explanation.desired.clone(),
        applied: explanation.applied.clone(),
        sync: Some(explanation.sync.clone()),
        health: Some(explanation.health.clone()),
        summary: Some(explanation.verdict.summary.clone()),
        counts: Some(explanation.counts.clone()),
        objects: explanation.objects.iter().take(MAX_OBJECTS).map(report).collect(),
        omitted: (omitted > 0).then(|| i64::try_from(omitted).unwrap_or(i64::MAX)),
        blockers: explanation.blockers.iter().take(MAX_BLOCKERS).cloned().collect(),
        last_result: explanation.last_result.clone(),
        conditions: vec![condition(&explanation.verdict)],
    }
}

fn report(object: &ObjectExplanation) -> ObjectReport {
    ObjectReport {
        id: object.id.clone(),
        sync: object.sync,
        health: object.health,
        reason: object.reason.clone(),
        message: object.message.clone(),
        since: object.since.clone(),
    }
}

fn condition(verdict: &Verdict) -> Condition {
    Condition {
        type_: CONVERGED.to_owned(),
        status: verdict.status.clone(),
        reason: verdict.reason.clone(),
        message: verdict.summary.clone(),
        observed_generation: Some(verdict.generation),
        last_transition_time: verdict.since.clone(),
    }
}

#[cfg(test)]
mod tests;
