//! The key of an object among several clusters.

use super::{TargetObject, target_of};
use api::kustomization::Kustomization;
use cluster::TargetId;
use manifest::ObjectId;
use proptest::prelude::*;
use serde_json::json;

fn id(name: &str) -> ObjectId {
    ObjectId { namespace: "ns".into(), name: name.into(), group: "apps".into(), kind: "Deployment".into() }
}

#[test]
fn the_own_cluster_goes_without_saying() {
    assert_eq!(TargetObject::new(&TargetId::Local, id("a")).to_string(), "Deployment/ns/a");
    let remote = TargetId::remote([0; 32], None);
    let zeros = "0".repeat(64);
    assert_eq!(TargetObject::new(&remote, id("a")).to_string(), format!("Deployment/ns/a in remote/{zeros}"));
}

#[test]
fn an_object_is_of_its_target_group_and_kind() {
    let object = TargetObject::new(&TargetId::Local, id("a"));
    assert!(object.is_of(&TargetId::Local, "apps", "Deployment"));
    assert!(!object.is_of(&TargetId::remote([0; 32], None), "apps", "Deployment"));
    assert!(!object.is_of(&TargetId::Local, "", "Deployment"));
    assert!(!object.is_of(&TargetId::Local, "apps", "StatefulSet"));
}

/// The field is not supported: such a Kustomization is neither run nor healed, and nothing is kept for its target.
#[test]
fn objects_are_in_the_own_cluster() {
    let spec = json!({"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"},
        "kubeConfig": {"secretRef": {"name": "remote"}}});
    let object: Kustomization = serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "app", "namespace": "ns"}, "spec": spec,
    }))
    .unwrap();
    assert!(api::unsupported::kustomization(&object.spec).is_some());
    assert_eq!(target_of(&object.spec), TargetId::Local);
}

fn target() -> impl Strategy<Value = TargetId> {
    let user = prop::option::of("[a-z]{1,3}");
    prop_oneof![
        Just(TargetId::Local),
        (0_u8..3, user).prop_map(|(mark, user)| TargetId::remote([mark; 32], user)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// One object in two clusters is two keys, however keys are compared.
    #[test]
    fn the_same_object_in_two_targets_is_never_one_key(one in target(), other in target()) {
        let (a, b) = (TargetObject::new(&one, id("a")), TargetObject::new(&other, id("a")));
        let same = one == other;
        prop_assert_eq!(a == b, same);
        prop_assert_eq!(a.cmp(&b).is_eq(), same);
        prop_assert_eq!(a.to_string() == b.to_string(), same);
        let kept = std::collections::HashSet::from([a, b]);
        prop_assert_eq!(kept.len(), if same { 1 } else { 2 });
    }
}
