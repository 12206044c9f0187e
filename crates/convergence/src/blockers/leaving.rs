//! Deletions that do not end: of what was pruned, of objects of the inventory, and of the Kustomization itself.

use std::time::Duration;

use api::blocker::BlockerCode;
use health::explain::{Explanation, Scene, explain_deletion};
use jiff::Timestamp;
use serde_json::Value;

use super::about::About;
use super::draft::Draft;

/// How long a deletion may take until it is said that it does not end.
const LEAVES_WITHIN: Duration = Duration::from_secs(30);

/// The blocker that a deletion is, or after which time it will be one. `since`: when the deletion was asked for, or when
/// the time to end in peace is over.
pub(crate) fn of_leaving(
    subject: &str,
    told: &Explanation,
    since: Option<Timestamp>,
    now: Timestamp,
) -> Result<Draft, Duration> {
    let age = since
        .map_or(Duration::ZERO, |since| Duration::try_from(now.duration_since(since)).unwrap_or_default());
    if let Some(left) = LEAVES_WITHIN.checked_sub(age).filter(|left| !left.is_zero()) {
        return Err(left);
    }
    let mut draft = Draft::new(BlockerCode::FinalizerStuck, subject, told.message.clone());
    draft.evidence.clone_from(&told.evidence);
    Ok(match &told.hint {
        Some(hint) => draft.hint(hint),
        None => draft,
    })
}

/// When an object was told to go.
pub(crate) fn deleted_at(object: &Value) -> Option<Timestamp> {
    object.pointer("/metadata/deletionTimestamp").and_then(Value::as_str)?.parse().ok()
}

/// Why a Kustomization does not go: what it waits for is still there.
pub(crate) fn of_kustomization(about: &About<'_>, going: &[String]) -> Explanation {
    let metadata = &about.kustomization.metadata;
    let object = serde_json::json!({
        "apiVersion": format!("{}/{}", api::KUSTOMIZE_GROUP, api::FLUX_VERSION), "kind": "Kustomization",
        "metadata": {"name": metadata.name, "finalizers": metadata.finalizers,
            "deletionTimestamp": metadata.deletion_timestamp},
    });
    let scene = Scene { namespace: about.namespace(), beside: about.beside, now: None };
    let told = explain_deletion(&object, &scene);
    let finalizers = metadata.finalizers.clone().unwrap_or_default();
    let ours = finalizers.iter().any(|name| name == api::labels::FINALIZER);
    let message = match going.first() {
        Some(first) => format!("the Kustomization is stuck in deletion: {first} does not go"),
        None => "the Kustomization is stuck in deletion".to_owned(),
    };
    let hint = match going.first() {
        Some(first) => Some(format!("see what keeps {first}: its own blocker says it")),
        None if ours => Some(format!(
            "see whether kustomize-controller runs and may delete the objects of {}, and whether their cluster answers; to leave the objects where they are, set spec.deletionPolicy: Orphan",
            about.named()
        )),
        None => told.hint.clone(),
    };
    Explanation { message, hint, ..told }
}

#[cfg(test)]
mod tests;
