//! What it costs: nothing is written while nothing changes, and little is asked.

use anyhow::Result;
use serde_json::json;

use super::rig::{REVISION, Rig, condition, config_map, deployment};

/// How often the controller wrote Convergences since a mark, and how often that of `app`.
async fn writes(rig: &Rig, mark: &testkit::cluster::Mark) -> Result<(usize, usize)> {
    let asked = rig.ns.plane().requests()?.since(mark, &rig.user()).await?;
    let written = asked.filter(|request| {
        request.resource.starts_with("convergences")
            && !matches!(request.verb.as_str(), "get" | "list" | "watch")
    });
    Ok((written.len(), written.filter(|request| request.name == "app").len()))
}

#[tokio::test]
async fn a_run_that_changes_nothing_writes_nothing() -> Result<()> {
    let rig = Rig::start("health-noop").await?;
    rig.apply_for("app", config_map("a")).await?;
    rig.kustomization("app", &[("", "ConfigMap", "a")]).await?;
    let before = rig.converged("app", "True", "Converged").await?;
    let mark = rig.ns.plane().requests()?.mark()?;
    // What Flux's controller writes during a run: Ready is Unknown, then True again; history moves.
    for run in 1..4 {
        let unknown = condition(
            "Ready",
            "Unknown",
            "Progressing",
            "Reconciliation in progress",
            &format!("2026-11-25T10:0{run}:00Z"),
        );
        let reconciling = condition(
            "Reconciling",
            "True",
            "Progressing",
            "Detecting drift",
            &format!("2026-11-25T10:0{run}:00Z"),
        );
        rig.set("app", json!({"conditions": [reconciling, unknown]})).await?;
        let ready = condition(
            "Ready",
            "True",
            "ReconciliationSucceeded",
            &format!("Applied revision: {REVISION}"),
            &format!("2026-11-25T10:0{run}:05Z"),
        );
        let history = json!([{"digest": "sha256:0", "firstReconciled": "2026-11-25T10:00:00Z", "lastReconciled": format!("2026-11-25T10:0{run}:05Z"),
            "lastReconciledDuration": "1s", "lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": run}]);
        rig.set("app", json!({"conditions": [ready], "history": history})).await?;
    }
    // Somebody's own field on an object is no news either.
    rig.ns.patch("v1", "ConfigMap", "a", json!({"metadata": {"annotations": {"seen": "yes"}}})).await?;
    // A later Kustomization shows that all this has been looked at.
    rig.kustomization("marker", &[]).await?;
    rig.converged("marker", "True", "Converged").await?;
    let again = rig.converged("app", "True", "Converged").await?;
    assert_eq!(again["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"]);
    // The marker's own are its creation, and its status: once or, where it was looked at meanwhile, twice.
    let (all, of_app) = writes(&rig, &mark).await?;
    assert!((2..=3).contains(&all) && of_app == 0, "{all} writes, {of_app} of them for app");
    Ok(())
}

#[tokio::test]
async fn a_restart_keeps_since_and_writes_nothing() -> Result<()> {
    let mut rig = Rig::start("health-restart").await?;
    rig.apply_for("app", config_map("a")).await?;
    rig.apply_for("app", deployment("web", json!({"test.flyball.dev/fate": "ImagePullBackOff"}))).await?;
    rig.kustomization("app", &[("", "ConfigMap", "a"), ("apps", "Deployment", "web")]).await?;
    rig.kustomization("well", &[]).await?;
    let before = rig.converged("app", "False", "HealthFailed").await?;
    rig.converged("well", "True", "Converged").await?;
    let mark = rig.ns.plane().requests()?.mark()?;
    rig.restart().await?;
    rig.kustomization("marker", &[]).await?;
    rig.converged("marker", "True", "Converged").await?;
    // The Deployment's Pods have been looked at again when its blocker has evidence again, which it never lost.
    let after = rig.converged("app", "False", "HealthFailed").await?;
    assert_eq!(after["status"]["objects"], before["status"]["objects"]);
    assert_eq!(after["status"]["blockers"], before["status"]["blockers"]);
    let asked = rig.ns.plane().requests()?.since(&mark, &rig.user()).await?;
    let well = asked.filter(|request| request.resource.starts_with("convergences") && request.name == "well");
    assert_eq!(well.len(), 0, "{well}");
    Ok(())
}

#[tokio::test]
async fn one_watch_per_kind_and_none_for_pods_while_all_is_well() -> Result<()> {
    let rig = Rig::start("health-cost").await?;
    let mark = rig.ns.plane().requests()?.mark()?;
    for app in ["a", "b", "c"] {
        rig.apply_for(app, config_map(app)).await?;
        rig.apply_for(app, config_map(&format!("{app}2"))).await?;
        rig.kustomization(app, &[("", "ConfigMap", app), ("", "ConfigMap", &format!("{app}2"))]).await?;
    }
    for app in ["a", "b", "c"] {
        rig.converged(app, "True", "Converged").await?;
    }
    let asked = rig.ns.plane().requests()?.since(&mark, &rig.user()).await?.counted();
    let of = |resource: &str| asked.filter(|request| request.resource.starts_with(resource)).len();
    assert_eq!(of("configmaps"), 1, "{asked}");
    assert_eq!(of("gitrepositories"), 1, "{asked}");
    assert_eq!(of("pods"), 0, "{asked}");
    for beside in ["events", "replicasets", "endpointslices", "storageclasses", "namespaces"] {
        assert_eq!(of(beside), 0, "{beside}: {asked}");
    }
    assert!(of("driftreports") <= 1, "one watch for all, from the start: {asked}");
    assert_eq!(of("convergences"), 6, "created and status, each once: {asked}");
    Ok(())
}
