//! kstatus, as Flux uses it: one verdict per object (contracts/health-and-policy.md A). It reads the object's own
//! fields and, for the escalation, its Pods; it explains nothing beyond reason and message.

mod batch;
mod fields;
mod generic;
mod pod;
mod resource;
mod workload;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::Error;
pub(crate) use fields::{conditions, int, text};

/// What kstatus says of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// It is what its spec says.
    Current,
    /// It is on its way.
    InProgress,
    /// It will not get there without help.
    Failed,
    /// It is being deleted.
    Terminating,
    /// It does not exist.
    NotFound,
    /// It cannot be told.
    Unknown,
}

impl Status {
    /// The name of the status in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "Current",
            Self::InProgress => "InProgress",
            Self::Failed => "Failed",
            Self::Terminating => "Terminating",
            Self::NotFound => "NotFound",
            Self::Unknown => "Unknown",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A status and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What is said of the object.
    pub status: Status,
    /// Why, as one word; empty for most Current objects.
    pub reason: String,
    /// Why, for people, in kstatus's words.
    pub message: String,
    /// After this time the unchanged object has to be judged again, because time alone may give it another verdict.
    /// `None`: only a change of the object changes the verdict.
    pub changes_in: Option<Duration>,
}

impl Verdict {
    fn new(status: Status, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, reason: reason.into(), message: message.into(), changes_in: None }
    }

    fn current(message: impl Into<String>) -> Self {
        Self::new(Status::Current, "", message)
    }

    fn in_progress(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Status::InProgress, reason, message)
    }

    fn failed(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Status::Failed, reason, message)
    }

    /// The verdict for an object that does not exist. Jobs with `ttlSecondsAfterFinished` that were applied and are
    /// gone count as Current (contracts/kustomize-controller.md 17): the caller knows which, see [`has_ttl`].
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Status::NotFound, "", "Resource not found")
    }

    /// The verdict for an object that cannot be read or judged.
    #[must_use]
    pub fn unknown(message: impl Into<String>) -> Self {
        Self::new(Status::Unknown, "", message)
    }

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

/// The verdict over many: any Failed is Failed, else any Unknown is Unknown; all Current is Current, and so is none;
/// everything else is InProgress.
#[must_use]
pub fn aggregate(statuses: impl IntoIterator<Item = Status>) -> Status {
    let (mut unknown, mut open) = (false, false);
    for status in statuses {
        match status {
            Status::Failed => return Status::Failed,
            Status::Unknown => unknown = true,
            Status::Current => {}
            Status::InProgress | Status::Terminating | Status::NotFound => open = true,
        }
    }
    match (unknown, open) {
        (true, _) => Status::Unknown,
        (false, true) => Status::InProgress,
        (false, false) => Status::Current,
    }
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
