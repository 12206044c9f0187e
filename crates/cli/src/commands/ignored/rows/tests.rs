//! What is shown of reported fields, and of those that were looked up.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::*;
use crate::present::Shape;

fn key() -> Key {
    ("apps".to_owned(), "web".to_owned())
}

fn field() -> IgnoredField {
    IgnoredField {
        id: "shop_web_apps_Deployment".to_owned(),
        path: "/spec/replicas".to_owned(),
        rule: "spec.ignore[0]".to_owned(),
        desired: Some("1".to_owned()),
        live: Some("5".to_owned()),
        manager: Some("autoscaler".to_owned()),
        since: Time("2026-01-01T00:00:00Z".parse().unwrap()),
    }
}

#[test]
fn a_table_with_both_values() {
    let reported = Row::reported(&key(), &field());
    let looked_up = Row { desired: None, is_reported: false, path: String::new(), ..reported.clone() };
    let rows = [reported, looked_up];
    let shown = |several| {
        let lines = table(&rows, several, "2026-01-01T00:01:00Z".parse().unwrap()).lines(Shape::default());
        lines.iter().map(Line::text).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(shown(false), @"
    OBJECT               PATH            RULE            MANAGER     SINCE  DESIRED    LIVE
    Deployment/shop/web  /spec/replicas  spec.ignore[0]  autoscaler  60s    1          5
    Deployment/shop/web  (all of it)     spec.ignore[0]  autoscaler  60s    not known  5
    ");
    assert!(shown(true).starts_with("KUSTOMIZATION  OBJECT"), "{}", shown(true));
}

#[test]
fn names_are_told_once() {
    let row = Row::reported(&key(), &field());
    let audit = Audit { fields: vec![row.clone(), row], notes: Vec::new() };
    assert_eq!(audit.names(), ["deployment.apps/web"]);
}

#[test]
fn an_id_that_cannot_be_read_is_shown_as_it_is() {
    let row = Row::reported(&key(), &IgnoredField { id: "nonsense".to_owned(), ..field() });
    assert_eq!((row.object.as_str(), row.name.as_str()), ("nonsense", "nonsense"));
}
