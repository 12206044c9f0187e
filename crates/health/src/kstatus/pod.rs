//! Pods (contracts/health-and-policy.md A.2). Init containers and image pulls are not looked at, as in kstatus;
//! `explain` does.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Verdict;
use super::fields::{conditions, status_list, text, wrong};
use crate::Error;

/// Reason of a Pod that no node takes; it does not count against its StatefulSet.
pub(crate) const UNSCHEDULABLE: &str = "PodUnschedulable";
/// How long a Pod may be unschedulable before it is Failed.
const SCHEDULE_WINDOW: SignedDuration = SignedDuration::from_secs(15);

pub(crate) fn pod(object: &Value, now: Timestamp) -> Result<Verdict, Error> {
    let conditions = conditions(object)?;
    match text(object, &["status", "phase"]).unwrap_or_default() {
        "Succeeded" => Ok(Verdict::current("Pod has completed successfully")),
        "Failed" => Ok(Verdict::current("Pod has completed, but not successfully")),
        "Running" => {
            if conditions.iter().any(|c| c.type_ == "Ready" && c.status == "True") {
                return Ok(Verdict::current("Pod is Ready"));
            }
            let crashing = crash_looping(object)?;
            if !crashing.is_empty() {
                let message = format!("Containers in CrashLoop state: {}", crashing.join(","));
                return Ok(Verdict::failed("ContainerCrashLooping", message));
            }
            Ok(Verdict::in_progress("PodRunningNotReady", "Pod is running but is not Ready"))
        }
        "Pending" => {
            let scheduled = conditions.iter().find(|c| c.type_ == "PodScheduled" && c.status == "False");
            if scheduled.is_some_and(|c| c.reason == "Unschedulable") {
                return Ok(unschedulable(object, now));
            }
            Ok(Verdict::in_progress("PodPending", "Pod is in the Pending phase"))
        }
        "" => Ok(Verdict::in_progress("PodNotObserved", "Pod phase not available")),
        other => Err(Error::UnknownPhase { phase: other.to_owned() }),
    }
}

/// The API server's time of creation against our clock, as in kstatus: by how much they differ Failed is said too early
/// or too late. It is no last word: whoever follows the Pod judges it again when it changes.
fn unschedulable(object: &Value, now: Timestamp) -> Verdict {
    let left = text(object, &["metadata", "creationTimestamp"])
        .and_then(|created| created.parse::<Timestamp>().ok())
        .map(|created| SCHEDULE_WINDOW - now.duration_since(created))
        .and_then(|left| Duration::try_from(left).ok())
        .filter(|left| !left.is_zero());
    match left {
        Some(left) => Verdict {
            // More is left only if one of the clocks is wrong, and that may be put right at any time.
            changes_in: Some(left.min(SCHEDULE_WINDOW.unsigned_abs())),
            ..Verdict::in_progress("PodNotScheduled", "Pod has not been scheduled")
        },
        None => Verdict::failed(UNSCHEDULABLE, "Pod could not be scheduled"),
    }
}

fn crash_looping(object: &Value) -> Result<Vec<&str>, Error> {
    let mut names = Vec::new();
    for item in status_list(object, "containerStatuses", "status.containerStatuses")? {
        if !item.is_object() {
            return Err(wrong("status.containerStatuses[]", item, "a map"));
        }
        if let Some(name) = text(item, &["name"])
            && text(item, &["state", "waiting", "reason"]) == Some("CrashLoopBackOff")
        {
            names.push(name);
        }
    }
    Ok(names)
}
