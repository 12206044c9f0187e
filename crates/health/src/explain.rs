//! Says in one sentence why an object is not well, and by what that was seen. The verdict itself is `kstatus`'s; what
//! follows for the whole is the caller's.
//!
//! Texts are stable while nothing changes: no counters, no ages, and a fault that the kubelet shows under alternating
//! names has one name here.

mod explanation;
mod pod;
mod workload;

pub use explanation::{Explanation, MAX_EVIDENCE};
use explanation::{condition_text, plain};

use serde_json::Value;

use crate::kstatus::{Status, Verdict, text};
use crate::wording;

/// Whether Pods tell more about an object of this kind than it does itself. Which Pods: those that it [`selects`].
#[must_use]
pub fn has_pods(group: &str, kind: &str) -> bool {
    matches!(
        (group, kind),
        ("apps" | "extensions", "Deployment" | "ReplicaSet" | "DaemonSet")
            | ("apps", "StatefulSet")
            | ("batch", "Job")
    )
}

/// Whether a label selector, `spec.selector` of a workload, chooses these labels. An absent selector chooses nothing.
#[must_use]
pub fn selects(workload: &Value, labels: Option<&Value>) -> bool {
    let Some(Value::Object(selector)) = workload.pointer("/spec/selector") else { return false };
    let label = |key: &str| labels.and_then(|labels| labels.get(key)).and_then(Value::as_str);
    let equal = match selector.get("matchLabels") {
        Some(Value::Object(wanted)) => wanted.iter().all(|(key, value)| label(key) == value.as_str()),
        _ => true,
    };
    let expressions = match selector.get("matchExpressions") {
        Some(Value::Array(list)) => list.iter().all(|item| {
            let value = label(text(item, &["key"]).unwrap_or_default());
            let listed = item
                .get("values")
                .and_then(Value::as_array)
                .is_some_and(|values| value.is_some_and(|value| values.iter().any(|item| item == value)));
            match text(item, &["operator"]).unwrap_or_default() {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        }),
        _ => true,
    };
    !selector.is_empty() && equal && expressions
}

/// Explains an object that exists. `pods` are those that its selector chooses; none for other kinds.
#[must_use]
pub fn explain(object: &Value, verdict: &Verdict, pods: &[&Value]) -> Explanation {
    let kind = text(object, &["kind"]).unwrap_or_default();
    let api_version = text(object, &["apiVersion"]).unwrap_or_default();
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    match verdict.status {
        Status::Current => Explanation::new(notable(object, kind), ""),
        Status::Terminating => terminating(object),
        Status::NotFound => Explanation::new("NotFound", "it does not exist"),
        Status::Unknown => Explanation::new("Unknown", wording::quoted(&verdict.message)),
        Status::InProgress | Status::Failed => {
            if verdict.reason == "LatestGenerationNotObserved" {
                let mut told = plain(verdict);
                told.message =
                    format!("its controller has not seen the latest change yet ({})", told.message);
                return told;
            }
            match (group, kind) {
                ("", "Pod") => pod::explain(object).unwrap_or_else(|| plain(verdict)),
                ("", "PersistentVolumeClaim") => claim(object),
                _ if has_pods(group, kind) => workload::explain(object, kind, verdict, pods),
                _ => plain(verdict),
            }
        }
    }
}

/// A word for what is Current but worth knowing.
fn notable(object: &Value, kind: &str) -> &'static str {
    let suspended = object.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true);
    match (kind, suspended) {
        (_, true) => "Suspended",
        ("Pod", _) if text(object, &["status", "phase"]) == Some("Failed") => "PodFailed",
        _ => "",
    }
}

fn terminating(object: &Value) -> Explanation {
    let finalizers: Vec<&str> = object
        .pointer("/metadata/finalizers")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).take(MAX_EVIDENCE).collect())
        .unwrap_or_default();
    let mut told = Explanation::new("Terminating", "it is being deleted");
    if !finalizers.is_empty() {
        told.message = format!("it is being deleted and waits for {}", finalizers.join(", "));
        told.evidence = finalizers.iter().map(|name| format!("finalizer {name}")).collect();
    }
    told
}

fn claim(object: &Value) -> Explanation {
    let phase = text(object, &["status", "phase"]).unwrap_or("unknown");
    let class = text(object, &["spec", "storageClassName"]);
    match phase {
        "Lost" => Explanation {
            stuck: true,
            hint: Some("its volume is gone: restore the volume, or delete the claim and make a new one"),
            ..Explanation::new("VolumeLost", "the volume that it was bound to no longer exists")
        },
        _ => {
            let message = match class {
                Some(class) => format!("no volume is bound to it yet (storage class {class})"),
                None => "no volume is bound to it yet (no storage class is set)".to_owned(),
            };
            Explanation {
                hint: Some(
                    "a class that waits for the first consumer binds when a Pod uses the claim; otherwise look at the claim's events",
                ),
                ..Explanation::new("NotBound", message)
            }
        }
    }
}
