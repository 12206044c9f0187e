//! Kinds that are defined and not served: an aggregated API that is down. What it serves is neither gone nor forgotten.

use anyhow::Result;
use serde_json::json;

use super::rig::{Rig, condition, config_map, inventory};

#[tokio::test]
async fn objects_of_an_api_that_is_down_are_neither_forgotten_nor_called_unknown() -> Result<()> {
    let mut rig = Rig::start("api-down").await?;
    let ns = rig.namespace().to_owned();
    let group = format!("{ns}.down.dev");
    let (here, there) = (format!("{ns}_a__ConfigMap"), format!("{ns}_t_{group}_Thing"));
    let first = rig.publish(&format!("-- a.yaml --\n{}", config_map(&ns, "a", "1"))).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    // Something of the group was applied while it was up. Now nobody answers for it, and we are started anew.
    rig.kill_controller().await?;
    rig.apply(json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": format!("v1.{group}")},
        "spec": {"group": group, "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100,
            "insecureSkipTLSVerify": true, "service": {"namespace": ns, "name": "nobody", "port": 443}},
    }))
    .await?;
    let entries = json!([{"id": here, "v": "v1"}, {"id": there, "v": "v1"}]);
    rig.patch_status("app", json!({"inventory": {"entries": entries}})).await?;
    rig.start_controller().await?;
    rig.publish(&format!("-- a.yaml --\n{}", config_map(&ns, "a", "2"))).await?;

    let state = rig.failed("app", "PruneFailed").await?;
    let message = condition(&state, "Ready")["message"].as_str().unwrap().to_owned();
    let expected =
        format!("the API of kind \"Thing\" in group \"{group}\" is unavailable: APIService v1.{group}");
    assert!(message.contains(&expected), "{message}");
    assert_eq!(inventory(&state), [here.clone(), there.clone()]);

    // Applying such a kind is refused with the same reason, not as a kind that does not exist.
    let thing = format!("apiVersion: {group}/v1\nkind: Thing\nmetadata: {{name: t, namespace: {ns}}}\n");
    rig.publish(&format!("-- a.yaml --\n{}-- t.yaml --\n{thing}", config_map(&ns, "a", "2"))).await?;
    let state = rig.failed("app", "ReconciliationFailed").await?;
    let message = condition(&state, "Ready")["message"].as_str().unwrap().to_owned();
    assert!(message.contains(&expected) && !message.contains("no matches"), "{message}");
    assert_eq!(inventory(&state), [here.clone(), there]);

    // The definition is gone: so are its objects.
    rig.delete("apiregistration.k8s.io/v1", "APIService", &format!("v1.{group}")).await?;
    let last = rig.publish(&format!("-- a.yaml --\n{}", config_map(&ns, "a", "3"))).await?;
    let state = rig.ready("app", &last).await?;
    assert_eq!(inventory(&state), [here]);
    Ok(())
}

/// Neither is one that is deleted meanwhile: the finalizer stays until the API answers again, or is given up.
#[tokio::test]
async fn a_deletion_waits_for_an_api_that_is_down() -> Result<()> {
    let rig = Rig::start("api-down-delete").await?;
    let ns = rig.namespace().to_owned();
    let group = format!("{ns}.down.dev");
    let first = rig.publish(&format!("-- a.yaml --\n{}", config_map(&ns, "a", "1"))).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    rig.kustomization("app", json!({"suspend": true})).await?;
    rig.run("app").await?;
    let service = format!("v1.{group}");
    rig.apply(json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": service},
        "spec": {"group": group, "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100,
            "insecureSkipTLSVerify": true, "service": {"namespace": ns, "name": "nobody", "port": 443}},
    }))
    .await?;
    let (here, there) = (format!("{ns}_a__ConfigMap"), format!("{ns}_t_{group}_Thing"));
    rig.patch_status(
        "app",
        json!({"inventory": {"entries": [{"id": here, "v": "v1"}, {"id": there, "v": "v1"}]}}),
    )
    .await?;
    rig.kustomization("app", json!({"suspend": false, "deletionPolicy": "Delete", "path": "./none"})).await?;
    rig.failed("app", "ArtifactFailed").await?;
    rig.delete("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app").await?;
    rig.event("app", "fails", |_, message| message == "pruning for deleted resource failed").await?;
    assert_eq!(inventory(&rig.state("app").await?), [here, there]);
    rig.delete("apiregistration.k8s.io/v1", "APIService", &service).await?;
    let target = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app");
    rig.until_object(target, "is gone", serde_json::Value::is_null).await.map(drop)
}
