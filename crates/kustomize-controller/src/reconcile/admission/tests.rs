//! Rows: what stands in the object, what is done with it.

use super::{Admission, admit};
use crate::unreadable::salvage;
use api::kustomization::Kustomization;
use serde_json::{Value, json};

fn object(metadata: &Value, spec: &Value) -> Kustomization {
    let mut object = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "a", "namespace": "ns"},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
    });
    for (place, more) in [("metadata", metadata), ("spec", spec)] {
        object[place].as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    }
    serde_json::from_value(object).unwrap()
}

fn ours() -> Value {
    json!({"finalizers": [api::labels::FINALIZER]})
}

#[test]
fn one_that_is_in_order_is_run() {
    assert_eq!(admit(&object(&ours(), &json!({})), None, None), Admission::Admitted);
}

#[test]
fn the_finalizer_comes_before_anything_else() {
    let theirs = json!({"finalizers": ["theirs"]});
    let expected = |then| Admission::Unfinalized {
        finalizers: vec!["theirs".to_owned(), api::labels::FINALIZER.to_owned()],
        then: Box::new(then),
    };
    assert_eq!(admit(&object(&theirs, &json!({})), None, None), expected(Admission::Admitted));
    assert_eq!(
        admit(&object(&theirs, &json!({"suspend": true})), None, None),
        expected(Admission::Suspended)
    );
}

#[test]
fn a_suspended_one_is_acknowledged_whatever_else_it_says() {
    let spec = json!({"suspend": true, "deletionPolicy": "Archive"});
    assert_eq!(admit(&object(&ours(), &spec), None, None), Admission::Suspended);
}

#[test]
fn an_unsupported_field_is_named() {
    let spec = json!({"deletionPolicy": "Archive"});
    assert_eq!(
        admit(&object(&ours(), &spec), None, None),
        Admission::Unsupported("spec.deletionPolicy".to_owned())
    );
}

#[test]
fn a_deletion_comes_first() {
    let deleting =
        |finalizers: Value| json!({"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": finalizers});
    let suspended = json!({"suspend": true});
    assert_eq!(
        admit(&object(&deleting(json!([api::labels::FINALIZER])), &suspended), None, None),
        Admission::Deleting
    );
    assert_eq!(admit(&object(&deleting(json!(["theirs"])), &suspended), None, None), Admission::Gone);
}

#[test]
fn names_that_cannot_exist_are_refused_before_anything_is_asked() {
    let Admission::Invalid(text) =
        admit(&object(&ours(), &json!({"dependsOn": [{"name": "../x"}]})), None, None)
    else {
        panic!("it is not run")
    };
    assert!(text.starts_with("spec.dependsOn[0].name "), "{text}");
    let suspended = json!({"dependsOn": [{"name": "../x"}], "suspend": true});
    assert_eq!(admit(&object(&ours(), &suspended), None, None), Admission::Suspended);
}

/// It gets no finalizer: nothing is made in its name.
#[test]
fn what_cannot_be_read_is_only_told_of_or_finalised() {
    let salvaged = salvage(&json!({"spec": {"prune": true, "sourceRef": {"kind": "Bucket", "name": "b"}}}));
    let problems = salvaged.problems.as_ref();
    for metadata in [ours(), json!({})] {
        let admission = admit(&object(&metadata, &json!({"suspend": true})), problems, None);
        assert!(
            matches!(&admission, Admission::Invalid(text) if text.starts_with("spec.interval ")),
            "{admission:?}"
        );
    }
    let deleting =
        json!({"finalizers": [api::labels::FINALIZER], "deletionTimestamp": "2026-01-01T00:00:00Z"});
    assert_eq!(admit(&object(&deleting, &json!({})), problems, None), Admission::Deleting);
}
