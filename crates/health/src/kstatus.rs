//! kstatus, as Flux uses it: one verdict per object (contracts/health-and-policy.md A). It reads the object's own
//! fields and, for the escalation, its Pods; it explains nothing beyond reason and message.

mod batch;
mod fields;
mod generic;
mod pod;
mod resource;
mod verdict;
mod workload;

use jiff::Timestamp;
use serde_json::Value;

use crate::Error;
pub(crate) use fields::{conditions, int, text};
pub use verdict::{Status, Verdict};

impl Verdict {
    /// A StatefulSet or ReplicaSet in progress of which a Pod has failed is Failed (contracts/health-and-policy.md A.3).
    /// Whether the object is one of these is asked of [`looks_at_pods`].
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
pub fn compute(object: &Value, now: Timestamp) -> Result<Verdict, Error> {
    let kind = text(object, &["kind"]).unwrap_or_default();
    let group = group(object);
    // Flux's reader for Jobs stands in place of the whole computation, the generic rules included: a Job that is being
    // deleted is judged by its conditions.
    if (group, kind) == ("batch", "Job") {
        return batch::job(object);
    }
    if let Some(verdict) = generic::first(object, kind)? {
        return Ok(verdict);
    }
    match (group, kind) {
        ("", "Secret" | "ConfigMap") | ("batch", "CronJob") => {
            Ok(Verdict::current("Resource is always ready"))
        }
        ("", "Service") => Ok(resource::service(object)),
        ("", "PersistentVolumeClaim") => Ok(resource::persistent_volume_claim(object)),
        ("", "Pod") => pod::pod(object, now),
        ("apps" | "extensions", "Deployment") => workload::deployment(object),
        ("apps" | "extensions", "ReplicaSet") => workload::replica_set(object),
        ("apps", "StatefulSet") => Ok(workload::stateful_set(object)),
        ("apps" | "extensions", "DaemonSet") => workload::daemon_set(object),
        ("policy", "PodDisruptionBudget") => Ok(Verdict::current("AllowedDisruptions has been computed.")),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => resource::custom_resource_definition(object),
        _ => Ok(generic::ready(object)?.unwrap_or_else(|| Verdict::current("Resource is current"))),
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

/// Whether Flux looks at the Pods of this kind of object: StatefulSets and ReplicaSets, but not Deployments and
/// DaemonSets.
#[must_use]
pub fn looks_at_pods(group: &str, kind: &str) -> bool {
    matches!((group, kind), ("apps", "StatefulSet") | ("apps" | "extensions", "ReplicaSet"))
}

/// Whether a Job is removed some time after it has finished, so that its absence is no failure.
#[must_use]
pub fn has_ttl(object: &Value) -> bool {
    (group(object), text(object, &["kind"]).unwrap_or_default()) == ("batch", "Job")
        && int(object, &["spec", "ttlSecondsAfterFinished"]).is_some()
}

fn group(object: &Value) -> &str {
    text(object, &["apiVersion"]).and_then(|version| version.split_once('/')).map_or("", |(group, _)| group)
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
