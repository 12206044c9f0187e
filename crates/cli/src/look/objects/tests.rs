//! What is kept of what was read.

use serde_json::json;

use super::*;

fn found(is_leaving: bool) -> Found {
    let owner = Some(Owner::new("apps", "web"));
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let now = "2026-11-25T10:00:00Z".parse().expect("a time");
    let seen = Seen::new(object, 1, "1".to_owned(), None, owner, Rules::built_in(), now);
    Found { seen: Arc::new(seen), since: Some(now), is_leaving }
}

fn id(name: &str) -> ObjectId {
    ObjectId::from_inventory(&format!("apps_{name}__ConfigMap")).expect("an id")
}

#[test]
fn selectors() {
    let one = Whose::One("apps".to_owned(), "web".to_owned()).selector();
    assert_eq!(one, "kustomize.toolkit.fluxcd.io/name=web,kustomize.toolkit.fluxcd.io/namespace=apps");
    assert_eq!(Whose::All.selector(), "kustomize.toolkit.fluxcd.io/name");
}

#[test]
fn what_is_not_ones_own_is_not_shown() {
    let mut snapshot = Snapshot::default();
    snapshot.insert(id("a"), found(false));
    snapshot.others.insert(id("b"), Visibility::Hidden(Hidden::Forbidden));
    let see = |name: &str, owner: &str| snapshot.visibility(&id(name), &Owner::new("apps", owner)).what;
    assert!(matches!(see("a", "web"), Visibility::Seen(_)));
    assert!(matches!(see("a", "other"), Visibility::Unlabelled(_)));
    assert!(matches!(see("b", "web"), Visibility::Hidden(Hidden::Forbidden)), "never as absent");
    assert!(matches!(see("c", "web"), Visibility::Hidden(Hidden::Starting)));
}

#[test]
fn what_leaves() {
    let mut snapshot = Snapshot::default();
    snapshot.insert(id("a"), found(false));
    snapshot.insert(id("b"), found(true));
    let owner = Owner::new("apps", "web");
    assert_eq!(snapshot.leaving(&owner).map(|(id, _)| id.name.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(snapshot.leaving(&Owner::new("apps", "x")).count(), 0);
}
