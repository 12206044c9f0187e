//! Which labels and annotations count, and how they are read.

use api::labels;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::json;

use super::{is_create_only, is_forced, is_ignored, is_ignored_meta, is_kept, is_merge, owner};
use crate::baseline::meta_of;
use crate::samples::{marked, object};

const MAPS: [&str; 2] = ["labels", "annotations"];

#[test]
fn hands_off_is_said_in_two_ways_and_in_either_map() {
    for map in MAPS {
        for (key, value) in
            [(labels::RECONCILE, "disabled"), (labels::RECONCILE, "Disabled"), (labels::SSA, "Ignore")]
        {
            let object = marked(map, key, value);
            assert!(is_ignored(&object), "{object}");
            assert!(is_ignored_meta(&meta_of(&object)), "{object}");
            assert!(is_kept(&object), "what is never applied is never pruned: {object}");
        }
        for (key, value) in [
            (labels::RECONCILE, "enabled"),
            (labels::RECONCILE, ""),
            (labels::SSA, "Merge"),
            (labels::SSA, "disabled"),
            (labels::RECONCILE, "ignore"),
            (labels::PRUNE, "disabled"),
        ] {
            let object = marked(map, key, value);
            assert!(!is_ignored(&object), "{object}");
            assert!(!is_ignored_meta(&meta_of(&object)), "{object}");
        }
    }
    assert!(!is_ignored(&object(json!({}))) && !is_ignored(&json!({})) && !is_ignored(&json!("text")));
    assert!(!is_ignored_meta(&ObjectMeta::default()));
}

#[test]
fn every_directive_has_its_own_key_and_value() {
    for map in MAPS {
        let of = |key, value| {
            let object = marked(map, key, value);
            [is_create_only(&object), is_merge(&object), is_forced(&object), is_kept(&object)]
        };
        assert_eq!(of(labels::SSA, "IfNotPresent"), [true, false, false, false]);
        assert_eq!(of(labels::SSA, "MERGE"), [false, true, false, false]);
        assert_eq!(of(labels::FORCE, "enabled"), [false, false, true, false]);
        assert_eq!(of(labels::PRUNE, "disabled"), [false, false, false, true]);
        assert_eq!(of(labels::FORCE, "disabled"), [false; 4]);
        assert_eq!(of(labels::PRUNE, "enabled"), [false; 4]);
        assert_eq!(of("example.com/force", "enabled"), [false; 4]);
    }
}

#[test]
fn a_value_that_is_not_a_string_says_nothing() {
    let object = object(json!({"metadata": {"labels": {labels::FORCE: true}, "annotations": []}}));
    assert!(!is_forced(&object));
}

#[test]
fn an_owner_has_both_labels() {
    let both = json!({labels::OWNER_NAME: "web", labels::OWNER_NAMESPACE: "apps"});
    assert_eq!(
        owner(&object(json!({"metadata": {"labels": both.clone()}}))),
        Some(("apps".to_owned(), "web".to_owned()))
    );
    assert_eq!(owner(&object(json!({"metadata": {"annotations": both}}))), None);
    assert_eq!(owner(&marked("labels", labels::OWNER_NAME, "web")), None);
    assert_eq!(owner(&marked("labels", labels::OWNER_NAMESPACE, "apps")), None);
    assert_eq!(owner(&object(json!({}))), None);
}
