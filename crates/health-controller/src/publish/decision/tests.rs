//! Whose a Convergence is, what it looks like, and what of its status is written.

use api::convergence::{Convergence, ConvergenceStatus};
use serde_json::{Value, json};

use super::{change, is_owned, object};
use crate::samples::kustomization;

fn convergence(owners: &Value) -> Convergence {
    serde_json::from_value(json!({"apiVersion": "flyball.dev/v1alpha1", "kind": "Convergence",
        "metadata": {"name": "web", "namespace": "apps", "ownerReferences": owners}}))
    .unwrap()
}

fn owner(kind: &str, uid: &str) -> Value {
    json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": kind, "name": "web", "uid": uid})
}

fn status(summary: &str, omitted: Option<i64>) -> ConvergenceStatus {
    ConvergenceStatus { summary: Some(summary.to_owned()), omitted, ..ConvergenceStatus::default() }
}

#[test]
fn a_convergence_belongs_to_the_kustomization_that_lives() {
    let web = kustomization(&[], &json!({}), &json!({}));
    for (owners, owned) in [
        (json!([owner("Kustomization", "k")]), true),
        (json!([owner("Other", "x"), owner("Kustomization", "k")]), true),
        (json!([owner("Kustomization", "an earlier one")]), false),
        (json!([owner("Other", "k")]), false),
        (json!([]), false),
    ] {
        assert_eq!(is_owned(&convergence(&owners), &web), owned, "{owners}");
    }
    let mut unborn = web;
    unborn.metadata.uid = None;
    assert!(!is_owned(&convergence(&json!([owner("Kustomization", "k")])), &unborn));
}

#[test]
fn what_is_created_goes_with_its_kustomization() {
    let web = kustomization(&[], &json!({}), &json!({}));
    let made = object(&web);
    insta::assert_snapshot!(made, @r#"{"apiVersion":"flyball.dev/v1alpha1","kind":"Convergence","metadata":{"name":"web","namespace":"apps","ownerReferences":[{"apiVersion":"kustomize.toolkit.fluxcd.io/v1","blockOwnerDeletion":false,"controller":true,"kind":"Kustomization","name":"web","uid":"k"}]}}"#);
    assert!(is_owned(&serde_json::from_value(made).unwrap(), &web), "and is known for its own");
}

#[test]
fn only_what_differs_is_written() {
    let old = status("on its way", Some(3));
    assert_eq!(change(Some(&old), &old.clone()), None);
    assert_eq!(change(Some(&old), &status("well", Some(3))), Some(json!({"summary": "well"})));
    assert_eq!(change(Some(&old), &status("well", None)), Some(json!({"summary": "well", "omitted": null})));
    assert_eq!(change(None, &status("well", None)), Some(json!({"summary": "well"})));
    // An empty status is one, and has to be there.
    assert_eq!(change(None, &ConvergenceStatus::default()), Some(json!({})));
}
