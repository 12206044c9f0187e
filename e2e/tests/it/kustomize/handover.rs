//! Objects that move from one Kustomization to another: never deleted and made again, whichever runs first.

use anyhow::Result;
use serde_json::{Value, json};

use super::rig::{Rig, condition, config_map, inventory, is_ready_at};

const MOVED: (&str, &str, &str) = ("v1", "ConfigMap", "moved");

/// `moved` is declared in the folder `place`; both folders always hold something of their own.
fn files(ns: &str, place: &str) -> String {
    let own = |folder: &str| format!("-- {folder}/own.yaml --\n{}", config_map(ns, folder, "1"));
    format!("{}{}-- {place}/moved.yaml --\n{}", own("a"), own("b"), config_map(ns, "moved", "1"))
}

async fn owner(rig: &Rig) -> Result<Value> {
    let map = rig.get("v1", "ConfigMap", "moved").await?.unwrap_or(Value::Null);
    Ok(json!([map["metadata"]["uid"], map["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"]]))
}

async fn pair(name: &str, flags: &[&str], b: Value) -> Result<(Rig, Value)> {
    let rig = Rig::start_with(name, flags).await?;
    let first = rig.publish(&files(rig.namespace(), "a")).await?;
    rig.kustomization("a", json!({"path": "a"})).await?;
    let mut spec = json!({"path": "b"});
    if let (Some(spec), Value::Object(more)) = (spec.as_object_mut(), b) {
        spec.extend(more);
    }
    rig.kustomization("b", spec).await?;
    rig.ready("a", &first).await?;
    rig.ready("b", &first).await?;
    let uid = owner(&rig).await?[0].clone();
    Ok((rig, uid))
}

fn listed(rig: &Rig, state: &Value) -> bool {
    inventory(state).contains(&format!("{}_moved__ConfigMap", rig.namespace()))
}

#[tokio::test]
async fn many_moves_in_one_commit_each_keep_the_object() -> Result<()> {
    let (rig, uid) = pair("move-many", &[], json!({})).await?;
    for place in ["b", "a", "b", "a", "b", "a", "b", "a"] {
        let revision = rig.publish(&files(rig.namespace(), place)).await?;
        rig.ready("a", &revision).await?;
        rig.ready("b", &revision).await?;
        rig.until_object(MOVED, "was taken over", |map| {
            map["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"] == place
        })
        .await?;
        assert_eq!(owner(&rig).await?, json!([uid, place]));
        let other = if place == "a" { "b" } else { "a" };
        rig.until(other, "lets go of it", |state| !listed(&rig, state)).await?;
        assert!(listed(&rig, &rig.state(place).await?));
    }
    Ok(())
}

#[tokio::test]
async fn a_taker_that_waits_for_the_old_owner_still_gets_the_object() -> Result<()> {
    let (rig, uid) = pair("move-depends", &[], json!({"dependsOn": [{"name": "a"}]})).await?;
    let revision = rig.publish(&files(rig.namespace(), "b")).await?;
    rig.ready("b", &revision).await?;
    rig.ready("a", &revision).await?;
    rig.until("a", "lets go of it", |state| !listed(&rig, state)).await?;
    assert_eq!(owner(&rig).await?, json!([uid, "b"]));
    Ok(())
}

#[tokio::test]
async fn without_the_watch_it_is_handed_over_too() -> Result<()> {
    let (rig, uid) =
        pair("move-blind", &["--drift-watch=false"], json!({"dependsOn": [{"name": "a"}]})).await?;
    let revision = rig.publish(&files(rig.namespace(), "b")).await?;
    rig.ready("a", &revision).await?;
    rig.ready("b", &revision).await?;
    assert_eq!(owner(&rig).await?, json!([uid, "b"]));
    rig.run("a").await?;
    rig.until("a", "lets go of it", |state| !listed(&rig, state)).await?;
    assert_eq!(owner(&rig).await?, json!([uid, "b"]));
    Ok(())
}

#[tokio::test]
async fn what_a_deleted_kustomization_had_goes_to_the_one_that_declares_it() -> Result<()> {
    let rig = Rig::start("move-rename").await?;
    let revision = rig.publish(&files(rig.namespace(), "a")).await?;
    rig.kustomization("old", json!({"path": "a"})).await?;
    rig.ready("old", &revision).await?;
    let uid = owner(&rig).await?[0].clone();
    // A rename, as the parent's commit does it: the new one is applied, the old one pruned.
    rig.kustomization("new", json!({"path": "a"})).await?;
    rig.finalized("old").await?;
    rig.ready("new", &revision).await?;
    rig.until_object(MOVED, "was taken over", |map| {
        map["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"] == "new"
    })
    .await?;
    assert_eq!(owner(&rig).await?, json!([uid, "new"]));
    Ok(())
}

#[tokio::test]
async fn a_taker_that_fails_leaves_the_object_with_its_owner() -> Result<()> {
    let (rig, uid) = pair("move-fails", &[], json!({})).await?;
    let ns = rig.namespace();
    let bad = format!("-- b/bad.yaml --\n{}", config_map("no-such-namespace", "bad", "1"));
    let revision = rig.publish(&format!("{}{bad}", files(ns, "b"))).await?;
    rig.until("a", "says what it waits for", |state| {
        let message = condition(state, "Reconciling")["message"].as_str().unwrap_or_default().to_owned();
        message
            == format!("Waiting for the new owner to take over: ConfigMap/{ns}/moved (Kustomization {ns}/b)")
    })
    .await?;
    rig.failed("b", "ReconciliationFailed").await?;
    // The wait is bounded; what the other declares is kept for it, and recorded.
    let limit = std::time::Duration::from_secs(90);
    let state = testkit::wait::until("a is ready", limit, || async {
        let state = rig.state("a").await?;
        Ok(if is_ready_at(&state, &revision) {
            testkit::wait::Look::Found(state)
        } else {
            testkit::wait::Look::Not(state["status"].to_string())
        })
    })
    .await?;
    assert!(listed(&rig, &state));
    assert_eq!(owner(&rig).await?, json!([uid, "a"]));
    let kept = format!(
        "pruning postponed until the new owner takes over: ConfigMap/{ns}/moved (Kustomization {ns}/b)"
    );
    rig.event("a", "kept", |_, message| message == kept).await?;
    // Repaired: it goes over, and the old owner lets go without being asked.
    let revision = rig.publish(&files(ns, "b")).await?;
    rig.ready("b", &revision).await?;
    rig.until("a", "lets go of it", |state| !listed(&rig, state)).await?;
    assert_eq!(owner(&rig).await?, json!([uid, "b"]));
    Ok(())
}

#[tokio::test]
async fn one_that_cannot_be_built_holds_pruning_up_for_a_moment_only() -> Result<()> {
    let (rig, _) = pair("move-unknown", &[], json!({})).await?;
    let ns = rig.namespace();
    let own = format!("-- a/own.yaml --\n{}", config_map(ns, "a", "1"));
    let revision =
        rig.publish(&format!("{own}-- b/kustomization.yaml --\nresources: [absent.yaml]\n")).await?;
    rig.until("a", "says whom it waits for", |state| {
        condition(state, "Reconciling")["message"]
            == format!("Waiting to learn what Kustomization {ns}/b declares before pruning")
    })
    .await?;
    rig.failed("b", "BuildFailed").await?;
    let state = rig.ready("a", &revision).await?;
    assert!(!listed(&rig, &state));
    assert!(rig.get("v1", "ConfigMap", "moved").await?.is_none());
    Ok(())
}
