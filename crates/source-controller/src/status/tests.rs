//! Conditions, their summary, and the patch.

use api::condition::{
    ARTIFACT_IN_STORAGE, ARTIFACT_OUTDATED, FETCH_FAILED, READY, RECONCILING, SOURCE_VERIFIED, STALLED,
    STORAGE_OPERATION_FAILED,
};
use api::git_repository::GitRepositoryStatus;
use reconcile_core::condition::{self, New};
use serde_json::json;

use super::Status;
use crate::samples::{artifact, lines, stored};

fn ready(status: &Status) -> (String, String, String) {
    let ready = condition::get(&status.conditions, READY).unwrap();
    (ready.status.clone(), ready.reason.clone(), ready.message.clone())
}

fn summarised(marks: &[&str]) -> (String, String) {
    let mut status = Status::default();
    for type_ in marks {
        status.mark(type_, "Because", &format!("{type_} says"), 3);
    }
    status.summarise(3);
    let (status, _, message) = ready(&status);
    (status, message)
}

#[test]
fn ready_is_the_first_of_the_worst() {
    let expect = |marks: &[&str], status: &str, from: &str| {
        assert_eq!(summarised(marks), (status.to_owned(), format!("{from} says")), "{marks:?}");
    };
    expect(&[ARTIFACT_IN_STORAGE], "True", ARTIFACT_IN_STORAGE);
    expect(&[ARTIFACT_IN_STORAGE, FETCH_FAILED], "False", FETCH_FAILED);
    expect(&[FETCH_FAILED, STORAGE_OPERATION_FAILED, ARTIFACT_OUTDATED], "False", STORAGE_OPERATION_FAILED);
    expect(&[ARTIFACT_IN_STORAGE, ARTIFACT_OUTDATED], "False", ARTIFACT_OUTDATED);
    expect(&[STALLED, FETCH_FAILED], "False", FETCH_FAILED);
    expect(&[STALLED], "False", STALLED);
    expect(&[ARTIFACT_IN_STORAGE, SOURCE_VERIFIED], "True", ARTIFACT_IN_STORAGE);
    let mut nothing = Status::default();
    nothing.summarise(1);
    assert!(nothing.conditions.is_empty());
}

#[test]
fn a_failed_verification_wins() {
    let mut status = Status::default();
    status.mark(FETCH_FAILED, "A", "fetch", 1);
    let new =
        New { type_: SOURCE_VERIFIED, status: "False", reason: "Bad", message: "signature", generation: 1 };
    condition::set(&mut status.conditions, new);
    status.summarise(1);
    assert_eq!(ready(&status), ("False".into(), "Bad".into(), "signature".into()));
}

#[test]
fn progress_leaves_a_ready_that_holds() {
    let mut status = Status::default();
    status.progress(false, "first", 1);
    assert_eq!(ready(&status), ("Unknown".into(), "Progressing".into(), "first".into()));
    status.mark(ARTIFACT_IN_STORAGE, "Succeeded", "stored", 1);
    status.remove(RECONCILING);
    status.summarise(1);
    status.progress(false, "again", 1);
    assert_eq!(ready(&status).0, "True");
    status.progress(true, "drifted", 1);
    assert_eq!(ready(&status), ("Unknown".into(), "Progressing".into(), "drifted".into()));
    status.retrying(1);
    let found = condition::get(&status.conditions, RECONCILING).unwrap();
    assert_eq!((found.reason.as_str(), found.message.as_str()), ("ProgressingWithRetry", "drifted"));
}

#[test]
fn the_patch_holds_what_differs() {
    let observed = |value: serde_json::Value| value.as_object().cloned().unwrap();
    let stored = Status { observed: observed(json!({"observedInclude": [1]})), ..Status::default() };
    assert_eq!(stored.patch(&stored), None);
    let mut status = stored.clone();
    status.observed_generation = 2;
    status.last_handled = Some("now".to_owned());
    assert_eq!(
        status.patch(&stored),
        Some(json!({ "observedGeneration": 2, "lastHandledReconcileAt": "now" }))
    );
    let mut cleared = stored.clone();
    cleared.observed.clear();
    assert_eq!(cleared.patch(&stored), Some(json!({ "observedInclude": null })));
    let other = Status { observed: observed(json!({"observedInclude": [2]})), ..Status::default() };
    assert_eq!(other.patch(&stored), Some(json!({ "observedInclude": [2] })));
    let ignoring = Status { observed_ignore: Some(String::new()), ..Status::default() };
    assert_eq!(Status::default().patch(&ignoring), Some(json!({ "observedIgnore": null })));
    assert_eq!(ignoring.patch(&Status::default()), Some(json!({ "observedIgnore": "" })));
}

#[test]
fn foreign_conditions_are_taken_over_from_what_is_stored() {
    let mut stored = Status::default();
    stored.mark("Theirs", "New", "new", 1);
    stored.mark(FETCH_FAILED, "Old", "old", 1);
    let mut status = Status::default();
    status.mark("Theirs", "Old", "old", 1);
    status.mark("Removed", "Old", "old", 1);
    status.mark(ARTIFACT_IN_STORAGE, "Succeeded", "stored", 1);
    status.adopt_foreign(&stored);
    let types: Vec<_> =
        status.conditions.iter().map(|found| (found.type_.as_str(), found.reason.as_str())).collect();
    assert_eq!(types, [(ARTIFACT_IN_STORAGE, "Succeeded"), ("Theirs", "New")]);
}

#[test]
fn a_run_begins_with_what_it_is_about() {
    let mut status = Status::default();
    status.mark(STORAGE_OPERATION_FAILED, "Old", "old", 1);
    status.begin(1, 2);
    insta::assert_snapshot!(lines(&status), @r"
    Reconciling=True Progressing: processing object: new generation 1 -> 2
    Ready=Unknown Progressing: processing object: new generation 1 -> 2
    ");
    status.begin(2, 2);
    insta::assert_snapshot!(lines(&status), @r"
    Reconciling=True Progressing: reconciliation in progress
    Ready=Unknown Progressing: reconciliation in progress
    ");
}

#[test]
fn only_what_is_stored_can_be_outdated() {
    let mut status = Status::default();
    status.outdated("new upstream revision 'main@sha1:bb'", 2);
    insta::assert_snapshot!(lines(&status), @r"
    Reconciling=True Progressing: building artifact: new upstream revision 'main@sha1:bb'
    Ready=Unknown Progressing: building artifact: new upstream revision 'main@sha1:bb'
    ");
    let mut status = stored("main@sha1:aa");
    status.outdated("new upstream revision 'main@sha1:bb'", 2);
    insta::assert_snapshot!(lines(&status), @r"
    Reconciling=True Progressing: building artifact: new upstream revision 'main@sha1:bb'
    Ready=Unknown Progressing: building artifact: new upstream revision 'main@sha1:bb'
    ArtifactInStorage=True Succeeded: stored artifact for revision 'main@sha1:aa'
    ArtifactOutdated=True NewRevision: new upstream revision 'main@sha1:bb'
    ");
}

#[test]
fn nothing_is_in_storage_without_an_artifact() {
    let mut status = Status::default();
    status.in_storage("stored artifact for revision", 1);
    assert!(status.conditions.is_empty());
    assert!(stored("r").is_true(ARTIFACT_IN_STORAGE) && stored("r").is_true(READY));
}

#[test]
fn a_failure_that_is_tried_again_is_not_stalled() {
    let mut status = Status::default();
    status.mark(STALLED, "A", "a", 1);
    status.retrying(1);
    assert!(status.conditions.is_empty(), "without progress there is none to go on with");
}

#[test]
fn an_artifact_is_replaced_whole() {
    let before = stored("main@sha1:aa");
    let after = stored("main@sha1:bb");
    let patch = Status { conditions: before.conditions.clone(), ..after }.patch(&before).unwrap();
    assert_eq!(patch["artifact"]["revision"], "main@sha1:bb");
    assert_eq!(patch["artifact"]["metadata"], json!(null), "another writer's would stay");
    let gone = Status { artifact: None, ..before.clone() };
    assert_eq!(gone.patch(&before), Some(json!({ "artifact": null })));
}

#[test]
fn a_status_is_read_back_as_it_was_written() {
    let stored = GitRepositoryStatus {
        observed_generation: 4,
        observed_ignore: Some(String::new()),
        last_handled_reconcile_at: Some("now".to_owned()),
        artifact: Some(artifact("main@sha1:aa", "sha256:aa")),
        observed_recurse_submodules: true,
        ..GitRepositoryStatus::default()
    };
    let status = Status::read(&stored);
    assert_eq!((status.observed_generation, status.observed_ignore.as_deref()), (4, Some("")));
    assert_eq!((status.last_handled.as_deref(), status.artifact), (Some("now"), stored.artifact));
    assert_eq!(serde_json::Value::Object(status.observed), json!({"observedRecurseSubmodules": true}));
}

#[test]
fn metadata_and_settings_are_replaced_whole() {
    let mut before = stored("v1@sha256:aa");
    let metadata = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    before.artifact.as_mut().unwrap().metadata = metadata(&[("a", "1"), ("b", "2")]);
    before
        .observed
        .insert("observedLayerSelector".to_owned(), json!({"mediaType": "x", "operation": "copy"}));
    before.url = Some("http://host/latest".to_owned());
    let mut after = before.clone();
    after.artifact.as_mut().unwrap().metadata = metadata(&[("b", "3")]);
    after.observed.insert("observedLayerSelector".to_owned(), json!({"operation": "extract"}));
    after.url = None;
    let patch = after.patch(&before).unwrap();
    assert_eq!(patch["artifact"]["metadata"], json!({"a": null, "b": "3"}));
    assert_eq!(patch["observedLayerSelector"], json!({"mediaType": null, "operation": "extract"}));
    assert_eq!(patch.get("url"), Some(&json!(null)));
    after.observed.clear();
    assert_eq!(after.patch(&before).unwrap()["observedLayerSelector"], json!(null));
}
