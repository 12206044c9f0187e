//! Shared objects.

use api::kustomization::Kustomization;
use health::beside::Nothing;
use manifest::ObjectId;
use serde_json::json;

use super::of_rivals;
use crate::blockers::{About, Draft};
use crate::view::Rival;

fn id(text: &str) -> ObjectId {
    ObjectId::from_inventory(text).unwrap()
}

fn drafts(rivals: &[Rival]) -> Vec<Draft> {
    let object: Kustomization = serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "apps"},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
    }))
    .unwrap();
    of_rivals(&About::new(&object, &Nothing), rivals)
}

#[test]
fn both_sides_and_the_object_are_named() {
    let other = Some(id("apps_other_kustomize.toolkit.fluxcd.io_Kustomization"));
    let found = drafts(&[Rival { object: id("apps_a__ConfigMap"), kustomization: other }]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].object.as_deref(), Some("ConfigMap/apps/a"));
    assert_eq!(found[0].message, "Kustomization apps/other applies it, too: whichever runs last wins");
    let hint = found[0].hint.as_deref().unwrap();
    assert!(
        hint.starts_with(
            "remove ConfigMap/apps/a from the manifests of one of the two, apps/web or apps/other"
        ),
        "{hint}"
    );
}

#[test]
fn of_one_in_another_namespace_only_that_there_is_one() {
    let found = drafts(&[Rival { object: id("apps_a__ConfigMap"), kustomization: None }]);
    assert!(found[0].message.starts_with("a Kustomization of another namespace applies it, too"));
}

#[test]
fn many_shared_objects_are_few_blockers() {
    let other = || Some(id("apps_other_kustomize.toolkit.fluxcd.io_Kustomization"));
    let mut rivals: Vec<Rival> = (0..50)
        .map(|n| Rival { object: id(&format!("apps_a{n:02}__ConfigMap")), kustomization: other() })
        .collect();
    let found = drafts(&rivals);
    assert_eq!(found.len(), 5);
    assert_eq!(found[0].evidence[1], "objects that both apply: 50");
    rivals.reverse();
    assert_eq!(drafts(&rivals), found, "whatever the order");
}
