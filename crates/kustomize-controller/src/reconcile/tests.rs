//! The road of a run: which ending follows from what the object says and from what each step finds.

use super::admission::admit;
use super::admitted;
use super::ending::Ending;
use crate::fault::FaultKind;
use crate::render_request;
use crate::samples::{Fixture, input};
use api::labels;
use serde_json::{Value, json};

async fn end(fixture: &Fixture) -> Ending {
    let scope = fixture.scope();
    let mut recorder = fixture.recorder();
    let ending = admitted(&scope, &mut recorder, admit(&scope.object, None, None)).await;
    recorder.write().await.unwrap();
    ending
}

async fn end_of(more: &Value) -> (Fixture, Ending) {
    let fixture = Fixture::new(more).await;
    fixture.publish("1");
    let ending = end(&fixture).await;
    (fixture, ending)
}

/// A fixture whose last run was complete.
async fn settled(spec: Value) -> Fixture {
    let fixture = Fixture::with_spec(spec).await;
    fixture.publish("1");
    let spec_digest = render_request::digest(&fixture.ctx.options, &fixture.key, &fixture.object.spec);
    fixture.memory.builds.set_input(Some(crate::memory::Input { spec_digest, ..input() }));
    fixture
}

#[tokio::test]
async fn a_suspended_or_finished_one_is_left_alone() {
    let (fixture, ending) = end_of(&json!({"spec": {"suspend": true}})).await;
    assert!(matches!(ending, Ending::Suspended), "{ending:?}");
    assert_eq!(fixture.requests(), "");
    let gone = json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["theirs"]}});
    let (fixture, ending) = end_of(&gone).await;
    assert!(matches!(ending, Ending::Gone), "{ending:?}");
    assert_eq!(fixture.requests(), "");
}

#[tokio::test]
async fn the_finalizer_is_written_before_the_run_goes_on() {
    let (fixture, ending) = end_of(&json!({"metadata": {"finalizers": []}, "spec": {"suspend": true}})).await;
    assert!(matches!(ending, Ending::Suspended), "{ending:?}");
    assert_eq!(fixture.requests(), format!("finalizers [{}]", labels::FINALIZER));
    let fixture = Fixture::new(&json!({"metadata": {"finalizers": []}})).await;
    fixture.stored.refusals.lock().push(409);
    let ending = end(&fixture).await;
    assert!(matches!(ending, Ending::Unwritten(_)), "{ending:?}");
}

#[tokio::test]
async fn an_unsupported_field_halts_and_forgets_the_input() {
    let fixture = settled(json!({"ignore": [{"paths": ["/a"]}]})).await;
    let Ending::Halted(fault) = end(&fixture).await else { panic!("it does not halt") };
    assert_eq!(fault.kind, FaultKind::Unsupported);
    insta::assert_snapshot!(fault.message, @"spec.ignore is not supported yet: nothing is applied, pruned or healed until it is removed");
    assert!(fixture.memory.builds.input().is_none());
}

#[tokio::test]
async fn a_source_that_is_missing_halts() {
    let fixture = Fixture::with_spec(json!({})).await;
    let Ending::Halted(fault) = end(&fixture).await else { panic!("it does not halt") };
    assert_eq!(fault.kind, FaultKind::SourceMissing);
}

#[tokio::test]
async fn a_run_with_the_same_input_succeeds_without_a_request() {
    let fixture = settled(json!({})).await;
    let ending = end(&fixture).await;
    let Ending::Succeeded(resolved) = ending else { panic!("{ending:?}") };
    assert_eq!(resolved.artifact.revision, "main@sha1:1");
    assert_eq!(resolved.timeout.as_secs(), 570);
    assert_eq!(fixture.stored.status()["lastAttemptedRevision"], "main@sha1:1");
    assert!(!fixture.requests().contains('/'), "no object was asked about");
}

#[tokio::test]
async fn what_fails_after_the_source_was_found_knows_the_revision() {
    let fixture = Fixture::with_spec(json!({})).await;
    fixture.publish_unreadable();
    let ending = end(&fixture).await;
    let Ending::Failed(resolved, fault) = ending else { panic!("{ending:?}") };
    assert_eq!((resolved.artifact.revision.as_str(), fault.kind), ("main@sha1:1", FaultKind::Artifact));
}
