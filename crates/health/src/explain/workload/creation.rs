//! Workloads whose Pods cannot be made at all: quota, admission, rights. Deployments and ReplicaSets say so by a
//! condition, all others by events only.

use serde_json::Value;

use crate::explain::event;
use crate::explain::explanation::{Explanation, condition_text};
use crate::explain::refusal::refused;
use crate::explain::scene::Scene;
use crate::kstatus::int;

/// The explanation of a workload whose Pods are refused. `pods`: how many of those that count there are.
pub(super) fn explain(object: &Value, kind: &str, pods: usize, scene: &Scene<'_>) -> Option<Explanation> {
    let condition = condition_text(object, "ReplicaFailure", "True")
        .or_else(|| condition_text(object, "FailureTarget", "True").filter(|_| kind != "Job"));
    if let Some((reason, message)) = condition {
        let seen = format!("condition ReplicaFailure: {reason}");
        return Some(told(object, kind, scene, &reason, &message, seen));
    }
    // An event outlives what it tells of.
    if !lacks_pods(object, kind, pods) {
        return None;
    }
    let warning =
        event::about(object, kind, scene).into_iter().find(|warning| warning.reason == "FailedCreate")?;
    Some(told(object, kind, scene, &warning.reason, &warning.message, warning.shown()))
}

/// Whether there are fewer Pods than there ought to be.
fn lacks_pods(object: &Value, kind: &str, pods: usize) -> bool {
    let number = |path: &[&str]| int(object, path);
    match kind {
        "DaemonSet" => {
            let wanted = number(&["status", "desiredNumberScheduled"]).unwrap_or(0);
            number(&["status", "currentNumberScheduled"]).unwrap_or(0) < wanted
        }
        "Job" => pods == 0,
        _ => number(&["status", "replicas"]).unwrap_or(0) < number(&["spec", "replicas"]).unwrap_or(1),
    }
}

fn told(
    object: &Value,
    kind: &str,
    scene: &Scene<'_>,
    reason: &str,
    message: &str,
    seen: String,
) -> Explanation {
    match refused(message, scene.namespace) {
        Some(refused) => Explanation::stuck(
            reason_of(refused.reason, reason),
            format!("the {kind}'s pods cannot be created: {}", refused.clause),
        )
        .evidence(seen)
        .hint(refused.hint),
        None => Explanation::stuck(
            reason,
            format!("the {kind}'s pods cannot be created: {}", crate::wording::quoted(message)),
        )
        .evidence(seen)
        .hint(format!("the API server refuses the pods: {}", scene.describe(object))),
    }
}

/// A quota is a blocker of its own kind; everything else is told under the controller's word.
fn reason_of(refused: &str, said: &str) -> String {
    if refused == "QuotaExceeded" { refused.to_owned() } else { said.to_owned() }
}
