//! The road of a run: which ending follows from what the object says and from what each step finds.

use super::admission::{Admission, admit};
use super::ending::Ending;
use super::{Located, admitted, target};
use crate::fault::FaultKind;
use crate::memory::Memory;
use crate::render_request;
use crate::samples::{Fixture, Reply, id, input};
use api::labels;
use base64::Engine as _;
use cluster::TargetId;
use serde_json::{Value, json};
use std::sync::Arc;

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
async fn an_invalid_spec_halts_and_forgets_the_input() {
    let fixture = settled(json!({"serviceAccountName": "a/b"})).await;
    let Ending::Halted(fault) = end(&fixture).await else { panic!("it does not halt") };
    assert_eq!(fault.kind, FaultKind::Invalid);
    assert!(
        fault.message.starts_with("spec.serviceAccountName cannot be the name of an object"),
        "{}",
        fault.message
    );
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

/// One with a kubeconfig in the Secret `s`, which is as `answer` says: its content, `None` for no Secret, or a failure.
async fn elsewhere(answer: &Arc<parking_lot::Mutex<Result<Option<&'static str>, ()>>>) -> Fixture {
    cluster::install_crypto();
    let fixture = Fixture::with_spec(json!({"kubeConfig": {"secretRef": {"name": "s"}}})).await;
    let answer = Arc::clone(answer);
    fixture.script.on(move |sent| {
        if !sent.is("get ns/secrets/s") {
            return None;
        }
        let token = match *answer.lock() {
            Ok(Some(token)) => token,
            Ok(None) => return None,
            Err(()) => return Reply::refused(500, "InternalError", "oh"),
        };
        let text = format!(
            "current-context: x\ncontexts: [{{name: x, context: {{cluster: c, user: u}}}}]\nclusters: [{{name: c, cluster: {{server: 'https://h'}}}}]\nusers: [{{name: u, user: {{token: {token}}}}}]\n"
        );
        let text = base64::engine::general_purpose::STANDARD.encode(text);
        Reply::ok(json!({"apiVersion": "v1", "kind": "Secret", "data": {"value": text},
            "metadata": {"name": "s", "namespace": "ns", "uid": "u", "resourceVersion": "7"}}))
    });
    fixture
}

async fn locate(fixture: &Fixture, memory: &Memory) -> Located {
    let (ctx, key, object) = (&fixture.ctx, &fixture.key, &fixture.object);
    target(ctx, key, object, memory, &fixture.lent.control, &Admission::Admitted).await
}

/// A Kustomization that is found elsewhere begins anew there, and leaves nothing behind that is watched or healed.
#[tokio::test]
async fn a_run_finds_its_cluster_and_the_memory_follows() {
    let answer = Arc::new(parking_lot::Mutex::new(Ok(Some("a"))));
    let fixture = elsewhere(&answer).await;
    let claim =
        |memory: &Memory| fixture.ctx.claims.claim(&fixture.key, &memory.objects, std::iter::once(id("a")));
    claim(&fixture.memory);
    let Located::Moved(first) = locate(&fixture, &fixture.memory).await else { panic!("it moves") };
    assert!(
        !first.is_local() && fixture.memory.objects.is_closed() && fixture.memory.objects.ids().is_empty()
    );
    let there = fixture.memory.moved_to(first.clone());
    claim(&there);
    assert!(matches!(locate(&fixture, &there).await, Located::At(target) if *target.id() == first));
    // Another token is another target.
    *answer.lock() = Ok(Some("b"));
    let Located::Moved(second) = locate(&fixture, &there).await else { panic!("it moves") };
    assert!(first != second && there.objects.is_closed());
    assert_eq!(fixture.ctx.clusters.at(&second), std::slice::from_ref(&fixture.key));
    assert!(fixture.ctx.clusters.at(&first).is_empty());
}

#[tokio::test]
async fn a_cluster_that_is_lost_for_certain_is_left() {
    let answer = Arc::new(parking_lot::Mutex::new(Ok(Some("a"))));
    let fixture = elsewhere(&answer).await;
    let Located::Moved(there) = locate(&fixture, &fixture.memory).await else { panic!("it moves") };
    let memory = fixture.memory.moved_to(there.clone());
    assert!(matches!(locate(&fixture, &memory).await, Located::At(_)));
    // What cannot be read just now may be as it was: heals go on.
    *answer.lock() = Err(());
    assert!(matches!(locate(&fixture, &memory).await, Located::Lost(lost, None) if !lost.certain));
    assert!(!memory.objects.is_closed());
    assert_eq!(fixture.ctx.clusters.at(&there), std::slice::from_ref(&fixture.key));
    *answer.lock() = Ok(None);
    let lost = locate(&fixture, &memory).await;
    assert!(matches!(lost, Located::Lost(lost, Some(TargetId::Local)) if lost.certain));
    assert!(memory.objects.is_closed() && fixture.ctx.clusters.at(&there).is_empty());
    // With nothing left to leave, the memory stays what it is.
    let fresh = memory.moved_to(TargetId::Local);
    assert!(matches!(locate(&fixture, &fresh).await, Located::Lost(_, None)));
    assert!(!fresh.objects.is_closed());
}

#[tokio::test]
async fn a_run_without_a_cluster_fails_as_one_without_a_client() {
    let fixture = Fixture::with_spec(json!({"kubeConfig": {"secretRef": {"name": "s"}}})).await;
    fixture.publish("1");
    let mut scope = fixture.scope();
    scope.target = Arc::clone(fixture.ctx.clusters.nowhere());
    scope.lost = Some(super::Lost { text: "no kubeconfig".to_owned(), certain: true });
    let mut recorder = fixture.recorder();
    let ending = admitted(&scope, &mut recorder, Admission::Admitted).await;
    let Ending::Failed(_, fault) = ending else { panic!("{ending:?}") };
    assert_eq!((fault.kind, fault.message.as_str()), (FaultKind::Client, "no kubeconfig"));
    assert_eq!(fault.event.as_deref(), Some("failed to build kube client: no kubeconfig"));
    assert!(!fixture.requests().contains("configmaps"));
}

#[tokio::test]
async fn a_mode_that_there_is_not_is_told_once() {
    let fixture = Fixture::new(&json!({"metadata": {"annotations": {labels::DRIFT_MODE: "Observe"}}})).await;
    let artifact = crate::samples::artifact("1");
    for _ in 0..2 {
        super::drift_notes::mode(&fixture.scope(), &artifact);
    }
    insta::assert_snapshot!(fixture.events().await, @r#"Warning InvalidDriftMode: annotation kustomize.flyball.dev/driftMode is "Observe", which is neither Heal nor Report: drift is healed"#);
    let fixture = Fixture::with_spec(json!({})).await;
    super::drift_notes::mode(&fixture.scope(), &artifact);
    assert_eq!(fixture.events().await, "");
}
