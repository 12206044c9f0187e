//! Who hears of which version, in every order of reading and watching.

use super::{Reference, ReferenceKind, References, Version, Versions, references_of};
use crate::args::Options;
use crate::samples::options;
use api::kustomization::KustomizationSpec;
use reconcile_core::ObjectKey;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;

fn reference(name: &str) -> Reference {
    Reference { kind: ReferenceKind::ConfigMap, namespace: "ns".into(), name: name.into() }
}

fn at(version: &str) -> Version {
    Version::Present(version.into())
}

fn versions(name: &str, version: Version) -> Versions {
    [(reference(name), version)].into()
}

/// References without watches, in which one Kustomization refers to each name, and who was told.
fn referred(names: &[(&str, &str)]) -> (Arc<References>, Arc<Mutex<Vec<String>>>) {
    let references = References::new(None, CancellationToken::new());
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    references.on_alarm(move |key| heard.lock().unwrap().push(key.name.clone()));
    for (user, name) in names {
        let mut entries = references.entries.lock();
        let fresh = || super::Entry { users: HashMap::new(), now: None, watch: CancellationToken::new() };
        let entry = entries.entry(reference(name)).or_insert_with(fresh);
        let key = ObjectKey::new("ns", *user);
        references.named.lock().entry(key.clone()).or_default().insert(reference(name));
        entry.users.insert(key, None);
    }
    (references, told)
}

fn told(told: &Mutex<Vec<String>>) -> Vec<String> {
    let mut told = std::mem::take(&mut *told.lock().unwrap());
    told.sort();
    told
}

#[test]
fn a_change_after_a_build_is_told_to_who_read_the_old_one() {
    let (references, heard) = referred(&[("a", "vars"), ("b", "vars"), ("c", "others")]);
    references.read(&ObjectKey::new("ns", "a"), &versions("vars", at("1")));
    references.observe(&reference("vars"), Some(at("1")));
    assert_eq!(told(&heard), [""; 0], "what was read is what is there");
    references.observe(&reference("vars"), Some(at("2")));
    assert_eq!(told(&heard), ["a"], "b has read nothing yet: its build is still to come");
    references.read(&ObjectKey::new("ns", "a"), &versions("vars", at("2")));
    references.observe(&reference("vars"), Some(Version::Absent));
    assert_eq!(told(&heard), ["a"], "that it is gone is a change, too");
}

#[test]
fn a_change_between_reading_and_remembering_is_found() {
    let (references, heard) = referred(&[("a", "vars")]);
    references.observe(&reference("vars"), Some(at("2")));
    references.read(&ObjectKey::new("ns", "a"), &versions("vars", at("1")));
    assert_eq!(told(&heard), ["a"]);
}

#[test]
fn one_that_is_made_later_is_told() {
    let (references, heard) = referred(&[("a", "vars")]);
    references.read(&ObjectKey::new("ns", "a"), &versions("vars", Version::Absent));
    references.observe(&reference("vars"), Some(Version::Absent));
    assert_eq!(told(&heard), [""; 0]);
    references.observe(&reference("vars"), Some(at("1")));
    assert_eq!(told(&heard), ["a"]);
}

#[test]
fn only_what_a_watch_says_now_is_known() {
    let (references, _) = referred(&[("a", "vars")]);
    let read = versions("vars", at("1"));
    assert!(!references.are(&read), "the watch has said nothing yet");
    references.observe(&reference("vars"), Some(at("1")));
    assert!(references.are(&read));
    references.observe(&reference("vars"), None);
    assert!(!references.are(&read), "the watch failed");
    assert!(references.are(&Versions::new()), "nothing is always as it was");
    assert!(!references.are(&versions("never-referred-to", Version::Absent)));
}

#[tokio::test]
async fn the_last_one_to_leave_ends_the_watch() {
    let (references, _) = referred(&[("a", "vars"), ("b", "vars")]);
    // A client that reaches nothing: that there is one is what makes it watch.
    let client = crate::samples::Script::default().client();
    let references = Arc::new(References { client: Some(client), ..Arc::into_inner(references).unwrap() });
    let watch = references.entries.lock()[&reference("vars")].watch.clone();
    references.refer(&ObjectKey::new("ns", "a"), &BTreeSet::new());
    assert!(!watch.is_cancelled());
    references.refer(&ObjectKey::new("ns", "b"), &[reference("other")].into());
    assert!(watch.is_cancelled());
    let entries = references.entries.lock();
    assert_eq!(entries.keys().map(|reference| reference.name.as_str()).collect::<Vec<_>>(), ["other"]);
}

#[test]
fn a_spec_refers_to_what_its_variables_come_from() {
    let spec: KustomizationSpec = serde_json::from_value(json!({
        "interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"},
        "postBuild": {"substituteFrom": [
            {"kind": "Secret", "name": "s"}, {"kind": "ConfigMap", "name": "c", "optional": true},
            {"kind": "ConfigMap", "name": "c"},
        ]},
        "decryption": {"provider": "sops", "secretRef": {"name": "keys"}},
    }))
    .unwrap();
    let all = |options: &Options, spec: &KustomizationSpec| -> Vec<String> {
        references_of(options, "ns", spec)
            .into_iter()
            .map(|Reference { kind, namespace, name }| format!("{}/{namespace}/{name}", kind.as_str()))
            .collect()
    };
    let mut options = options();
    options.sops.age_secret = "everybodys".to_owned();
    options.sops.runtime_namespace = "flyball-system".to_owned();
    assert_eq!(all(&options, &spec), ["ConfigMap/ns/c", "Secret/ns/keys", "Secret/ns/s"]);
    let mut without = spec.clone();
    without.decryption.as_mut().unwrap().secret_ref = None;
    assert_eq!(
        all(&options, &without),
        ["ConfigMap/ns/c", "Secret/flyball-system/everybodys", "Secret/ns/s"]
    );
    without.decryption = None;
    assert_eq!(all(&options, &without), ["ConfigMap/ns/c", "Secret/ns/s"]);
}
