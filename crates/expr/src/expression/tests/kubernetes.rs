//! What is written for objects of Kubernetes.

use serde_json::{Value, json};

use super::{all_false, all_true, rows};
use crate::{Expression, Limits};

fn certificate() -> Value {
    json!({
        "apiVersion": "cert-manager.io/v1", "kind": "Certificate",
        "metadata": {"name": "c", "namespace": "n", "generation": 3, "labels": {"app.kubernetes.io/name": "web"},
            "annotations": {}, "creationTimestamp": "2026-11-30T00:00:00Z"},
        "spec": {"replicas": 2, "secretName": "tls", "dnsNames": ["a.example.com", "b.example.com"], "paused": false},
        "status": {"observedGeneration": 3, "readyReplicas": 2, "ratio": 0.5, "conditions": [
            {"type": "Issuing", "status": "False"},
            {"type": "Ready", "status": "True", "observedGeneration": 3, "reason": "Issued"}]},
        "data": {"key": "value", "empty": ""},
    })
}

#[test]
fn health_checks() {
    all_true(
        &certificate(),
        &[
            "status.conditions.filter(e, e.type == 'Ready').all(e, e.observedGeneration == metadata.generation && e.status == 'True')",
            "status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')",
            "has(status.conditions) && status.conditions.exists(e, e.type == 'Ready')",
            "status.observedGeneration == metadata.generation",
            "status.readyReplicas == spec.replicas",
            "status.readyReplicas >= spec.replicas",
            "status.ratio >= 0.5 && status.ratio < 1",
            "metadata.labels['app.kubernetes.io/name'] == 'web'",
            "'app.kubernetes.io/name' in metadata.labels",
            "kind == 'Certificate' && apiVersion.startsWith('cert-manager.io/')",
            "!spec.paused",
            "spec.dnsNames.all(d, d.endsWith('.example.com'))",
            "spec.dnsNames.exists_one(d, d.startsWith('a.'))",
            "size(spec.dnsNames) == 2",
            "timestamp(metadata.creationTimestamp) < timestamp('2027-01-01T00:00:00Z')",
            "status.?phase.orValue('Ready') == 'Ready'",
            "status.?conditions.orValue([]).exists(c, c.type == 'Ready')",
            "has(data.key) && data.key == 'value'",
            "data.empty == ''",
            "!has(metadata.deletionTimestamp)",
            "!has(metadata.annotations.x)",
            "metadata.?annotations['x'].orValue('none') == 'none'",
            "status.conditions.map(c, c.type) == ['Issuing', 'Ready']",
            "status.conditions[1].reason in ['Issued', 'Renewed']",
            "(has(status.phase) ? status.phase : 'none') == 'none'",
        ],
    );
    all_false(
        &certificate(),
        &[
            "status.conditions.exists(c, c.type == 'Stalled' && c.status == 'True')",
            "status.conditions.filter(e, e.type == 'Issuing').exists(e, e.status == 'True')",
            "has(status.phase)",
        ],
    );
    rows(
        &certificate(),
        &[
            ("data.nope == 'x'", "no such key: nope"),
            ("spec.paused == 'false'", "false"),
            ("status.conditions.all(c, c.observedGeneration == 3)", "no such key: observedGeneration"),
            ("items.exists(i, true)", "no such attribute(s): items"),
            ("spec.dnsNames", "not a boolean"),
        ],
    );
}

#[test]
fn numbers_are_as_kubernetes_reads_them() {
    let object = json!({"max": i64::MAX, "beyond": u64::MAX, "half": 0.5, "whole": 2.0});
    all_true(
        &object,
        &[
            "type(max) == int",
            "type(beyond) == double",
            "type(half) == double",
            "type(whole) == double",
            "whole == 2",
            "max == 9223372036854775807",
        ],
    );
}

#[test]
fn ready_expressions() {
    let dep = json!({"metadata": {"name": "d", "labels": {"v": "2"}}, "status": {"conditions": [
        {"type": "Ready", "status": "True"}], "lastAppliedRevision": "main@sha1:1"}});
    let own = json!({"metadata": {"name": "s"}, "status": {"lastAppliedRevision": "main@sha1:1"}, "spec": {"v": "2"}});
    let bindings = [("self", &own), ("dep", &dep)];
    for text in [
        "dep.status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')",
        "dep.status.lastAppliedRevision == self.status.lastAppliedRevision",
        "dep.metadata.labels['v'] == self.spec.v",
        "has(dep.status.conditions) && !has(dep.status.nope)",
        "dep.?status.?nope.orValue('x') == 'x'",
        "!(dep.metadata.name in ['x'])",
        "dep.status.conditions.exists(c, c.status == 'True') ? true : false",
        "int(dep.metadata.labels.v) >= 2",
        "self.metadata.name + '!' == 's!'",
        "dep.status.conditions[0].status == 'True' || false",
        "dep.metadata.name.startsWith('d') && dep.metadata.name.matches('^[a-z]$')",
        "size(dep.status.conditions) == 1",
        "dep.status.conditions.map(c, c.type) == ['Ready']",
        "dep.metadata.labels.v != null",
        "bool('true')",
    ] {
        let expression = Expression::compile_checked(text, &["self", "dep"], &Limits::default());
        let expression = expression.unwrap_or_else(|error| panic!("{error}"));
        let budget = super::limited(10_000, 1 << 20);
        assert_eq!(expression.evaluate_bool(&bindings, &budget), Ok(true), "{text}");
    }
}
