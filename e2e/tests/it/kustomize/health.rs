//! Health waits: they hold no worker, are woken by watches, and end early or late with what is wrong.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

use super::rig::{Rig, condition, config_map};

fn deployment(ns: &str, fate: &str) -> String {
    format!(
        "-- web.yaml --\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {ns}}}\nspec:\n  replicas: 1\n  \
         selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata:\n      labels: {{app: web}}\n      annotations: {{test.flyball.dev/fate: {fate}}}\n    \
         spec:\n      containers:\n      - {{name: main, image: 'example.com/web:1'}}\n"
    )
}

#[tokio::test]
async fn ready_comes_when_everything_works() -> Result<()> {
    let rig = Rig::start("wait").await?;
    let revision = rig.publish(&deployment(rig.namespace(), "Running")).await?;
    rig.kustomization("app", json!({"wait": true, "timeout": "1m"})).await?;
    let state = rig.ready("app", &revision).await?;
    let healthy = condition(&state, "Healthy");
    assert_eq!(healthy["status"], "True");
    assert_eq!(healthy["reason"], "Succeeded");
    assert!(healthy["message"].as_str().unwrap().starts_with("Health check passed in "), "{healthy}");
    let web = rig.get("apps/v1", "Deployment", "web").await?.unwrap();
    assert_eq!(web["status"]["readyReplicas"], 1);
    Ok(())
}

#[tokio::test]
async fn a_job_that_fails_ends_the_wait_at_once() -> Result<()> {
    let rig = Rig::start("wait-job").await?;
    let ns = rig.namespace();
    let files = format!(
        "-- job.yaml --\napiVersion: batch/v1\nkind: Job\nmetadata: {{name: j, namespace: {ns}}}\nspec:\n  backoffLimit: 0\n  template:\n    \
         metadata: {{annotations: {{test.flyball.dev/fate: Failed}}}}\n    spec:\n      restartPolicy: Never\n      containers:\n      - {{name: c, image: 'example.com/c:1'}}\n"
    );
    rig.publish(&files).await?;
    rig.kustomization("app", json!({"wait": true, "timeout": "10m"})).await?;
    let state = rig.failed("app", "HealthCheckFailed").await?;
    let healthy = condition(&state, "Healthy")["message"].as_str().unwrap();
    assert!(healthy.starts_with("failed early due to stalled resources: [Job/"), "{healthy}");
    let ready = condition(&state, "Ready")["message"].as_str().unwrap();
    assert!(ready.starts_with("health check failed after ") && ready.ends_with(healthy), "{ready}");
    assert!(state["status"].get("lastAppliedRevision").is_none());
    assert_eq!(state["status"]["inventory"]["entries"].as_array().unwrap().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_new_revision_ends_a_wait_and_nobody_else_waits_behind_it() -> Result<()> {
    let rig = Rig::start_with("wait-cancel", &["--concurrent=1"]).await?;
    let ns = rig.namespace();
    rig.publish(&deployment(ns, "NeverReady")).await?;
    rig.kustomization("app", json!({"wait": true, "timeout": "1h"})).await?;
    rig.until("app", "waits", |state| {
        condition(state, "Reconciling")["message"]
            .as_str()
            .is_some_and(|text| text.starts_with("Running health checks"))
    })
    .await?;
    // The only run that is allowed at a time is free.
    rig.source("other").await?;
    let other = rig.publish_as("other", &format!("-- b.yaml --\n{}", config_map(ns, "b", "1"))).await?;
    rig.kustomization("other", json!({"sourceRef": {"kind": "GitRepository", "name": "other"}})).await?;
    rig.ready("other", &other).await?;
    let start = Instant::now();
    let revision = rig.publish(&deployment(ns, "Running")).await?;
    rig.ready("app", &revision).await?;
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    Ok(())
}

#[tokio::test]
async fn an_object_is_healed_during_a_wait() -> Result<()> {
    let rig = Rig::start("wait-heal").await?;
    let ns = rig.namespace();
    let files = format!("{}-- a.yaml --\n{}", deployment(ns, "NeverReady"), config_map(ns, "a", "declared"));
    rig.publish(&files).await?;
    rig.kustomization("app", json!({"wait": true, "timeout": "1h"})).await?;
    rig.until("app", "waits", |state| condition(state, "Healthy")["status"] == "Unknown").await?;
    rig.patch_as("kubectl-edit", "v1", "ConfigMap", "a", json!({"data": {"key": "edited"}})).await?;
    rig.until_object(("v1", "ConfigMap", "a"), "is healed", |map| map["data"]["key"] == "declared").await?;
    assert_eq!(condition(&rig.state("app").await?, "Healthy")["status"], "Unknown", "still waiting");
    Ok(())
}

#[tokio::test]
async fn named_health_checks_are_waited_for() -> Result<()> {
    let rig = Rig::start("health-checks").await?;
    let ns = rig.namespace();
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "a", "1"))).await?;
    let check = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "elsewhere", "namespace": ns}]);
    rig.kustomization("app", json!({"healthChecks": check, "timeout": "5m"})).await?;
    rig.until("app", "waits", |state| condition(state, "Healthy")["status"] == "Unknown").await?;
    rig.apply(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "elsewhere", "namespace": ns}}),
    )
    .await?;
    rig.ready("app", &revision).await?;
    // The object is not ours, so every run looks at it; the progress of that look is not what stays.
    let state = rig.run("app").await?;
    let healthy = condition(&state, "Healthy");
    assert_eq!(healthy["status"], "True");
    assert!(healthy["message"].as_str().unwrap().starts_with("Health check passed in "), "{healthy}");
    Ok(())
}

#[tokio::test]
async fn an_object_that_only_has_to_exist_is_neither_awaited_nor_fought_over() -> Result<()> {
    let rig = Rig::start("wait-exists").await?;
    let ns = rig.namespace();
    let template = json!({
        "metadata": {"labels": {"app": "web"}, "annotations": {"test.flyball.dev/fate": "NeverReady"}},
        "spec": {"containers": [{"name": "main", "image": "example.com/web:1"}]},
    });
    let web = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": ns},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template},
    });
    rig.create_as("somebody", web.clone()).await?;
    let mut declared = web;
    declared["metadata"]["annotations"] = json!({"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"});
    let revision = rig
        .publish(&format!("-- web.yaml --\n{declared}\n-- a.yaml --\n{}", config_map(ns, "a", "1")))
        .await?;
    rig.kustomization("app", json!({"wait": true, "timeout": "5m"})).await?;
    rig.ready("app", &revision).await?;
    // Longer than word of an object may be on its way after its kind's watch is up to date; then runs and heals follow.
    tokio::time::sleep(Duration::from_secs(2)).await;
    rig.run("app").await?;
    let state = rig.run("app").await?;
    assert_eq!(condition(&state, "Ready")["status"], "True");
    let fights = rig.events("app").await?;
    assert!(!fights.iter().any(|(reason, _, _)| reason == "DriftFight"), "{fights:?}");
    let live = rig.get("apps/v1", "Deployment", "web").await?.unwrap();
    assert!(live["metadata"].get("labels").is_none(), "left alone: {live}");
    Ok(())
}

#[tokio::test]
async fn a_health_check_names_a_kind_whatever_version_is_served() -> Result<()> {
    let rig = Rig::start("wait-version").await?;
    let ns = rig.namespace();
    let revision = rig.publish(&deployment(ns, "Running")).await?;
    let check = |version: &str, namespace: Option<&str>| {
        let mut check = json!({"apiVersion": version, "kind": "Deployment", "name": "web"});
        if let Some(namespace) = namespace {
            check["namespace"] = namespace.into();
        }
        json!({"timeout": "10m", "healthChecks": [check]})
    };
    rig.kustomization("app", check("apps/v1beta1", Some(ns))).await?;
    rig.ready("app", &revision).await?;
    // In no namespace it is nowhere: nothing is waited for.
    rig.kustomization("app", check("apps/v1", None)).await?;
    let state = rig.failed("app", "HealthCheckFailed").await?;
    let text = "resource Deployment.apps web is namespace scoped, but namespace is not set";
    assert_eq!(condition(&state, "Healthy")["message"], text);
    let ready = condition(&state, "Ready")["message"].as_str().unwrap();
    assert!(ready.starts_with("health check failed after ") && ready.ends_with(text), "{ready}");
    Ok(())
}

#[tokio::test]
async fn a_kind_that_is_defined_during_the_wait_is_found() -> Result<()> {
    let rig = Rig::start("wait-kind").await?;
    let ns = rig.namespace();
    let group = format!("{ns}.example.com");
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "a", "1"))).await?;
    let check = json!({"apiVersion": format!("{group}/v1"), "kind": "Widget", "name": "w", "namespace": ns});
    rig.kustomization("app", json!({"timeout": "10m", "healthChecks": [check]})).await?;
    rig.until("app", "waits", |state| {
        condition(state, "Reconciling")["message"]
            .as_str()
            .is_some_and(|text| text.starts_with("Running health checks"))
    })
    .await?;
    rig.apply(json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("widgets.{group}")}, "spec": {"group": group, "scope": "Namespaced",
        "names": {"plural": "widgets", "kind": "Widget"}, "versions": [{"name": "v1", "served": true,
        "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}}))
        .await?;
    rig.until_object(
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", &format!("widgets.{group}")),
        "is served",
        |crd| {
            crd["status"]["conditions"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|c| c["type"] == "Established" && c["status"] == "True")
        },
    )
    .await?;
    rig.apply(json!({"apiVersion": format!("{group}/v1"), "kind": "Widget", "metadata": {"name": "w"}}))
        .await?;
    rig.ready("app", &revision).await?;
    Ok(())
}

#[tokio::test]
async fn of_nothing_no_health_is_told() -> Result<()> {
    let rig = Rig::start("wait-nothing").await?;
    let skipped = config_map(rig.namespace(), "a", "1").replace(
        "metadata:\n",
        "metadata:\n  annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}\n",
    );
    let revision = rig.publish(&format!("-- a.yaml --\n{skipped}")).await?;
    rig.kustomization("app", json!({"wait": true})).await?;
    let state = rig.ready("app", &revision).await?;
    assert!(condition(&state, "Healthy").is_null());
    assert!(rig.events("app").await?.iter().all(|(_, _, text)| !text.starts_with("Health check")));
    Ok(())
}
