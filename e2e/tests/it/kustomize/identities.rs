//! As whom objects are read and written: a Kustomization's account for all of it, and nothing of it as somebody else
//! (contracts/kustomize-controller.md 16, 19, 22).

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::rig::{Rig, condition, config_map};

fn message(state: &Value) -> String {
    condition(state, "Ready")["message"].as_str().unwrap_or_default().to_owned()
}

/// An account that may do anything with ConfigMaps of the namespace.
async fn account(rig: &Rig, name: &str) -> Result<()> {
    let ns = rig.namespace();
    rig.apply(
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": ns}}),
    )
    .await?;
    rig.apply(json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": name, "namespace": ns},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": ns}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"},
    }))
    .await?;
    Ok(())
}

/// Dry-run, apply, health, heal, prune and clean-up: each request for an object is the account's.
#[tokio::test]
async fn every_request_for_an_object_is_the_account_s() -> Result<()> {
    let rig = Rig::start("tenant").await?;
    let ns = rig.namespace().to_owned();
    account(&rig, "tenant").await?;
    let mark = rig.mark()?;
    let two =
        format!("-- a.yaml --\n{}-- b.yaml --\n{}", config_map(&ns, "a", "1"), config_map(&ns, "b", "1"));
    let revision = rig.publish(&two).await?;
    rig.kustomization("app", json!({"serviceAccountName": "tenant", "wait": true})).await?;
    rig.ready("app", &revision).await?;
    rig.patch_as("somebody", "v1", "ConfigMap", "a", json!({"data": {"key": "drifted"}})).await?;
    rig.until_object(("v1", "ConfigMap", "a"), "is put back", |map| map["data"]["key"] == "1").await?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(&ns, "a", "2"))).await?;
    rig.ready("app", &revision).await?;
    rig.until_object(("v1", "ConfigMap", "b"), "is pruned", Value::is_null).await?;
    rig.finalized("app").await?;
    assert!(rig.get("v1", "ConfigMap", "a").await?.is_none());
    let of = |resource: &'static str| move |request: &testkit::cluster::Request| request.resource == resource;
    let sent = rig.requests(&mark).await?.filter(of("configmaps")).without_watches();
    for verb in ["patch", "get", "delete"] {
        assert!(sent.count(verb, "configmaps") > 0, "{verb}: {sent:?}");
    }
    let user = format!("system:serviceaccount:{ns}:tenant");
    let own = sent.filter(|request| request.impersonated != user);
    assert!(own.is_empty(), "{own:?}");
    Ok(())
}

#[tokio::test]
async fn the_default_account_is_everybody_s_who_names_none() -> Result<()> {
    let rig = Rig::start_with("tenant-default", &["--default-service-account=tenant"]).await?;
    let ns = rig.namespace().to_owned();
    rig.publish(&format!("-- a.yaml --\n{}", config_map(&ns, "a", "1"))).await?;
    rig.kustomization("app", json!({})).await?;
    let state = rig.failed("app", "ReconciliationFailed").await?;
    let refused = format!("User \"system:serviceaccount:{ns}:tenant\" cannot patch resource \"configmaps\"");
    assert!(message(&state).contains(&refused), "{}", message(&state));
    account(&rig, "other").await?;
    rig.kustomization("named", json!({"serviceAccountName": "other"})).await?;
    rig.until("named", "is applied", |state| condition(state, "Ready")["status"] == "True").await?;
    Ok(())
}

/// An account that is gone: the objects are neither deleted as somebody else nor forgotten, and Ready says so. Flux
/// orphans them.
#[tokio::test]
async fn a_deletion_waits_for_its_account_or_leaves_when_told_to() -> Result<()> {
    let rig = Rig::start("tenant-gone").await?;
    let ns = rig.namespace().to_owned();
    account(&rig, "tenant").await?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(&ns, "a", "1"))).await?;
    for name in ["waits", "leaves"] {
        rig.kustomization(name, json!({"serviceAccountName": "tenant", "namePrefix": format!("{name}-")}))
            .await?;
        rig.ready(name, &revision).await?;
    }
    rig.delete("v1", "ServiceAccount", "tenant").await?;
    let text = format!(
        "ServiceAccount \"tenant\" does not exist in namespace {ns}: 1 objects cannot be deleted as it; create it again \
         with its rights, or set spec.deletionPolicy to Orphan to leave them"
    );
    for name in ["waits", "leaves"] {
        rig.delete("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name).await?;
        assert_eq!(message(&rig.failed_deletion(name).await?), text);
        rig.event(name, "the same", |reason, event| reason == "PruneFailed" && event == text).await?;
    }
    let orphan = json!({"spec": {"deletionPolicy": "Orphan"}});
    rig.patch_as("test", "kustomize.toolkit.fluxcd.io/v1", "Kustomization", "leaves", orphan).await?;
    let gone = |name| ("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name);
    rig.until_object(gone("leaves"), "is gone", Value::is_null).await?;
    rig.get("v1", "ConfigMap", "leaves-a").await?.context("what was left")?;
    account(&rig, "tenant").await?;
    rig.request_run("waits").await?;
    rig.until_object(gone("waits"), "is gone", Value::is_null).await?;
    assert!(rig.get("v1", "ConfigMap", "waits-a").await?.is_none());
    Ok(())
}

/// An account without the right to delete: Ready says which object, and the finalizer stays.
#[tokio::test]
async fn a_deletion_that_is_refused_says_so() -> Result<()> {
    let rig = Rig::start("tenant-refused").await?;
    let ns = rig.namespace().to_owned();
    account(&rig, "tenant").await?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(&ns, "a", "1"))).await?;
    rig.kustomization("app", json!({"serviceAccountName": "tenant"})).await?;
    rig.ready("app", &revision).await?;
    rig.delete("rbac.authorization.k8s.io/v1", "RoleBinding", "tenant").await?;
    rig.delete("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app").await?;
    let text = message(&rig.failed_deletion("app").await?);
    assert!(
        text.contains(&format!("ConfigMap/{ns}/a"))
            && text.contains(&format!("\"system:serviceaccount:{ns}:tenant\" cannot"))
            && text.ends_with("; set spec.deletionPolicy to Orphan to leave them"),
        "{text}"
    );
    account(&rig, "tenant").await?;
    rig.request_run("app").await?;
    rig.until_object(("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app"), "is gone", Value::is_null)
        .await?;
    assert!(rig.get("v1", "ConfigMap", "a").await?.is_none());
    Ok(())
}

#[tokio::test]
async fn references_may_be_kept_within_a_namespace() -> Result<()> {
    let rig = Rig::start_with("tenant-within", &["--no-cross-namespace-refs=true"]).await?;
    rig.kustomization(
        "app",
        json!({"sourceRef": {"kind": "GitRepository", "name": "app", "namespace": "elsewhere"}}),
    )
    .await?;
    let state = rig.failed("app", "AccessDenied").await?;
    assert_eq!(
        message(&state),
        "can't access 'GitRepository/elsewhere/app', cross-namespace references have been blocked"
    );
    assert_eq!(condition(&state, "Stalled")["status"], "True");
    Ok(())
}
