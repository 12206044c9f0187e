//! Which annotations are sensitive, and what counts as told by a value.

use super::{Masking, Maskings, Showing, Shown, is_sensitive_annotation};
use crate::difference::all_differences;
use manifest::foreign::Values;
use serde_json::{Value, json};

#[test]
fn annotations_that_hold_credentials_or_whole_objects() {
    for key in [
        "kubectl.kubernetes.io/last-applied-configuration",
        "kapp.k14s.io/original",
        "cluster.x-k8s.io/last-applied-configuration",
        "kopf.zalando.org/last-handled-configuration",
        "example.com/password",
        "example.com/api-key-token",
        "example.com/API_KEY",
        "client-secret",
    ] {
        assert!(is_sensitive_annotation(key), "{key}");
    }
    for key in ["example.com/secret-name", "note", "password.example.com/note", "key"] {
        assert!(!is_sensitive_annotation(key), "{key}");
    }
}

#[test]
fn short_words_count_alone_and_long_ones_anywhere() {
    let masking = Masking::default().with_words([
        "pin".to_owned(),
        "battery-staple".to_owned(),
        String::new(),
        "7000".to_owned(),
    ]);
    assert!(masking.is_told_by(&json!("pin")));
    assert!(!masking.is_told_by(&json!("spinning")));
    assert!(masking.is_told_by(&json!({"a": [{"b": "the battery-staple!"}]})));
    assert!(masking.is_told_by(&json!({"battery-staple": 1})));
    assert!(masking.is_told_by(&json!(7000)));
    assert!(!masking.is_told_by(&json!("")));
    assert!(!Masking::default().is_told_by(&json!("anything")));
}

/// Of a value of a Secret that stands in another object, what somebody put in its place says nearly as much.
#[test]
fn a_side_is_not_shown_where_the_other_is_masked() {
    let values = Values::default();
    values.gather(&json!({"kind": "Secret", "stringData": {"password": "battery-staple"}}));
    let masking = Masking::default().with_values(&values);
    let nothing = json!({"kind": "ConfigMap"});
    let showing = Showing::of(&masking, &nothing, &nothing);
    let shown = |desired: &str, live: &str| {
        let path = ["data".to_owned(), "url".to_owned()];
        let (desired, live) = showing.both(&path, Some(&json!(desired)), Some(&json!(live)));
        format!("{} {}", desired.unwrap(), live.unwrap())
    };
    assert_eq!(shown("u:battery-staple@x", "u:new-password@x"), "*** ***");
    assert_eq!(shown("u:old-password@x", "u:battery-staple@x"), "*** ***");
    assert_eq!(shown("battery-staple:1", "battery-staple:2"), "\"***:1\" \"***:2\"", "the rest may be read");
    assert_eq!(shown("one ***", "two"), "\"one ***\" \"two\"", "somebody else's stars");
}

#[test]
fn keys_of_a_decrypted_object_are_masked_as_those_of_others() {
    let maskings = Maskings::new(["hunter22".to_owned()], ["battery-staple".to_owned()]);
    let (desired, live) = (
        json!({"kind": "X", "spec": {"x-hunter22": "1", "plain": "battery-staple"}}),
        json!({"kind": "X", "spec": {"plain": "battery-staple"}}),
    );
    let masking = maskings.of(&desired, &Values::default());
    let found = all_differences(&desired, &live, &[], &masking);
    assert_eq!(found[0].pointer, "/spec/***");
}

/// YAML takes the spaces around a plain text away.
#[test]
fn a_word_with_space_around_it_is_known_without() {
    let masking = Masking::default().with_words([" hunter22\r".to_owned()]);
    assert!(masking.is_told_by(&json!("u:hunter22@x")));
    assert!(!Masking::default().with_words([" ".to_owned()]).is_told_by(&json!("a b")));
}

#[test]
fn credentials_in_annotations_within_an_object_are_hidden() {
    let object = |token: &str| {
        let annotations = json!({"example.com/api-token": token, "note": token});
        json!({"kind": "Deployment", "spec": {"template": {"metadata": {"annotations": annotations}}}})
    };
    let told = |desired: &Value, live: &Value| {
        let found = all_differences(desired, live, &[], &Masking::default());
        let side = |shown: &Option<Shown>| shown.as_ref().map_or("-".to_owned(), ToString::to_string);
        found
            .iter()
            .map(|found| format!("{} {} {}", found.pointer, side(&found.desired), side(&found.live)))
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!(told(&object("abc"), &object("def")), @r#"
    /spec/template/metadata/annotations/example.com~1api-token *** ***
    /spec/template/metadata/annotations/note "abc" "def"
    "#);
    for above in ["/spec", "/spec/template", "/spec/template/metadata", "/spec/template/metadata/annotations"]
    {
        let mut without = object("abc");
        *without.pointer_mut(above).unwrap() = Value::Null;
        let told = told(&object("abc"), &without);
        assert!(told.contains(r#""example.com/api-token":"***","note":"abc""#), "{told}");
    }
}

#[test]
fn pointers_are_bounded_and_on_one_line() {
    let masking = Masking::default();
    let nothing = json!({});
    let showing = Showing::of(&masking, &nothing, &nothing);
    let pointer = showing.pointer(&["a/b~c\n".to_owned(), "x".repeat(500)]);
    assert!(pointer.starts_with("/a~1b~0c\u{fffd}/xxx"), "{pointer}");
    assert_eq!(pointer.chars().count(), 256);
}
