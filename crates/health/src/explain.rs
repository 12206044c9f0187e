//! Says in one sentence why an object is not well, by what that was seen, and what to do. The verdict itself is
//! `kstatus`'s, what a kind has to say beyond it its row's in `rules`; what follows for the whole is the caller's.
//!
//! Texts are stable while nothing changes: no counters, no ages, and a fault that the kubelet shows under alternating
//! names has one name here.

pub(crate) mod claim;
pub(crate) mod deletion;
mod event;
mod explanation;
pub mod finalizer;
pub(crate) mod flux;
mod generic;
pub(crate) mod pod;
pub mod refusal;
mod scene;
pub mod service;
pub mod source;
pub(crate) mod workload;

pub use deletion::explain as explain_deletion;
use explanation::plain;
pub use explanation::{Explanation, MAX_EVIDENCE};
pub use scene::Scene;

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

/// Explains an object that exists, of whose surroundings nothing is known but the Pods that its selector chooses; none for
/// other kinds.
#[must_use]
pub fn explain(object: &Value, verdict: &Verdict, pods: &[&Value], rules: &Rules) -> Explanation {
    let namespace = text(object, &["metadata", "namespace"]).unwrap_or_default();
    explain_in(object, verdict, pods, &Scene { namespace, ..Scene::BARE }, rules)
}

/// Explains an object that exists, by its Pods and by what else is known around it.
#[must_use]
pub fn explain_in(
    object: &Value,
    verdict: &Verdict,
    pods: &[&Value],
    scene: &Scene<'_>,
    rules: &Rules,
) -> Explanation {
    fit(found(object, verdict, pods, scene, rules))
}

/// What others have recorded of an object as warnings, one line each, in an order that does not depend on when.
#[must_use]
pub fn warnings(object: &Value, kind: &str, scene: &Scene<'_>) -> Vec<String> {
    event::about(object, kind, scene).iter().map(event::Warning::shown).collect()
}

/// What Flux's own kinds say by their conditions, and where that leads; `None` for other kinds, and for what is well.
#[must_use]
pub fn flux_explanation(object: &Value, scene: &Scene<'_>) -> Option<Explanation> {
    let told = match group_kind(object) {
        ("source.toolkit.fluxcd.io", _) => source::explain(object, scene),
        ("kustomize.toolkit.fluxcd.io" | "helm.toolkit.fluxcd.io", kind) => {
            flux::explain(object, kind, scene)
        }
        _ => None,
    };
    told.map(fit)
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
    told.evidence.iter_mut().chain(&mut told.hint).for_each(fit);
    told.evidence.truncate(MAX_EVIDENCE);
    told
}

fn found(
    object: &Value,
    verdict: &Verdict,
    pods: &[&Value],
    scene: &Scene<'_>,
    rules: &Rules,
) -> Explanation {
    let (group, kind) = group_kind(object);
    let row = rules.of(group, kind);
    match verdict.status {
        Status::Current if is_suspended(object) => Explanation::new("Suspended", ""),
        Status::Current => Explanation::new((row.notable)(object), ""),
        Status::Terminating => deletion::explain(object, scene),
        Status::NotFound => Explanation::new("NotFound", "it does not exist"),
        Status::Unknown => Explanation::new("Unknown", wording::quoted(&verdict.message)).hint(format!(
            "a field of its status has a type that nobody expects: {}",
            scene.describe(object)
        )),
        Status::InProgress | Status::Failed if verdict.reason == "LatestGenerationNotObserved" => {
            let mut told = plain(verdict);
            told.message = format!("its controller has not seen the latest change yet ({})", told.message);
            told.hint(format!("see whether the controller of {kind} runs: {}", scene.describe(object)))
        }
        Status::InProgress | Status::Failed => {
            let subject = Subject { object, kind, verdict, pods, scene: *scene };
            let told =
                (row.explain)(&subject).unwrap_or_else(|| generic::explain(object, kind, verdict, scene));
            Explanation { stuck: told.stuck || verdict.status == Status::Failed, ..told }
        }
    }
}

/// Many kinds have this field; all mean the same by it.
fn is_suspended(object: &Value) -> bool {
    object.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true)
}
