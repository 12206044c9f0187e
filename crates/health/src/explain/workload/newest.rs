//! The Pods of a workload that count: those of its newest revision. Older ones say nothing about whether a change arrives.

use serde_json::Value;

use crate::kstatus::{conditions, text};

/// The Pods that count, and for Deployments the name of their ReplicaSet.
pub(super) fn newest<'a>(object: &Value, kind: &str, pods: &[&'a Value]) -> (Option<String>, Vec<&'a Value>) {
    let leaving =
        |pod: &Value| text(pod, &["metadata", "deletionTimestamp"]).is_some_and(|time| !time.is_empty());
    let staying: Vec<&Value> = pods.iter().copied().filter(|pod| !leaving(pod)).collect();
    let (revision, pods) = match kind {
        "Deployment" => of_deployment(object, &staying),
        _ => (None, of_others(object, kind, &staying)),
    };
    (revision, if kind == "Job" { pods } else { standing(pods) })
}

/// Without those that ended, in whose place others were made: they stay in the list for days. All of them where there are
/// no others.
fn standing(pods: Vec<&Value>) -> Vec<&Value> {
    let has_ended = |pod: &&Value| text(pod, &["status", "phase"]) == Some("Failed");
    if pods.iter().all(has_ended) { pods } else { pods.into_iter().filter(|pod| !has_ended(pod)).collect() }
}

fn of_deployment<'a>(object: &Value, staying: &[&'a Value]) -> (Option<String>, Vec<&'a Value>) {
    let name = text(object, &["metadata", "name"]).unwrap_or_default();
    let is_of = |pod: &Value, set: &str| owner(pod, "ReplicaSet").is_some_and(|(name, _)| name == set);
    let owned: Vec<&Value> =
        staying.iter().copied().filter(|pod| owner(pod, "ReplicaSet").is_some()).collect();
    let named = named_replica_set(object, name).filter(|set| owned.iter().any(|pod| is_of(pod, set)));
    let set = named.or_else(|| {
        let latest = owned.iter().max_by_key(|pod| {
            (text(pod, &["metadata", "creationTimestamp"]), text(pod, &["metadata", "name"]))
        })?;
        owner(latest, "ReplicaSet").map(|(name, _)| name.to_owned())
    });
    let Some(set) = set else { return (None, Vec::new()) };
    let pods = owned.into_iter().filter(|pod| is_of(pod, &set)).collect();
    (Some(set), pods)
}

fn of_others<'a>(object: &Value, kind: &str, staying: &[&'a Value]) -> Vec<&'a Value> {
    let uid = text(object, &["metadata", "uid"]);
    let name = text(object, &["metadata", "name"]).unwrap_or_default();
    let is_own = |pod: &Value| {
        owner(pod, kind)
            .is_some_and(|(owner, owner_uid)| owner == name && (uid.is_none() || uid == owner_uid))
    };
    let own: Vec<&Value> = staying.iter().copied().filter(|pod| is_own(pod)).collect();
    let revision = text(object, &["status", "updateRevision"]).filter(|_| kind == "StatefulSet");
    let label = |pod: &Value| {
        pod.pointer("/metadata/labels/controller-revision-hash").and_then(Value::as_str).map(str::to_owned)
    };
    let updated: Vec<&Value> =
        own.iter().copied().filter(|pod| revision.is_some() && label(pod).as_deref() == revision).collect();
    if updated.is_empty() { own } else { updated }
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
