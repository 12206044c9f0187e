//! kstatus, as Flux uses it: one verdict per object (contracts/health-and-policy.md A). It reads the object's own
//! fields and, for the escalation, its Pods; it explains nothing beyond reason and message.

pub(crate) mod batch;
mod fields;
pub(crate) mod generic;
pub(crate) mod pod;
pub(crate) mod resource;
mod verdict;
pub(crate) mod workload;

use jiff::Timestamp;
use serde_json::Value;

use crate::Error;
use crate::rules::{Rules, StatusRule};
pub(crate) use fields::{conditions, group_kind, int, text};
pub use verdict::{Status, Verdict};

impl Verdict {
    /// A StatefulSet or ReplicaSet in progress of which a Pod has failed is Failed (contracts/health-and-policy.md A.3).
    /// Whether the object is one of these is in its row: [`crate::Pods::matter`].
    #[must_use]
    pub fn escalated_by_pods(self, pods: &[Value], now: Timestamp) -> Self {
        if self.status != Status::InProgress {
            return self;
        }
        match pods.iter().filter(|pod| has_failed(pod, now)).count() {
            0 => self,
            failed => Self::failed("PodsFailed", format!("{failed} pods have failed")),
        }
    }
}

/// Judges one object by its own fields, with Flux's rules for Jobs in place of kstatus's.
///
/// # Errors
/// When a field has a type that Kubernetes does not give it; Flux shows such an object as Unknown.
pub fn compute(object: &Value, rules: &Rules, now: Timestamp) -> Result<Verdict, Error> {
    let (group, kind) = group_kind(object);
    match rules.of(group, kind).status {
        StatusRule::InPlaceOfGeneric(judge) => judge(object, now),
        StatusRule::AfterGeneric(judge) => match generic::first(object, kind)? {
            Some(verdict) => Ok(verdict),
            None => judge(object, now),
        },
    }
}

/// A StatefulSet or ReplicaSet in progress of which a Pod has failed is Failed: a Pod that is neither being deleted nor
/// unschedulable (contracts/health-and-policy.md A.3). Other statuses stay.
#[must_use]
pub fn escalate_by_pods(status: Status, pods: &[Value], now: Timestamp) -> Status {
    if status == Status::InProgress && pods.iter().any(|pod| has_failed(pod, now)) {
        Status::Failed
    } else {
        status
    }
}

fn has_failed(pod: &Value, now: Timestamp) -> bool {
    // Pods in a list answer carry neither kind nor apiVersion.
    let verdict = match generic::first(pod, "Pod") {
        Ok(Some(verdict)) => Ok(verdict),
        Ok(None) => pod::pod(pod, now),
        Err(error) => Err(error),
    };
    verdict.is_ok_and(|verdict| verdict.status == Status::Failed && verdict.reason != pod::UNSCHEDULABLE)
}
