//! Merge patches: what they hold, and that they lead to what is wanted.

use proptest::prelude::{Strategy, any, proptest};
use proptest::{prop_assert_eq, prop_oneof};
use serde_json::{Map, Value, json};

use super::{changes, difference, finalizers_body, status_body};

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

#[test]
fn what_is_equal_is_no_change() {
    assert_eq!(changes(&json!({"a": 1}), &json!({"a": 1})), None);
    assert_eq!(changes(&json!({"a": 1, "b": 2}), &json!({"a": 3})), Some(json!({"a": 3, "b": null})));
}

#[test]
fn a_value_of_another_type_is_replaced_whole() {
    for (old, new, patch) in [
        (json!({"a": 1}), json!({"a": {"x": 1}}), json!({"a": {"x": 1}})),
        (json!({"a": {"x": 1}}), json!({"a": []}), json!({"a": []})),
        (json!({"a": {"x": 1}}), json!({"a": {}}), json!({"a": {"x": null}})),
        (json!(1), json!({"a": 1}), json!({"a": 1})),
        (json!({"a": 1}), json!(null), json!(null)),
    ] {
        assert_eq!(difference(&old, &new), patch, "{old} {new}");
    }
}

#[test]
fn bodies_carry_a_version_only_when_the_write_is_conditional() {
    insta::assert_snapshot!(status_body(&json!({"a": 1}), Some("7")), @r#"{"metadata":{"resourceVersion":"7"},"status":{"a":1}}"#);
    insta::assert_snapshot!(status_body(&json!({"a": null}), None), @r#"{"status":{"a":null}}"#);
    insta::assert_snapshot!(finalizers_body(&["finalizers.fluxcd.io".to_owned()], "7"), @r#"{"metadata":{"finalizers":["finalizers.fluxcd.io"],"resourceVersion":"7"}}"#);
    insta::assert_snapshot!(finalizers_body(&[], "7"), @r#"{"metadata":{"finalizers":[],"resourceVersion":"7"}}"#);
}

/// RFC 7396, straight from its text.
fn merge(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut target = match target {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            let old = target.remove(name).unwrap_or(Value::Null);
            target.insert(name.clone(), merge(old, value));
        }
    }
    Value::Object(target)
}

/// Objects without nulls, which a merge patch cannot set.
fn objects() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (0..3_u8).prop_map(Value::from),
        proptest::collection::vec(0..3_u8, 0..3).prop_map(Value::from),
    ];
    let any = leaf.prop_recursive(3, 24, 3, |inner| {
        proptest::collection::btree_map("[abc]", inner, 0..3).prop_map(|map| json!(map))
    });
    proptest::collection::btree_map("[abc]", any, 0..3).prop_map(|map| json!(map))
}

proptest! {
    #[test]
    fn merged_into_the_old_the_difference_gives_the_new(old in objects(), new in objects()) {
        let patch = difference(&old, &new);
        prop_assert_eq!(&merge(old.clone(), &patch), &new);
        prop_assert_eq!(patch == json!({}), old == new, "what is equal needs no patch");
    }
}
