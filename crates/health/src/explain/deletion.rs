//! Objects that are being deleted and do not go: which finalizers hold them, whose these are, what remains, and what to
//! do. From when on that is worth a warning is the caller's to say.

use serde_json::Value;

use super::explanation::{Explanation, MAX_EVIDENCE, condition_text};
use super::finalizer;
use super::scene::{Scene, resource};
use crate::kstatus::{group_kind, text};
use crate::wording;

/// Conditions of a Namespace that say what keeps it, most telling first.
const REMAINING: [&str; 4] = [
    "NamespaceFinalizersRemaining",
    "NamespaceContentRemaining",
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionContentFailure",
];

/// Explains an object with a deletionTimestamp, which carries apiVersion and kind.
#[must_use]
pub fn explain(object: &Value, scene: &Scene<'_>) -> Explanation {
    let (group, kind) = group_kind(object);
    let held = finalizers(object);
    let mut told = Explanation::new("Terminating", "it is being deleted");
    if !held.is_empty() {
        told.message = format!("it is being deleted and waits for {}", held.join(", "));
        told.evidence = held.iter().map(|name| format!("finalizer {name}")).collect();
    }
    let by_whom = held.first().map(|name| finalizer::owner(name));
    told.hint = Some(match (&by_whom, group, kind) {
        _ if (group, kind) == ("", "Namespace") => {
            let remains = remaining(object);
            if let Some((_, message)) = remains.first() {
                told.message = format!("it is being deleted, and something in it remains: {message}");
            }
            told.evidence
                .extend(remains.iter().map(|(type_, message)| format!("condition {type_}: {message}")));
            namespace_hint(object, &remains)
        }
        (Some(owner), ..) => {
            if let Some(first) = told.evidence.first_mut() {
                *first = format!("{first}, which belongs to {}", owner.who);
            }
            format!("{}; {}", owner.hint, last_resort(object, scene))
        }
        (None, "", "Pod") => pod_hint(object, scene),
        (None, ..) => {
            format!("nothing holds it: the API server has not finished yet; {}", scene.describe(object))
        }
    });
    if let Some(time) = text(object, &["metadata", "deletionTimestamp"]) {
        told.evidence.truncate(MAX_EVIDENCE.saturating_sub(1));
        told.evidence.push(format!("deletionTimestamp {}", wording::word(time)));
    }
    told
}

/// The finalizers, fit to be shown.
fn finalizers(object: &Value) -> Vec<String> {
    let list = object.pointer("/metadata/finalizers").and_then(Value::as_array);
    let own = list.into_iter().flatten().filter_map(Value::as_str);
    let mut all: Vec<String> = own.take(MAX_EVIDENCE).map(wording::word).collect();
    let of_spec = object.pointer("/spec/finalizers").and_then(Value::as_array);
    all.extend(of_spec.into_iter().flatten().filter_map(Value::as_str).take(1).map(wording::word));
    all
}

/// What a Namespace says that remains: type and message.
fn remaining(object: &Value) -> Vec<(&'static str, String)> {
    REMAINING
        .into_iter()
        .filter_map(|type_| Some((type_, condition_text(object, type_, "True")?.1)))
        .collect()
}

fn namespace_hint(object: &Value, remains: &[(&str, String)]) -> String {
    let name = wording::word(text(object, &["metadata", "name"]).unwrap_or("NAME"));
    let says = |wanted: &str| remains.iter().find(|(type_, _)| *type_ == wanted).map(|(_, message)| message);
    if let Some(message) = says("NamespaceFinalizersRemaining") {
        let finalizer = message.split_once("finalizers remaining: ").map_or("", |(_, rest)| rest);
        let finalizer = finalizer.split(" in ").next().unwrap_or_default();
        let owner = finalizer::owner(finalizer);
        return format!(
            "objects in namespace {name} are held by finalizer {finalizer}: {}; list what is left: kubectl api-resources --verbs=list --namespaced -o name | xargs -n1 kubectl get -n {name} --ignore-not-found",
            owner.hint
        );
    }
    if says("NamespaceDeletionDiscoveryFailure").is_some() {
        return "an aggregated API does not answer, so that nobody knows what is in it: kubectl get apiservices, and mend or delete the one that is not Available".to_owned();
    }
    format!(
        "see what is left in it: kubectl get namespace {name} -o jsonpath='{{.status.conditions}}', and kubectl api-resources --verbs=list --namespaced -o name | xargs -n1 kubectl get -n {name} --ignore-not-found"
    )
}

fn pod_hint(object: &Value, scene: &Scene<'_>) -> String {
    let name = wording::word(text(object, &["metadata", "name"]).unwrap_or("NAME"));
    format!(
        "its node does not say that it has ended: see whether the node is there (kubectl get nodes); if it is gone for good: {} delete pod {name} --force --grace-period=0",
        scene.kubectl()
    )
}

/// How to take the finalizers away by hand, once it is certain that nobody will.
fn last_resort(object: &Value, scene: &Scene<'_>) -> String {
    let name = wording::word(text(object, &["metadata", "name"]).unwrap_or("NAME"));
    format!(
        "only if it is gone for good: {} patch {} {name} --type=merge -p '{{\"metadata\":{{\"finalizers\":null}}}}'",
        scene.kubectl(),
        resource(object)
    )
}

#[cfg(test)]
mod tests;
