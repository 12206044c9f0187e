//! Workloads that are well, on their way, and in each kind of trouble.

use anyhow::Result;
use serde_json::{Value, json};

use super::rig::{Rig, config_map, deployment, report};

async fn one_deployment(rig: &Rig, annotations: Value) -> Result<()> {
    rig.apply_for("app", deployment("web", annotations)).await?;
    rig.kustomization("app", &[("apps", "Deployment", "web")]).await
}

fn blocker(convergence: &Value) -> &Value {
    &convergence["status"]["blockers"][0]
}

#[tokio::test]
async fn all_is_well() -> Result<()> {
    let rig = Rig::start("health-well").await?;
    rig.apply_for("app", config_map("settings")).await?;
    rig.apply_for("app", deployment("web", json!({}))).await?;
    rig.kustomization("app", &[("", "ConfigMap", "settings"), ("apps", "Deployment", "web")]).await?;
    let found = rig.converged("app", "True", "Converged").await?;
    let status = &found["status"];
    assert_eq!(status["summary"], "main@sha1:01234567 applied, all 2 objects are healthy");
    assert_eq!(
        (&status["sync"]["state"], &status["health"]["state"]),
        (&json!("Applied"), &json!("Healthy"))
    );
    assert_eq!(status["counts"]["healthy"], 2);
    assert_eq!(status["lastResult"]["reason"], "ReconciliationSucceeded");
    assert_eq!(status["target"]["name"], "app");
    assert_eq!(status["blockers"], Value::Null);
    let owner = &found["metadata"]["ownerReferences"][0];
    assert_eq!((&owner["kind"], &owner["name"]), (&json!("Kustomization"), &json!("app")));
    Ok(())
}

#[tokio::test]
async fn an_image_that_cannot_be_pulled_is_explained() -> Result<()> {
    let rig = Rig::start("health-pull").await?;
    one_deployment(&rig, json!({"test.flyball.dev/fate": "ImagePullBackOff"})).await?;
    let found = rig.converged("app", "False", "HealthFailed").await?;
    let blocker = blocker(&found);
    assert_eq!(blocker["object"], format!("Deployment/{}/web", rig.ns.name()));
    let message = blocker["message"].as_str().unwrap_or_default();
    assert!(message.contains("cannot pull image example.com/app:1"), "{message}");
    assert!(message.contains("ReplicaSet web-"), "{message}");
    assert!(blocker["evidence"][0].as_str().is_some_and(|seen| seen.starts_with("Pod web-")), "{blocker}");
    assert!(blocker["hint"].is_string());
    // Kstatus would not look at a Deployment's Pods.
    assert_eq!(report(&found, "web")["health"], "Degraded");
    Ok(())
}

#[tokio::test]
async fn a_crash_loop_names_the_exit_code_and_is_over_when_it_is() -> Result<()> {
    let rig = Rig::start("health-crash").await?;
    let fate = json!({"test.flyball.dev/fate": "CrashLoopBackOff", "test.flyball.dev/exit-code": "42"});
    one_deployment(&rig, fate).await?;
    let found = rig.converged("app", "False", "HealthFailed").await?;
    let text = blocker(&found).to_string();
    assert!(text.contains("exit code 42"), "{text}");
    rig.apply_for("app", deployment("web", json!({}))).await?;
    rig.ran("app", 1).await?;
    rig.converged("app", "True", "Converged").await?;
    Ok(())
}

#[tokio::test]
async fn a_stateful_set_with_a_failed_pod_is_degraded() -> Result<()> {
    let rig = Rig::start("health-sts").await?;
    let mut set = deployment("db", json!({"test.flyball.dev/fate": "CrashLoopBackOff"}));
    set["kind"] = json!("StatefulSet");
    set["spec"]["serviceName"] = json!("db");
    rig.apply_for("app", set).await?;
    rig.kustomization("app", &[("apps", "StatefulSet", "db")]).await?;
    let found = rig.convergence("app", |found| found["status"]["health"]["state"] == "Degraded").await?;
    assert_eq!(report(&found, "db")["reason"], "CrashLoopBackOff");
    Ok(())
}

#[tokio::test]
async fn the_scheduler_is_quoted() -> Result<()> {
    let rig = Rig::start("health-sched").await?;
    let mut huge = deployment("web", json!({}));
    huge["spec"]["template"]["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "5000"}});
    rig.apply_for("app", huge).await?;
    rig.kustomization("app", &[("apps", "Deployment", "web")]).await?;
    let quoted = |found: &Value| {
        let web = report(found, "web");
        let message = web["message"].as_str().unwrap_or_default();
        web["reason"] == "Unschedulable" && message.contains("Insufficient cpu")
    };
    let found = rig.convergence("app", quoted).await?;
    // A node may come within minutes: until then it is told, and nothing is in the way.
    let status = &found["status"];
    assert_eq!(report(&found, "web")["health"], "Progressing");
    assert!(status["blockers"].as_array().is_none_or(Vec::is_empty), "{status}");
    let summary = status["summary"].as_str().unwrap_or_default();
    assert!(summary.contains("cannot be scheduled"), "{summary}");
    Ok(())
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_named() -> Result<()> {
    let rig = Rig::start("health-quota").await?;
    rig.ns
        .apply_value(json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}))
        .await?;
    rig.ns
        .wait_for("v1", "ResourceQuota", "none", super::rig::SOON, |quota| {
            quota["status"]["hard"]["pods"] == "0"
        })
        .await?;
    one_deployment(&rig, json!({})).await?;
    let found = rig.converged("app", "False", "QuotaExceeded").await?;
    assert!(blocker(&found)["message"].as_str().is_some_and(|text| text.contains("exceeded quota: none")));
    Ok(())
}

#[tokio::test]
async fn a_job_that_fails_says_how() -> Result<()> {
    let rig = Rig::start("health-job").await?;
    rig.apply_for(
        "app",
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate"}, "spec": {"backoffLimit": 0, "template": {
            "metadata": {"annotations": {"test.flyball.dev/fate": "Failed"}},
            "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "example.com/app:1"}]}}}}),
    )
    .await?;
    rig.kustomization("app", &[("batch", "Job", "migrate")]).await?;
    let found = rig.convergence("app", |found| found["status"]["health"]["state"] == "Degraded").await?;
    assert_eq!(report(&found, "migrate")["reason"], "BackoffLimitExceeded");
    assert_eq!(found["status"]["conditions"][0]["reason"], "HealthFailed");
    Ok(())
}
