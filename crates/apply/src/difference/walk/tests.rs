//! Elements of keyed lists.

use super::is_one_element;
use serde_json::json;

#[test]
fn a_key_that_is_left_out_has_its_default() {
    let keys = ["containerPort".to_owned(), "protocol".to_owned()];
    let live = json!({"containerPort": 80, "protocol": "TCP"});
    assert!(is_one_element(&keys, &json!({"containerPort": 80}), &live));
    assert!(is_one_element(&keys, &json!({"containerPort": 80, "protocol": "TCP"}), &live));
    assert!(!is_one_element(&keys, &json!({"containerPort": 80, "protocol": "UDP"}), &live));
    assert!(!is_one_element(&keys, &json!({"containerPort": 81}), &live));
    assert!(!is_one_element(&keys, &json!({"name": "x"}), &live), "no key at all");
}
