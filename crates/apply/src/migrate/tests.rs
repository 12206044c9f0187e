//! Which entries are lifted.

use super::patch;
use serde_json::{Value, json};

fn live(versions: &[&str]) -> Value {
    let entries: Vec<Value> =
        versions.iter().map(|v| json!({"manager": "m", "apiVersion": v, "fieldsV1": {}})).collect();
    json!({"metadata": {"resourceVersion": "7", "managedFields": entries}})
}

#[test]
fn every_entry_is_lifted_to_the_manifests_version() {
    let desired = json!({"apiVersion": "example.com/v1"});
    let entries = live(&["example.com/v1"])["metadata"]["managedFields"][0].clone();
    assert_eq!(
        patch(&desired, &live(&["example.com/v1alpha1", "example.com/v1"])),
        Some(json!([
            {"op": "replace", "path": "/metadata/managedFields", "value": [entries, entries]},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"},
        ]))
    );
}

#[test]
fn nothing_is_done_where_nothing_is_old() {
    let desired = json!({"apiVersion": "v1"});
    assert_eq!(patch(&desired, &live(&["v1", "v1"])), None);
    assert_eq!(patch(&desired, &live(&[])), None);
    assert_eq!(patch(&desired, &json!({})), None);
}
