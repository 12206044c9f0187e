//! What events carry (contracts/kustomize-controller.md 21).

use super::{event, metadata_of, success_metadata};
use api::Artifact;
use api::kustomization::Kustomization;
use reconcile_core::events::Severity;
use serde_json::{Value, json};

fn object(annotations: &Value) -> Kustomization {
    serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "app", "namespace": "ns", "uid": "u", "annotations": annotations},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
    }))
    .unwrap()
}

fn artifact(origin: Option<&str>) -> Artifact {
    let mut artifact = json!({"digest": "sha256:0", "lastUpdateTime": "2026-01-01T00:00:00Z", "path": "p",
        "revision": "main@sha1:1", "url": "http://source/p", "size": 1});
    if let Some(origin) = origin {
        artifact["metadata"] = json!({"org.opencontainers.image.revision": origin});
    }
    serde_json::from_value(artifact).unwrap()
}

fn texts(metadata: &std::collections::BTreeMap<String, String>) -> String {
    let lines: Vec<String> = metadata.iter().map(|(key, value)| format!("{key}={value}")).collect();
    lines.join("\n")
}

#[test]
fn an_event_names_the_revision_and_where_it_came_from() {
    assert_eq!(texts(&metadata_of(None)), "");
    insta::assert_snapshot!(texts(&metadata_of(Some(&artifact(None)))), @"kustomize.toolkit.fluxcd.io/revision=main@sha1:1");
    insta::assert_snapshot!(texts(&metadata_of(Some(&artifact(Some("sha1:2"))))), @"
    kustomize.toolkit.fluxcd.io/originRevision=sha1:2
    kustomize.toolkit.fluxcd.io/revision=main@sha1:1
    ");
}

#[test]
fn a_success_asks_for_a_commit_status() {
    insta::assert_snapshot!(texts(&success_metadata(&artifact(None))), @"
    kustomize.toolkit.fluxcd.io/commit_status=update
    kustomize.toolkit.fluxcd.io/revision=main@sha1:1
    ");
}

#[test]
fn the_object_s_own_annotations_win() {
    let annotations = json!({"event.toolkit.fluxcd.io/team": "web", "other": "not sent",
        "kustomize.toolkit.fluxcd.io/revision": "not sent"});
    let sent =
        event(&object(&annotations), metadata_of(Some(&artifact(None))), Severity::Error, "Reason", "text");
    insta::assert_snapshot!(texts(&sent.metadata), @"
    event.toolkit.fluxcd.io/team=web
    kustomize.toolkit.fluxcd.io/revision=main@sha1:1
    ");
    assert_eq!(
        (sent.severity, sent.reason.as_str(), sent.message.as_str()),
        (Severity::Error, "Reason", "text")
    );
    assert_eq!(sent.involved.uid.as_deref(), Some("u"));
    assert_eq!(sent.involved.kind.as_deref(), Some("Kustomization"));
}
