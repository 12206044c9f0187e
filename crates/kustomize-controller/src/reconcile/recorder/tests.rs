//! What is written, and in which order: the requests are recorded instead of sent.

use super::{Digests, Facts, Step};
use crate::fault::{Fault, FaultKind};
use crate::memory::OwnStatus;
use crate::reconcile::scope::Resolved;
use crate::samples::{Stored, artifact, ids};
use crate::status::WriteError;
use api::labels;
use serde_json::{Value, json};
use std::time::Duration;

fn resolved() -> Resolved {
    Resolved { artifact: artifact("1"), timeout: Duration::from_secs(30) }
}

fn facts() -> Facts<'static> {
    let now = jiff::Timestamp::from_second(1_767_225_600).unwrap();
    Facts { now, took: Duration::from_millis(5), full_pass_at: None }
}

fn digests() -> Digests {
    Digests { rendered: "sha256:r".into(), input: Some("i".into()) }
}

/// A history item with the mark that lets the next process trust the live objects.
fn marked() -> Value {
    json!({"history": [{
        "digest": "sha256:r", "firstReconciled": "2026-01-01T00:00:00Z", "lastReconciled": "2026-01-01T00:00:00Z",
        "lastReconciledDuration": "1s", "lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": 1,
        "metadata": {labels::FINGERPRINT: "f", labels::INPUT: "i", "revision": "main@sha1:0"},
    }]})
}

#[tokio::test]
async fn the_write_ahead_names_the_objects_says_that_work_began_and_takes_the_mark_back() {
    let (log, own) = (Stored::new(&marked()), OwnStatus::default());
    let mut recorder = log.recorder(&own);
    recorder.resolved(&resolved());
    recorder.enter(Step::DetectingDrift);
    recorder.write_ahead(&ids(&["a", "b"])).await.unwrap();
    assert_eq!(log.patches.lock().len(), 1);
    insta::assert_snapshot!(log.conditions(), @r"
    Ready=Unknown Progressing: Reconciliation in progress
    Reconciling=True Progressing: Detecting drift for revision main@sha1:1 with a timeout of 30s
    ");
    let status = log.status();
    assert_eq!(status["inventory"]["entries"].as_array().unwrap().len(), 2);
    assert!(status["history"][0]["metadata"].get(labels::FINGERPRINT).is_none(), "{status}");
    assert_eq!(status["history"][0]["metadata"][labels::INPUT], "i");
}

#[tokio::test]
async fn what_could_not_be_recorded_ahead_is_left_out_of_the_failure() {
    let (log, own) = (Stored::new(&marked()), OwnStatus::default());
    let mut recorder = log.recorder(&own);
    recorder.resolved(&resolved());
    recorder.enter(Step::DetectingDrift);
    recorder.write_ahead(&ids(&["a"])).await.unwrap();
    log.refusals.lock().push(500);
    let fault = recorder.write_ahead(&ids(&["a", "b"])).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Status);
    recorder.fail(&facts(), &fault);
    recorder.write().await.unwrap();
    assert_eq!(log.inventory(), ["a"]);
}

#[tokio::test]
async fn a_success_ends_what_was_under_way() {
    let (log, own) = (
        Stored::new(
            &json!({"conditions": [{"type": "Foreign", "status": "True", "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}),
        ),
        OwnStatus::default(),
    );
    let mut recorder = log.recorder(&own);
    recorder.resolved(&resolved());
    recorder.built(digests());
    recorder.write_ahead(&ids(&["a", "stale"])).await.unwrap();
    recorder.set_inventory(&ids(&["a"]));
    recorder.handle(Some(&"token".to_owned()));
    recorder.succeed(&facts(), Some("f".into()));
    recorder.write().await.unwrap();
    assert_eq!(log.patches.lock().len(), 2);
    insta::assert_snapshot!(log.conditions(), @r"
    Foreign=True R: m
    Ready=True ReconciliationSucceeded: Applied revision: main@sha1:1
    ");
    let status = log.status();
    assert_eq!(status["lastAppliedRevision"], "main@sha1:1");
    assert_eq!(status["lastAttemptedRevision"], "main@sha1:1");
    assert_eq!(status["lastHandledReconcileAt"], "token");
    assert_eq!(status["observedGeneration"], 3);
    let metadata = &status["history"][0]["metadata"];
    assert_eq!((&metadata[labels::FINGERPRINT], &metadata[labels::INPUT]), (&json!("f"), &json!("i")));
    recorder.write().await.unwrap();
    assert_eq!(log.patches.lock().len(), 2, "nothing differs, nothing is sent");
}

#[tokio::test]
async fn a_failure_names_its_step_and_leaves_what_was_applied() {
    let before = json!({"lastAppliedRevision": "main@sha1:0", "observedGeneration": 2});
    let (log, own) = (Stored::new(&before), OwnStatus::default());
    let mut recorder = log.recorder(&own);
    recorder.resolved(&resolved());
    recorder.enter(Step::Building);
    recorder.fail(&facts(), &Fault::new(FaultKind::Build, "kustomize build failed: no"));
    recorder.write().await.unwrap();
    insta::assert_snapshot!(log.conditions(), @r"
    Ready=False BuildFailed: kustomize build failed: no
    Reconciling=True ProgressingWithRetry: Building manifests for revision main@sha1:1 with a timeout of 30s
    ");
    let status = log.status();
    assert_eq!(
        (&status["lastAppliedRevision"], &status["observedGeneration"]),
        (&json!("main@sha1:0"), &json!(2))
    );
    assert!(status.get("history").is_none(), "a build failure adds nothing to history");

    recorder.built(digests());
    recorder.enter(Step::DetectingDrift);
    recorder.fail(&facts(), &Fault::new(FaultKind::Apply, "refused"));
    recorder.write().await.unwrap();
    let history = &log.status()["history"][0];
    assert_eq!(history["lastReconciledStatus"], "ReconciliationFailed");
    assert!(history["metadata"].get(labels::FINGERPRINT).is_none());
}

#[tokio::test]
async fn a_stall_is_said_and_only_a_judged_spec_is_observed() {
    let (log, own) = (Stored::new(&json!({"observedGeneration": 2})), OwnStatus::default());
    let mut recorder = log.recorder(&own);
    recorder.halt(&Fault::new(FaultKind::AccessDenied, "no"));
    recorder.write().await.unwrap();
    insta::assert_snapshot!(log.conditions(), @r"
    Ready=False AccessDenied: no
    Stalled=True AccessDenied: no
    ");
    assert_eq!(log.status()["observedGeneration"], 2);
    recorder.halt(&Fault::new(FaultKind::Unsupported, "spec.ignore is not supported yet"));
    recorder.write().await.unwrap();
    assert_eq!(log.status()["observedGeneration"], 3);
    recorder.halt(&Fault::new(FaultKind::DependencyNotReady, "wait"));
    recorder.write().await.unwrap();
    insta::assert_snapshot!(log.conditions(), @"Ready=False DependencyNotReady: wait");
}

#[tokio::test]
async fn what_is_not_ours_moves_on_and_what_is_ours_is_not_overwritten() {
    let (log, own) = (Stored::new(&json!({})), OwnStatus::default());
    let mut recorder = log.recorder(&own);
    recorder.resolved(&resolved());
    recorder.built(digests());
    // Somebody annotates the object, and another controller adds a condition, while the run is under way.
    let theirs = json!([{"type": "Theirs", "status": "True", "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
    log.change(&json!({"metadata": {"annotations": {"a": "b"}}, "status": {"conditions": theirs}}));
    recorder.succeed(&facts(), None);
    recorder.write().await.unwrap();
    insta::assert_snapshot!(log.conditions(), @r"
    Ready=True ReconciliationSucceeded: Applied revision: main@sha1:1
    Theirs=True R: m
    ");

    // Another process of ours records something: this run's knowledge is old.
    log.change(&json!({"status": {"inventory": {"entries": [{"id": "ns_x__ConfigMap", "v": "v1"}]}}}));
    recorder.set_inventory(&ids(&["a"]));
    assert!(matches!(recorder.write().await, Err(WriteError::Overtaken)));
    assert_eq!(log.status()["inventory"]["entries"][0]["id"], "ns_x__ConfigMap");
}

#[tokio::test]
async fn a_successor_of_the_same_name_is_left_alone() {
    let (log, own) = (Stored::new(&json!({})), OwnStatus::default());
    let mut recorder = log.recorder(&own);
    recorder.resolved(&resolved());
    log.change(&json!({"metadata": {"uid": "another"}}));
    recorder.succeed(&facts(), None);
    assert!(matches!(recorder.write().await, Err(WriteError::Gone)));
    assert!(log.patches.lock().is_empty());
}

#[tokio::test]
async fn the_last_write_of_this_process_is_newer_than_an_old_copy() {
    let (log, own) = (Stored::new(&json!({})), OwnStatus::default());
    let old = log.copy();
    let mut recorder = log.recorder(&own);
    recorder.resolved(&resolved());
    recorder.write_ahead(&ids(&["a"])).await.unwrap();
    let again = old.recorder(&own);
    assert_eq!(again.inventory(), ids(&["a"]), "the watch has not shown it yet");
}
