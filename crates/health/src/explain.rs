//! Says in one sentence why an object is not well, and by what that was seen. The verdict itself is `kstatus`'s, what a
//! kind has to say beyond it its row's in `rules`; what follows for the whole is the caller's.
//!
//! Texts are stable while nothing changes: no counters, no ages, and a fault that the kubelet shows under alternating
//! names has one name here.

pub(crate) mod claim;
mod explanation;
pub(crate) mod pod;
pub(crate) mod workload;

pub use explanation::{Explanation, MAX_EVIDENCE};
use explanation::{condition_text, plain};

use serde_json::Value;

use crate::kstatus::{Status, Verdict, group_kind, text};
use crate::rules::{Rules, Subject};
use crate::wording;

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
pub fn explain(object: &Value, verdict: &Verdict, pods: &[&Value], rules: &Rules) -> Explanation {
    fit(found(object, verdict, pods, rules))
}

/// Reasons, names of containers, images and finalizers are others' words as well: none of them steers what shows it.
fn fit(mut told: Explanation) -> Explanation {
    let fit = |text: &mut String| {
        if text.contains(manifest::foreign::is_control) {
            *text = manifest::foreign::line(text, usize::MAX).into_owned();
        }
    };
    fit(&mut told.reason);
    fit(&mut told.message);
    told.evidence.iter_mut().for_each(fit);
    told
}

fn found(object: &Value, verdict: &Verdict, pods: &[&Value], rules: &Rules) -> Explanation {
    let (group, kind) = group_kind(object);
    let row = rules.of(group, kind);
    match verdict.status {
        Status::Current if is_suspended(object) => Explanation::new("Suspended", ""),
        Status::Current => Explanation::new((row.notable)(object), ""),
        Status::Terminating => terminating(object),
        Status::NotFound => Explanation::new("NotFound", "it does not exist"),
        Status::Unknown => Explanation::new("Unknown", wording::quoted(&verdict.message)),
        Status::InProgress | Status::Failed if verdict.reason == "LatestGenerationNotObserved" => {
            let mut told = plain(verdict);
            told.message = format!("its controller has not seen the latest change yet ({})", told.message);
            told
        }
        Status::InProgress | Status::Failed => {
            (row.explain)(&Subject { object, kind, verdict, pods }).unwrap_or_else(|| plain(verdict))
        }
    }
}

/// Many kinds have this field; all mean the same by it.
fn is_suspended(object: &Value) -> bool {
    object.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true)
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
