//! Deployments, StatefulSets, DaemonSets, ReplicaSets and Jobs, by their conditions and by the Pods of their newest
//! revision. Older Pods are ignored: they say nothing about whether the change arrives.

use serde_json::Value;

use super::pod::{Fault, Severity, fault};
use super::{Explanation, MAX_EVIDENCE, condition_text, plain};
use crate::kstatus::{Status, Verdict, conditions, text};

pub(crate) fn explain(object: &Value, kind: &str, verdict: &Verdict, pods: &[&Value]) -> Explanation {
    if let Some(told) = cannot_create(object, kind) {
        return told;
    }
    let (revision, newest) = newest(object, kind, pods);
    let faults = faults(&newest);
    let mut told = match faults.first() {
        Some((_, worst)) => by_pods(kind, revision.as_deref(), worst, &faults),
        None => by_numbers(object, kind, verdict),
    };
    if verdict.reason == "ProgressDeadlineExceeded" {
        told.evidence.push("condition Progressing: ProgressDeadlineExceeded".to_owned());
    }
    if let Some((reason, message)) = condition_text(object, "Failed", "True").filter(|_| kind == "Job") {
        let said = if message.is_empty() { reason.clone() } else { format!("{reason}: {message}") };
        told.message = if faults.is_empty() {
            format!("the Job has failed ({said})")
        } else {
            format!("the Job has failed ({reason}); {}", told.message)
        };
        told.evidence.insert(0, format!("condition Failed: {said}"));
        told.reason = if reason.is_empty() { "JobFailed".to_owned() } else { reason };
        told.hint.get_or_insert(
            "a failed Job stays failed: correct it and apply it under another name, or delete it",
        );
    }
    // A Job makes another Pod in place of one that failed, until its limit is reached.
    told.stuck &= kind != "Job" || told.reason != "PodFailed";
    told.stuck |= verdict.status == Status::Failed;
    told.evidence.truncate(MAX_EVIDENCE);
    told
}

/// No Pods can be made at all: quota, admission, rights.
fn cannot_create(object: &Value, kind: &str) -> Option<Explanation> {
    let (reason, message) = condition_text(object, "ReplicaFailure", "True")
        .or_else(|| condition_text(object, "FailureTarget", "True").filter(|_| kind != "Job"))?;
    let quota = message.contains("exceeded quota");
    Some(Explanation {
        reason: if quota { "QuotaExceeded".to_owned() } else { reason.clone() },
        message: format!("the {kind}'s pods cannot be created: {message}"),
        evidence: vec![format!("condition ReplicaFailure: {reason}")],
        hint: Some(if quota {
            "lower the requests, or raise the namespace's quota"
        } else {
            "the API server refuses the pods: see the message"
        }),
        stuck: true,
    })
}

fn by_pods(kind: &str, revision: Option<&str>, worst: &Fault, faults: &[(&str, Fault)]) -> Explanation {
    let whose = match (kind, revision) {
        ("Deployment", Some(set)) => format!("pods of its newest ReplicaSet {set}"),
        ("Deployment", None) => "pods of its newest ReplicaSet".to_owned(),
        _ => "its pods".to_owned(),
    };
    let evidence = faults
        .iter()
        .filter(|(_, fault)| fault.reason == worst.reason)
        .take(MAX_EVIDENCE)
        .map(|(name, fault)| match &fault.evidence {
            Some(seen) => format!("Pod {name}: {seen}"),
            None => format!("Pod {name}: {}", fault.reason),
        })
        .collect();
    let state = if kind == "Job" { "not complete" } else { "not available" };
    Explanation {
        reason: worst.reason.to_owned(),
        message: format!("{kind} is {state}: {whose} {}", worst.clause),
        evidence,
        hint: worst.hint,
        stuck: worst.severity == Severity::Stuck,
    }
}

fn by_numbers(object: &Value, kind: &str, verdict: &Verdict) -> Explanation {
    let paused = object.pointer("/spec/paused").and_then(Value::as_bool) == Some(true);
    let mut told = plain(verdict);
    if paused {
        told.reason = "Paused".to_owned();
        told.message = format!("{kind} is paused and not rolled out ({})", told.message);
        told.hint = Some("spec.paused keeps the change from being rolled out");
        told.stuck = true;
    } else {
        told.message = format!("{kind} is not ready yet: {}", told.message);
    }
    told
}

/// Faults by severity, then by the Pod's name, so that the text is the same each time.
fn faults<'a>(pods: &[&'a Value]) -> Vec<(&'a str, Fault)> {
    let mut faults: Vec<(&str, Fault)> = pods
        .iter()
        .filter_map(|pod| Some((text(pod, &["metadata", "name"]).unwrap_or_default(), fault(pod)?)))
        .collect();
    faults.sort_by(|(a, x), (b, y)| x.severity.cmp(&y.severity).then_with(|| a.cmp(b)));
    faults
}

/// The Pods that count, and for Deployments the name of their ReplicaSet.
fn newest<'a>(object: &Value, kind: &str, pods: &[&'a Value]) -> (Option<String>, Vec<&'a Value>) {
    let uid = text(object, &["metadata", "uid"]);
    let name = text(object, &["metadata", "name"]).unwrap_or_default();
    let leaving =
        |pod: &Value| text(pod, &["metadata", "deletionTimestamp"]).is_some_and(|time| !time.is_empty());
    let staying = pods.iter().copied().filter(|pod| !leaving(pod));
    match kind {
        "Deployment" => {
            let owned: Vec<&Value> = staying.filter(|pod| owner(pod, "ReplicaSet").is_some()).collect();
            let named = named_replica_set(object, name).filter(|set| {
                owned.iter().any(|pod| owner(pod, "ReplicaSet").is_some_and(|(name, _)| name == set))
            });
            let set = named.or_else(|| {
                let latest = owned.iter().max_by_key(|pod| {
                    (text(pod, &["metadata", "creationTimestamp"]), text(pod, &["metadata", "name"]))
                })?;
                owner(latest, "ReplicaSet").map(|(name, _)| name.to_owned())
            });
            let Some(set) = set else { return (None, Vec::new()) };
            let pods = owned
                .into_iter()
                .filter(|pod| owner(pod, "ReplicaSet").is_some_and(|(name, _)| name == set))
                .collect();
            (Some(set), pods)
        }
        _ => {
            let own: Vec<&Value> = staying
                .filter(|pod| {
                    owner(pod, kind).is_some_and(|(owner, owner_uid)| {
                        owner == name && (uid.is_none() || uid == owner_uid)
                    })
                })
                .collect();
            let revision = text(object, &["status", "updateRevision"]).filter(|_| kind == "StatefulSet");
            let label = |pod: &Value| {
                pod.pointer("/metadata/labels/controller-revision-hash")
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            };
            let updated: Vec<&Value> = own
                .iter()
                .copied()
                .filter(|pod| revision.is_some() && label(pod).as_deref() == revision)
                .collect();
            (None, if updated.is_empty() { own } else { updated })
        }
    }
}

/// Name and uid of a Pod's owner of one kind.
fn owner<'a>(pod: &'a Value, kind: &str) -> Option<(&'a str, Option<&'a str>)> {
    let owners = pod.pointer("/metadata/ownerReferences")?.as_array()?;
    let owner = owners.iter().find(|owner| text(owner, &["kind"]) == Some(kind))?;
    Some((text(owner, &["name"])?, text(owner, &["uid"])))
}

/// The Deployment controller names the newest ReplicaSet in its Progressing condition, in quotes. Reading it there
/// saves listing ReplicaSets; where it is absent, the newest Pod tells.
fn named_replica_set(object: &Value, deployment: &str) -> Option<String> {
    let conditions = conditions(object).ok()?;
    let message = conditions.iter().find(|c| c.type_ == "Progressing")?.message;
    let name = message.split('"').nth(1)?;
    name.starts_with(&format!("{deployment}-")).then(|| name.to_owned())
}
