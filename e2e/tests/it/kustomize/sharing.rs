//! Two Kustomizations that declare the same object.

use anyhow::Result;
use serde_json::{Value, json};

use super::rig::{Rig, condition, config_map};

const SHARED: (&str, &str, &str) = ("v1", "ConfigMap", "shared");

fn source(name: &str) -> Value {
    json!({"sourceRef": {"kind": "GitRepository", "name": name}})
}

fn owner(map: &Value) -> &Value {
    &map["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"]
}

#[tokio::test]
async fn both_are_told_and_neither_fights() -> Result<()> {
    let rig = Rig::start("shared").await?;
    let ns = rig.namespace();
    let files = |value: &str| format!("-- a.yaml --\n{}", config_map(ns, "shared", value));
    rig.source("b").await?;
    let first = rig.publish(&files("of a")).await?;
    rig.kustomization("a", json!({})).await?;
    rig.ready("a", &first).await?;
    let theirs = rig.publish_as("b", &files("of b")).await?;
    rig.kustomization("b", source("b")).await?;
    rig.ready("b", &theirs).await?;
    for (told, other) in [("a", "b"), ("b", "a")] {
        let message = rig.event(told, "shares", |reason, _| reason == "SharedObject").await?;
        let wanted = format!(
            "also declared by Kustomization {ns}/{other}: ConfigMap/{ns}/shared; whichever of the two runs last applies them"
        );
        assert_eq!(message, wanted);
    }
    // The last one keeps it, against others, and against the first one between its runs.
    let mark = rig.mark()?;
    rig.patch_as("somebody", SHARED.0, SHARED.1, SHARED.2, json!({"data": {"key": "edited"}})).await?;
    let healed = rig.until_object(SHARED, "is healed", |map| map["data"]["key"] != "edited").await?;
    assert_eq!((&healed["data"]["key"], owner(&healed)), (&json!("of b"), &json!("b")));
    rig.run("b").await?;
    let writes =
        rig.requests(&mark).await?.filter(|r| r.name == "shared" && r.verb == "patch" && !r.is_dry_run());
    assert!(writes.len() <= 2, "{writes}");
    // A run is the last word again, and the other one keeps its peace, too.
    let state = rig.run("a").await?;
    assert_eq!(condition(&state, "Ready")["status"], "True");
    let map = rig.get(SHARED.0, SHARED.1, SHARED.2).await?.unwrap();
    assert_eq!((&map["data"]["key"], owner(&map)), (&json!("of a"), &json!("a")));
    // Who had it last lets go of it: the other one takes it over at once, and it is never gone.
    let uid = map["metadata"]["uid"].clone();
    let mark = rig.mark()?;
    let without = rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "other", "of a"))).await?;
    rig.ready("a", &without).await?;
    let map = rig.get(SHARED.0, SHARED.1, SHARED.2).await?.unwrap();
    assert_eq!((&map["data"]["key"], owner(&map)), (&json!("of b"), &json!("b")));
    assert_eq!(map["metadata"]["uid"], uid);
    let deletions = rig.requests(&mark).await?.filter(|r| r.name == "shared" && r.verb == "delete");
    assert!(deletions.is_empty(), "{deletions}");
    Ok(())
}
