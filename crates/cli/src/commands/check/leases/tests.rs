//! Leases in all states.

use serde_json::{Value, json};

use super::*;
use crate::commands::check::rights::Right;
use crate::commands::check::seen::Refused;
use crate::finding;

const LEASE: &str = "source-controller-leader-election";

fn controller(namespace: &str, replicas: i32, args: &[&str]) -> Controller {
    let deployment = json!({
        "metadata": { "name": "source-controller", "namespace": namespace },
        "spec": { "replicas": replicas, "selector": {},
            "template": { "spec": { "containers": [{ "name": "manager", "args": args }] } } },
    });
    Controller::of(&serde_json::from_value(deployment).expect("a Deployment"))
}

fn told(found: &[Controller], leases: &[(&str, Value)]) -> String {
    let mut read = Read::default();
    for (name, spec) in leases {
        let lease = json!({ "metadata": { "name": name, "namespace": "apps" }, "spec": spec });
        read.found.push(serde_json::from_value(lease).expect("a Lease"));
    }
    let now = "2026-11-30T12:00:00Z".parse().expect("a time");
    finding::lines(&findings(found, &read, now)).join("\n")
}

fn held(renewed: &str) -> Value {
    json!({ "holderIdentity": "pod-1_ab", "leaseDurationSeconds": 35, "renewTime": renewed })
}

#[test]
fn who_leads() {
    let found = [controller("apps", 1, &["--enable-leader-election"])];
    insta::assert_snapshot!(told(&found, &[(LEASE, held("2026-11-30T11:59:57.000000Z"))]), @"✔ Lease apps/source-controller-leader-election: held by pod-1_ab, renewed 3s ago");
    insta::assert_snapshot!(told(&found, &[(LEASE, held("2026-11-30T12:00:09.000000Z"))]), @"✔ Lease apps/source-controller-leader-election: held by pod-1_ab, renewed 0s ago");
    insta::assert_snapshot!(told(&found, &[(LEASE, held("2026-11-30T11:50:00.000000Z"))]), @"
    ✗ Lease apps/source-controller-leader-election: held by pod-1_ab, renewed 10m ago: nobody leads
      hint: `kubectl -n apps logs deployment/source-controller` tells why; it needs the rights on leases of the chart
    ");
    assert!(told(&found, &[(LEASE, json!({ "holderIdentity": "" }))]).contains("nobody holds it"));
    assert!(
        told(&found, &[(LEASE, json!({ "holderIdentity": "a" }))])
            .contains("a holds it and has never renewed it")
    );
    assert!(told(&found, &[("other", held("2026-11-30T11:59:57.000000Z"))]).contains("does not exist"));
}

#[test]
fn leases_that_nobody_needs() {
    assert_eq!(told(&[controller("apps", 1, &[])], &[]), "", "without leader election");
    assert_eq!(told(&[controller("apps", 0, &["--enable-leader-election"])], &[]), "", "switched off");
}

#[test]
fn leases_that_cannot_be_seen() {
    let right = Right::of("list", "coordination.k8s.io", "leases");
    let refused = vec![Refused { right, namespace: Some("apps".to_owned()), unknown: "who leads" }];
    let read = Read { found: Vec::new(), refused };
    let found = [
        controller("apps", 1, &["--enable-leader-election"]),
        controller("b", 1, &["--enable-leader-election"]),
    ];
    let findings = findings(&found, &read, Timestamp::UNIX_EPOCH);
    assert_eq!(findings.len(), 1, "only in the namespace that can be seen");
}
