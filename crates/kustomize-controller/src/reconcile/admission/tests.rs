//! Rows: what stands in the object, what is done with it.

use super::{Admission, admit};
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
    assert_eq!(admit(&object(&ours(), &json!({}))), Admission::Admitted);
}

#[test]
fn the_finalizer_comes_before_anything_else() {
    let theirs = json!({"finalizers": ["theirs"]});
    let expected = |then| Admission::Unfinalized {
        finalizers: vec!["theirs".to_owned(), api::labels::FINALIZER.to_owned()],
        then: Box::new(then),
    };
    assert_eq!(admit(&object(&theirs, &json!({}))), expected(Admission::Admitted));
    assert_eq!(admit(&object(&theirs, &json!({"suspend": true}))), expected(Admission::Suspended));
}

#[test]
fn a_suspended_one_is_acknowledged_whatever_else_it_says() {
    let spec = json!({"suspend": true, "postBuild": {"substitute": {"a": "b"}}});
    assert_eq!(admit(&object(&ours(), &spec)), Admission::Suspended);
}

#[test]
fn an_unsupported_field_is_named() {
    let spec = json!({"postBuild": {"substitute": {"a": "b"}}});
    assert_eq!(admit(&object(&ours(), &spec)), Admission::Unsupported("spec.postBuild".to_owned()));
}

#[test]
fn a_deletion_comes_first() {
    let deleting =
        |finalizers: Value| json!({"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": finalizers});
    let suspended = json!({"suspend": true});
    assert_eq!(admit(&object(&deleting(json!([api::labels::FINALIZER])), &suspended)), Admission::Deleting);
    assert_eq!(admit(&object(&deleting(json!(["theirs"])), &suspended)), Admission::Gone);
}
