//! What one object shows, and what that says of the next.

use serde_json::{Value, json};

use super::{Learned, MAX_KINDS, Profile, tells_in};

fn at(time: &str) -> jiff::Timestamp {
    format!("2026-11-25T{time}Z").parse().unwrap()
}

fn ingress(class: &str, address: Option<&str>) -> Value {
    let addresses: Vec<Value> = address.iter().map(|ip| json!({"ip": ip})).collect();
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": "x", "creationTimestamp": "2026-11-25T10:00:00Z"},
        "spec": {"ingressClassName": class}, "status": {"loadBalancer": {"ingress": addresses}}})
}

fn widget(conditions: Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x"}, "status": {"conditions": conditions}})
}

#[test]
fn a_kind_that_reports_once_reports_always() {
    let mut learned = Learned::default();
    let silent = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "y"}});
    assert!(!learned.saw(&silent, at("10:00:00")));
    assert!(!learned.saw(&widget(json!([{"type": "Deprecated", "status": "True"}])), at("10:00:00")));
    assert!(!learned.profile(&silent).reports);
    assert!(learned.saw(&widget(json!([{"type": "Ready", "status": "False"}])), at("10:00:00")));
    assert!(learned.profile(&silent).reports);
    assert!(
        !learned.saw(&widget(json!([{"type": "Ready", "status": "True"}])), at("10:00:00")),
        "that is no news"
    );
    let other = json!({"apiVersion": "other.com/v1", "kind": "Widget"});
    assert_eq!(learned.profile(&other), Profile::default());
}

#[test]
fn nobody_gives_addresses_once_somebody_waited_for_long() {
    let mut learned = Learned::default();
    let unaddressed = |learned: &Learned, class: &str| learned.profile(&ingress(class, None)).unaddressed;
    assert!(!learned.saw(&ingress("a", None), at("10:09:59")));
    assert!(!unaddressed(&learned, "a"), "it may still come");
    assert!(learned.saw(&ingress("a", None), at("10:10:00")));
    assert!(unaddressed(&learned, "a"));
    assert!(!unaddressed(&learned, "b"), "another controller's");
    assert!(learned.saw(&ingress("a", Some("192.0.2.1")), at("10:11:00")), "it was not so");
    assert!(!unaddressed(&learned, "a"));
    assert!(
        !learned.saw(&ingress("a", None), at("11:00:00")),
        "one that has one says more than many that have none"
    );
    let inner = json!({"apiVersion": "v1", "kind": "Service", "spec": {"type": "ClusterIP"},
        "metadata": {"creationTimestamp": "2020-01-01T00:00:00Z"}});
    assert!(!learned.saw(&inner, at("10:00:00")), "it wants none");
}

#[test]
fn who_waits_for_an_address_tells_more_once_it_has_waited_for_long() {
    let left = |address, time| tells_in(&ingress("a", address), at(time)).map(|left| left.as_secs());
    assert_eq!(left(None, "10:04:00"), Some(360));
    assert_eq!(left(None, "10:10:00"), None, "it tells that now");
    assert_eq!(left(Some("192.0.2.1"), "10:04:00"), None);
    assert_eq!(tells_in(&widget(json!([])), at("10:00:00")), None);
}

#[test]
fn it_is_bounded() {
    let mut learned = Learned::default();
    let of = |kind: &str| json!({"apiVersion": "example.com/v1", "kind": kind, "status": {"conditions": [{"type": "Ready"}]}});
    for number in 0..MAX_KINDS {
        assert!(learned.saw(&of(&format!("Kind{number}")), at("10:00:00")));
    }
    assert!(!learned.saw(&of("OneMore"), at("10:00:00")));
    assert!(!learned.profile(&of("OneMore")).reports);
    assert!(learned.profile(&of("Kind7")).reports);
    assert!(!learned.saw(&of(&"k".repeat(500)), at("10:00:00")));
}
