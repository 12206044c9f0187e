//! Rules for every kind: deletion, generations, the standard conditions, and Ready. Kinds with rules of their own are
//! judged between [`first`] and [`ready`].

use serde_json::Value;

use super::Verdict;
use super::fields::{conditions, strict_int, strict_text};
use crate::Error;
use crate::kstatus::Status;

/// What decides before any rule of a kind (contracts/health-and-policy.md A.1, 1 to 3).
pub(super) fn first(object: &Value, kind: &str) -> Result<Option<Verdict>, Error> {
    let deleted = strict_text(object, ["metadata", "deletionTimestamp"], "metadata.deletionTimestamp")?;
    if deleted.is_some_and(|time| !time.is_empty()) {
        return Ok(Some(Verdict::new(Status::Terminating, "", "Resource scheduled for deletion")));
    }
    if let (Some(generation), Some(observed)) = generations(object)?
        && generation != observed
    {
        let message =
            format!("{kind} generation is {generation}, but latest observed generation is {observed}");
        return Ok(Some(Verdict::in_progress("LatestGenerationNotObserved", message)));
    }
    for condition in conditions(object)? {
        match (condition.type_, condition.status) {
            ("Reconciling", "True") => {
                return Ok(Some(Verdict::in_progress(condition.reason, condition.message)));
            }
            ("Stalled", "True") => return Ok(Some(Verdict::failed(condition.reason, condition.message))),
            _ => {}
        }
    }
    Ok(None)
}

/// The Ready condition of a kind without rules of its own (contracts/health-and-policy.md A.1, 5).
pub(crate) fn ready(object: &Value) -> Result<Option<Verdict>, Error> {
    for condition in conditions(object)?.into_iter().filter(|condition| condition.type_ == "Ready") {
        match condition.status {
            "True" => return Ok(Some(Verdict::current("Resource is Ready"))),
            "False" | "Unknown" => {
                return Ok(Some(Verdict::in_progress(condition.reason, condition.message)));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// `metadata.generation` and `status.observedGeneration`. The second is not looked at without the first.
pub(super) fn generations(object: &Value) -> Result<(Option<i64>, Option<i64>), Error> {
    let generation = strict_int(object, ["metadata", "generation"], "metadata.generation")?;
    if generation.is_none() {
        return Ok((None, None));
    }
    Ok((generation, strict_int(object, ["status", "observedGeneration"], "status.observedGeneration")?))
}
