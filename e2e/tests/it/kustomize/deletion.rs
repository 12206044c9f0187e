//! What becomes of the objects when their Kustomization is deleted.

use anyhow::Result;
use serde_json::{Value, json};

use super::rig::{Rig, condition, config_map};

/// Applies one object with this spec, deletes the Kustomization, and tells whether the object is still there.
async fn survives(name: &str, spec: Value) -> Result<bool> {
    let rig = Rig::start(name).await?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(rig.namespace(), "a", "1"))).await?;
    rig.kustomization("app", spec).await?;
    rig.ready("app", &revision).await?;
    rig.finalized("app").await?;
    Ok(rig.get("v1", "ConfigMap", "a").await?.is_some())
}

#[tokio::test]
async fn the_policy_mirrors_prune_by_default() -> Result<()> {
    assert!(!survives("delete-pruned", json!({})).await?);
    assert!(survives("delete-kept", json!({"prune": false})).await?);
    Ok(())
}

#[tokio::test]
async fn orphan_keeps_and_delete_deletes_whatever_prune_says() -> Result<()> {
    assert!(survives("delete-orphan", json!({"deletionPolicy": "Orphan"})).await?);
    assert!(!survives("delete-delete", json!({"deletionPolicy": "Delete", "prune": false})).await?);
    Ok(())
}

#[tokio::test]
async fn a_suspended_one_keeps_everything() -> Result<()> {
    let rig = Rig::start("delete-suspended").await?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(rig.namespace(), "a", "1"))).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    rig.kustomization("app", json!({"suspend": true})).await?;
    rig.finalized("app").await?;
    let map = rig.get("v1", "ConfigMap", "a").await?.unwrap();
    assert_eq!(map["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"], "app");
    Ok(())
}

#[tokio::test]
async fn termination_is_waited_for() -> Result<()> {
    let rig = Rig::start("delete-wait").await?;
    let ns = rig.namespace();
    let files = format!(
        "-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: {ns}\n  finalizers: [example.com/hold]\n"
    );
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({"deletionPolicy": "WaitForTermination"})).await?;
    rig.ready("app", &revision).await?;
    rig.delete("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app").await?;
    rig.event("app", "deleted", |_, message| message == format!("ConfigMap/{ns}/a deleted")).await?;
    rig.until_object(("v1", "ConfigMap", "a"), "is terminating", |map| {
        map["metadata"]["deletionTimestamp"].is_string()
    })
    .await?;
    assert!(rig.state("app").await.is_ok(), "the Kustomization waits");
    rig.patch_as("test", "v1", "ConfigMap", "a", json!({"metadata": {"finalizers": null}})).await?;
    rig.until_object(("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app"), "is gone", Value::is_null)
        .await?;
    Ok(())
}

#[tokio::test]
async fn objects_are_not_healed_while_they_are_deleted() -> Result<()> {
    let rig = Rig::start("delete-heal").await?;
    let ns = rig.namespace();
    let files: String =
        (0..30).map(|n| format!("-- {n}.yaml --\n{}", config_map(ns, &format!("m{n}"), "1"))).collect();
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    rig.finalized("app").await?;
    assert!(rig.owned("v1", "ConfigMap").await?.is_empty());
    // Nothing brings them back: another Kustomization's whole life passes meanwhile.
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "later", "1"))).await?;
    rig.kustomization("later", json!({})).await?;
    rig.ready("later", &revision).await?;
    assert_eq!(rig.owned("v1", "ConfigMap").await?, ["later"]);
    Ok(())
}

#[tokio::test]
async fn without_its_account_a_deletion_waits_until_that_is_back() -> Result<()> {
    let rig = Rig::start_with("no-account", &["--requeue-dependency=2s"]).await?;
    let ns = rig.namespace();
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "deployer", "namespace": ns}});
    let rules = json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]}]);
    let rbac = "rbac.authorization.k8s.io";
    rig.ns.apply_value(account.clone()).await?;
    rig.ns
        .apply_value(json!({"apiVersion": format!("{rbac}/v1"), "kind": "Role", "metadata": {"name": "deployer"}, "rules": rules}))
        .await?;
    rig.ns
        .apply_value(json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding", "metadata": {"name": "deployer"},
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "deployer"},
            "subjects": [{"kind": "ServiceAccount", "name": "deployer", "namespace": ns}],
        }))
        .await?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "a", "1"))).await?;
    rig.kustomization("app", json!({"serviceAccountName": "deployer", "retryInterval": "1s"})).await?;
    rig.ready("app", &revision).await?;

    rig.delete("v1", "ServiceAccount", "deployer").await?;
    rig.delete("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app").await?;
    let state = rig.failed("app", "PruneFailed").await?;
    let message = condition(&state, "Ready")["message"].as_str().unwrap_or_default();
    assert!(message.contains("ServiceAccount \"deployer\" does not exist"), "{message}");
    assert_eq!(rig.owned("v1", "ConfigMap").await?, ["a"], "it is neither deleted nor forgotten");
    rig.ns.apply_value(account).await?;
    rig.until_object(("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app"), "is gone", Value::is_null)
        .await?;
    assert!(rig.get("v1", "ConfigMap", "a").await?.is_none());
    Ok(())
}

/// Deleted together, one goes after those that depend on it: what they need to go is there until then.
#[tokio::test]
async fn those_that_depend_on_it_go_first() -> Result<()> {
    let rig = Rig::start("delete-order").await?;
    let ns = rig.namespace();
    let held =
        config_map(ns, "app", "1").replace("metadata:\n", "metadata:\n  finalizers: [example.com/hold]\n");
    rig.source("infra").await?;
    let infra = rig.publish_as("infra", &format!("-- a.yaml --\n{}", config_map(ns, "infra", "1"))).await?;
    let app = rig.publish(&format!("-- a.yaml --\n{held}")).await?;
    rig.kustomization("infra", json!({"sourceRef": {"kind": "GitRepository", "name": "infra"}})).await?;
    rig.kustomization(
        "app",
        json!({"dependsOn": [{"name": "infra"}], "deletionPolicy": "WaitForTermination"}),
    )
    .await?;
    rig.ready("infra", &infra).await?;
    rig.ready("app", &app).await?;
    // In the wrong order, one after the other.
    rig.delete("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "infra").await?;
    rig.delete("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app").await?;
    let waits = format!("Waiting for dependents to be deleted: {ns}/app");
    rig.until("infra", "waits", |state| condition(state, "Reconciling")["message"] == waits.as_str()).await?;
    rig.until_object(("v1", "ConfigMap", "app"), "is terminating", |map| {
        map["metadata"]["deletionTimestamp"].is_string()
    })
    .await?;
    assert!(rig.get("v1", "ConfigMap", "infra").await?.is_some(), "it is needed until the other is gone");
    rig.patch_as("test", "v1", "ConfigMap", "app", json!({"metadata": {"finalizers": null}})).await?;
    for name in ["app", "infra"] {
        rig.until_object(
            ("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name),
            "is gone",
            Value::is_null,
        )
        .await?;
    }
    assert!(rig.get("v1", "ConfigMap", "infra").await?.is_none());
    Ok(())
}
