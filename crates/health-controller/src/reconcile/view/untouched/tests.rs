//! What counts as a controller's word.

use serde_json::{Value, json};

use super::is_untouched;
use crate::samples::kustomization;

fn with(spec: &Value, status: &Value) -> bool {
    let mut object = kustomization(&[], spec, &json!({}));
    object.status = serde_json::from_value(status.clone()).unwrap();
    is_untouched(&object)
}

#[test]
fn the_first_word_of_a_controller_ends_it() {
    let none = json!({});
    for status in
        [Value::Null, json!({}), json!({"observedGeneration": -1}), json!({"observedGeneration": 0})]
    {
        assert!(with(&none, &status), "{status}");
        assert!(!with(&json!({"suspend": true}), &status), "{status}: nobody will look at it");
    }
    let running = json!([{"type": "Ready", "status": "Unknown", "reason": "Progressing", "message": "",
        "lastTransitionTime": "2026-11-25T10:00:00Z"}]);
    let said = [
        json!({"observedGeneration": 1}),
        json!({"conditions": running}),
        json!({"inventory": {"entries": []}}),
    ];
    for status in said {
        assert!(!with(&none, &status), "{status}");
    }
}
