//! What has to be watched for a Kustomization.

use std::sync::Arc;

use convergence::dependencies::Reach;
use convergence::{Hidden, Seen, SourceView, Visibility};
use health::Rules;
use manifest::ObjectId;
use reconcile_core::ObjectKey;
use serde_json::{Value, json};

use super::inventory::Entry;
use super::{source_of, troubled};
use crate::samples::{key, kustomization, repository};

fn seen(object: Value) -> Arc<Seen> {
    let (rules, now) = (Rules::built_in(), "2026-11-25T10:00:00Z".parse().unwrap());
    Arc::new(Seen::new(object, 1, "u".to_owned(), None, None, rules, now))
}

fn entry(id: &str, visibility: Visibility) -> Entry {
    Entry { id: ObjectId::from_inventory(id).unwrap(), kind: None, visibility }
}

#[test]
fn pods_are_asked_for_where_they_tell_why_something_is_not_well() {
    let ill = || seen(json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 1}}));
    let well = || {
        seen(
            json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {"updateStrategy": {"type": "OnDelete"}}}),
        )
    };
    let waits = || {
        seen(json!({"apiVersion": "example.com/v1", "kind": "Thing",
        "status": {"conditions": [{"type": "Ready", "status": "False"}]}}))
    };
    assert!(!ill().is_well() && well().is_well() && !waits().is_well());
    let entries = [
        entry("apps_w_apps_Deployment", Visibility::Seen(ill())),
        entry("apps_v_apps_Deployment", Visibility::Seen(ill())),
        entry("bare_w_apps_Deployment", Visibility::Unlabelled(ill())),
        entry("well_d_apps_StatefulSet", Visibility::Seen(well())),
        entry("thing_t_example.com_Thing", Visibility::Seen(waits())),
        entry("_w_apps_Deployment", Visibility::Seen(ill())),
        entry("absent_w_apps_Deployment", Visibility::Absent),
        entry("hidden_w_apps_Deployment", Visibility::Hidden(Hidden::Starting)),
    ];
    let namespaces: Vec<String> = troubled(&entries, Rules::built_in()).into_iter().collect();
    assert_eq!(namespaces, ["apps"], "of what is not its own nothing more is asked");
}

#[test]
fn a_source_is_looked_at_where_this_process_watches() {
    let web = |reference: Value| kustomization(&[], &json!({"sourceRef": reference}), &json!({}));
    let here = web(json!({"kind": "GitRepository", "name": "app"}));
    let there = web(json!({"kind": "GitRepository", "name": "app", "namespace": "infra"}));
    let of = |object, watched| source_of(&key("web"), object, Reach::AllNamespaces, watched);
    assert_eq!(of(&here, None), Ok((repository(), key("app"))));
    assert_eq!(of(&here, Some("apps")), Ok((repository(), key("app"))));
    assert_eq!(of(&there, None), Ok((repository(), ObjectKey::new("infra", "app"))));
    assert_eq!(of(&there, Some("infra")), Ok((repository(), ObjectKey::new("infra", "app"))));
    let hidden = Err(SourceView::Hidden);
    assert_eq!(of(&there, Some("apps")), hidden, "another namespace");
    assert_eq!(of(&here, Some("infra")), hidden, "another namespace");
}

#[test]
fn a_source_in_another_namespace_is_that_namespaces() {
    let web = |reference: Value| kustomization(&[], &json!({"sourceRef": reference}), &json!({}));
    let here = web(json!({"kind": "GitRepository", "name": "app", "namespace": "apps"}));
    let there = web(json!({"kind": "GitRepository", "name": "app", "namespace": "infra"}));
    let of = |object| source_of(&key("web"), object, Reach::OwnNamespace, None);
    assert_eq!(of(&here), Ok((repository(), key("app"))));
    assert_eq!(of(&there), Err(SourceView::Elsewhere));
}
