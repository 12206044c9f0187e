//! Objects that leave the repository.

use anyhow::Result;
use serde_json::{Value, json};

use super::rig::{Rig, config_map, inventory};

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
