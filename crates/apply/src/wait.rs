//! Verdicts of a set of objects: done, waiting or failed (contracts/kustomize-controller.md 17). Pure.
//!
//! Who reads the objects, and when to ask again, is the controller's.

use api::awaited::{Awaited, Cause, Unhealthy};
use health::kstatus::Status;
use manifest::ObjectId;

/// What is known of one awaited object.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The object.
    pub id: ObjectId,
    /// Its verdict.
    pub status: Status,
    /// Said behind the verdict when an object could not be judged.
    pub error: Option<String>,
}

/// The set's verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All are Current.
    Ready,
    /// Nothing more will come of waiting; the text of 17.
    Failed(String),
    /// Not all are Current yet.
    Waiting,
}

/// The objects that are not Current, in the words that health-controller reads back.
fn unhealthy(cause: Cause, observed: &[Observed]) -> String {
    let objects = observed
        .iter()
        .filter(|object| object.status != Status::Current)
        .map(|object| Awaited {
            object: object.id.to_string(),
            status: object.status.to_string(),
            error: object.error.clone(),
        })
        .collect();
    Unhealthy { cause, objects }.to_string()
}

/// All Current: ready. Any Failed with `fail_fast`, or nothing but Failed and Current left: failed.
#[must_use]
pub fn decide(observed: &[Observed], fail_fast: bool) -> Outcome {
    if observed.iter().all(|object| object.status == Status::Current) {
        return Outcome::Ready;
    }
    let failed = observed.iter().any(|object| object.status == Status::Failed);
    let settled = observed.iter().all(|object| matches!(object.status, Status::Current | Status::Failed));
    if failed && (fail_fast || settled) {
        return Outcome::Failed(unhealthy(Cause::Stalled, observed));
    }
    Outcome::Waiting
}

/// The text when time is up.
#[must_use]
pub fn timed_out(observed: &[Observed]) -> String {
    unhealthy(Cause::TimedOut, observed)
}

#[cfg(test)]
mod tests;
