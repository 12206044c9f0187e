//! What a look at all definitions says of one kind.

use super::{Definition, Snapshot, aggregated, answers, defines};
use crate::{Class, Error};
use kube::core::DynamicObject;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

fn service(spec: Value, conditions: Value) -> DynamicObject {
    serde_json::from_value(json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
        "metadata": {"name": "v1.example.com"}, "spec": spec, "status": {"conditions": conditions},
    }))
    .unwrap()
}

fn custom(kind: &str) -> DynamicObject {
    serde_json::from_value(json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"}, "spec": {"names": {"kind": kind, "plural": "widgets"}},
    }))
    .unwrap()
}

fn snapshot() -> Snapshot {
    let metrics = ("v1beta1.metrics.example".to_owned(), "no endpoints".to_owned());
    Snapshot {
        aggregated: [("metrics.example".to_owned(), metrics)].into(),
        custom: ["gadgets.example.com", "widgets.example.com", "widgets.sub.example.com", "odd"]
            .map(ToOwned::to_owned)
            .into(),
    }
}

#[test]
fn only_services_of_other_servers_are_aggregated() {
    let down = json!([
        {"type": "Other", "status": "True", "message": "irrelevant"},
        {"type": "Available", "status": "False", "message": "no endpoints"},
    ]);
    let of = |spec: Value| aggregated(&service(spec, down.clone()));
    assert_eq!(of(json!({"group": "example.com", "version": "v1"})), None);
    assert_eq!(of(json!({"group": "example.com", "service": null})), None);
    assert_eq!(of(json!({"service": {"name": "s", "namespace": "n"}})), None, "without a group");
    assert_eq!(
        of(json!({"group": "example.com", "service": {"name": "s", "namespace": "n"}})),
        Some(("example.com".into(), ("v1.example.com".into(), "no endpoints".into())))
    );
}

#[test]
fn a_service_that_says_nothing_has_an_empty_message() {
    let spec = || json!({"group": "example.com", "service": {"name": "s", "namespace": "n"}});
    for conditions in [json!(null), json!([]), json!([{"type": "Available", "status": "Unknown"}])] {
        let (_, (_, message)) = aggregated(&service(spec(), conditions)).unwrap();
        assert_eq!(message, "");
    }
}

#[test]
fn an_aggregated_group_has_all_its_kinds() {
    let snapshot = snapshot();
    assert_eq!(
        snapshot.aggregated("metrics.example"),
        Some(Definition::Aggregated {
            service: "v1beta1.metrics.example".into(),
            message: "no endpoints".into()
        })
    );
    assert_eq!(snapshot.aggregated("example.com"), None);
    assert_eq!(snapshot.aggregated(""), None);
}

#[test]
fn definitions_are_found_by_their_whole_group() {
    let snapshot = snapshot();
    let of = |group: &str| snapshot.custom(group).map(ToOwned::to_owned).collect::<Vec<_>>();
    assert_eq!(of("example.com"), ["gadgets.example.com", "widgets.example.com"]);
    assert_eq!(of("sub.example.com"), ["widgets.sub.example.com"]);
    assert!(of("com").is_empty());
    assert!(of("").is_empty(), "a name without a group defines nothing");
}

/// The plural of a name proves nothing: it may belong to another kind.
#[test]
fn the_body_says_which_kind_is_defined() {
    assert!(defines(&custom("Widget"), "Widget"));
    assert!(!defines(&custom("Gadget"), "Widget"));
    assert!(!defines(&custom("widget"), "Widget"));
    assert!(!defines(&service(json!({}), json!([])), "Widget"));
}

#[test]
fn a_look_answers_only_for_moments_before_it_began() {
    let begun = Instant::now() + Duration::from_secs(10);
    let seen = (begun, Arc::new(snapshot()));
    let second = Duration::from_secs(1);
    assert!(answers(None, begun).is_none());
    assert!(answers(Some(&seen), begun - second).is_some());
    assert!(answers(Some(&seen), begun).is_some());
    assert!(answers(Some(&seen), begun + second).is_none(), "what was made since is not in it");
}

/// "Not served" is passing trouble and proves nothing about objects; only what nothing defines is gone.
#[test]
fn a_kind_that_is_defined_is_unavailable_and_not_gone() {
    let error = |definition: &Definition| Error::not_served("example.com", "Widget", definition);
    let rows = [
        (
            Definition::Custom { name: "widgets.example.com".into() },
            "CustomResourceDefinition widgets.example.com exists but is not served",
        ),
        (
            Definition::Aggregated { service: "v1.example.com".into(), message: String::new() },
            "APIService v1.example.com does not answer",
        ),
        (
            Definition::Aggregated { service: "v1.example.com".into(), message: "no endpoints".into() },
            "APIService v1.example.com: no endpoints",
        ),
    ];
    for (definition, why) in rows {
        let error = error(&definition);
        assert_eq!(error.classify(), Class::ServerError);
        assert!(error.is_transient());
        assert!(!error.is_absence());
        let head = "the API of kind \"Widget\" in group \"example.com\" is unavailable: ";
        assert_eq!(error.message(), format!("{head}{why}"));
    }
    let gone = error(&Definition::None);
    assert_eq!(gone.classify(), Class::NotFound);
    assert!(!gone.is_transient());
}
