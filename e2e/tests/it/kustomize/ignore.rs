//! Fields that are neither applied nor corrected (contracts/kustomize-controller.md 13).

use anyhow::Result;
use serde_json::{Value, json};

use super::rig::{Rig, condition};

const WEB: (&str, &str, &str) = ("apps/v1", "Deployment", "web");

fn web(ns: &str, image: &str) -> String {
    format!(
        "-- web.yaml --\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {ns}}}\nspec:\n  replicas: 1\n  \
         selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      \
         containers: [{{name: main, image: \"{image}\"}}]\n"
    )
}

fn ignored(paths: &[&str]) -> Value {
    json!({"ignore": [{"paths": paths, "target": {"kind": "Deployment", "name": "w.*"}}]})
}

async fn with_web(name: &str, paths: &[&str]) -> Result<(Rig, String)> {
    let rig = Rig::start(name).await?;
    let revision = rig.publish(&web(rig.namespace(), "example.com/web:1")).await?;
    rig.kustomization("app", ignored(paths)).await?;
    rig.ready("app", &revision).await?;
    Ok((rig, revision))
}

fn image(web: &Value) -> &Value {
    &web["spec"]["template"]["spec"]["containers"][0]["image"]
}

/// What our entry says of a field of `spec`.
fn owns(web: &Value, field: &str) -> bool {
    let entries = web["metadata"]["managedFields"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ours = entries.iter().find(|e| e["manager"] == "kustomize-controller" && e["operation"] == "Apply");
    ours.is_some_and(|entry| entry["fieldsV1"]["f:spec"].get(field).is_some())
}

async fn scale(rig: &Rig, replicas: u32) -> Result<()> {
    let patch = json!({"spec": {"replicas": replicas}});
    rig.patch_as("autoscaler", WEB.0, WEB.1, WEB.2, patch).await.map(drop)
}

async fn edit_image(rig: &Rig) -> Result<()> {
    let containers = json!([{"name": "main", "image": "example.com/edited:1"}]);
    let patch = json!({"spec": {"template": {"spec": {"containers": containers}}}});
    rig.patch_as("somebody", WEB.0, WEB.1, WEB.2, patch).await.map(drop)
}

#[tokio::test]
async fn what_another_sets_stays_whatever_else_is_corrected() -> Result<()> {
    let (rig, _) = with_web("ignore", &["/spec/replicas"]).await?;
    assert_eq!(
        rig.get(WEB.0, WEB.1, WEB.2).await?.unwrap()["spec"]["replicas"],
        1,
        "a new object is applied whole"
    );
    scale(&rig, 5).await?;
    // An edit that must be corrected is the proof that the other was seen and left.
    edit_image(&rig).await?;
    let healed = rig.until_object(WEB, "is healed", |web| *image(web) == "example.com/web:1").await?;
    assert_eq!(healed["spec"]["replicas"], 5);
    let second = rig.publish(&web(rig.namespace(), "example.com/web:2")).await?;
    rig.ready("app", &second).await?;
    let applied = rig.get(WEB.0, WEB.1, WEB.2).await?.unwrap();
    assert_eq!((&applied["spec"]["replicas"], image(&applied)), (&json!(5), &json!("example.com/web:2")));
    assert!(owns(&applied, "f:replicas"), "the live value is taken over: {applied}");
    // Nothing but an ignored field differs: no write.
    scale(&rig, 7).await?;
    let mark = rig.mark()?;
    let state = rig.run("app").await?;
    assert_eq!(condition(&state, "Ready")["status"], "True");
    assert_eq!(rig.get(WEB.0, WEB.1, WEB.2).await?.unwrap()["spec"]["replicas"], 7);
    let writes =
        rig.requests(&mark).await?.filter(|r| r.name == "web" && r.verb == "patch" && !r.is_dry_run());
    assert!(writes.is_empty(), "{writes}");
    Ok(())
}

#[tokio::test]
async fn what_another_manager_applies_is_left_to_it_and_lifting_the_rule_takes_it_back() -> Result<()> {
    let (rig, _) = with_web("ignore-applied", &["/spec/replicas"]).await?;
    // `test` applies with force: it owns the field alone.
    rig.apply(json!({
        "apiVersion": WEB.0, "kind": WEB.1, "metadata": {"name": WEB.2, "namespace": rig.namespace()},
        "spec": {"replicas": 4},
    }))
    .await?;
    let second = rig.publish(&web(rig.namespace(), "example.com/web:2")).await?;
    rig.ready("app", &second).await?;
    let applied = rig.get(WEB.0, WEB.1, WEB.2).await?.unwrap();
    assert_eq!((&applied["spec"]["replicas"], image(&applied)), (&json!(4), &json!("example.com/web:2")));
    assert!(!owns(&applied, "f:replicas"), "{applied}");
    rig.kustomization("app", json!({"ignore": []})).await?;
    rig.until_object(WEB, "is as declared", |web| web["spec"]["replicas"] == 1).await?;
    rig.ready("app", &second).await?;
    // And the other way round: from now on it is ignored again.
    rig.kustomization("app", ignored(&["/spec/replicas"])).await?;
    rig.ready("app", &second).await?;
    scale(&rig, 6).await?;
    edit_image(&rig).await?;
    let healed = rig.until_object(WEB, "is healed", |web| *image(web) == "example.com/web:2").await?;
    assert_eq!(healed["spec"]["replicas"], 6);
    Ok(())
}

#[tokio::test]
async fn an_object_that_is_made_again_is_made_whole() -> Result<()> {
    let (rig, _) = with_web("ignore-deleted", &["/spec/replicas"]).await?;
    scale(&rig, 5).await?;
    let uid = rig.get(WEB.0, WEB.1, WEB.2).await?.unwrap()["metadata"]["uid"].clone();
    rig.delete(WEB.0, WEB.1, WEB.2).await?;
    let again =
        rig.until_object(WEB, "is back", |web| !web.is_null() && web["metadata"]["uid"] != uid).await?;
    assert_eq!(again["spec"]["replicas"], 1);
    Ok(())
}

#[tokio::test]
async fn a_selector_that_cannot_be_read_fails_at_once_and_a_path_that_is_none_on_drift() -> Result<()> {
    let rig = Rig::start("ignore-bad").await?;
    let revision = rig.publish(&web(rig.namespace(), "example.com/web:1")).await?;
    rig.kustomization("app", json!({"ignore": [{"paths": ["/spec/replicas"], "target": {"name": "["}}]}))
        .await?;
    let state = rig.failed("app", "ReconciliationFailed").await?;
    let message = "failed to create ignore rule selector: invalid name regex: error parsing regexp: missing closing ]: `[)$`\n";
    assert_eq!(condition(&state, "Ready")["message"], message);
    assert!(rig.get(WEB.0, WEB.1, WEB.2).await?.is_none());
    rig.kustomization("app", ignored(&["spec.replicas"])).await?;
    rig.ready("app", &revision).await?;
    scale(&rig, 5).await?;
    rig.run("app").await?;
    let state = rig.failed("app", "ReconciliationFailed").await?;
    let message = "replace operation does not apply: doc is missing path: spec.replicas: missing value\n";
    assert_eq!(condition(&state, "Ready")["message"], message);
    Ok(())
}
