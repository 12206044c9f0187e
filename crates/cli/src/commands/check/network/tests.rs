//! Services and NetworkPolicies in the way.

use serde_json::{Value, json};

use super::*;
use crate::finding;

fn place(policies: &[Value], services: &[Value]) -> Place {
    let mut place = Place::default();
    place
        .namespace
        .found
        .push(serde_json::from_value(json!({ "metadata": { "name": "a" } })).expect("a Namespace"));
    for policy in policies {
        place.policies.found.push(serde_json::from_value(policy.clone()).expect("a NetworkPolicy"));
    }
    for service in services {
        place.services.found.push(serde_json::from_value(service.clone()).expect("a Service"));
    }
    place
}

fn policy(name: &str, spec: Value) -> Value {
    json!({ "metadata": { "name": name, "namespace": "a" }, "spec": spec })
}

fn told(policies: &[Value]) -> String {
    finding::lines(&findings("a", &place(policies, &[]))).join("\n")
}

#[test]
fn an_empty_namespace() {
    assert_eq!(told(&[]), "");
    assert_eq!(findings("a", &Place::default()), []);
}

#[test]
fn a_namespace_that_is_shut() {
    let shut = policy("shut", json!({ "podSelector": {}, "policyTypes": ["Ingress", "Egress"] }));
    insta::assert_snapshot!(told(std::slice::from_ref(&shut)), @"
    ! Namespace a: the NetworkPolicy shut lets nobody in to port 9090 of source-controller: kustomize-controller fetches artifacts there
    ! Namespace a: the NetworkPolicy shut lets nobody in to port 8080 of source-controller: Prometheus scrapes there
      hint: allow it with a NetworkPolicy of your own, or with networkPolicy in the chart's values
    ✗ Namespace a: the NetworkPolicy shut allows no connection out: no controller reaches the API server
      hint: allow the controllers to connect to the API server, to DNS and to their sources
    ");
    let open = policy(
        "open",
        json!({ "podSelector": { "matchLabels": { "app": "source-controller" } },
        "ingress": [{ "ports": [{ "port": "http" }, { "port": 8000, "endPort": 8100 }] }], "egress": [{}],
        "policyTypes": ["Ingress", "Egress"] }),
    );
    assert_eq!(told(&[shut, open]), "", "policies add up");
}

#[test]
fn policies_about_others() {
    for selector in [
        json!({ "matchLabels": { "app": "web" } }),
        json!({ "matchLabels": { "team": "x" } }),
        json!({ "matchExpressions": [{ "key": "app", "operator": "NotIn", "values": ["source-controller"] }] }),
        json!({ "matchExpressions": [{ "key": "app", "operator": "DoesNotExist" }] }),
        json!({ "matchExpressions": [{ "key": "team", "operator": "Exists" }] }),
    ] {
        assert_eq!(told(&[policy("x", json!({ "podSelector": selector }))]), "", "{selector}");
    }
    for selector in [
        json!({ "matchLabels": { "app.kubernetes.io/part-of": "flux" } }),
        json!({ "matchExpressions": [{ "key": "app", "operator": "In", "values": ["source-controller", "b"] }] }),
        json!({ "matchExpressions": [{ "key": "team", "operator": "DoesNotExist" }] }),
    ] {
        assert!(told(&[policy("x", json!({ "podSelector": selector }))]).contains("port 9090"), "{selector}");
    }
    let other_protocol =
        json!({ "podSelector": {}, "ingress": [{ "ports": [{ "port": 9090, "protocol": "UDP" }] }] });
    assert!(told(&[policy("x", other_protocol)]).contains("port 9090"));
}

#[test]
fn names_of_services() {
    let service = |labels: Value| json!({ "metadata": { "name": "source-controller", "namespace": "a", "labels": labels } });
    let ours = service(json!({ "app.kubernetes.io/part-of": "flux" }));
    assert_eq!(findings("a", &place(&[], &[ours])), []);
    let strange = service(json!({ "app.kubernetes.io/managed-by": "somebody" }));
    insta::assert_snapshot!(finding::lines(&findings("a", &place(&[], &[strange]))).join("\n"), @"
    ✗ Service a/source-controller: the name is taken, applied by somebody
      hint: install into another namespace with -n, or remove the Service
    ");
}
