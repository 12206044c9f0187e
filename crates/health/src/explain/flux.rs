//! Children: Kustomizations and HelmReleases that an inventory names. They are explained by their own Ready condition; all
//! of it tells `flyball explain` of the child.

use super::explanation::{Explanation, condition_text};
use super::scene::Scene;
use crate::kstatus::text;
use crate::wording;
use serde_json::Value;

/// Explains a child that is not ready.
pub(crate) fn explain(object: &Value, kind: &str, scene: &Scene<'_>) -> Option<Explanation> {
    let name = wording::word(text(object, &["metadata", "name"]).unwrap_or("NAME"));
    let hint = format!("flyball explain {}/{name} -n {}", kind.to_ascii_lowercase(), scene.namespace);
    let (reason, message) = condition_text(object, "Ready", "False")
        .or_else(|| condition_text(object, "Stalled", "True"))
        .or_else(|| condition_text(object, "Ready", "Unknown"))?;
    let seen = format!("condition Ready: {}", wording::word(&reason));
    Some(
        Explanation::new(reason.clone(), format!("{}: {message}", wording::word(&reason)))
            .evidence(seen)
            .hint(hint),
    )
}
