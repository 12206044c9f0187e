//! Health and readiness by expressions of the spec.

use anyhow::Result;
use serde_json::json;

use super::rig::{Rig, condition, config_map};

const READY: &str = "Reconciliation failed terminally due to configuration error: ";

#[tokio::test]
async fn health_is_what_the_expressions_say() -> Result<()> {
    let rig = Rig::start("health-expressions").await?;
    let ns = rig.namespace();
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "a", "1"))).await?;
    let spec = |current: &str| {
        json!({"wait": true, "timeout": "1m", "healthCheckExprs": [
        {"apiVersion": "v1", "kind": "ConfigMap", "current": current, "failed": "has(data.broken)"}]})
    };
    rig.kustomization("app", spec("has(data.done)")).await?;
    rig.until("app", "waits", |state| condition(state, "Healthy")["status"] == "Unknown").await?;
    rig.patch_as("somebody", "v1", "ConfigMap", "a", json!({"data": {"done": "yes"}})).await?;
    let state = rig.ready("app", &revision).await?;
    assert_eq!(condition(&state, "Healthy")["status"], "True");
    // Another expression judges anew what was healthy by the old one.
    rig.kustomization("app", spec("data.key == '2'")).await?;
    rig.until("app", "waits again", |state| condition(state, "Healthy")["status"] == "Unknown").await?;
    rig.patch_as("somebody", "v1", "ConfigMap", "a", json!({"data": {"broken": "yes"}})).await?;
    let state = rig.failed("app", "HealthCheckFailed").await?;
    let text = format!("failed early due to stalled resources: [ConfigMap/{ns}/a status: 'Failed']");
    assert_eq!(condition(&state, "Healthy")["message"], text);
    Ok(())
}

#[tokio::test]
async fn an_expression_that_cannot_be_read_stalls_until_it_is_another() -> Result<()> {
    let rig = Rig::start("bad-expressions").await?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(rig.namespace(), "a", "1"))).await?;
    let spec = |current: &str| {
        json!({"wait": true, "healthCheckExprs": [
        {"apiVersion": "v1", "kind": "ConfigMap", "current": current}]})
    };
    rig.kustomization("app", spec("data.key ==")).await?;
    let state = rig.failed("app", "InvalidCELExpression").await?;
    let message = condition(&state, "Ready")["message"].as_str().unwrap_or_default();
    let text = "failed to create custom status evaluator for healthchecks[0]: failed to parse the expression Current: \
                failed to parse the CEL expression 'data.key ==': ERROR: <input>:1:12: Syntax error: ";
    assert!(message.starts_with(&format!("{READY}{text}")), "{message}");
    assert_eq!(condition(&state, "Stalled")["message"], message);
    assert_eq!(state["status"]["observedGeneration"], state["metadata"]["generation"]);
    assert!(rig.get("v1", "ConfigMap", "a").await?.is_none(), "nothing is applied");
    rig.kustomization("app", spec("data.key == '1'")).await?;
    rig.ready("app", &revision).await?;
    Ok(())
}

#[tokio::test]
async fn a_dependency_is_ready_when_the_expression_says_so() -> Result<()> {
    let rig = Rig::start("ready-expressions").await?;
    let ns = rig.namespace();
    let files =
        format!("-- a/a.yaml --\n{}-- b/b.yaml --\n{}", config_map(ns, "a", "1"), config_map(ns, "b", "1"));
    let revision = rig.publish(&files).await?;
    let spec = |expression: &str| json!({"path": "b", "dependsOn": [{"name": "a", "readyExpr": expression}]});
    rig.kustomization("b", spec("dep.metadata.labels['stage'] == self.spec.path")).await?;
    rig.failed("b", "DependencyNotReady").await?;
    rig.kustomization("a", json!({"path": "a"})).await?;
    rig.ready("a", &revision).await?;
    let waits = "failed to evaluate the CEL expression 'dep.metadata.labels['stage'] == self.spec.path': no such key: labels";
    rig.until("b", "says why", |state| condition(state, "Ready")["message"] == waits).await?;
    let label = |stage: &str| json!({"metadata": {"labels": {"stage": stage}}});
    rig.patch_as("somebody", "kustomize.toolkit.fluxcd.io/v1", "Kustomization", "a", label("c")).await?;
    let waits = format!("dependency '{ns}/a' is not ready according to readyExpr eval");
    rig.until("b", "is told no", |state| condition(state, "Ready")["message"] == waits).await?;
    rig.patch_as("somebody", "kustomize.toolkit.fluxcd.io/v1", "Kustomization", "a", label("b")).await?;
    rig.ready("b", &revision).await?;
    rig.kustomization("b", spec("dep.status")).await?;
    let state = rig.failed("b", "InvalidCELExpression").await?;
    let text = "terminal error: failed to evaluate dependency a: CEL expression output type mismatch: expected bool, got dyn";
    assert_eq!(condition(&state, "Ready")["message"], format!("{READY}{text}"));
    Ok(())
}

#[tokio::test]
async fn a_cycle_of_dependencies_is_named() -> Result<()> {
    let rig = Rig::start("dependency-cycle").await?;
    let ns = rig.namespace();
    rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "a", "1"))).await?;
    for (name, on) in [("a", "b"), ("b", "c"), ("c", "a")] {
        rig.kustomization(name, json!({"dependsOn": [{"name": on}]})).await?;
    }
    let message = format!(
        "dependency '{ns}/b' is not ready: the dependencies are a cycle: {ns}/a -> {ns}/b -> {ns}/c -> {ns}/a"
    );
    rig.request_run("a").await?;
    rig.until("a", "names the cycle", |state| condition(state, "Ready")["message"] == message).await?;
    Ok(())
}
