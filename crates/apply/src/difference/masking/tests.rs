//! Which annotations are sensitive, and what counts as told by a value.

use super::{Masking, Showing, is_sensitive_annotation};
use serde_json::json;

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

#[test]
fn pointers_are_bounded_and_on_one_line() {
    let masking = Masking::default();
    let nothing = json!({});
    let showing = Showing::of(&masking, &nothing, &nothing);
    let pointer = showing.pointer(&["a/b~c\n".to_owned(), "x".repeat(500)]);
    assert!(pointer.starts_with("/a~1b~0c\u{fffd}/xxx"), "{pointer}");
    assert_eq!(pointer.chars().count(), 256);
}
