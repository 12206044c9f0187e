//! What events of heals name, and that nothing is kept of one that is gone.

use crate::samples::{Fixture, config_map, id, key, kustomization, local};
use serde_json::json;
use std::time::Duration;

/// Events of heals name the revision that was applied, not the one that the source has by now.
#[tokio::test]
async fn the_applied_artifact_is_of_the_revision_applied_last() {
    let fixture = Fixture::with_spec(json!({})).await;
    let applied = kustomization(&json!({"status": {"lastAppliedRevision": "main@sha1:0"}}));
    assert!(fixture.ctx.applied_artifact(&applied).is_none(), "there is no source");
    fixture.publish("1");
    assert_eq!(fixture.ctx.applied_artifact(&applied).unwrap().revision, "main@sha1:0");
    assert!(fixture.ctx.applied_artifact(&fixture.object).is_none(), "nothing was applied yet");
}

#[tokio::test]
async fn nothing_is_kept_of_one_that_is_gone() {
    let fixture = Fixture::with_spec(json!({})).await;
    let (ctx, objects) = (&fixture.ctx, &fixture.memory.objects);
    ctx.claims.claim(&fixture.key, objects, std::iter::once(id("a")));
    fixture.kind_watches().use_by(&fixture.key, std::iter::once(config_map("a").gvk()));
    fixture.declare("app", &["a"]);
    ctx.observe_run(&fixture.key, Duration::from_secs(1), true);
    assert!(ctx.metrics.render().contains("name=\"app\""));
    ctx.forget(&fixture.key, &fixture.memory);
    assert!(objects.ids().is_empty() && fixture.kind_watches().are_synced(&fixture.key));
    assert_eq!(ctx.declared.is_declared_by(&key("app"), &local("a")), None);
    assert!(!ctx.metrics.render().contains("name=\"app\""));
}
