//! What the annotation may say.

use super::{of, read};
use crate::samples::kustomization;
use api::drift_report::DriftMode;
use serde_json::json;

#[test]
fn only_two_words_are_known() {
    let with =
        |value: &str| kustomization(&json!({"metadata": {"annotations": {api::labels::DRIFT_MODE: value}}}));
    assert_eq!(read(&kustomization(&json!({}))), Ok(DriftMode::Heal));
    assert_eq!(read(&with("Heal")), Ok(DriftMode::Heal));
    assert_eq!(read(&with("Report")), Ok(DriftMode::Report));
    for unknown in ["", "report", "Ignore\n", " Report"] {
        assert!(read(&with(unknown)).is_err(), "{unknown}");
        assert_eq!(of(&with(unknown)), DriftMode::Heal, "{unknown}");
    }
    let text = read(&with("Ignore\n")).unwrap_err().to_string();
    assert_eq!(
        text,
        "annotation kustomize.flyball.dev/driftMode is \"Ignore\u{fffd}\", which is neither Heal nor Report: drift is healed"
    );
}
