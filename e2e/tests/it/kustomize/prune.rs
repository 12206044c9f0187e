//! Objects that leave the repository.

use anyhow::Result;
use serde_json::{Value, json};

use super::rig::{Rig, condition, config_map, inventory};

fn two(ns: &str) -> String {
    format!("-- a.yaml --\n{}-- b.yaml --\n{}", config_map(ns, "a", "1"), config_map(ns, "b", "1"))
}

fn one(ns: &str) -> String {
    format!("-- a.yaml --\n{}", config_map(ns, "a", "1"))
}

#[tokio::test]
async fn what_leaves_the_repository_leaves_the_cluster() -> Result<()> {
    let rig = Rig::start("prune").await?;
    let ns = rig.namespace();
    let first = rig.publish(&two(ns)).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    let second = rig.publish(&one(ns)).await?;
    let state = rig.ready("app", &second).await?;
    assert_eq!(rig.owned("v1", "ConfigMap").await?, ["a"]);
    assert_eq!(inventory(&state), [format!("{ns}_a__ConfigMap")]);
    rig.event("app", "pruned", |_, message| message == format!("ConfigMap/{ns}/b deleted")).await?;
    Ok(())
}

#[tokio::test]
async fn an_empty_repository_prunes_everything() -> Result<()> {
    let rig = Rig::start("prune-all").await?;
    let ns = rig.namespace();
    let first = rig.publish(&two(ns)).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    let second = rig.publish("-- README.md --\nnothing\n").await?;
    let state = rig.ready("app", &second).await?;
    assert!(rig.owned("v1", "ConfigMap").await?.is_empty());
    assert!(inventory(&state).is_empty());
    Ok(())
}

#[tokio::test]
async fn without_prune_it_stays_and_is_forgotten() -> Result<()> {
    let rig = Rig::start("no-prune").await?;
    let ns = rig.namespace();
    let first = rig.publish(&two(ns)).await?;
    rig.kustomization("app", json!({"prune": false})).await?;
    rig.ready("app", &first).await?;
    let second = rig.publish(&one(ns)).await?;
    let state = rig.ready("app", &second).await?;
    assert_eq!(rig.owned("v1", "ConfigMap").await?, ["a", "b"]);
    assert_eq!(inventory(&state), [format!("{ns}_a__ConfigMap")]);
    Ok(())
}

#[tokio::test]
async fn objects_of_others_and_protected_ones_are_skipped() -> Result<()> {
    // While the controller is down, so that nothing puts the labels back before the next revision.
    let mut rig = Rig::start("prune-skips").await?;
    let ns = rig.namespace().to_owned();
    let files = format!(
        "-- all.yaml --\n{}---\n{}---\n{}---\n{}",
        config_map(&ns, "gone", "1"),
        config_map(&ns, "protected", "1"),
        config_map(&ns, "taken", "1"),
        config_map(&ns, "disabled", "1")
    );
    let first = rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    rig.kill_controller().await?;
    let annotate = |key: &str, value: &str| json!({"metadata": {"annotations": {format!("kustomize.toolkit.fluxcd.io/{key}"): value}}});
    rig.patch_as("me", "v1", "ConfigMap", "protected", annotate("prune", "Disabled")).await?;
    rig.patch_as("me", "v1", "ConfigMap", "disabled", annotate("reconcile", "disabled")).await?;
    let label = json!({"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/name": "other"}}});
    rig.patch_as("me", "v1", "ConfigMap", "taken", label).await?;
    let second = rig.publish("-- README.md --\n").await?;
    rig.start_controller().await?;
    let state = rig.ready("app", &second).await?;
    assert!(inventory(&state).is_empty(), "{state}");
    for (name, there) in [("gone", false), ("protected", true), ("taken", true), ("disabled", true)] {
        assert_eq!(rig.get("v1", "ConfigMap", name).await?.is_some(), there, "{name}");
    }
    let message = rig.event("app", "pruned", |_, message| message.contains("deleted")).await?;
    let mut lines: Vec<&str> = message.lines().collect();
    lines.sort_unstable();
    let expected = [
        format!("ConfigMap/{ns}/disabled skipped"),
        format!("ConfigMap/{ns}/gone deleted"),
        format!("ConfigMap/{ns}/protected skipped"),
        format!("ConfigMap/{ns}/taken skipped"),
    ];
    assert_eq!(lines, expected);
    Ok(())
}

#[tokio::test]
async fn an_object_moves_between_kustomizations_without_being_deleted() -> Result<()> {
    let rig = Rig::start("move").await?;
    let ns = rig.namespace();
    rig.source("other").await?;
    let first = rig.publish(&two(ns)).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    let before = rig.get("v1", "ConfigMap", "b").await?.unwrap();
    let theirs = rig.publish_as("other", &format!("-- b.yaml --\n{}", config_map(ns, "b", "1"))).await?;
    rig.kustomization("other", json!({"sourceRef": {"kind": "GitRepository", "name": "other"}})).await?;
    rig.ready("other", &theirs).await?;
    let second = rig.publish(&one(ns)).await?;
    let state = rig.ready("app", &second).await?;
    let after = rig.get("v1", "ConfigMap", "b").await?.unwrap_or(Value::Null);
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
    assert_eq!(after["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"], "other");
    assert_eq!(inventory(&state), [format!("{ns}_a__ConfigMap")]);
    Ok(())
}

/// One that a finalizer holds is deleted, and forgotten; wanted again meanwhile, it is as declared, and comes back when the
/// old one is gone.
#[tokio::test]
async fn what_a_finalizer_holds_is_deleted_and_may_be_wanted_again() -> Result<()> {
    let rig = Rig::start("prune-finalizer").await?;
    let ns = rig.namespace();
    let held =
        config_map(ns, "held", "1").replace("metadata:\n", "metadata:\n  finalizers: [example.com/hold]\n");
    let both = format!("-- a.yaml --\n{}---\n{held}", config_map(ns, "a", "1"));
    let target = ("v1", "ConfigMap", "held");
    let first = rig.publish(&both).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    let second = rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "a", "1"))).await?;
    let state = rig.ready("app", &second).await?;
    assert_eq!(inventory(&state), [format!("{ns}_a__ConfigMap")]);
    rig.event("app", "deleted", |_, message| message == format!("ConfigMap/{ns}/held deleted")).await?;
    let going = rig.get("v1", "ConfigMap", "held").await?.unwrap();
    assert!(going["metadata"]["deletionTimestamp"].is_string(), "{going}");
    rig.publish(&both).await?;
    let state = rig.ready("app", &first).await?;
    assert_eq!(inventory(&state), [format!("{ns}_a__ConfigMap"), format!("{ns}_held__ConfigMap")]);
    rig.patch_as("holder", "v1", "ConfigMap", "held", json!({"metadata": {"finalizers": null}})).await?;
    rig.until_object(target, "is made again", |map| {
        !map.is_null() && map["metadata"]["uid"] != going["metadata"]["uid"]
    })
    .await?;
    rig.patch_as("holder", "v1", "ConfigMap", "held", json!({"metadata": {"finalizers": null}}))
        .await
        .map(drop)
}

/// Rights over some of what is stale: the texts are Flux's, and what could not be deleted stays recorded.
#[tokio::test]
async fn what_may_not_be_deleted_is_told_and_kept() -> Result<()> {
    let rig = Rig::start("prune-rights").await?;
    let ns = rig.namespace();
    let role = |verbs: Value| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "apply", "namespace": ns},
            "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": verbs}]})
    };
    rig.apply(
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "apply", "namespace": ns}}),
    )
    .await?;
    rig.apply(role(json!(["get", "create", "patch"]))).await?;
    rig.apply(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "apply", "namespace": ns},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "apply"},
        "subjects": [{"kind": "ServiceAccount", "name": "apply", "namespace": ns}]}))
    .await?;
    let first = rig.publish(&two(ns)).await?;
    rig.kustomization("app", json!({"serviceAccountName": "apply"})).await?;
    rig.ready("app", &first).await?;
    rig.publish(&one(ns)).await?;
    let user = format!("User \"system:serviceaccount:{ns}:apply\" cannot");
    let place = format!("resource \"configmaps\" in API group \"\" in the namespace \"{ns}\"");
    let told = async |what: &str, verb: &str| {
        let wanted = format!(
            "delete failed, errors: ConfigMap/{ns}/b {what} failed: configmaps \"b\" is forbidden: {user} {verb} {place};"
        );
        rig.until("app", &format!("tells that {what} failed"), |state| {
            condition(state, "Ready")["reason"] == "PruneFailed"
                && condition(state, "Ready")["message"] == wanted
        })
        .await
    };
    let state = told("delete", "delete").await?;
    assert_eq!(inventory(&state), [format!("{ns}_a__ConfigMap"), format!("{ns}_b__ConfigMap")]);
    rig.apply(role(json!(["create", "patch"]))).await?;
    rig.run("app").await?;
    told("query", "get").await?;
    rig.apply(role(json!(["get", "create", "patch", "delete"]))).await?;
    rig.run("app").await?;
    rig.until_object(("v1", "ConfigMap", "b"), "is gone", Value::is_null).await.map(drop)
}

/// An entry that was never an object is as good as deleted.
#[tokio::test]
async fn what_was_never_made_is_told_as_deleted() -> Result<()> {
    let rig = Rig::start("prune-never").await?;
    let ns = rig.namespace();
    let never = config_map(ns, "never", "1").replace(
        "metadata:\n",
        "metadata:\n  annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}\n",
    );
    let first = rig.publish(&format!("-- a.yaml --\n{never}---\n{}", config_map(ns, "a", "1"))).await?;
    rig.kustomization("app", json!({})).await?;
    let state = rig.ready("app", &first).await?;
    assert_eq!(inventory(&state), [format!("{ns}_a__ConfigMap"), format!("{ns}_never__ConfigMap")]);
    let second = rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "a", "1"))).await?;
    let state = rig.ready("app", &second).await?;
    assert_eq!(inventory(&state), [format!("{ns}_a__ConfigMap")]);
    rig.event("app", "deleted", |_, message| message == format!("ConfigMap/{ns}/never deleted")).await?;
    Ok(())
}
