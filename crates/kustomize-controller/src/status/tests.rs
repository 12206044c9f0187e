//! Status patches.

use super::difference;
use api::kustomization::KustomizationStatus;

#[test]
fn a_status_patch_holds_only_what_differs() {
    let stored =
        KustomizationStatus { last_applied_revision: Some("a".into()), ..KustomizationStatus::default() };
    assert_eq!(difference(&stored, &stored), None);
    let wanted =
        KustomizationStatus { last_attempted_revision: Some("b".into()), ..KustomizationStatus::default() };
    assert_eq!(
        difference(&stored, &wanted),
        Some(serde_json::json!({"lastAttemptedRevision": "b", "lastAppliedRevision": null}))
    );
}
