//! What live objects tell by themselves.

use apply::IgnoreRule;
use serde_json::json;

use super::*;

fn id(kind: &str) -> ObjectId {
    ObjectId { namespace: "shop".into(), name: "web".into(), group: "apps".into(), kind: kind.into() }
}

fn live(kind: &str, annotations: Value) -> Value {
    let entry = |manager: &str, operation: &str, fields: Value| {
        json!({"manager": manager, "operation": operation, "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1",
            "fieldsV1": fields})
    };
    json!({
        "apiVersion": "apps/v1", "kind": kind,
        "metadata": {"name": "web", "namespace": "shop", "annotations": annotations, "managedFields": [
            entry("kustomize-controller", "Apply", json!({"f:spec": {"f:paused": {}, "f:replicas": {}}})),
            entry("autoscaler", "Update", json!({"f:spec": {"f:replicas": {}}, "f:data": {"f:key": {}}})),
        ]},
        "spec": {"replicas": 5, "paused": false}, "data": {"key": "dmFsdWU="},
    })
}

fn rows(rules: &[&[&str]], live: &Value) -> Vec<Row> {
    let rule = |paths: &&[&str]| {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        IgnoreRules::new(vec![IgnoreRule { target: None, paths }])
    };
    let key = ("apps".to_owned(), "web".to_owned());
    let kind = live["kind"].as_str().unwrap();
    Rules::new(rules.iter().map(rule).collect()).fields(&key, &id(kind), live).unwrap()
}

#[test]
fn what_somebody_else_set_is_told_with_who_and_when() {
    let found =
        rows(&[&["/spec/paused"], &["/spec/replicas", "/spec/absent"]], &live("Deployment", json!({})));
    assert_eq!(found.len(), 1, "{found:?}");
    let row = &found[0];
    assert_eq!((row.path.as_str(), row.rule.as_str()), ("/spec/replicas", "spec.ignore[1]"));
    assert_eq!((row.live.as_deref(), row.manager.as_deref()), (Some("5"), Some("autoscaler")));
    assert_eq!(row.since, Some("2026-01-01T00:00:00Z".parse().unwrap()));
    assert!(!row.is_reported && row.desired.is_none());
}

#[test]
fn annotations_exempt_a_whole_object() {
    let rule = |annotations: Value| rows(&[], &live("Deployment", annotations)).pop().map(|row| row.rule);
    assert_eq!(
        rule(json!({"kustomize.toolkit.fluxcd.io/ssa": "Ignore"})).as_deref(),
        Some("kustomize.toolkit.fluxcd.io/ssa: Ignore (live)")
    );
    assert_eq!(
        rule(json!({"kustomize.toolkit.fluxcd.io/reconcile": "disabled"})).as_deref(),
        Some("kustomize.toolkit.fluxcd.io/reconcile: disabled (live)")
    );
    assert_eq!(rule(json!({"kustomize.toolkit.fluxcd.io/ssa": "Override"})), None);
    assert_eq!(rule(json!({})), None);
}

#[test]
fn secrets_are_masked() {
    let found = rows(&[&["/data/key"]], &live("Secret", json!({})));
    assert_eq!(found[0].live.as_deref(), Some("***"));
}
