//! What stands below what.

use std::sync::Arc;

use api::convergence::Counts;
use api::explain::{Explanation, VERSION};
use api::kustomization::Kustomization;
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
    Looked { object: Arc::new(object.clone()), explanation, drift: None, notes: Vec::new() }
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
    let below = Below::from([(release, vec![Node::named("Service/apps/db")])]);
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
        parents(std::iter::once(&looked)).into_iter().map(|(id, release)| (id.name, release)).collect();
    assert_eq!(found, [("web".to_owned(), false), ("db".to_owned(), true)]);
}
