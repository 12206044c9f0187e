//! Status patches: what is in them, and what a conflict means.

use super::{MAX_CONFLICTS, WriteError, changes};
use crate::memory::OwnStatus;
use crate::samples::Stored;
use api::condition::{READY, TRUE};
use api::kustomization::KustomizationStatus;
use serde_json::json;

#[test]
fn a_status_patch_holds_only_what_differs() {
    let stored =
        KustomizationStatus { last_applied_revision: Some("a".into()), ..KustomizationStatus::default() };
    assert_eq!(changes(&stored, &stored), None);
    let wanted =
        KustomizationStatus { last_attempted_revision: Some("b".into()), ..KustomizationStatus::default() };
    assert_eq!(
        changes(&stored, &wanted),
        Some(json!({"lastAttemptedRevision": "b", "lastAppliedRevision": null}))
    );
}

#[tokio::test]
async fn a_conflict_over_what_is_not_ours_is_tried_again_but_not_for_ever() {
    for (conflicts, written) in [(1, true), (MAX_CONFLICTS - 1, true), (MAX_CONFLICTS, false)] {
        let (stored, own) = (Stored::new(&json!({})), OwnStatus::default());
        let mut draft = stored.draft(&own);
        *stored.refusals.lock() = vec![409; conflicts];
        draft.set(READY, TRUE, "R", "m");
        let outcome = draft.write().await;
        assert_eq!(outcome.is_ok(), written, "{outcome:?}");
        assert_eq!(stored.patches.lock().len(), usize::from(written));
    }
}

#[tokio::test]
async fn what_another_process_wrote_is_not_overwritten() {
    let ready = json!({"type": "Ready", "status": "True", "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"});
    let theirs = [
        json!({"status": {"lastAppliedRevision": "other"}}),
        json!({"status": {"conditions": [ready]}}),
        json!({"status": {"history": []}, "metadata": {"labels": {"a": "b"}}}),
    ];
    for (change, overtaken) in theirs.iter().zip([true, true, false]) {
        let (stored, own) = (Stored::new(&json!({})), OwnStatus::default());
        let mut draft = stored.draft(&own);
        stored.change(change);
        draft.status.last_attempted_revision = Some("mine".into());
        let outcome = draft.write().await;
        assert_eq!(matches!(outcome, Err(WriteError::Overtaken)), overtaken, "{change} {outcome:?}");
    }
}

#[tokio::test]
async fn an_object_that_is_gone_takes_no_status() {
    let (stored, own) = (Stored::new(&json!({})), OwnStatus::default());
    let mut draft = stored.draft(&own);
    draft.set(READY, TRUE, "R", "m");
    stored.refusals.lock().push(404);
    assert!(matches!(draft.write().await, Err(WriteError::Gone)));
    stored.refusals.lock().push(500);
    assert!(matches!(draft.write().await, Err(WriteError::Api(_))));
    // The read that follows a conflict finds nothing.
    stored.change(&json!({"metadata": {"name": "gone"}}));
    assert!(matches!(draft.write().await, Err(WriteError::Gone)));
}

#[tokio::test]
async fn finalizers_are_written_against_one_version() {
    let (stored, own) = (Stored::new(&json!({})), OwnStatus::default());
    let mut draft = stored.draft(&own);
    draft.write_finalizers(&["a".to_owned()]).await.unwrap();
    assert_eq!(stored.stored().metadata.finalizers.unwrap(), ["a"]);
    // What was written moves the version on: the next write meets no conflict.
    draft.set(READY, TRUE, "R", "m");
    draft.write().await.unwrap();
    for (code, wanted) in [(409, "Overtaken"), (404, "Gone"), (500, "Api")] {
        stored.refusals.lock().push(code);
        let error = draft.write_finalizers(&[]).await.unwrap_err();
        assert!(format!("{error:?}").starts_with(wanted), "{error:?}");
    }
}

/// The store's copy may be older or newer than what this process wrote last.
#[tokio::test]
async fn the_newer_of_two_copies_counts() {
    let (stored, own) = (Stored::new(&json!({})), OwnStatus::default());
    let old = stored.copy();
    let mut draft = stored.draft(&own);
    draft.status.last_attempted_revision = Some("mine".into());
    draft.write().await.unwrap();
    let attempted = |stored: &Stored| stored.draft(&own).stored().last_attempted_revision.clone();
    assert_eq!(attempted(&old).as_deref(), Some("mine"));
    stored.change(&json!({"status": {"lastAttemptedRevision": "theirs"}}));
    assert_eq!(attempted(&stored).as_deref(), Some("theirs"));
}
