//! Edits, scaling and deletions of live objects.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use super::rig::{Rig, config_map};

const SETTINGS: (&str, &str, &str) = ("v1", "ConfigMap", "settings");

async fn with_settings(name: &str, flags: &[&str]) -> Result<(Rig, String)> {
    let rig = Rig::start_with(name, flags).await?;
    let revision = rig
        .publish(&format!("-- a.yaml --\n{}", config_map(rig.namespace(), "settings", "declared")))
        .await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    Ok((rig, revision))
}

async fn edit(rig: &Rig, value: &str) -> Result<()> {
    rig.patch_as("kubectl-edit", "v1", "ConfigMap", "settings", json!({"data": {"key": value}}))
        .await
        .map(drop)
}

fn declared(map: &Value) -> bool {
    map["data"]["key"] == "declared"
}

#[tokio::test]
async fn an_edit_is_healed_at_once() -> Result<()> {
    let (rig, revision) = with_settings("drift", &[]).await?;
    let before = rig.state("app").await?;
    edit(&rig, "edited").await?;
    let start = Instant::now();
    rig.until_object(SETTINGS, "is healed", declared).await?;
    assert!(start.elapsed() < Duration::from_secs(2), "healed after {:?}", start.elapsed());
    rig.event("app", "healed", |reason, message| {
        reason == "Progressing" && message == format!("ConfigMap/{}/settings configured", rig.namespace())
    })
    .await?;
    let after = rig.state("app").await?;
    assert_eq!(before["status"], after["status"], "a heal writes no status");
    rig.ready("app", &revision).await?;
    Ok(())
}

#[tokio::test]
async fn a_deleted_object_comes_back() -> Result<()> {
    let (rig, _) = with_settings("drift-delete", &[]).await?;
    let before = rig.get("v1", "ConfigMap", "settings").await?.unwrap();
    rig.delete("v1", "ConfigMap", "settings").await?;
    rig.until_object(SETTINGS, "is back", |map| {
        declared(map) && map["metadata"]["uid"] != before["metadata"]["uid"]
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn fields_of_others_are_left_alone() -> Result<()> {
    let (rig, revision) = with_settings("drift-others", &[]).await?;
    let foreign = json!({"metadata": {"labels": {"theirs": "yes"}}, "data": {"another": "key"}});
    rig.patch_as("somebody", "v1", "ConfigMap", "settings", foreign).await?;
    // A second edit that must be healed is the proof that the first was seen and left.
    edit(&rig, "edited").await?;
    let map = rig.until_object(SETTINGS, "is healed", declared).await?;
    assert_eq!(map["metadata"]["labels"]["theirs"], "yes");
    assert_eq!(map["data"]["another"], "key");
    rig.run("app").await?;
    rig.ready("app", &revision).await?;
    assert_eq!(rig.get("v1", "ConfigMap", "settings").await?.unwrap()["data"]["another"], "key");
    Ok(())
}

#[tokio::test]
async fn a_removed_owner_label_comes_back() -> Result<()> {
    let (rig, _) = with_settings("drift-label", &[]).await?;
    let none = json!({"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/name": null}}});
    let uid = rig.patch_as("somebody", "v1", "ConfigMap", "settings", none).await?["metadata"]["uid"].clone();
    let map = rig
        .until_object(SETTINGS, "has its label", |map| {
            map["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"] == "app"
        })
        .await?;
    assert_eq!(map["metadata"]["uid"], uid);
    Ok(())
}

#[tokio::test]
async fn suspended_and_disabled_objects_are_not_healed_until_the_skip_is_lifted() -> Result<()> {
    let (rig, _) = with_settings("drift-suspend", &[]).await?;
    rig.kustomization("app", json!({"suspend": true})).await?;
    rig.run("app").await?;
    edit(&rig, "edited while suspended").await?;
    // The other Kustomization's object is healed: the watch is alive, and this edit was seen.
    rig.source("other").await?;
    let revision = rig
        .publish_as("other", &format!("-- b.yaml --\n{}", config_map(rig.namespace(), "probe", "declared")))
        .await?;
    rig.kustomization("other", json!({"sourceRef": {"kind": "GitRepository", "name": "other"}})).await?;
    rig.ready("other", &revision).await?;
    rig.patch_as("kubectl-edit", "v1", "ConfigMap", "probe", json!({"data": {"key": "edited"}})).await?;
    rig.until_object(("v1", "ConfigMap", "probe"), "is healed", declared).await?;
    assert!(!declared(&rig.get("v1", "ConfigMap", "settings").await?.unwrap()));
    rig.kustomization("app", json!({"suspend": false})).await?;
    rig.until_object(SETTINGS, "is healed after all", declared).await?;
    Ok(())
}

#[tokio::test]
async fn without_the_watch_only_a_run_heals() -> Result<()> {
    let (rig, revision) = with_settings("drift-timer", &["--drift-watch=false"]).await?;
    edit(&rig, "edited").await?;
    rig.run("app").await?;
    rig.ready("app", &revision).await?;
    assert!(declared(&rig.get("v1", "ConfigMap", "settings").await?.unwrap()));
    Ok(())
}

#[tokio::test]
async fn drift_while_the_controller_was_down_is_healed_after_its_start() -> Result<()> {
    let (mut rig, revision) = with_settings("drift-down", &[]).await?;
    rig.kill_controller().await?;
    edit(&rig, "edited while nobody looked").await?;
    rig.start_controller().await?;
    rig.until_object(SETTINGS, "is healed", declared).await?;
    rig.ready("app", &revision).await?;
    Ok(())
}

#[tokio::test]
async fn a_fight_meets_a_brake() -> Result<()> {
    let (rig, _) = with_settings("drift-fight", &[]).await?;
    let mut healed = 0;
    for round in 0..20 {
        edit(&rig, &format!("fight {round}")).await?;
        let back =
            tokio::time::timeout(Duration::from_secs(2), rig.until_object(SETTINGS, "is healed", declared));
        if back.await.is_err() {
            break;
        }
        healed += 1;
    }
    assert!((3..=10).contains(&healed), "healed {healed} times before the brake");
    let message = rig.event("app", "the brake", |_, message| message.contains("kubectl-edit")).await?;
    assert!(message.contains("ConfigMap/"), "{message}");
    Ok(())
}

#[tokio::test]
async fn a_stalled_one_is_not_healed_until_its_spec_is_mended() -> Result<()> {
    let rig = Rig::start("drift-stalled").await?;
    let map = |name| config_map(rig.namespace(), name, "declared");
    let revision = rig
        .publish(&format!("-- app/a.yaml --\n{}-- other/a.yaml --\n{}", map("settings"), map("witness")))
        .await?;
    rig.kustomization("app", json!({"path": "app"})).await?;
    rig.kustomization("other", json!({"path": "other"})).await?;
    rig.ready("app", &revision).await?;
    rig.ready("other", &revision).await?;
    rig.kustomization("app", json!({"path": "app", "serviceAccountName": "a/b"})).await?;
    rig.failed("app", "InvalidSpec").await?;

    edit(&rig, "edited").await?;
    // The same watch tells of the witness later, and it is healed: by then word of the first edit has been acted on.
    for round in ["one", "two"] {
        let data = json!({"data": {"key": round}});
        rig.patch_as("kubectl-edit", "v1", "ConfigMap", "witness", data).await?;
        rig.until_object(("v1", "ConfigMap", "witness"), "is healed", declared).await?;
    }
    let settings = rig.get("v1", "ConfigMap", "settings").await?.unwrap();
    assert_eq!(settings["data"]["key"], "edited", "a stalled Kustomization heals nothing");

    rig.kustomization("app", json!({"path": "app"})).await?;
    rig.until_object(SETTINGS, "is healed once the field is gone", declared).await?;
    Ok(())
}
