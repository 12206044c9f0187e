//! How much has to be asked about, and what follows from a build that fails.

use super::{
    Depth, build, depth, fetch, input_text, is_full_pass_due, render, render_fault, take_up, throttled,
};
use crate::fault::FaultKind;
use crate::memory::Input;
use crate::reconcile::builder::Builder;
use crate::reconcile::worker::Worker;
use crate::render_request;
use crate::samples::{Fixture, absent, artifact, baseline, change, config_map, id, input, present};
use ::apply::Action;
use ::apply::baseline::set_hash;
use api::labels;
use artifact::MemTree;
use manifest::Manifest;
use manifest::budget::Limits;
use reconcile_core::gate::MemoryGate;
use render::RenderError;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Applied, and found right.
fn settle(fixture: &Fixture, names: &[&str]) {
    for name in names {
        let object = config_map(name);
        let digest = manifest::digest::of(object.value());
        fixture.memory.objects.settle(&object, digest, &change(name, Action::Configured));
    }
}

async fn depth_of(fixture: &Fixture, built: Option<Vec<Manifest>>) -> (Depth, usize) {
    let (scope, mut recorder) = (fixture.scope(), fixture.recorder());
    let (depth, objects) = depth(&scope, &mut recorder, built, &input_text(&input())).await;
    (depth, objects.len())
}

/// The history's newest item, with marks.
fn history(status: &str, marks: &Value) -> Value {
    let mut item = json!({
        "digest": "sha256:r", "firstReconciled": "2026-01-01T00:00:00Z", "lastReconciled": "2026-01-01T00:00:00Z",
        "lastReconciledDuration": "1s", "lastReconciledStatus": status, "totalReconciliations": 1,
        "metadata": {"revision": "main@sha1:0"},
    });
    for (key, mark) in marks.as_object().unwrap() {
        item["metadata"][key] = mark.clone();
    }
    json!([item])
}

#[tokio::test(start_paused = true)]
async fn the_same_input_and_settled_objects_need_no_question() {
    let fixture = Fixture::with_spec(json!({})).await;
    settle(&fixture, &["a", "b"]);
    assert_eq!(depth_of(&fixture, None).await, (Depth::Shallow, 0));
    // One drifted: all desired objects are looked through.
    let objects = &fixture.memory.objects;
    objects.observe(&id("a"), present(9, 2));
    assert_eq!(depth_of(&fixture, None).await, (Depth::Incremental, 2));
    objects.observe(&id("a"), present(10, 1));
    assert_eq!(depth_of(&fixture, None).await, (Depth::Shallow, 0));
    objects.observe(&id("b"), absent("u"));
    assert_eq!(depth_of(&fixture, None).await, (Depth::Incremental, 2));
}

#[tokio::test(start_paused = true)]
async fn without_a_watch_that_is_up_to_date_nothing_is_taken_on_trust() {
    let fixture = Fixture::with_spec(json!({})).await;
    settle(&fixture, &["a"]);
    fixture.kind_watches().use_by(&fixture.key, std::iter::once(config_map("a").gvk()));
    assert_eq!(depth_of(&fixture, None).await, (Depth::Incremental, 1));
}

#[tokio::test(start_paused = true)]
async fn a_new_build_is_compared_object_by_object() {
    let fixture = Fixture::with_spec(json!({})).await;
    settle(&fixture, &["a"]);
    let built = vec![config_map("a"), config_map("b")];
    assert_eq!(depth_of(&fixture, Some(built.clone())).await, (Depth::Incremental, 2));
    fixture.memory.builds.set_full_pass_due(Instant::now());
    assert_eq!(depth_of(&fixture, Some(built)).await, (Depth::Full, 2));
    assert_eq!(depth_of(&fixture, None).await, (Depth::Full, 1));
}

/// What the process before wrote into the history of a successful run with this object live.
fn resumable(marks: &Value) -> Value {
    let fingerprint = set_hash([(id("a").to_inventory().as_str(), baseline(5, 1).fingerprint)].into_iter());
    let mut all = json!({labels::INPUT: input_text(&input()), labels::FINGERPRINT: fingerprint});
    all.as_object_mut().unwrap().extend(marks.as_object().unwrap().clone());
    all.as_object_mut().unwrap().retain(|_, mark| !mark.is_null());
    json!({"status": {
        "history": history("ReconciliationSucceeded", &all),
        "inventory": {"entries": [{"id": id("a").to_inventory(), "v": "v1"}]},
    }})
}

async fn resumes(status: &Value, live: Option<crate::drift::Live>) -> Depth {
    let fixture = Fixture::new(status).await;
    fixture.memory.objects.track([(id("a"), live)]);
    depth_of(&fixture, Some(vec![config_map("a")])).await.0
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_equal_input_and_equal_objects_need_no_question() {
    assert_eq!(resumes(&resumable(&json!({})), Some(present(5, 1))).await, Depth::Shallow);
    assert_eq!(resumes(&resumable(&json!({})), Some(present(5, 2))).await, Depth::Incremental);
    assert_eq!(resumes(&resumable(&json!({})), None).await, Depth::Incremental, "the watch has not shown it");
    let other = resumable(&json!({labels::INPUT: "another"}));
    assert_eq!(resumes(&other, Some(present(5, 1))).await, Depth::Incremental);
    let unmarked = resumable(&json!({labels::FINGERPRINT: null}));
    assert_eq!(resumes(&unmarked, Some(present(5, 1))).await, Depth::Incremental);
    let mut failed = resumable(&json!({}));
    failed["status"]["history"][0]["lastReconciledStatus"] = json!("HealthCheckFailed");
    assert_eq!(resumes(&failed, Some(present(5, 1))).await, Depth::Incremental);
    let mut more = resumable(&json!({}));
    let stale = json!({"id": id("stale").to_inventory(), "v": "v1"});
    more["status"]["inventory"]["entries"].as_array_mut().unwrap().push(stale);
    assert_eq!(resumes(&more, Some(present(5, 1))).await, Depth::Incremental, "something is to be pruned");
}

#[tokio::test]
async fn a_full_pass_is_due_by_time_by_request_or_without_the_watch() {
    let due = |fixture: &Fixture| is_full_pass_due(&fixture.scope(), &fixture.recorder());
    let mut fixture = Fixture::with_spec(json!({})).await;
    assert!(!due(&fixture));
    fixture.memory.builds.set_full_pass_due(Instant::now() + Duration::from_secs(3600));
    assert!(!due(&fixture));
    fixture.memory.builds.set_full_pass_due(Instant::now());
    assert!(due(&fixture));
    fixture.memory.builds.set_full_pass_due(Instant::now() + Duration::from_secs(3600));
    fixture.memory.builds.set_account(None);
    assert!(!due(&fixture));
    fixture.memory.builds.set_account(Some("another".into()));
    assert!(due(&fixture), "what one account applied has to be asked about as the other");
    fixture.memory.builds.set_account(None);
    fixture.ctx.options.drift_watch = false;
    assert!(due(&fixture));
}

#[tokio::test]
async fn a_request_for_a_full_pass_is_answered_once() {
    let asked = |handled: &Value| {
        json!({
            "metadata": {"annotations": {labels::FULL_PASS_AT: "now"}},
            "status": {"history": history("ReconciliationSucceeded", handled)},
        })
    };
    for (handled, wanted) in [
        (json!({}), true),
        (json!({labels::FULL_PASS_AT: "before"}), true),
        (json!({labels::FULL_PASS_AT: "now"}), false),
    ] {
        let fixture = Fixture::new(&asked(&handled)).await;
        assert_eq!(is_full_pass_due(&fixture.scope(), &fixture.recorder()), wanted, "{handled}");
    }
}

#[test]
fn the_input_text_is_over_spec_and_content() {
    let text = input_text(&input());
    assert_eq!(text.len(), 32);
    assert_ne!(input_text(&Input { spec_digest: [9; 32], ..input() }), text);
    assert_ne!(input_text(&Input { content_digest: [9; 32], ..input() }), text);
    let elsewhere = Input { artifact_digest: "sha256:other".into(), rendered_digest: "x".into(), ..input() };
    assert_eq!(input_text(&elsewhere), text, "the rest of the repository has no part in it");
}

#[tokio::test]
async fn a_failed_build_is_somebody_s_fault() {
    let fixture = Fixture::with_spec(json!({})).await;
    let rows = [
        (
            RenderError::PathNotFound { shown: "p".into(), problem: "no such file" },
            FaultKind::Artifact,
            false,
        ),
        (RenderError::Build("no".into()), FaultKind::Build, true),
        (
            RenderError::Encrypted { subject: "Secret/ns/a".into(), digest: "sha256:d".into() },
            FaultKind::Apply,
            true,
        ),
    ];
    for (error, kind, attempted) in rows {
        let mut recorder = fixture.recorder();
        recorder.resolved(&fixture.resolved());
        let fault = render_fault(&mut recorder, &error);
        assert_eq!((fault.kind, fault.message), (kind, error.to_string()));
        recorder.write().await.unwrap();
        let status = fixture.stored.status();
        assert_eq!(status.get("lastAttemptedRevision").is_some(), attempted, "{error}");
    }
}

#[tokio::test]
async fn a_digest_that_cannot_be_read_is_the_artifact_s_fault() {
    let fixture = Fixture::with_spec(json!({})).await;
    let mut resolved = fixture.resolved();
    resolved.artifact.digest = "unreadable".into();
    let fault = fetch(&fixture.scope(), &resolved).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Artifact);
}

#[tokio::test(start_paused = true)]
async fn the_first_run_takes_up_what_the_inventory_names_and_only_it() {
    let inventory =
        json!({"status": {"inventory": {"entries": [{"id": id("a").to_inventory(), "v": "v1"}]}}});
    let fixture = Fixture::new(&inventory).await;
    take_up(&fixture.scope(), &fixture.recorder());
    assert_eq!(fixture.memory.objects.ids(), [id("a")]);
    assert!(!fixture.kind_watches().are_synced(&fixture.key), "its kind is watched");
    let fixture = Fixture::new(&inventory).await;
    settle(&fixture, &["b"]);
    take_up(&fixture.scope(), &fixture.recorder());
    assert_eq!(fixture.memory.objects.ids(), [id("b")], "a later run knows better");
}

#[tokio::test(start_paused = true)]
async fn an_input_that_is_known_is_neither_fetched_nor_built() {
    let fixture = Fixture::with_spec(json!({})).await;
    settle(&fixture, &["a"]);
    let spec_digest = render_request::digest(&fixture.ctx.options, &fixture.key, &fixture.object.spec);
    fixture.memory.builds.set_input(Some(Input { spec_digest, ..input() }));
    let (scope, mut recorder) = (fixture.scope(), fixture.recorder());
    recorder.resolved(&fixture.resolved());
    let mut worker = Worker::new(&fixture.lent.control);
    let built = build(&scope, &mut recorder, &mut worker, &fixture.resolved()).await.unwrap();
    assert_eq!(built.depth, Depth::Shallow);
    assert_eq!(built.input.artifact_digest, artifact("1").digest);
    assert!(fixture.memory.builds.input().is_none(), "complete only once everything is applied");
    assert_eq!(fixture.ctx.artifacts.fetches(), 0);
    // Another spec is another input, and so is another artifact: they have to be fetched, which fails here.
    let mut unreadable = fixture.resolved();
    unreadable.artifact.digest = "unreadable".into();
    for known in [Some(input()), Some(Input { spec_digest, ..input() }), None] {
        fixture.memory.builds.set_input(known);
        let fault = build(&scope, &mut recorder, &mut worker, &unreadable).await.err().unwrap();
        assert_eq!(fault.kind, FaultKind::Artifact);
    }
}

/// What one step is too few for, and what is said of it until something changes.
#[tokio::test]
async fn a_build_that_costs_too_much_is_not_made_again_at_once() {
    let mut fixture = Fixture::with_spec(json!({})).await;
    let limits = Limits { steps: 1, bytes: u64::MAX };
    fixture.ctx.builder = Builder::new(4, MemoryGate::new(64 << 20), limits);
    let file = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: ns}\n";
    let tree = Arc::new(MemTree::from_files([("a.yaml", file.as_bytes())]).unwrap());
    let (scope, mut recorder, resolved) = (fixture.scope(), fixture.recorder(), fixture.resolved());
    recorder.resolved(&resolved);
    let mut worker = Worker::new(&fixture.lent.control);
    throttled(&scope, &mut recorder, &resolved).unwrap();
    let request = render_request::request(&scope.ctx.options, scope.key, &scope.object.spec);
    let fault =
        render(&scope, &mut recorder, &mut worker, &resolved, (&tree, request.clone())).await.err().unwrap();
    assert_eq!((fault.kind, fault.after), (FaultKind::BuildExceeded, Some(Duration::from_secs(600))));
    assert!(fault.message.contains("1 steps"), "{}", fault.message);
    let early = build(&scope, &mut recorder, &mut worker, &resolved).await.err().unwrap();
    assert_eq!((early.kind, &early.message), (FaultKind::Throttled, &fault.message));
    assert_eq!(fixture.ctx.artifacts.fetches(), 0, "not even fetched");
    worker.rest();
    recorder.write().await.unwrap();
    assert_eq!(fixture.stored.status()["lastAttemptedRevision"], "main@sha1:1");
    // With limits that it keeps it is built, and nothing of the excess is remembered.
    fixture.ctx.builder = Builder::new(4, MemoryGate::new(64 << 20), Limits::NONE);
    let (scope, mut recorder) = (fixture.scope(), fixture.recorder());
    let mut worker = Worker::new(&fixture.lent.control);
    let held = render(&scope, &mut recorder, &mut worker, &resolved, (&tree, request)).await.unwrap();
    assert_eq!(held.result.objects.len(), 1);
    throttled(&scope, &mut recorder, &resolved).unwrap();
}

/// A stored inventory is the word of whoever may write it: what cannot be a kind is not watched.
#[tokio::test(start_paused = true)]
async fn only_kinds_that_can_be_are_watched_for_an_inventory() {
    let entries = json!([{"id": "ns_a__../../x", "v": "v1"}, {"id": "ns_a__Kind", "v": "v1?watch"}]);
    let fixture = Fixture::new(&json!({"status": {"inventory": {"entries": entries}}})).await;
    take_up(&fixture.scope(), &fixture.recorder());
    assert!(fixture.kind_watches().are_synced(&fixture.key), "nothing is watched");
}
