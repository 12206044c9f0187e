//! Who shares objects with whom, and who has to hear of it.

use std::collections::BTreeSet;

use api::kustomization::Kustomization;
use reconcile_core::ObjectKey;
use serde_json::json;

use super::{Claims, Holders, entries};
use crate::samples::{key, kustomization};

/// A Kustomization with these ConfigMaps in its inventory, applied to the cluster behind a Secret, if one is named.
fn of(names: &[&str], secret: Option<&str>) -> Kustomization {
    let ids: Vec<String> = names.iter().map(|name| format!("apps_{name}__ConfigMap")).collect();
    let inventory: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "v1")).collect();
    let spec = match secret {
        Some(name) => json!({"kubeConfig": {"secretRef": {"name": name}}}),
        None => json!({}),
    };
    kustomization(&inventory, &spec, &json!({}))
}

fn words(keys: &BTreeSet<ObjectKey>) -> String {
    keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>().join(" ")
}

fn set(claims: &Claims, name: &str, names: &[&str]) -> String {
    words(&claims.set(&key(name), &of(names, None)))
}

fn others(claims: &Claims, name: &str) -> String {
    words(&claims.others(&key(name)))
}

#[test]
fn who_names_what_another_names_is_known_to_both() {
    let claims = Claims::default();
    assert_eq!(set(&claims, "one", &["a", "b"]), "");
    assert_eq!(set(&claims, "two", &["c"]), "");
    assert_eq!(set(&claims, "three", &["b", "c"]), "one two", "both have to hear of it");
    assert_eq!(others(&claims, "one"), "three");
    assert_eq!(others(&claims, "two"), "three");
    assert_eq!(others(&claims, "three"), "one two");
    assert_eq!(set(&claims, "three", &["b", "c"]), "", "nothing is new");
    assert_eq!(set(&claims, "three", &["c"]), "one", "it has let go");
    assert_eq!(others(&claims, "one"), "");
    assert_eq!(others(&claims, "three"), "two");
    assert_eq!(words(&claims.remove(&key("two"))), "three");
    assert_eq!(others(&claims, "three"), "");
}

#[test]
fn of_three_that_name_an_object_two_are_left() {
    let claims = Claims::default();
    for name in ["one", "two", "three"] {
        set(&claims, name, &["a"]);
    }
    assert_eq!(others(&claims, "one"), "three two");
    assert_eq!(words(&claims.remove(&key("two"))), "one three");
    assert_eq!(others(&claims, "one"), "three");
    assert_eq!(set(&claims, "two", &["a"]), "one three");
}

#[test]
fn when_one_stands_by_it_the_other_hears_of_it() {
    let claims = Claims::default();
    set(&claims, "one", &["a"]);
    set(&claims, "two", &["a"]);
    let mut object = of(&["a"], None);
    object.status.as_mut().unwrap().last_attempted_revision = Some("main@sha1:2".to_owned());
    assert_eq!(words(&claims.set(&key("two"), &object)), "one");
    assert_eq!(words(&claims.set(&key("two"), &object)), "");
}

#[test]
fn objects_of_different_clusters_are_not_shared() {
    let claims = Claims::default();
    claims.set(&key("here"), &of(&["a"], None));
    assert!(claims.set(&key("there"), &of(&["a"], Some("far"))).is_empty());
    assert_eq!(words(&claims.set(&key("too"), &of(&["a"], Some("far")))), "there");
}

#[test]
fn an_entry_that_stands_there_twice_is_one() {
    let claims = Claims::default();
    set(&claims, "one", &["a", "a"]);
    assert_eq!(others(&claims, "one"), "");
    set(&claims, "one", &[]);
    assert!(claims.inner.lock().holders.is_empty(), "nothing is left of it");
}

#[test]
fn what_is_held_of_ten_thousand_objects_is_small() {
    let claims = Claims::default();
    for number in 0..500 {
        let names: Vec<String> = (0..20).map(|object| format!("k{number}-{object}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        set(&claims, &format!("k{number}"), &names);
    }
    let inner = claims.inner.lock();
    assert_eq!(inner.holders.len(), 10_000);
    assert!(inner.named.values().all(|named| named.shared.is_empty()));
    assert!(size_of::<Holders>() <= 16);
}

#[test]
fn without_a_status_nothing_is_named() {
    let mut object = of(&["a"], None);
    assert_eq!(entries(&object).collect::<Vec<_>>(), ["apps_a__ConfigMap"]);
    object.status = None;
    assert_eq!(entries(&object).count(), 0);
}
