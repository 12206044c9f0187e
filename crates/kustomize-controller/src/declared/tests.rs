//! The board of declarations.

use super::{Declared, IdDigest, Made, Objects};
use crate::target::TargetObject;
use cluster::TargetId;
use manifest::{Manifest, ObjectId};
use reconcile_core::ObjectKey;
use serde_json::json;

fn made(artifact: &str) -> Made {
    Made { artifact: artifact.to_owned(), spec: [0; 32], cluster: TargetId::Local }
}

/// In the own cluster.
fn local(id: ObjectId) -> TargetObject {
    TargetObject::new(&TargetId::Local, id)
}

fn objects() -> (Vec<Manifest>, Objects) {
    let child = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "child", "namespace": "ns"},
        "spec": {"interval": "1m", "prune": true, "path": "x", "sourceRef": {"kind": "GitRepository", "name": "app"}},
    });
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}});
    let built: Vec<Manifest> = [child, map].into_iter().map(|value| Manifest::new(value).unwrap()).collect();
    let objects = Objects::of(&TargetId::Local, &built, |_, spec| {
        [u8::try_from(spec.path.as_ref().map_or(0, String::len)).unwrap(); 32]
    });
    (built, objects)
}

#[test]
fn a_declaration_counts_for_the_input_that_it_was_made_of() {
    let (declared, key) = (Declared::default(), ObjectKey::new("ns", "k"));
    let (built, objects) = objects();
    let map = local(built[1].id());
    assert_eq!(declared.is_declared_by(&key, &map), None, "nobody knows yet");
    declared.set(&key, made("one"), objects);
    assert!(declared.of(&key, &made("one")).unwrap().contain(IdDigest::of(&map)));
    assert!(declared.of(&key, &made("two")).is_none(), "a newer input may give something else");
    assert_eq!(declared.is_declared_by(&key, &map), Some(true));
    // The new artifact touches nothing that the build looked at.
    declared.renew(&key, made("two"));
    assert!(declared.of(&key, &made("two")).is_some());
    let mut other = map;
    other.id.name.push('b');
    assert_eq!(declared.is_declared_by(&key, &other), Some(false));
    declared.remove(&key);
    assert_eq!(declared.is_declared_by(&key, &other), None);
}

#[test]
fn kustomizations_among_the_objects_are_known_by_their_spec() {
    let (_, objects) = objects();
    assert_eq!(objects.children(), [(ObjectKey::new("ns", "child"), [1; 32])]);
}

#[test]
fn whoever_waits_is_told() {
    let (declared, key) = (Declared::default(), ObjectKey::new("ns", "k"));
    let mut changes = declared.changes();
    assert!(!changes.has_changed().unwrap());
    declared.set(&key, made("one"), Objects::default());
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    declared.renew(&key, made("two"));
    assert!(changes.has_changed().unwrap());
}

/// Two Kustomizations that declare the same objects for two clusters have nothing to hand over to each other.
#[test]
fn what_is_declared_for_one_target_is_nobody_s_in_another() {
    let (declared, there) = (Declared::default(), TargetId::remote([1; 32], None));
    let (built, here) = objects();
    let map = built[1].id();
    let remote = Objects::of(&there, &built, |_, _| [0; 32]);
    assert!(here.contain(IdDigest::of(&local(map.clone()))));
    assert!(!remote.contain(IdDigest::of(&local(map.clone()))));
    let key = ObjectKey::new("ns", "remote");
    declared.set(&key, made("one"), remote);
    assert_eq!(declared.is_declared_by(&key, &local(map.clone())), Some(false));
    assert_eq!(declared.is_declared_by(&key, &TargetObject::new(&there, map)), Some(true));
}
