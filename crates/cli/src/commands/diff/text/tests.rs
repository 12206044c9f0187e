//! A whole comparison on a terminal.

use manifest::ObjectId;
use serde_json::json;

use super::super::report::{Field, ObjectDiff};
use super::*;

fn object(kind: &str, act: Act) -> ObjectDiff {
    let id =
        ObjectId { namespace: "shop".into(), name: "web".into(), group: String::new(), kind: kind.into() };
    ObjectDiff::new(&id, act)
}

#[test]
fn all_of_it() {
    let mut changed = object("Deployment", Act::Change);
    changed.fields = vec![Field {
        path: "/spec/replicas".to_owned(),
        desired: Some("1".to_owned()),
        live: Some("3".to_owned()),
        manager: Some("kubectl-edit".to_owned()),
        time: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        short: (Some("3".to_owned()), Some("1".to_owned())),
    }];
    let mut created = object("ConfigMap", Act::Create);
    created.manifest = Some(json!({"data": {"a": "1"}}));
    let objects = vec![
        changed,
        created,
        object("Service", Act::Unchanged),
        object("Job", Act::Refused).remark("dry-run failed (Forbidden): no"),
        object("Role", Act::Delete),
    ];
    let report = Report::new(("apps", "web"), "main@sha1:1".to_owned(), objects, Vec::new());
    let shown: Vec<String> =
        lines(&report, "2026-01-01T00:01:00Z".parse().unwrap()).iter().map(Line::text).collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    ~ Deployment shop/web is changed
        /spec/replicas  (set by kubectl-edit, 60s ago)
      -   3
      +   1
    + ConfigMap shop/web is created
      +   data:
      +     a: \"1\"
    ✗ Job shop/web is refused
        # dry-run failed (Forbidden): no
    - Role shop/web is deleted
    Kustomization apps/web with main@sha1:1: 1 to create, 1 to change, 1 to delete, 1 refused, 1 unchanged
    ");
}
