//! Rows: the reference, what is known of it, and what is said.

use super::known_source;
use crate::fault::FaultKind;
use crate::samples::{Fixture, artifact, key};
use api::meta::SourceKind;
use reconcile_core::ObjectKey;
use serde_json::{Value, json};

fn reference(more: &Value) -> Value {
    json!({"spec": {"sourceRef": more}})
}

fn said(fixture: &Fixture) -> (FaultKind, String) {
    let fault = known_source(&fixture.ctx, &fixture.key, &fixture.object).unwrap_err();
    (fault.kind, fault.message)
}

#[tokio::test]
async fn an_artifact_is_found_in_the_namespace_that_the_reference_names() {
    let fixture = Fixture::new(&reference(&json!({"namespace": "sources"}))).await;
    let sources = &fixture.ctx.sources;
    sources.put(SourceKind::GitRepository, &key("app"), Some(artifact("own")));
    sources.put(SourceKind::Bucket, &ObjectKey::new("sources", "app"), Some(artifact("bucket")));
    assert_eq!(said(&fixture).0, FaultKind::SourceMissing, "another kind or namespace is another source");
    sources.put(SourceKind::GitRepository, &ObjectKey::new("sources", "app"), Some(artifact("1")));
    let found = known_source(&fixture.ctx, &fixture.key, &fixture.object).unwrap();
    assert_eq!(found.revision, "main@sha1:1");
}

#[tokio::test]
async fn what_is_missing_is_said() {
    let mut fixture = Fixture::with_spec(json!({})).await;
    let (kind, message) = said(&fixture);
    assert_eq!(kind, FaultKind::SourceMissing);
    insta::assert_snapshot!(message, @r#"GitRepository.source.toolkit.fluxcd.io "app" not found"#);
    fixture.ctx.options.requeue_dependency = std::time::Duration::from_secs(90);
    fixture.ctx.sources.put(SourceKind::GitRepository, &key("app"), None);
    let (kind, message) = said(&fixture);
    assert_eq!(kind, FaultKind::ArtifactMissing);
    insta::assert_snapshot!(message, @"Source artifact not found, retrying in 1m30s");
}

#[tokio::test]
async fn a_reference_may_be_forbidden() {
    let mut fixture = Fixture::new(&reference(&json!({"namespace": "sources"}))).await;
    fixture.ctx.options.no_cross_namespace_refs = true;
    let (kind, message) = said(&fixture);
    assert_eq!(kind, FaultKind::AccessDenied);
    insta::assert_snapshot!(message, @"can't access 'GitRepository/sources/app', cross-namespace references have been blocked");
    // One's own namespace is not across.
    let mut fixture = Fixture::new(&reference(&json!({"namespace": "ns"}))).await;
    fixture.ctx.options.no_cross_namespace_refs = true;
    assert_eq!(said(&fixture).0, FaultKind::SourceMissing);
}

#[tokio::test]
async fn an_external_artifact_needs_its_gate() {
    let mut fixture = Fixture::new(&reference(&json!({"kind": "ExternalArtifact"}))).await;
    let (kind, message) = said(&fixture);
    assert_eq!(kind, FaultKind::AccessDenied);
    insta::assert_snapshot!(message, @"can't access 'ExternalArtifact/ns/app', ExternalArtifact feature gate is disabled");
    fixture.ctx.options.external_artifact = true;
    assert_eq!(said(&fixture).0, FaultKind::SourceMissing);
}
