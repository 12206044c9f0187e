//! What stands below what.

use std::sync::Arc;

use api::convergence::Counts;
use api::explain::{Explanation, VERSION};
use serde_json::{Value, json};

use super::*;
use crate::look::Member;

fn kustomization(name: &str, inventory: &[&str]) -> Kustomization {
    let entries: Vec<Value> = inventory.iter().map(|id| json!({"id": id, "v": "v1"})).collect();
    serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "apps"},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
        "status": {"inventory": {"entries": entries}}}))
    .expect("a Kustomization")
}

fn child(name: &str) -> String {
    format!("apps_{name}_kustomize.toolkit.fluxcd.io_Kustomization")
}

fn key(name: &str) -> Key {
    ("apps".to_owned(), name.to_owned())
}

fn fleet(all: &[Kustomization]) -> Fleet {
    let mut fleet = Fleet::of(Vec::new(), None);
    for object in all {
        fleet.insert(Member { object: Arc::new(object.clone()), changed: None });
    }
    fleet
}

fn looked(object: &Kustomization) -> Looked {
    let since = "2026-11-25T09:00:00Z";
    let objects: Vec<Value> = inventory(object)
        .map(|id| json!({"id": id, "sync": "Applied", "health": "Healthy", "since": since}))
        .collect();
    let explanation: Explanation = serde_json::from_value(json!({
        "version": VERSION,
        "target": {"apiVersion": "v1", "kind": "Kustomization", "namespace": "apps", "name": "x"},
        "verdict": {"status": "True", "reason": "Converged", "summary": "s", "generation": 1, "since": since},
        "sync": {"state": "Applied", "since": since}, "health": {"state": "Healthy", "since": since},
        "counts": Counts::default(), "objects": objects, "blockers": []}))
    .expect("an explanation");
    Looked { object: Arc::new(object.clone()), explanation, drift: None, notes: Vec::new(), elsewhere: None }
}

fn all() -> Vec<Kustomization> {
    vec![
        kustomization(
            "root",
            &[&child("root"), &child("a"), "apps_x__ConfigMap", "apps_db_helm.toolkit.fluxcd.io_HelmRelease"],
        ),
        kustomization("a", &[&child("b"), &child("gone")]),
        kustomization("b", &[&child("a")]),
        kustomization("other", &[]),
    ]
}

fn shown(node: &Node) -> String {
    let children: Vec<String> = node.children.iter().map(shown).collect();
    let name = node.subject.rsplit('/').next().unwrap_or_default();
    match (children.is_empty(), &node.message) {
        (true, Some(message)) => format!("{name}: {message}"),
        (true, None) => name.to_owned(),
        (false, _) => format!("{name}({})", children.join(", ")),
    }
}

#[test]
fn roots_are_applied_by_nobody_else() {
    let fleet = fleet(&all());
    assert_eq!(roots(&fleet, None), [key("other"), key("root")], "one that applies itself is one");
    assert!(roots(&fleet, Some("elsewhere")).is_empty());
    assert_eq!(closure(&fleet, &[key("root")]), [key("root"), key("a"), key("b")]);
}

#[test]
fn circles_are_cut() {
    let looked: BTreeMap<Key, Looked> = all()
        .iter()
        .map(|object| (key(object.metadata.name.as_deref().unwrap_or_default()), looked(object)))
        .collect();
    let release = ObjectId::from_inventory("apps_db_helm.toolkit.fluxcd.io_HelmRelease").expect("an id");
    let below = Below::from([((String::new(), release), vec![Node::named("Service/apps/db")])]);
    let whole = tree(&key("root"), &looked, &below, 16);
    assert_eq!(shown(&whole), "root(a(b(a: shown above), gone: it may not be read, or is gone), x, db(db))");
    let flat = tree(&key("root"), &looked, &below, 2);
    assert_eq!(shown(&flat), "root(a((2 objects, which --depth shows)), x, db(db))");
}

#[test]
fn parents_of_more() {
    let mut looked = looked(&kustomization(
        "a",
        &[
            "apps_web_apps_Deployment",
            "apps_ok_apps_Deployment",
            "apps_db_helm.toolkit.fluxcd.io_HelmRelease",
        ],
    ));
    looked.explanation.objects[0].health = HealthState::Degraded;
    let found: Vec<(String, bool)> =
        parents(&looked).into_iter().map(|(id, release)| (id.name, release)).collect();
    assert_eq!(found, [("web".to_owned(), false), ("db".to_owned(), true)]);
}

#[test]
fn what_is_in_another_cluster_is_none_of_this_ones() {
    let mut remote = kustomization("remote", &[&child("a"), "apps_web_apps_Deployment"]);
    remote.spec.kube_config =
        serde_json::from_value(json!({"secretRef": {"name": "there"}})).expect("a reference");
    let fleet = fleet(&[remote.clone(), kustomization("a", &[])]);
    assert_eq!(roots(&fleet, None), [key("a"), key("remote")], "what is there has the name of one here");
    assert_eq!(closure(&fleet, &[key("remote")]), [key("remote")]);
    let looked = BTreeMap::from([
        (key("remote"), looked(&remote)),
        (key("a"), looked(&kustomization("a", &["apps_x__ConfigMap"]))),
    ]);
    let web = ObjectId::from_inventory("apps_web_apps_Deployment").expect("an id");
    let here = ((String::new(), web.clone()), vec![Node::named("Pod/apps/here")]);
    let there = (("Secret/apps/there/".to_owned(), web), vec![Node::named("Pod/apps/there")]);
    let whole = tree(&key("remote"), &looked, &Below::from([here, there]), 16);
    assert_eq!(shown(&whole), "remote(a, web(there))");
}

#[test]
fn what_is_not_looked_at_says_why_in_words() {
    let mut looked = looked(&kustomization("a", &["apps_token__Secret"]));
    let object = &mut looked.explanation.objects[0];
    object.health = HealthState::NotObserved;
    object.sync = SyncState::NotObserved;
    object.reason = Some("SecretsNotRead".to_owned());
    let whole = tree(&key("a"), &BTreeMap::from([(key("a"), looked)]), &Below::new(), 16);
    assert_eq!(shown(&whole), "a(token: Secrets are not read)");
}
