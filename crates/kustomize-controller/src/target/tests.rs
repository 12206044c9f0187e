//! The key of an object among several clusters.

use super::{Place, TargetObject};
use crate::args::Options;
use crate::references::{ReferenceKind, access_of};
use crate::samples::{kustomization, options};
use cluster::TargetId;
use manifest::ObjectId;
use proptest::prelude::*;
use serde_json::{Value, json};

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

fn place(default: &str, more: Value) -> Place {
    let options = Options { default_service_account: default.to_owned(), ..options() };
    Place::of(&options, "ns", &kustomization(&json!({ "spec": more })).spec)
}

/// contracts/kustomize-controller.md 19.
#[test]
fn a_spec_says_where_its_objects_are() {
    assert_eq!(place("", json!({})), Place::Local);
    assert_eq!(
        place("tenant", json!({"serviceAccountName": "a"})),
        Place::Local,
        "an account is not a cluster"
    );
    let secret = json!({"kubeConfig": {"secretRef": {"name": "s", "key": "k"}}});
    let Place::Remote { access, user } = place("", secret.clone()) else { panic!("remote") };
    assert_eq!((access.reference.kind, access.reference.namespace.as_str()), (ReferenceKind::Secret, "ns"));
    assert_eq!((access.reference.name.as_str(), access.key.as_deref(), user), ("s", Some("k"), None));
    let Place::Remote { user, .. } = place("tenant", secret) else { panic!("remote") };
    assert_eq!(user.as_deref(), Some("system:serviceaccount:ns:tenant"));
    let config_map = json!({"kubeConfig": {"configMapRef": {"name": "c"}}});
    let Place::Remote { access, .. } = place("", config_map) else { panic!("remote") };
    assert_eq!((access.reference.kind, access.key), (ReferenceKind::ConfigMap, None));
    // The schema forbids it; whatever it is, it is not the own cluster.
    assert!(access_of("ns", &kustomization(&json!({"spec": {"kubeConfig": {}}})).spec).is_some());
}

/// They are part of digests.
#[test]
fn texts_of_places_differ_as_places_do() {
    let places = [
        place("", json!({})),
        place("", json!({"kubeConfig": {"secretRef": {"name": "s"}}})),
        place("", json!({"kubeConfig": {"secretRef": {"name": "s", "key": "k"}}})),
        place("", json!({"kubeConfig": {"configMapRef": {"name": "s"}}})),
        place("", json!({"kubeConfig": {"secretRef": {"name": "s"}}, "serviceAccountName": "a"})),
        place("b", json!({"kubeConfig": {"secretRef": {"name": "s"}}})),
    ];
    let texts: std::collections::BTreeSet<String> = places.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), places.len());
    assert!(texts.contains(""), "the own cluster adds nothing");
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
