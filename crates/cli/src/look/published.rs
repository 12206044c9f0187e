//! What health-controller has published of a Kustomization, where it is about the Kustomization as it is.

use api::condition::{self, READY, UNKNOWN};
use api::convergence::ConvergenceStatus;
use api::explain::Explanation;
use api::kustomization::Kustomization;
use convergence::published_answer;

#[cfg(test)]
mod tests;

/// The answer, without objects; none if it is about an earlier generation, an earlier revision or an earlier run, and
/// none of objects in another cluster, into which health-controller does not look.
pub(crate) fn current_answer(object: &Kustomization, published: &ConvergenceStatus) -> Option<Explanation> {
    let answer = published_answer(published)?;
    is_current(object, &answer).then_some(answer)
}

fn is_current(object: &Kustomization, answer: &Explanation) -> bool {
    let generation = object.metadata.generation.unwrap_or_default();
    let status = object.status.as_ref();
    let applied = status.and_then(|status| status.last_applied_revision.as_deref());
    let ready = status.and_then(|status| condition::get(&status.conditions, READY));
    // During a run what the last one said stands.
    let ready = ready.filter(|ready| ready.status != UNKNOWN);
    let is_last =
        ready.is_none_or(|ready| answer.last_result.as_ref().is_some_and(|last| last.reason == ready.reason));
    let known = answer.applied.as_ref().map(|applied| applied.revision.as_str());
    let is_here = object.spec.kube_config.is_none();
    is_here && answer.verdict.generation == generation && known == applied && is_last
}
