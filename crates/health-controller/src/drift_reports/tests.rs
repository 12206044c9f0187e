//! Whose reports are known, and when somebody has to hear of one.

use kube::core::ObjectMeta;
use reconcile_core::watch::Gone;
use reconcile_core::watch_pool::{Body, PoolEvent, Seen};
use serde_json::{Value, json};

use super::DriftReports;
use crate::samples::{failed, key, kustomization};
use crate::wakes::Touched;

fn applied(owner: &str, status: Value) -> PoolEvent {
    let metadata: ObjectMeta = serde_json::from_value(json!({
        "namespace": "apps", "name": "web", "uid": "r",
        "ownerReferences": [{"apiVersion": "v1", "kind": "Kustomization", "name": "web", "uid": owner}],
    }))
    .unwrap();
    PoolEvent::Applied(Box::new(Seen {
        kind: DriftReports::kind(),
        metadata,
        body: json!({"status": status}),
    }))
}

fn fight() -> Value {
    json!({"mode": "Heal", "fights": [{"id": "apps_a__ConfigMap", "path": "/data/k", "corrections": 3,
        "since": "2026-11-25T10:00:00Z"}]})
}

fn web() -> Option<Touched> {
    Some(Touched::Kustomizations(vec![key("web")]))
}

#[test]
fn a_report_is_its_kustomizations_and_wakes_it_when_it_says_something_else() {
    let reports = DriftReports::default();
    let object = kustomization(&[], &json!({}), &json!({}));
    assert_eq!(reports.of(&key("web"), &object), None);
    assert_eq!(reports.take(applied("k", fight())), web());
    assert_eq!(reports.take(applied("k", fight())), None, "a repetition");
    assert_eq!(reports.of(&key("web"), &object).unwrap().fights.len(), 1);
    assert_eq!(reports.take(applied("another", fight())), web());
    assert_eq!(reports.of(&key("web"), &object), None, "of an earlier Kustomization of that name");
    assert_eq!(reports.take(applied("k", json!({"mode": "Report"}))), web());
    let gone = Gone { key: key("web"), uid: "r".to_owned(), missed: false };
    assert_eq!(reports.take(PoolEvent::Deleted { kind: DriftReports::kind(), gone: gone.clone() }), web());
    assert_eq!(reports.take(PoolEvent::Deleted { kind: DriftReports::kind(), gone }), None);
}

#[test]
fn what_cannot_be_read_says_nothing() {
    let reports = DriftReports::default();
    let object = kustomization(&[], &json!({}), &json!({}));
    assert_eq!(reports.take(applied("k", json!({"mode": "Else"}))), None);
    reports.take(applied("k", fight()));
    assert_eq!(reports.take(applied("k", json!({"fights": 7}))), web());
    assert_eq!(reports.of(&key("web"), &object), None);
}

#[test]
fn that_the_kind_is_not_installed_is_as_good_as_no_report() {
    for (code, reason) in [(404, "NotFound"), (403, "Forbidden")] {
        let reports = DriftReports::default();
        assert!(!reports.is_settled());
        assert_eq!(reports.take(failed(&DriftReports::kind(), code, reason)), None);
        assert!(reports.is_settled());
        assert_eq!(reports.take(applied("k", fight())), web(), "installed later");
        assert_eq!(reports.take(failed(&DriftReports::kind(), code, reason)), web(), "and taken away");
    }
    let reports = DriftReports::default();
    reports.take(PoolEvent::Synced(DriftReports::kind()));
    assert!(reports.is_settled());
    reports.take(applied("k", fight()));
    assert_eq!(
        reports.take(failed(&DriftReports::kind(), 500, "InternalError")),
        None,
        "what was seen stands"
    );
}

#[test]
fn ignored_fields_are_not_kept() {
    let options = DriftReports::options(Some("apps".to_owned()));
    assert!(options.optional);
    assert_eq!(options.namespace.as_deref(), Some("apps"));
    let Body::Full(keep) = options.body else { panic!("status is in the body") };
    let mut body = json!({"status": {"ignored": [{}], "mode": "Heal"}});
    keep(&DriftReports::kind(), &mut body);
    assert_eq!(body, json!({"status": {"mode": "Heal"}}));
}
