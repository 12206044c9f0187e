//! What becomes of objects that no manifest has any more, and which names are one generator's.

use super::*;
use serde_json::json;

#[test]
fn departing_objects() {
    let id = ObjectId {
        namespace: "shop".into(),
        name: "a".into(),
        group: String::new(),
        kind: "ConfigMap".into(),
    };
    let owner = Owner { namespace: "apps".to_owned(), name: "web".to_owned() };
    let live = |name: &str, annotations: Value| {
        json!({"metadata": {"annotations": annotations, "labels": {
            "kustomize.toolkit.fluxcd.io/name": name, "kustomize.toolkit.fluxcd.io/namespace": "apps"}}})
    };
    let act = |live: &Value, prunes: bool| departing(&id, live, &owner, prunes).act;
    assert_eq!(act(&live("web", json!({})), true), Act::Delete);
    assert_eq!(act(&live("web", json!({})), false), Act::Skip);
    assert_eq!(act(&live("other", json!({})), true), Act::Skip);
    let kept = live("web", json!({"kustomize.toolkit.fluxcd.io/prune": "disabled"}));
    let diff = departing(&id, &kept, &owner, true);
    assert!(diff.act == Act::Skip && diff.remarks[0].contains("says so"), "{diff:?}");
}

#[test]
fn names_of_one_generator() {
    for (one, other, wanted) in [
        ("login-5h7g9k2m4t", "login-2b4c6d8f9g", true),
        ("login-5h7g9k2m4t", "login-5h7g9k2m4t", false),
        ("login-5h7g9k2m4t", "other-2b4c6d8f9g", false),
        ("login", "login-2b4c6d8f9g", false),
        ("login-a", "login-b", false),
    ] {
        assert_eq!(is_of_one_generator(one, other), wanted, "{one} {other}");
    }
}

#[test]
fn what_a_run_would_meet_is_told_from_what_only_the_asker_does() {
    for class in [Class::Invalid, Class::BadRequest, Class::NotFound, Class::Conflict] {
        assert_eq!(refusal(class), Refusal::Object, "{class:?}");
    }
    for class in [Class::Unauthorized, Class::Timeout, Class::Transport, Class::ServerError, Class::Throttled]
    {
        assert_eq!(refusal(class), Refusal::Question, "{class:?}");
    }
    assert_eq!(refusal(Class::Forbidden), Refusal::Either);
}
