//! Whose Convergence has to be written again, and which ones nobody else deletes.

use api::convergence::{Convergence, ConvergenceStatus};
use reconcile_core::watch::{Bad, Change, Gone};
use serde_json::json;

use super::{may_be_orphaned, only, rewritten};
use crate::samples::{key, refusal};

fn convergence(summary: &str) -> Convergence {
    let status = ConvergenceStatus { summary: Some(summary.to_owned()), ..ConvergenceStatus::default() };
    let mut object: Convergence = serde_json::from_value(json!({"apiVersion": "flyball.dev/v1alpha1",
        "kind": "Convergence", "metadata": {"name": "web", "namespace": "apps", "uid": "c", "resourceVersion": "5"}}))
    .unwrap();
    object.status = Some(status);
    object
}

#[test]
fn what_we_wrote_ourselves_wakes_nobody() {
    let (ours, theirs) = (convergence("well"), convergence("changed by hand"));
    let seen =
        |object: &Convergence, before, fresh| rewritten(&Change::Applied(object.clone()), before, fresh);
    assert_eq!(seen(&ours, Some(&ours), true), None, "only its metadata is newer");
    assert_eq!(seen(&theirs, Some(&ours), true), Some(key("web")));
    assert_eq!(seen(&theirs, Some(&ours), false), None, "older than what is known");
    assert_eq!(seen(&ours, None, true), Some(key("web")), "found at the start");
}

#[test]
fn what_was_deleted_or_broken_is_made_again() {
    let gone = Gone { key: key("web"), uid: "c".to_owned(), missed: true };
    assert_eq!(rewritten(&Change::Deleted(gone), None, false), Some(key("web")));
    let bad = Bad { key: key("web"), uid: "c".to_owned(), generation: 1, error: "no".to_owned() };
    assert_eq!(rewritten(&Change::Undecodable(bad), None, false), Some(key("web")));
    assert_eq!(rewritten(&Change::Synced, None, true), None);
    assert_eq!(rewritten(&Change::Failed(refusal(500, "InternalError")), None, true), None);
}

#[test]
fn the_garbage_collector_deletes_what_has_an_owner() {
    let lone = convergence("well");
    let mut owned = lone.clone();
    owned.metadata.owner_references = Some(vec![
        serde_json::from_value(json!({"apiVersion": "v1",
        "kind": "Kustomization", "name": "web", "uid": "k"}))
        .unwrap(),
    ]);
    assert!(may_be_orphaned(&lone, false));
    assert!(!may_be_orphaned(&lone, true));
    assert!(!may_be_orphaned(&owned, false));
}

#[test]
fn only_what_was_looked_at_is_deleted() {
    let preconditions = only(&convergence("well")).preconditions.unwrap();
    assert_eq!(preconditions.uid.as_deref(), Some("c"));
    assert_eq!(preconditions.resource_version.as_deref(), Some("5"));
}
