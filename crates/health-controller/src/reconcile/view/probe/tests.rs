//! What a read tells of an object that no watch shows, and for how long.

use convergence::{Owner, Visibility};
use health::Rules;
use kube::core::DynamicObject;
use manifest::ObjectId;
use serde_json::{Value, json};

use super::{Probes, finished_run, known, read_back};
use crate::samples::{job, kustomization};

fn found(metadata: Value) -> DynamicObject {
    let mut object = json!({"apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": "a", "namespace": "apps", "uid": "u", "resourceVersion": "7"},
        "status": {"startTime": "2026-11-25T09:00:00Z"}});
    for (field, value) in metadata.as_object().unwrap() {
        object["metadata"][field] = value.clone();
    }
    serde_json::from_value(object).unwrap()
}

fn read(metadata: Value) -> Visibility {
    let owner = Owner::new("apps", "web");
    read_back(&job(), found(metadata), &owner, Rules::built_in(), "2026-11-25T10:00:00Z".parse().unwrap())
}

#[test]
fn an_object_with_its_label_is_on_its_way_and_has_not_lost_it() {
    let labels = |namespace: &str, name: &str| json!({"labels": {"kustomize.toolkit.fluxcd.io/namespace": namespace, "kustomize.toolkit.fluxcd.io/name": name}});
    assert!(matches!(read(labels("apps", "web")), Visibility::Seen(_)));
    for bare in [
        json!({}),
        json!({"labels": {}}),
        json!({"labels": {"app": "a"}}),
        json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "web"}}),
        labels("apps", "other"),
        labels("other", "web"),
    ] {
        assert!(matches!(read(bare), Visibility::Unlabelled(_)));
    }
}

#[test]
fn a_read_object_is_judged_as_a_watched_one() {
    let applied = json!([{"manager": "kustomize-controller", "operation": "Apply", "apiVersion": "batch/v1",
        "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {}}, "time": "2026-11-25T09:00:00Z"}]);
    let Visibility::Unlabelled(seen) = read(json!({"managedFields": applied})) else { panic!("no label") };
    assert_eq!((seen.version, seen.uid.as_str(), seen.is_well()), (7, "u", false));
    assert_eq!(seen.mark.map(|mark| mark.size), Some(1));
    assert!(seen.object().unwrap().pointer("/metadata/managedFields").is_none());
}

fn run(ready: &str, attempted: &str, since: &str) -> Option<String> {
    finished_run(&kustomization(
        &[],
        &json!({}),
        &json!({"lastAttemptedRevision": attempted, "conditions": [{"type": "Ready", "status": ready,
            "reason": "R", "message": "m", "lastTransitionTime": since}]}),
    ))
}

#[test]
fn objects_are_asked_for_once_per_run_that_has_ended() {
    let (early, late) = ("2026-11-25T09:00:00Z", "2026-11-25T09:00:01Z");
    let first = run("True", "a", early);
    assert!(first.is_some());
    assert_eq!(first, run("True", "a", early));
    assert_ne!(first, run("True", "b", early));
    assert_ne!(first, run("True", "a", late));
    assert_eq!(run("Unknown", "a", early), None, "one is under way");
    assert!(run("False", "a", early).is_some(), "it has ended, if badly");
    assert_eq!(finished_run(&kustomization(&[], &json!({}), &json!({}))), None, "none has begun");
}

#[test]
fn a_run_that_gave_the_same_is_told_apart_by_the_history() {
    let of = |total: i64| {
        let history = json!([{"digest": "sha256:0", "firstReconciled": "2026-11-25T09:00:00Z",
            "lastReconciled": "2026-11-25T09:00:05Z", "lastReconciledDuration": "1s",
            "lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": total}]);
        let ready = json!([{"type": "Ready", "status": "True", "reason": "R", "message": "m",
            "lastTransitionTime": "2026-11-25T09:00:00Z"}]);
        finished_run(&kustomization(&[], &json!({}), &json!({"history": history, "conditions": ready})))
    };
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn what_was_read_holds_for_its_run() {
    let id = ObjectId::from_inventory("apps_a_batch_Job").unwrap();
    let probes = || Probes::from([(id.clone(), ("first".to_owned(), Visibility::Absent))]);
    assert!(matches!(known(&mut probes(), &id, "first"), Some(Visibility::Absent)));
    assert!(known(&mut probes(), &id, "second").is_none());
    let other = ObjectId::from_inventory("apps_b_batch_Job").unwrap();
    assert!(known(&mut probes(), &other, "first").is_none());
}
