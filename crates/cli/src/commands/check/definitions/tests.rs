//! CRDs in all states.

use serde_json::{Value, json};

use super::*;
use crate::finding;

fn ours(kind: &str) -> CustomResourceDefinition {
    api::all_crds().into_iter().find(|crd| crd.spec.names.kind == kind).expect("a CRD")
}

/// One of ours as a cluster has it, changed.
fn theirs(kind: &str, change: impl FnOnce(&mut Value)) -> Theirs {
    let mut value = serde_json::to_value(ours(kind)).expect("JSON");
    value["status"] = json!({
        "conditions": [{ "type": "Established", "status": "True", "reason": "", "message": "", "lastTransitionTime": null }],
        "storedVersions": ["v1"], "acceptedNames": { "kind": kind, "plural": "x" },
    });
    value["metadata"]["annotations"] =
        json!({ "meta.helm.sh/release-name": "flux", "meta.helm.sh/release-namespace": "flux-system" });
    change(&mut value);
    Theirs::Whole(Box::new(serde_json::from_value(value).expect("a CRD")))
}

fn told(kind: &str, theirs: Theirs, when: When<'_>) -> String {
    let read = Read { found: vec![Definition { ours: ours(kind), theirs }], refused: Vec::new() };
    finding::lines(&findings(&read, when)).join("\n")
}

#[test]
fn our_own() {
    insta::assert_snapshot!(told("Kustomization", theirs("Kustomization", |_| ()), When::Before), @"✔ CustomResourceDefinition kustomizations.kustomize.toolkit.fluxcd.io: serves v1, stores v1; of the Helm release flux in flux-system");
}

#[test]
fn older_ones() {
    let older = |pointer: &'static str, field: &'static str| {
        theirs("Kustomization", move |crd| {
            let path = format!("/spec/versions/0/schema/openAPIV3Schema/properties/{pointer}/properties");
            crd.pointer_mut(&path)
                .and_then(Value::as_object_mut)
                .expect("fields")
                .remove(field)
                .expect("a field");
        })
    };
    insta::assert_snapshot!(told("Kustomization", older("status", "inventory"), When::Before), @"
    ✗ CustomResourceDefinition kustomizations.kustomize.toolkit.fluxcd.io: serves v1, stores v1; of the Helm release flux in flux-system; its schema is older and lacks status.inventory, so that what controllers write there is lost
      hint: upgrade the Helm release flux in flux-system
    ");
    insta::assert_snapshot!(told("Kustomization", older("spec", "deletionPolicy"), When::Before), @"
    ! CustomResourceDefinition kustomizations.kustomize.toolkit.fluxcd.io: serves v1, stores v1; of the Helm release flux in flux-system; its schema is older and lacks spec.deletionPolicy, which cannot be set
      hint: upgrade the Helm release flux in flux-system
    ");
    let beta = theirs("Kustomization", |crd| crd["spec"]["versions"][0]["name"] = "v1beta2".into());
    insta::assert_snapshot!(told("Kustomization", beta, When::Before), @"
    ✗ CustomResourceDefinition kustomizations.kustomize.toolkit.fluxcd.io: serves v1beta2, and v1 is needed; of the Helm release flux in flux-system
      hint: upgrade the Helm release flux in flux-system
    ");
    let unserved = theirs("Kustomization", |crd| crd["spec"]["versions"][0]["served"] = false.into());
    assert!(told("Kustomization", unserved, When::Before).contains("serves no version, and v1 is needed"));
    let stored = theirs("Kustomization", |crd| crd["status"]["storedVersions"] = json!(["v1beta2", "v1"]));
    insta::assert_snapshot!(told("Kustomization", stored, When::Before), @"
    ! CustomResourceDefinition kustomizations.kustomize.toolkit.fluxcd.io: serves v1, stores v1beta2, v1; of the Helm release flux in flux-system
      hint: `flux migrate` writes all objects in the newest version and ends the storing of older ones
    ");
    let waiting = theirs("Kustomization", |crd| crd["status"]["conditions"] = json!([]));
    assert!(told("Kustomization", waiting, When::Before).contains("is not established"));
}

#[test]
fn none() {
    assert!(told("Kustomization", Theirs::Absent, When::Before).contains("✔"));
    let deployment =
        json!({ "metadata": { "name": "source-controller" }, "spec": { "selector": {}, "template": {} } });
    let controllers = [Controller::of(&serde_json::from_value(deployment).expect("a Deployment"))];
    let when = When::Installed(&controllers);
    insta::assert_snapshot!(told("Kustomization", Theirs::Absent, when), @"
    ✗ CustomResourceDefinition kustomizations.kustomize.toolkit.fluxcd.io: does not exist, and source-controller needs it
      hint: install the chart with crds.enabled=true
    ");
    assert_eq!(told("Convergence", Theirs::Absent, when), "", "health-controller's alone");
    assert!(told("ExternalArtifact", Theirs::Absent, when).starts_with('!'));
    assert_eq!(told("Kustomization", Theirs::Absent, When::Installed(&[])), "", "nobody needs it");
}

#[test]
fn those_that_may_not_be_read() {
    let served = |versions: &[&str]| Theirs::Served(versions.iter().map(ToString::to_string).collect());
    assert!(told("Bucket", served(&["v1", "v1beta2"]), When::Before).ends_with("serves v1, v1beta2"));
    assert!(told("Bucket", served(&["v1beta2"]), When::Before).contains("serves v1beta2, and v1 is needed"));
}

#[test]
fn many_missing_fields() {
    let paths: Vec<String> = (1..=7).map(|number| format!("spec.f{number}")).collect();
    assert_eq!(list(&paths), "spec.f1, spec.f2, spec.f3, spec.f4, spec.f5 and 2 more");
    assert_eq!(list(&paths[..2]), "spec.f1, spec.f2");
}
