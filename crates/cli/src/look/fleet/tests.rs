//! Who depends on whom, who applies the same objects, and what is not said of what may not be read.

use convergence::Source;
use serde_json::{Value, json};

use super::*;

fn member(name: &str, spec: Value, status: Value) -> Member {
    let mut object = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "apps", "generation": 1, "managedFields": [
            {"manager": "kubectl", "operation": "Update", "time": "2026-11-25T09:00:00Z"},
            {"manager": "x", "operation": "Update", "time": "2026-11-25T09:30:00Z", "subresource": "status"}]},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
        "status": {"observedGeneration": 1, "lastAttemptedRevision": "main@sha1:1", "conditions": [{
            "type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": "Applied revision",
            "lastTransitionTime": "2026-11-25T09:00:00Z"}]},
    });
    for (field, more) in [("spec", spec), ("status", status)] {
        for (key, value) in more.as_object().expect("an object") {
            object[field][key] = value.clone();
        }
    }
    Member::read(serde_json::from_value(object).expect("an object")).expect("a Kustomization")
}

fn fleet(members: Vec<Member>) -> Fleet {
    let mut fleet = Fleet::of(Vec::new(), Some("apps"));
    members.into_iter().for_each(|member| fleet.insert(member));
    fleet
}

fn key(name: &str) -> Key {
    ("apps".to_owned(), name.to_owned())
}

fn names(id: &str) -> Value {
    json!({"inventory": {"entries": [{"id": id, "v": "v1"}]}})
}

#[test]
fn a_member_knows_since_when_its_spec_is_what_it_is() {
    let member = member("a", json!({}), json!({}));
    assert_eq!(member.changed, "2026-11-25T09:00:00Z".parse().ok());
    assert!(member.object.metadata.managed_fields.is_none());
    assert_eq!(member.key(), key("a"));
}

#[test]
fn what_cannot_be_decoded_is_said() {
    let odd = json!({"apiVersion": "v1", "kind": "Kustomization", "metadata": {"name": "x"}, "spec": 7});
    let fleet = Fleet::of(vec![serde_json::from_value(odd).expect("an object")], None);
    assert_eq!(fleet.notes, ["1 Kustomizations: they have a form that this version cannot read"]);
}

#[test]
fn nothing_is_said_of_a_dependency_that_may_not_be_read() {
    let spec = json!({"dependsOn": [{"name": "secret", "namespace": "other"}, {"name": "gone"}]});
    let mut fleet = fleet(vec![member("a", spec, json!({}))]);
    let object = Arc::clone(&fleet.get(&key("a")).expect("a member").object);
    let lines = fleet.chain(&object).lines();
    assert_eq!(lines, ["Kustomization/other/secret does not exist"], "as long as it is known as a whole");
    fleet.hidden.insert(("other".to_owned(), "secret".to_owned()));
    assert_eq!(fleet.chain(&object).lines(), ["Kustomization/apps/gone does not exist"]);
}

#[test]
fn rivals_name_the_same_object() {
    let ours = names("apps_a__ConfigMap");
    let fleet = fleet(vec![
        member("a", json!({}), ours.clone()),
        member("b", json!({}), ours.clone()),
        member("c", json!({"kubeConfig": {"secretRef": {"name": "prod"}}}), ours),
        member("d", json!({}), names("apps_other__ConfigMap")),
    ]);
    let object = &fleet.get(&key("a")).expect("a member").object;
    let source = |revision: &str| {
        let source = Source { revision: Some(revision.to_owned()), ..Source::default() };
        move |_: &Kustomization| Some(SourceView::Known(source.clone()))
    };
    let claims = fleet.claims();
    let rivals = fleet.rivals(object, &claims, source("main@sha1:1"));
    let found: Vec<String> = rivals
        .iter()
        .map(|rival| format!("{} {}", rival.object, rival.kustomization.as_ref().expect("a name")))
        .collect();
    assert_eq!(found, ["ConfigMap/apps/a Kustomization/apps/b"]);
    let others: Vec<Key> =
        claims.others(fleet.get(&key("a")).expect("a member")).iter().map(|other| other.key()).collect();
    assert_eq!(others, [key("b"), key("c")]);
    assert!(fleet.rivals(object, &claims, source("main@sha1:2")).is_empty(), "their runs are still to come");
    assert_eq!(fleet.owners("apps_other__ConfigMap").map(Member::key).collect::<Vec<_>>(), [key("d")]);
}

#[test]
fn what_is_known_as_a_whole_is_not_read_again() {
    let mut fleet = fleet(vec![]);
    assert!(fleet.is_known(&key("gone")));
    assert!(!fleet.is_known(&("other".to_owned(), "x".to_owned())));
    fleet.whole = Whole::All;
    assert!(fleet.is_known(&("other".to_owned(), "x".to_owned())));
}

#[test]
fn a_list_without_end_shows_nothing_as_a_whole() {
    let list = |is_cut| Listed { items: Vec::new(), version: String::new(), is_cut };
    let whole = Fleet::of_list(list(false), Some("apps"));
    assert!(whole.has_listed("apps") && !whole.has_listed("shop") && whole.notes.is_empty());
    assert!(Fleet::of_list(list(false), None).has_listed("shop"));
    let cut = Fleet::of_list(list(true), None);
    assert!(!cut.has_listed("apps"), "what is not in it may be all the same");
    assert_eq!(cut.notes.len(), 1);
}
