//! The write-ahead inventory: whatever moment the controller is killed at, nothing it made is forgotten.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use super::rig::{Rig, config_map, inventory};

const KILLS: u64 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn kill_nine_at_any_moment_leaves_no_orphan() -> Result<()> {
    no_orphans(Rig::without_controller("crash", &[]).await?, KILLS).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_of_objects_that_are_created_without_a_dry_run() -> Result<()> {
    let flags = ["--create-without-dry-run=true"];
    no_orphans(Rig::without_controller("crash-made", &flags).await?, KILLS / 2).await
}

async fn no_orphans(mut rig: Rig, kills: u64) -> Result<()> {
    let ns = rig.namespace().to_owned();
    let kept = format!("-- kept.yaml --\n{}", config_map(&ns, "kept", "1"));
    let base = rig.publish(&kept).await?;
    rig.start_controller().await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &base).await?;
    for round in 0..kills {
        // New names each time, so that a forgotten object cannot be adopted later.
        let files: String = (0..12)
            .map(|n| format!("-- {n}.yaml --\n{}", config_map(&ns, &format!("r{round}-{n}"), "1")))
            .collect();
        rig.publish(&format!("{kept}{files}")).await?;
        let moment = Duration::from_micros(rand::random::<u64>() % 250_000);
        tokio::time::sleep(moment).await;
        rig.kill_controller().await?;
        let made = rig.owned("v1", "ConfigMap").await?;
        let recorded = inventory(&rig.state("app").await?);
        for name in &made {
            let id = format!("{ns}_{name}__ConfigMap");
            assert!(recorded.contains(&id), "round {round}, killed after {moment:?}: {name} is not recorded");
        }
        // The revert: the same content has the same digest and so the same revision as before.
        rig.publish(&kept).await?;
        rig.start_controller().await?;
        rig.run("app").await?;
        let state = rig.ready("app", &base).await?;
        assert_eq!(inventory(&state), [format!("{ns}_kept__ConfigMap")], "round {round}");
        assert_eq!(rig.owned("v1", "ConfigMap").await?, ["kept"], "round {round}, killed after {moment:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_nine_while_pruning_finishes_the_pruning() -> Result<()> {
    let mut rig = Rig::start("crash-prune").await?;
    let ns = rig.namespace().to_owned();
    let kept = format!("-- kept.yaml --\n{}", config_map(&ns, "kept", "1"));
    rig.kustomization("app", json!({})).await?;
    for round in 0..10 {
        let files: String = (0..20)
            .map(|n| format!("-- {n}.yaml --\n{}", config_map(&ns, &format!("r{round}-{n}"), "1")))
            .collect();
        let full = rig.publish(&format!("{kept}{files}")).await?;
        rig.ready("app", &full).await?;
        let base = rig.publish(&kept).await?;
        tokio::time::sleep(Duration::from_micros(rand::random::<u64>() % 150_000)).await;
        rig.kill_controller().await?;
        rig.start_controller().await?;
        rig.run("app").await?;
        rig.ready("app", &base).await?;
        assert_eq!(rig.owned("v1", "ConfigMap").await?, ["kept"], "round {round}");
    }
    Ok(())
}
