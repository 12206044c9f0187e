//! What is told when something is wrong: the reason, the words, and which object.

use anyhow::Result;
use serde_json::{Value, json};

use super::rig::{Rig, condition, config_map, inventory};

/// Publishes files, and gives the state once the run has failed for this reason.
async fn fails(rig: &Rig, files: &str, spec: Value, reason: &str) -> Result<Value> {
    rig.publish(files).await?;
    rig.kustomization("app", spec).await?;
    rig.failed("app", reason).await
}

fn message<'v>(state: &'v Value, kind: &str) -> &'v str {
    condition(state, kind)["message"].as_str().unwrap_or_default()
}

fn broken(ns: &str, name: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {ns}}}\nspec: {{replicas: 1}}\n"
    )
}

#[tokio::test]
async fn a_missing_path_is_an_artifact_failure() -> Result<()> {
    let rig = Rig::start("no-path").await?;
    let files = format!("-- a.yaml --\n{}", config_map(rig.namespace(), "a", "1"));
    let state = fails(&rig, &files, json!({"path": "./missing"}), "ArtifactFailed").await?;
    let text = message(&state, "Ready");
    assert!(
        text.starts_with("kustomization path not found: stat /")
            && text.ends_with("/missing: no such file or directory"),
        "{text}"
    );
    assert!(state["status"].get("lastAttemptedRevision").is_none(), "{state}");
    let told = rig.event("app", "the failure", |reason, _| reason == "ArtifactFailed").await?;
    assert_eq!(told, text);
    Ok(())
}

#[tokio::test]
async fn a_source_without_artifact_is_waited_for() -> Result<()> {
    let rig = Rig::start("no-artifact").await?;
    rig.kustomization("app", json!({})).await?;
    let state = rig.failed("app", "ArtifactFailed").await?;
    assert_eq!(message(&state, "Ready"), "Source artifact not found, retrying in 30s");
    rig.kustomization("none", json!({"sourceRef": {"kind": "GitRepository", "name": "none"}})).await?;
    let state = rig.failed("none", "ArtifactFailed").await?;
    assert_eq!(message(&state, "Ready"), "GitRepository.source.toolkit.fluxcd.io \"none\" not found");
    assert!(rig.events("app").await?.is_empty() && rig.events("none").await?.is_empty());
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(rig.namespace(), "a", "1"))).await?;
    rig.ready("app", &revision).await?;
    Ok(())
}

#[tokio::test]
async fn an_artifact_with_another_digest_is_refused() -> Result<()> {
    let rig = Rig::start("digest").await?;
    let good = rig.publish(&format!("-- a.yaml --\n{}", config_map(rig.namespace(), "a", "1"))).await?;
    let source = rig.get("source.toolkit.fluxcd.io/v1", "GitRepository", "app").await?.unwrap();
    let mut artifact = source["status"]["artifact"].clone();
    artifact["digest"] = format!("sha256:{}", "0".repeat(64)).into();
    rig.set_artifact("app", artifact).await?;
    rig.kustomization("app", json!({})).await?;
    rig.failed("app", "ArtifactFailed").await?;
    assert!(rig.get("v1", "ConfigMap", "a").await?.is_none());
    rig.publish(&format!("-- a.yaml --\n{}", config_map(rig.namespace(), "a", "1"))).await?;
    rig.run("app").await?;
    rig.ready("app", &good).await?;
    Ok(())
}

#[tokio::test]
async fn a_build_failure_names_the_file_and_leaves_the_cluster_alone() -> Result<()> {
    let rig = Rig::start("build").await?;
    let ns = rig.namespace();
    let good = rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "a", "1"))).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &good).await?;
    let bad = rig.publish("-- kustomization.yaml --\nresources: [missing.yaml]\n").await?;
    let state = rig.failed("app", "BuildFailed").await?;
    let text = message(&state, "Ready");
    assert!(text.starts_with("kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'missing.yaml': open /"), "{text}");
    assert_eq!(state["status"]["lastAttemptedRevision"], bad.as_str());
    assert_eq!(state["status"]["lastAppliedRevision"], good.as_str());
    assert_eq!(condition(&state, "Reconciling")["reason"], "ProgressingWithRetry");
    assert!(message(&state, "Reconciling").starts_with("Building manifests for revision "), "{state}");
    assert_eq!(
        state["status"]["history"].as_array().unwrap().len(),
        1,
        "a build failure is not in the history"
    );
    assert_eq!(inventory(&state), [format!("{ns}_a__ConfigMap")]);
    // What was applied before is still looked after.
    rig.patch_as("kubectl-edit", "v1", "ConfigMap", "a", json!({"data": {"key": "edited"}})).await?;
    rig.until_object(("v1", "ConfigMap", "a"), "is healed", |map| map["data"]["key"] == "1").await?;
    Ok(())
}

#[tokio::test]
async fn one_failing_object_is_told_in_fluxs_words() -> Result<()> {
    let rig = Rig::start("invalid-one").await?;
    let ns = rig.namespace();
    let files = format!("-- a.yaml --\n{}-- b.yaml --\n{}", config_map(ns, "a", "1"), broken(ns, "web"));
    let state = fails(&rig, &files, json!({}), "ReconciliationFailed").await?;
    let text = message(&state, "Ready");
    assert!(
        text.starts_with(&format!(
            "Deployment/{ns}/web dry-run failed (Invalid): Deployment.apps \"web\" is invalid: "
        )),
        "{text}"
    );
    assert!(text.ends_with('\n'), "{text:?}");
    assert!(message(&state, "Reconciling").starts_with("Detecting drift for revision "), "{state}");
    assert!(rig.get("v1", "ConfigMap", "a").await?.is_none(), "nothing of the stage is applied");
    assert_eq!(state["status"]["history"][0]["lastReconciledStatus"], "ReconciliationFailed");
    let told = rig.event("app", "the failure", |reason, _| reason == "ReconciliationFailed").await?;
    assert_eq!(told.trim_end(), text.trim_end());
    Ok(())
}

#[tokio::test]
async fn all_failing_objects_are_told_together() -> Result<()> {
    let rig = Rig::start("invalid-all").await?;
    let ns = rig.namespace();
    let files = format!(
        "-- a.yaml --\n{}---\n{}---\n{}---\napiVersion: example.com/v9\nkind: Nothing\nmetadata: {{name: n, namespace: {ns}}}\n",
        broken(ns, "two"),
        broken(ns, "one"),
        config_map(ns, "good", "1")
    );
    let state = fails(&rig, &files, json!({}), "ReconciliationFailed").await?;
    let lines: Vec<&str> = message(&state, "Ready").lines().collect();
    let starts = [
        format!("Deployment/{ns}/one dry-run failed (Invalid): "),
        format!("Deployment/{ns}/two dry-run failed (Invalid): "),
        format!(
            "Nothing/{ns}/n dry-run failed: no matches for kind \"Nothing\" in version \"example.com/v9\""
        ),
    ];
    for (line, start) in lines.iter().zip(&starts) {
        assert!(line.starts_with(start), "{line}");
    }
    assert_eq!(lines.iter().filter(|line| !line.is_empty()).count(), 3, "{lines:?}");
    Ok(())
}

#[tokio::test]
async fn an_invalid_spec_stalls_and_touches_nothing() -> Result<()> {
    let rig = Rig::start("invalid-spec").await?;
    let ns = rig.namespace();
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "a", "1"))).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    rig.kustomization("app", json!({"serviceAccountName": "a/b"})).await?;
    let state = rig.failed("app", "InvalidSpec").await?;
    assert_eq!(condition(&state, "Stalled")["status"], "True");
    assert_eq!(condition(&state, "Stalled")["reason"], "InvalidSpec");
    assert!(message(&state, "Ready").contains("spec.serviceAccountName"), "{state}");
    assert_eq!(state["status"]["observedGeneration"], state["metadata"]["generation"]);
    rig.publish("-- README.md --\n").await?;
    let state = rig.run("app").await?;
    assert_eq!(inventory(&state), [format!("{ns}_a__ConfigMap")]);
    assert!(rig.get("v1", "ConfigMap", "a").await?.is_some());
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "a", "2"))).await?;
    rig.kustomization("app", json!({})).await?;
    let state = rig.ready("app", &revision).await?;
    assert!(condition(&state, "Stalled").is_null());
    Ok(())
}

#[tokio::test]
async fn a_service_account_without_rights_is_refused_by_the_api_server() -> Result<()> {
    let rig = Rig::start("impersonate").await?;
    let ns = rig.namespace();
    let files = format!("-- a.yaml --\n{}", config_map(ns, "a", "1"));
    let state = fails(&rig, &files, json!({"serviceAccountName": "nobody"}), "ReconciliationFailed").await?;
    let text = message(&state, "Ready");
    let expected = format!(
        "ConfigMap/{ns}/a dry-run failed (Forbidden): configmaps \"a\" is forbidden: User \"system:serviceaccount:{ns}:nobody\" \
         cannot patch resource \"configmaps\" in API group \"\" in the namespace \"{ns}\""
    );
    assert!(text.starts_with(&expected), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_field_that_the_api_server_does_not_know_is_dropped_with_a_warning() -> Result<()> {
    let rig = Rig::start("undeclared").await?;
    let ns = rig.namespace();
    let files = format!("-- a.yaml --\n{}nonsense: 1\n", config_map(ns, "a", "1"));
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    assert_eq!(rig.get("v1", "ConfigMap", "a").await?.unwrap()["data"]["key"], "1");
    let warned = rig.event("app", "a warning", |_, message| message.contains("nonsense")).await?;
    assert!(warned.contains(&format!("ConfigMap/{ns}/a")), "{warned}");
    Ok(())
}

#[tokio::test]
async fn a_fixed_commit_ends_the_failure() -> Result<()> {
    let rig = Rig::start("fixed").await?;
    let ns = rig.namespace();
    let bad = format!("-- a.yaml --\n{}-- b.yaml --\n{}", config_map(ns, "a", "1"), broken(ns, "web"));
    fails(&rig, &bad, json!({}), "ReconciliationFailed").await?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "a", "1"))).await?;
    let state = rig.ready("app", &revision).await?;
    assert!(condition(&state, "Reconciling").is_null());
    assert_eq!(inventory(&state), [format!("{ns}_a__ConfigMap")]);
    Ok(())
}
