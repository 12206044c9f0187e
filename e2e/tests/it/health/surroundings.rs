//! What lies around the objects: revisions, sources, dependencies, the run's own result, and the end.

use anyhow::Result;
use serde_json::json;

use super::rig::{Rig, condition, config_map};

#[tokio::test]
async fn a_new_revision_is_pending_until_it_is_applied() -> Result<()> {
    let rig = Rig::start("health-revision").await?;
    rig.apply_for("app", config_map("a")).await?;
    rig.kustomization("app", &[("", "ConfigMap", "a")]).await?;
    rig.converged("app", "True", "Converged").await?;
    let next = "main@sha1:ffffffffffffffffffffffffffffffffffffffff";
    rig.source(next).await?;
    let found = rig.converged("app", "False", "RevisionPending").await?;
    assert_eq!(found["status"]["desired"]["revision"], next);
    assert_eq!(found["status"]["summary"], "main@sha1:ffffffff is not applied yet; main@sha1:01234567 is");
    rig.set("app", json!({"lastAppliedRevision": next, "lastAttemptedRevision": next})).await?;
    rig.converged("app", "True", "Converged").await?;
    Ok(())
}

#[tokio::test]
async fn a_source_in_trouble_is_the_cause() -> Result<()> {
    let rig = Rig::start("health-source").await?;
    rig.kustomization("app", &[]).await?;
    rig.converged("app", "True", "Converged").await?;
    let failed = condition(
        "Ready",
        "False",
        "GitOperationFailed",
        "cannot reach https://u:hunter2@example.com/app.git",
        "2026-11-25T10:01:00Z",
    );
    rig.status("source.toolkit.fluxcd.io/v1", "GitRepository", "app", json!({"conditions": [failed]}))
        .await?;
    let found = rig.converged("app", "False", "SourceNotReady").await?;
    let blocker = &found["status"]["blockers"][0];
    assert_eq!(blocker["object"], format!("GitRepository/{}/app", rig.ns.name()));
    assert_eq!(blocker["message"], "cannot reach https://***@example.com/app.git");
    rig.ns.delete("source.toolkit.fluxcd.io/v1", "GitRepository", "app").await?;
    rig.convergence("app", |found| found["status"]["blockers"][0]["message"] == "the source does not exist")
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_dependency_is_followed_to_its_root() -> Result<()> {
    let rig = Rig::start("health-depends").await?;
    rig.kustomization("root", &[]).await?;
    rig.fail("root", "BuildFailed", "kustomize build failed: accumulating resources").await?;
    for (name, on) in [("middle", "root"), ("app", "middle")] {
        rig.kustomization(name, &[]).await?;
        rig.ns
            .patch(
                "kustomize.toolkit.fluxcd.io/v1",
                "Kustomization",
                name,
                json!({"spec": {"dependsOn": [{"name": on}]}}),
            )
            .await?;
        rig.set(name, json!({"observedGeneration": 2})).await?;
        let message = format!("dependency '{}/{on}' is not ready", rig.ns.name());
        rig.fail(name, "DependencyNotReady", &message).await?;
    }
    let found = rig
        .convergence("app", |found| {
            found["status"]["blockers"][0]["evidence"].as_array().is_some_and(|links| links.len() == 2)
        })
        .await?;
    let blocker = &found["status"]["blockers"][0];
    assert_eq!(blocker["code"], "DependencyNotReady");
    assert_eq!(
        blocker["evidence"][1],
        format!(
            "Kustomization/{}/root: BuildFailed: kustomize build failed: accumulating resources",
            rig.ns.name()
        )
    );
    Ok(())
}

#[tokio::test]
async fn every_object_that_was_refused_is_named() -> Result<()> {
    let rig = Rig::start("health-refused").await?;
    rig.kustomization("app", &[]).await?;
    let ns = rig.ns.name();
    let message = format!(
        "ConfigMap/{ns}/a dry-run failed (Invalid): data: Invalid value: 5: must be text\nWidget/{ns}/w dry-run failed: no matches for kind \"Widget\" in version \"example.com/v1\""
    );
    rig.fail("app", "ReconciliationFailed", &message).await?;
    let found = rig.converged("app", "False", "KindUnknown").await?;
    let codes: Vec<_> =
        found["status"]["blockers"].as_array().into_iter().flatten().map(|b| b["code"].clone()).collect();
    assert_eq!(codes, ["KindUnknown", "SchemaInvalid"]);
    assert_eq!(found["status"]["lastResult"]["reason"], "ReconciliationFailed");
    Ok(())
}

#[tokio::test]
async fn it_goes_with_its_kustomization_and_comes_back_when_deleted_alone() -> Result<()> {
    let rig = Rig::start("health-end").await?;
    rig.kustomization("app", &[]).await?;
    let first = rig.converged("app", "True", "Converged").await?;
    rig.ns.delete("flyball.dev/v1alpha1", "Convergence", "app").await?;
    rig.convergence("app", |found| {
        found["metadata"]["uid"] != first["metadata"]["uid"]
            && found["status"]["conditions"][0]["status"] == "True"
    })
    .await?;
    rig.delete_kustomization("app").await?;
    rig.gone("app").await
}

#[tokio::test]
async fn a_kustomization_made_anew_under_its_name_has_a_convergence_of_its_own() -> Result<()> {
    let rig = Rig::start("health-anew").await?;
    rig.kustomization("app", &[]).await?;
    let first = rig.converged("app", "True", "Converged").await?;
    let owner = |found: &serde_json::Value| found["metadata"]["ownerReferences"][0]["uid"].clone();
    rig.delete_kustomization("app").await?;
    rig.kustomization("app", &[]).await?;
    rig.convergence("app", |found| {
        owner(found) != owner(&first) && found["status"]["conditions"][0]["status"] == "True"
    })
    .await?;
    rig.delete_kustomization("app").await?;
    rig.gone("app").await
}

#[tokio::test]
async fn a_table_reads_well() -> Result<()> {
    let rig = Rig::start("health-table").await?;
    rig.apply_for("app", config_map("a")).await?;
    rig.kustomization("app", &[("", "ConfigMap", "a")]).await?;
    rig.converged("app", "True", "Converged").await?;
    let path = format!("/apis/flyball.dev/v1alpha1/namespaces/{}/convergences", rig.ns.name());
    let client = rig.ns.client();
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    let mut request = kube::core::Request::new(&path).list(&kube::api::ListParams::default())?;
    request.headers_mut().insert("accept", accept.parse()?);
    let table: serde_json::Value = client.request(request).await?;
    let columns: Vec<&str> = table["columnDefinitions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|column| column["priority"] == 0)
        .filter_map(|column| column["name"].as_str())
        .collect();
    assert_eq!(columns, ["Name", "Converged", "Sync", "Health", "Objects", "Summary", "Age"]);
    let cells = &table["rows"][0]["cells"];
    assert_eq!(cells[0], "app");
    assert_eq!(cells[5], "main@sha1:01234567 applied, its object is healthy");
    Ok(())
}
