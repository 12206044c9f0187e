//! From when on a deletion that does not end is in the way.

use std::time::Duration;

use api::blocker::BlockerCode;
use api::kustomization::Kustomization;
use health::beside::Nothing;
use health::explain::Explanation;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::json;

use super::{deleted_at, of_kustomization, of_leaving};
use crate::blockers::About;

fn start() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

#[test]
fn it_is_told_after_half_a_minute() {
    let told = Explanation { message: "m".to_owned(), hint: Some("h".to_owned()), ..Explanation::default() };
    let at = |seconds: i64| {
        of_leaving("ConfigMap/a/b", &told, Some(start()), start() + SignedDuration::from_secs(seconds))
    };
    assert_eq!(at(0), Err(Duration::from_secs(30)));
    assert_eq!(at(29), Err(Duration::from_secs(1)));
    let draft = at(30).unwrap();
    assert_eq!((draft.code, draft.hint.as_deref()), (BlockerCode::FinalizerStuck, Some("h")));
    // The time to end in peace is still to come.
    assert_eq!(at(-60), Err(Duration::from_secs(30)));
    assert!(of_leaving("x", &told, None, start()).is_err());
}

#[test]
fn when_it_was_told_to_go() {
    assert_eq!(
        deleted_at(&json!({"metadata": {"deletionTimestamp": "2026-11-25T10:00:00Z"}})),
        Some(start())
    );
    assert_eq!(deleted_at(&json!({"metadata": {"deletionTimestamp": "soon"}})), None);
    assert_eq!(deleted_at(&json!({})), None);
}

#[test]
fn a_kustomization_that_does_not_go() {
    let mut object: Kustomization = serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "apps", "finalizers": ["finalizers.fluxcd.io"]},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
    }))
    .unwrap();
    object.metadata.deletion_timestamp = Some(Time(start()));
    let of =
        |object: &Kustomization, going: &[String]| of_kustomization(&About::new(object, &Nothing), going);
    let waits = of(&object, &["ConfigMap/apps/a".to_owned()]);
    assert_eq!(waits.message, "the Kustomization is stuck in deletion: ConfigMap/apps/a does not go");
    let alone = of(&object, &[]);
    assert!(alone.hint.unwrap().contains("spec.deletionPolicy: Orphan"));
    assert!(alone.evidence.iter().any(|seen| seen.starts_with("finalizer finalizers.fluxcd.io")));
    object.metadata.finalizers = Some(vec!["example.com/guard".to_owned()]);
    assert!(of(&object, &[]).hint.unwrap().contains("controller of example.com"));
}
