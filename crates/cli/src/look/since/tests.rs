//! What objects tell of since when they are as they are.

use serde_json::json;

use super::*;

fn at(object: &Value) -> Option<String> {
    let metadata: ObjectMeta = serde_json::from_value(object["metadata"].clone()).expect("metadata");
    of(&metadata, object).map(|time| time.to_string())
}

#[test]
fn the_latest_change_counts() {
    let mut object = json!({"metadata": {"name": "a"}});
    assert_eq!(at(&object), None);
    object["metadata"]["creationTimestamp"] = json!("2026-11-25T09:00:00Z");
    assert_eq!(at(&object).as_deref(), Some("2026-11-25T09:00:00Z"));
    object["status"] = json!({"conditions": [
        {"type": "Ready", "lastTransitionTime": "2026-11-25T09:10:00Z"},
        {"type": "Other", "lastTransitionTime": "2026-11-25T09:05:00Z"},
        {"type": "Odd", "lastTransitionTime": 7}]});
    assert_eq!(at(&object).as_deref(), Some("2026-11-25T09:10:00Z"));
    object["metadata"]["managedFields"] = json!([
        {"manager": "kubectl", "operation": "Update", "time": "2026-11-25T09:20:00Z"},
        {"manager": "kcm", "operation": "Update", "time": "2026-11-25T09:30:00Z", "subresource": "status"}]);
    assert_eq!(at(&object).as_deref(), Some("2026-11-25T09:20:00Z"), "who writes the status changes nothing");
    object["metadata"]["deletionTimestamp"] = json!("2026-11-25T09:15:00Z");
    assert_eq!(at(&object).as_deref(), Some("2026-11-25T09:15:00Z"));
}
