//! Jobs that have failed, or are about to.

use serde_json::Value;

use crate::explain::explanation::{Explanation, condition_text};
use crate::explain::scene::Scene;
use crate::kstatus::text;

/// Adds to what the Pods tell how the Job itself has failed; `by_pods`: they tell something.
pub(super) fn failed(object: &Value, mut told: Explanation, by_pods: bool, scene: &Scene<'_>) -> Explanation {
    let Some((reason, message)) = condition_text(object, "Failed", "True") else { return told };
    let said = if message.is_empty() { reason.clone() } else { format!("{reason}: {message}") };
    told.message = if by_pods {
        format!("the Job has failed ({reason}); {}", told.message)
    } else {
        format!("the Job has failed ({said})")
    };
    told.evidence.insert(0, format!("condition Failed: {said}"));
    let name = text(object, &["metadata", "name"]).unwrap_or("NAME");
    told.hint = Some(way_out(&reason, told.hint.as_deref().filter(|_| by_pods), name, scene));
    told.reason = if reason.is_empty() { "JobFailed".to_owned() } else { reason };
    told.stuck = true;
    told
}

/// A failed Job stays failed; what made it fail comes first.
fn way_out(reason: &str, of_pods: Option<&str>, name: &str, scene: &Scene<'_>) -> String {
    let kubectl = scene.kubectl();
    let cause = match (reason, of_pods) {
        (_, Some(hint)) => hint.to_owned(),
        ("DeadlineExceeded", None) => {
            format!("raise spec.activeDeadlineSeconds, or find what takes so long: {kubectl} logs job/{name}")
        }
        _ => format!("find why it fails: {kubectl} logs job/{name}"),
    };
    format!(
        "{cause}; a failed Job stays failed: then delete it ({kubectl} delete job {name}) or apply it under another name"
    )
}
