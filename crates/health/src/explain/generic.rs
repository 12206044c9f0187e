//! Objects without rules of their own: what their conditions and the warnings about them say, and where to look.

use super::event;
use super::explanation::{Explanation, MAX_EVIDENCE, plain};
use super::scene::Scene;
use crate::kstatus::Verdict;
use serde_json::Value;

/// Explains by the verdict alone.
pub(super) fn explain(object: &Value, kind: &str, verdict: &Verdict, scene: &Scene<'_>) -> Explanation {
    let told = plain(verdict);
    let hint = format!("its controller says more: {}", scene.describe(object));
    seen_by(told.hint(hint), object, kind, scene)
}

/// With the warnings about the object as evidence.
pub(super) fn seen_by(mut told: Explanation, object: &Value, kind: &str, scene: &Scene<'_>) -> Explanation {
    let room = MAX_EVIDENCE.saturating_sub(told.evidence.len());
    told.evidence.extend(event::about(object, kind, scene).iter().take(room).map(event::Warning::shown));
    told
}
