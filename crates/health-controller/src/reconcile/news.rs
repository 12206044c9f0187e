//! Whether a status that was written says something else than the one before, which is worth a line in the log.

use api::convergence::ConvergenceStatus;
use convergence::{published_answer, transitions};

/// True for a first answer, when all is well or ceases to be, when a blocker appears or goes, and when the answer has
/// another reason or another health. Not when only details do: an object beside others, a sentence, a time.
pub(super) fn is_news(old: Option<&ConvergenceStatus>, new: &ConvergenceStatus) -> bool {
    let (Some(old), Some(new)) = (old.and_then(published_answer), published_answer(new)) else { return true };
    let answer = |of: &api::explain::Explanation| {
        (of.verdict.status.clone(), of.verdict.reason.clone(), of.health.state)
    };
    answer(&old) != answer(&new) || !transitions(&old, &new).is_empty()
}

#[cfg(test)]
mod tests;
