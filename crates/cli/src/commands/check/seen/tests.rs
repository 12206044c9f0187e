//! What is said of things that could not be read.

use super::*;
use crate::finding;

#[test]
fn what_was_refused() {
    let mut seen = Seen::default();
    let right = Right::of("list", "apps", "deployments");
    seen.deployments.refused.push(Refused { right, namespace: None, unknown: "what is installed" });
    let right = Right::of("list", "", "pods");
    seen.pods.refused.push(Refused { right, namespace: Some("a".to_owned()), unknown: "why" });
    let right = Right::in_cluster("get", "apiextensions.k8s.io", "customresourcedefinitions");
    seen.definitions.refused.push(Refused { right, namespace: None, unknown: "whose they are" });
    insta::assert_snapshot!(finding::lines(&seen.refused()).join("\n"), @"
    ? deployments.apps: you may not list in all namespaces: what is installed is not known
      hint: ask for the right; `kubectl auth can-i list deployments.apps --all-namespaces` says when you have it
    ? pods: you may not list in a: why is not known
      hint: ask for the right; `kubectl auth can-i list pods -n a` says when you have it
    ? customresourcedefinitions.apiextensions.k8s.io: you may not get: whose they are is not known
      hint: ask for the right; `kubectl auth can-i get customresourcedefinitions.apiextensions.k8s.io` says when you have it
    ");
    assert!(Place::default().is_absent() && Place::default().refused().is_empty());
}
