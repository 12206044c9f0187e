//! What is said of runs, revisions and deletions.

use super::*;
use crate::dependencies::Link;

#[test]
fn revisions_and_missing_objects() {
    let mut case = Case::new(vec![("apps_a__ConfigMap", config_map())]);
    case.go();
    case.source = source("main@sha1:ffffffffffffffffffffffffffffffffffffffff");
    case.later(5);
    let status = case.go();
    check(
        &status,
        "False RevisionPending",
        SyncState::RevisionPending,
        HealthState::Healthy,
        "main@sha1:ffffffff is not applied yet; main@sha1:01234567 is",
    );
    assert_eq!(status.desired.as_ref().unwrap().since.0, case.now);
    assert_eq!(status.applied.as_ref().unwrap().since.0, start());
    assert_eq!(status.objects[0].since.0, case.now);
    case.source = source(REVISION);
    case.objects[0].1 = Visibility::Absent;
    let status = case.go();
    check(
        &status,
        "False Missing",
        SyncState::Missing,
        HealthState::Missing,
        "ConfigMap/apps/a: it does not exist",
    );
    assert_eq!(status.counts.as_ref().unwrap().missing, 1);
    case.objects[0].1 = Visibility::KindUnknown;
    assert_eq!(case.go().conditions[0].reason, "KindUnknown");
    case.object.metadata.generation = Some(2);
    case.objects[0].1 = config_map();
    check(
        &case.go(),
        "False RevisionPending",
        SyncState::RevisionPending,
        HealthState::Healthy,
        "the Kustomization's latest change is not applied yet",
    );
}

#[test]
fn failures_of_the_run_and_its_surroundings() {
    let mut case = Case::new(vec![]);
    case.object = failed(kustomization(), "DependencyNotReady", "dependency 'infra/crds' is not ready");
    let mut root = failed(kustomization(), "BuildFailed", "no");
    (root.metadata.namespace, root.metadata.name) = (Some("infra".to_owned()), Some("crds".to_owned()));
    case.chain = Chain {
        links: vec![Link {
            id: id("infra_crds_kustomize.toolkit.fluxcd.io_Kustomization"),
            object: Some(Arc::new(root)),
        }],
        cycle: Vec::new(),
    };
    let status = case.go();
    check(
        &status,
        "False DependencyNotReady",
        SyncState::Applied,
        HealthState::Healthy,
        "dependency 'infra/crds' is not ready; the cause: Kustomization/infra/crds: BuildFailed: no",
    );
    assert_eq!(status.blockers[0].evidence, ["Kustomization/infra/crds: BuildFailed: no"]);
    assert_eq!(status.last_result.as_ref().unwrap().reason, "DependencyNotReady");

    case.object = kustomization();
    case.source = SourceView::Absent;
    assert_eq!(case.go().summary.unwrap(), "GitRepository/apps/app: the source does not exist");
    let ready = Some((
        "False".to_owned(),
        "GitOperationFailed".to_owned(),
        "cannot reach https://u:p@git/x".to_owned(),
    ));
    case.source =
        SourceView::Known(Source { revision: Some(REVISION.to_owned()), ready, ..Source::default() });
    let status = case.go();
    assert_eq!(status.blockers[0].message, "cannot reach https://***@git/x");
    assert_eq!(status.blockers[0].evidence, ["Ready: GitOperationFailed"]);

    case.source = source(REVISION);
    case.object.spec.suspend = true;
    assert_eq!(case.go().conditions[0].reason, "Suspended");

    let mut fresh = Case::new(vec![]);
    fresh.object.status = None;
    let status = fresh.go();
    check(
        &status,
        "False Progressing",
        SyncState::RevisionPending,
        HealthState::Healthy,
        "the Kustomization has not been reconciled yet",
    );
    assert!(status.last_result.is_none() && status.applied.is_none());
}

#[test]
fn a_clock_that_was_set_back_puts_no_blocker_off() {
    let stale = json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "t", "generation": 2}, "status": {"observedGeneration": 1}});
    let object = Case::new(vec![("apps_t_example.com_Thing", seen(stale))]);
    let mut pending = Case::new(vec![("apps_a__ConfigMap", config_map())]);
    pending.source = source("main@sha1:ffffffffffffffffffffffffffffffffffffffff");
    for mut case in [object, pending] {
        case.go();
        case.memory = Memory::restored(case.memory.published.clone());
        case.later(-3600);
        case.go();
        case.later(300);
        assert_eq!(case.go().conditions[0].reason, "StaleStatus");
    }
}

#[test]
fn a_revision_that_nobody_takes_up_is_told_of_after_a_while() {
    let mut case = Case::new(vec![("apps_a__ConfigMap", config_map())]);
    case.source = source("main@sha1:ffffffffffffffffffffffffffffffffffffffff");
    assert_eq!(case.go().conditions[0].reason, "RevisionPending");
    case.later(299);
    assert_eq!(case.go().conditions[0].reason, "RevisionPending");
    case.memory = Memory::restored(case.memory.published.clone());
    case.later(1);
    let status = case.go();
    assert_eq!(status.conditions[0].reason, "StaleStatus");
    assert_eq!(status.blockers[0].message, "kustomize-controller has not picked up main@sha1:ffffffff");
    case.source = source(REVISION);
    assert_eq!(case.go().conditions[0].reason, "Converged");
}

#[test]
fn deletions_that_do_not_end() {
    let leaving = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a",
        "deletionTimestamp": "2026-11-25T10:00:00Z", "finalizers": ["example.com/guard"]}});
    let mut case = Case::new(vec![("apps_a__ConfigMap", seen(leaving))]);
    assert_eq!(case.go().conditions[0].reason, "Progressing");
    case.later(300);
    let status = case.go();
    assert_eq!(status.conditions[0].reason, "FinalizerStuck");
    assert_eq!(
        status.blockers[0].evidence,
        [
            "finalizer example.com/guard, which belongs to the controller of example.com",
            "deletionTimestamp 2026-11-25T10:00:00Z"
        ]
    );
    let mut whole = Case::new(vec![]);
    whole.object.metadata.deletion_timestamp =
        Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(start()));
    whole.object.metadata.finalizers = Some(vec!["finalizers.fluxcd.io".to_owned()]);
    assert_eq!(whole.go().conditions[0].reason, "Deleting");
    whole.later(301);
    assert_eq!(whole.go().conditions[0].reason, "FinalizerStuck");
}

#[test]
fn pending_changes_are_looked_at_again_in_time() {
    let mut case = Case::new(vec![("apps_a__ConfigMap", config_map())]);
    case.source = source("main@sha1:ffffffffffffffffffffffffffffffffffffffff");
    let view = View {
        kustomization: &case.object,
        source: case.source.clone(),
        chain: Chain::default(),
        objects: case.objects.clone(),
        leaving: Vec::new(),
        rivals: Vec::new(),
        drift: None,
        beside: &health::beside::Nothing,
        rules: Rules::built_in(),
        now: case.now,
        onlooker: Onlooker::Controller,
    };
    let first = explain(&view, Memory::default());
    assert_eq!(first.recheck, Some(Duration::from_secs(300)));
    let later = explain(&View { now: case.now + SignedDuration::from_secs(100), ..view }, first.memory);
    assert_eq!(later.recheck, Some(Duration::from_secs(200)));
}
