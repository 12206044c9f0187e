//! Merge patches.

use serde_json::json;

use crate::status::difference;

#[test]
fn a_patch_turns_the_old_into_the_new() {
    for (old, new, patch) in [
        (json!({}), json!({"a": 1}), json!({"a": 1})),
        (json!({"a": 1, "b": 2}), json!({"a": 1}), json!({"b": null})),
        (json!({"a": {"x": 1, "y": 2}}), json!({"a": {"x": 3}}), json!({"a": {"x": 3, "y": null}})),
        (json!({"a": [1, 2]}), json!({"a": [2]}), json!({"a": [2]})),
        (json!({"a": [1]}), json!({"a": [1]}), json!({})),
    ] {
        assert_eq!(difference(&old, &new), patch, "{old} {new}");
    }
}
