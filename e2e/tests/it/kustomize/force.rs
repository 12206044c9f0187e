//! Objects that are deleted and made again, because a field of theirs cannot be changed
//! (contracts/kustomize-controller.md 12.2.4).

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::rig::{Rig, condition};

/// An object of which one field cannot be changed: apiVersion, kind, the fields before and after.
type Case = (&'static str, &'static str, Value, Value);

fn pods(command: &str) -> Value {
    json!({"metadata": {"labels": {"app": "a"}}, "spec": {"restartPolicy": "Never", "containers": [
        {"name": "main", "image": "example.com/a:1", "command": [command]}]}})
}

fn workload(selector: &str, more: Value) -> Value {
    let labels = json!({"app": "a", "which": selector});
    let mut spec = json!({
        "selector": {"matchLabels": {"which": selector}},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "example.com/a:1"}]}},
    });
    put(&mut spec, more);
    json!({ "spec": spec })
}

fn cases() -> Vec<Case> {
    let rbac = "rbac.authorization.k8s.io";
    let role = |kind: &str, name: &str| json!({"roleRef": {"apiGroup": rbac, "kind": kind, "name": name}, "subjects": []});
    let ports = json!([{"name": "http", "port": 80}]);
    let service = |ip: &str| json!({"spec": {"clusterIP": ip, "ports": ports}});
    let job = |command: &str| json!({"spec": {"suspend": true, "template": pods(command)}});
    let slice = |kind: &str| json!({"addressType": kind, "endpoints": []});
    vec![
        ("apps/v1", "Deployment", workload("a", json!({})), workload("b", json!({}))),
        ("apps/v1", "DaemonSet", workload("a", json!({})), workload("b", json!({}))),
        ("apps/v1", "ReplicaSet", workload("a", json!({})), workload("b", json!({}))),
        (
            "apps/v1",
            "StatefulSet",
            workload("a", json!({"serviceName": "a"})),
            workload("a", json!({"serviceName": "b"})),
        ),
        (
            "apps/v1",
            "ControllerRevision",
            json!({"revision": 1, "data": {"a": 1}}),
            json!({"revision": 1, "data": {"a": 2}}),
        ),
        ("batch/v1", "Job", job("one"), job("two")),
        ("v1", "Pod", json!({"spec": pods("one")["spec"]}), json!({"spec": pods("two")["spec"]})),
        ("v1", "Service", json!({"spec": {"ports": ports}}), service("None")),
        (
            "v1",
            "ConfigMap",
            json!({"immutable": true, "data": {"a": "1"}}),
            json!({"immutable": true, "data": {"a": "2"}}),
        ),
        (
            "v1",
            "Secret",
            json!({"immutable": true, "data": {"a": "MQ=="}}),
            json!({"immutable": true, "data": {"a": "Mg=="}}),
        ),
        (
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            role("ClusterRole", "view"),
            role("ClusterRole", "edit"),
        ),
        (
            "rbac.authorization.k8s.io/v1",
            "ClusterRoleBinding",
            role("ClusterRole", "view"),
            role("ClusterRole", "edit"),
        ),
        ("discovery.k8s.io/v1", "EndpointSlice", slice("IPv4"), slice("IPv6")),
        (
            "storage.k8s.io/v1",
            "StorageClass",
            json!({"provisioner": "a.example.com"}),
            json!({"provisioner": "b.example.com"}),
        ),
        (
            "storage.k8s.io/v1",
            "VolumeAttributesClass",
            json!({"driverName": "a.example.com", "parameters": {"a": "1"}}),
            json!({"driverName": "a.example.com", "parameters": {"a": "2"}}),
        ),
        (
            "storage.k8s.io/v1",
            "CSIDriver",
            json!({"spec": {"attachRequired": true}}),
            json!({"spec": {"attachRequired": false}}),
        ),
        ("scheduling.k8s.io/v1", "PriorityClass", json!({"value": 5}), json!({"value": 6})),
        (
            "networking.k8s.io/v1",
            "IngressClass",
            json!({"spec": {"controller": "example.com/a"}}),
            json!({"spec": {"controller": "example.com/b"}}),
        ),
        ("node.k8s.io/v1", "RuntimeClass", json!({"handler": "a"}), json!({"handler": "b"})),
    ]
}

/// Adds fields.
fn put(object: &mut Value, more: Value) {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
}

/// All objects as one file; JSON is YAML.
fn files(ns: &str, fields: impl Fn(Case) -> Value) -> String {
    let object = |case: Case| {
        let (api_version, kind) = (case.0, case.1);
        let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name(ns, kind), "namespace": ns}});
        put(&mut object, fields(case));
        format!("---\n{object}\n")
    };
    format!("-- all.yaml --\n{}", cases().into_iter().map(object).collect::<String>())
}

/// Cluster-scoped objects of other tests have other names.
fn name(ns: &str, kind: &str) -> String {
    format!("{ns}-{}", kind.to_lowercase())
}

async fn uids(rig: &Rig) -> Result<Vec<(&'static str, Value)>> {
    let mut uids = Vec::new();
    for (api_version, kind, ..) in cases() {
        let object = rig.get(api_version, kind, &name(rig.namespace(), kind)).await?.context(kind)?;
        uids.push((kind, object["metadata"]["uid"].clone()));
    }
    Ok(uids)
}

#[tokio::test]
async fn what_cannot_be_changed_is_made_again_whatever_the_kind() -> Result<()> {
    let rig = Rig::start("force-kinds").await?;
    let ns = rig.namespace();
    let first = rig.publish(&files(ns, |case| case.2)).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    let before = uids(&rig).await?;

    // Without force all of them are refused, and stay.
    let second = rig.publish(&files(ns, |case| case.3)).await?;
    rig.failed("app", "ReconciliationFailed").await?;
    assert_eq!(uids(&rig).await?, before);
    let third = rig.publish(&files(ns, |case| case.2)).await?;
    rig.ready("app", &third).await?;

    rig.publish(&files(ns, |case| case.3)).await?;
    rig.kustomization("app", json!({"force": true})).await?;
    rig.ready("app", &second).await?;
    let after = uids(&rig).await?;
    let kept: Vec<&str> = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before == after)
        .map(|(before, _)| before.0)
        .collect();
    assert!(kept.is_empty(), "not made again: {kept:?}");
    rig.finalized("app").await
}

fn service(ns: &str, name: &str, spec: Value) -> String {
    let object = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns}, "spec": spec});
    format!("---\n{object}\n")
}

#[tokio::test]
async fn what_is_merely_invalid_is_never_deleted() -> Result<()> {
    let rig = Rig::start("force-invalid").await?;
    let ns = rig.namespace();
    let files =
        |port: u32| format!("-- a.yaml --\n{}", service(ns, "web", json!({"ports": [{"port": port}]})));
    let revision = rig.publish(&files(80)).await?;
    rig.kustomization("app", json!({"force": true})).await?;
    rig.ready("app", &revision).await?;
    let uid = rig.get("v1", "Service", "web").await?.unwrap()["metadata"]["uid"].clone();
    rig.publish(&files(99_999)).await?;
    let state = rig.failed("app", "ReconciliationFailed").await?;
    let message = condition(&state, "Ready")["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with(&format!("Service/{ns}/web dry-run failed (Invalid): ")), "{message}");
    // Both at once: the manifest is no new object either.
    let both = json!({"clusterIP": "None", "ports": [{"port": 99_999}]});
    rig.publish(&format!("-- a.yaml --\n{}", service(ns, "web", both))).await?;
    rig.run("app").await?;
    rig.failed("app", "ReconciliationFailed").await?;
    assert_eq!(rig.get("v1", "Service", "web").await?.unwrap()["metadata"]["uid"], uid);
    Ok(())
}

/// An address and a port that the Service has already are no reason to refuse it as a new one.
#[tokio::test]
async fn what_only_one_service_can_have_stays_with_it() -> Result<()> {
    let rig = Rig::start("force-service").await?;
    let ns = rig.namespace();
    rig.create_as(
        "test",
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": ns},
            "spec": {"type": "NodePort", "ports": [{"port": 80}]}}),
    )
    .await?;
    let live = rig.get("v1", "Service", "web").await?.unwrap();
    let node_port = live["spec"]["ports"][0]["nodePort"].clone();
    let spec = |ip: Option<&str>| {
        let mut spec =
            json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": node_port, "protocol": "TCP"}]});
        if let Some(ip) = ip {
            spec["clusterIP"] = json!(ip);
        }
        spec
    };
    let first = rig.publish(&format!("-- a.yaml --\n{}", service(ns, "web", spec(None)))).await?;
    rig.kustomization("app", json!({"force": true})).await?;
    rig.ready("app", &first).await?;
    // Another address, which nobody has: found by letting the server choose one.
    rig.create_as(
        "test",
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "probe", "namespace": ns}, "spec": {"ports": [{"port": 80}]}}),
    )
    .await?;
    let free =
        rig.get("v1", "Service", "probe").await?.unwrap()["spec"]["clusterIP"].as_str().unwrap().to_owned();
    rig.delete("v1", "Service", "probe").await?;
    rig.until_object(("v1", "Service", "probe"), "is gone", Value::is_null).await?;
    let second = rig.publish(&format!("-- a.yaml --\n{}", service(ns, "web", spec(Some(&free))))).await?;
    rig.ready("app", &second).await?;
    let again = rig.get("v1", "Service", "web").await?.unwrap();
    assert_ne!(again["metadata"]["uid"], live["metadata"]["uid"]);
    assert_eq!(
        (&again["spec"]["clusterIP"], &again["spec"]["ports"][0]["nodePort"]),
        (&json!(free), &node_port)
    );
    Ok(())
}

#[tokio::test]
async fn what_would_lose_data_has_to_ask_itself() -> Result<()> {
    let rig = Rig::start("force-data").await?;
    let ns = rig.namespace();
    let claim = |mode: &str, forced: &str| {
        let object = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data", "namespace": ns, "annotations": {"kustomize.toolkit.fluxcd.io/force": forced}},
            "spec": {"accessModes": [mode], "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}},
        });
        format!("-- a.yaml --\n{object}\n")
    };
    let first = rig.publish(&claim("ReadWriteOnce", "Disabled")).await?;
    rig.kustomization("app", json!({"force": true})).await?;
    rig.ready("app", &first).await?;
    let uid = rig.get("v1", "PersistentVolumeClaim", "data").await?.unwrap()["metadata"]["uid"].clone();
    rig.publish(&claim("ReadWriteMany", "Disabled")).await?;
    rig.failed("app", "ReconciliationFailed").await?;
    let kept = rig.get("v1", "PersistentVolumeClaim", "data").await?.unwrap();
    assert_eq!((&kept["metadata"]["uid"], &kept["metadata"]["deletionTimestamp"]), (&uid, &Value::Null));
    // The object asks itself, and spec.force has no part in it.
    rig.kustomization("app", json!({"force": false})).await?;
    let third = rig.publish(&claim("ReadWriteMany", "Enabled")).await?;
    // The claim's own finalizer is the volume controllers'.
    rig.ready("app", &third).await?;
    let again = rig.get("v1", "PersistentVolumeClaim", "data").await?.unwrap();
    assert_ne!(again["metadata"]["uid"], uid);
    assert_eq!(again["spec"]["accessModes"], json!(["ReadWriteMany"]));
    Ok(())
}
