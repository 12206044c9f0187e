//! `dependsOn`: woken by the dependency's status, not by a poll.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

use super::rig::{Rig, condition, config_map};

fn files(ns: &str) -> String {
    format!("-- a/a.yaml --\n{}-- b/b.yaml --\n{}", config_map(ns, "a", "1"), config_map(ns, "b", "1"))
}

#[tokio::test]
async fn a_dependent_starts_when_its_dependency_is_ready() -> Result<()> {
    let rig = Rig::start("depends").await?;
    let ns = rig.namespace();
    rig.kustomization("b", json!({"path": "b", "dependsOn": [{"name": "a"}]})).await?;
    let revision = rig.publish(&files(ns)).await?;
    let state = rig.failed("b", "DependencyNotReady").await?;
    let message = condition(&state, "Ready")["message"].as_str().unwrap();
    assert_eq!(
        message,
        format!("dependency '{ns}/a' not found: kustomizations.kustomize.toolkit.fluxcd.io \"a\" not found")
    );
    assert!(rig.get("v1", "ConfigMap", "b").await?.is_none());
    rig.event("b", "waits", |reason, message| {
        reason == "DependencyNotReady"
            && message.starts_with("Dependencies do not meet ready condition, retrying in ")
    })
    .await?;
    let start = Instant::now();
    rig.kustomization("a", json!({"path": "a"})).await?;
    rig.ready("b", &revision).await?;
    assert!(start.elapsed() < Duration::from_secs(10), "woken by a timer after {:?}", start.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_dependent_waits_for_the_same_revision() -> Result<()> {
    let rig = Rig::start("depends-revision").await?;
    let ns = rig.namespace();
    let first = rig.publish(&files(ns)).await?;
    rig.kustomization("a", json!({"path": "a"})).await?;
    rig.kustomization("b", json!({"path": "b", "dependsOn": [{"name": "a"}]})).await?;
    rig.ready("a", &first).await?;
    rig.ready("b", &first).await?;
    // A revision that breaks `a` holds `b` back.
    let broken =
        files(ns).replace("-- a/a.yaml --\napiVersion: v1\n", "-- a/a.yaml --\napiVersion: nowhere/v1\n");
    let second = rig.publish(&broken.replace("name: b\n", "name: b2\n")).await?;
    rig.failed("a", "ReconciliationFailed").await?;
    rig.failed("b", "DependencyNotReady").await?;
    assert!(rig.get("v1", "ConfigMap", "b2").await?.is_none());
    let third = rig.publish(&files(ns).replace("name: b\n", "name: b3\n")).await?;
    assert_ne!(second, third);
    rig.ready("a", &third).await?;
    rig.ready("b", &third).await?;
    assert_eq!(rig.owned("v1", "ConfigMap").await?, ["a", "b3"]);
    Ok(())
}
