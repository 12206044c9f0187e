//! Deployment, ReplicaSet, StatefulSet and DaemonSet by the numbers in their status
//! (contracts/health-and-policy.md A.2). Their Pods are not looked at here.

use serde_json::Value;

use super::fields::{conditions, int, text};
use super::{Verdict, generic};
use crate::Error;

/// The Deployment controller treats this deadline as none.
const NO_DEADLINE: i64 = i32::MAX as i64;

/// Numbers in `status`, zero when absent.
fn number(object: &Value, field: &str) -> i64 {
    int(object, &["status", field]).unwrap_or(0)
}

/// One when absent, as the controllers default it.
fn wanted(object: &Value) -> i64 {
    int(object, &["spec", "replicas"]).unwrap_or(1)
}

fn fewer(reason: &str, word: &str, have: i64, want: i64) -> Option<Verdict> {
    (want > have).then(|| Verdict::in_progress(reason, format!("{word}: {have}/{want}")))
}

fn more(have: i64, want: i64) -> Option<Verdict> {
    (have > want).then(|| {
        Verdict::in_progress("ExtraPods", format!("Pending termination: {}", have.saturating_sub(want)))
    })
}

/// After how many seconds a Deployment says that its rollout takes too long, if it ever does.
pub(crate) fn deadline(object: &Value) -> Option<i64> {
    int(object, &["spec", "progressDeadlineSeconds"]).filter(|deadline| *deadline != NO_DEADLINE)
}

pub(crate) fn deployment(object: &Value) -> Result<Verdict, Error> {
    let mut progressing = deadline(object).is_none();
    let mut available = false;
    for condition in conditions(object)? {
        match condition.type_ {
            "Progressing" => {
                if condition.reason == "ProgressDeadlineExceeded" {
                    return Ok(Verdict::failed(condition.reason, "Progress deadline exceeded"));
                }
                progressing |= condition.status == "True" && condition.reason == "NewReplicaSetAvailable";
            }
            "Available" => available |= condition.status == "True",
            _ => {}
        }
    }
    let want = wanted(object);
    let [have, updated, ready, up] = ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"]
        .map(|field| number(object, field));
    let open = fewer("LessReplicas", "Replicas", have, want)
        .or_else(|| fewer("LessUpdated", "Updated", updated, want))
        .or_else(|| more(have, want))
        .or_else(|| fewer("LessAvailable", "Available", up, updated))
        .or_else(|| fewer("LessReady", "Ready", ready, want))
        .or_else(|| {
            (!progressing).then(|| Verdict::in_progress("ReplicaSetNotAvailable", "ReplicaSet not Available"))
        })
        .or_else(|| {
            (!available).then(|| Verdict::in_progress("DeploymentNotAvailable", "Deployment not Available"))
        });
    Ok(open.unwrap_or_else(|| Verdict::current(format!("Deployment is available. Replicas: {have}"))))
}

pub(crate) fn replica_set(object: &Value) -> Result<Verdict, Error> {
    if conditions(object)?.iter().any(|c| c.type_ == "ReplicaFailure" && c.status == "True") {
        return Ok(Verdict::in_progress("ReplicaFailure", "Replica Failure condition. Check Pods"));
    }
    let want = wanted(object);
    let [have, ready, available, labelled] =
        ["replicas", "readyReplicas", "availableReplicas", "fullyLabeledReplicas"]
            .map(|field| number(object, field));
    let open = fewer("LessLabelled", "Labelled", labelled, want)
        .or_else(|| fewer("LessAvailable", "Available", available, want))
        .or_else(|| fewer("LessReady", "Ready", ready, want))
        .or_else(|| more(have, want));
    Ok(open.unwrap_or_else(|| Verdict::current(format!("ReplicaSet is available. Replicas: {have}"))))
}

pub(crate) fn stateful_set(object: &Value) -> Verdict {
    let strategy = ["spec", "updateStrategy"];
    if text(object, &[strategy[0], strategy[1], "type"]) == Some("OnDelete") {
        return Verdict::current("StatefulSet is using the ondelete update strategy");
    }
    let want = wanted(object);
    let [have, ready, current, updated] = ["replicas", "readyReplicas", "currentReplicas", "updatedReplicas"]
        .map(|field| number(object, field));
    if let Some(open) = fewer("LessReplicas", "Replicas", have, want)
        .or_else(|| fewer("LessReady", "Ready", ready, want))
        .or_else(|| more(have, want))
    {
        return open;
    }
    let partition = int(object, &[strategy[0], strategy[1], "rollingUpdate", "partition"]).unwrap_or(-1);
    if partition != -1 {
        return fewer("PartitionRollout", "updated", updated, want.saturating_sub(partition))
            .unwrap_or_else(|| Verdict::current(format!("Partition rollout complete. updated: {updated}")));
    }
    if let Some(open) = fewer("LessCurrent", "current", current, want) {
        return open;
    }
    let revision = |field| text(object, &["status", field]).unwrap_or_default();
    if revision("currentRevision") != revision("updateRevision") {
        return Verdict::in_progress("RevisionMismatch", "Waiting for updated revision to match current");
    }
    Verdict::current(format!("All replicas scheduled as expected. Replicas: {have}"))
}

pub(crate) fn daemon_set(object: &Value) -> Result<Verdict, Error> {
    // The generic rule is lenient when a generation is absent; a DaemonSet has both once its controller saw it.
    match generic::generations(object)? {
        (None, _) => {
            let message = "DaemonSet metadata.generation not found";
            return Ok(Verdict::in_progress("NoGeneration", message));
        }
        (_, None) => {
            let message = "DaemonSet status.observedGeneration not found";
            return Ok(Verdict::in_progress("NoObservedGeneration", message));
        }
        (Some(_), Some(_)) => {}
    }
    let want = int(object, &["status", "desiredNumberScheduled"]).unwrap_or(-1);
    if want == -1 {
        return Ok(Verdict::in_progress("NoDesiredNumber", "Missing .status.desiredNumberScheduled"));
    }
    let [current, updated, available, ready] =
        ["currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady"]
            .map(|field| number(object, field));
    let open = fewer("LessCurrent", "Current", current, want)
        .or_else(|| fewer("LessUpdated", "Updated", updated, want))
        .or_else(|| fewer("LessAvailable", "Available", available, want))
        .or_else(|| fewer("LessReady", "Ready", ready, want));
    Ok(open
        .unwrap_or_else(|| Verdict::current(format!("All replicas scheduled as expected. Replicas: {want}"))))
}
