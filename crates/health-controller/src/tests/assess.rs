//! Whole assessments.

use std::sync::Arc;

use api::convergence::{ConvergenceStatus, HealthState, SyncState};
use api::kustomization::Kustomization;
use jiff::{SignedDuration, Timestamp};
use manifest::ObjectId;
use serde_json::{Value, json};

use crate::assess::{View, assess};
use crate::mark::Mark;
use crate::memory::Memory;
use crate::sight::{Hidden, Seen, Sight};
use crate::source::{Source, SourceView};

const REVISION: &str = "main@sha1:0123456789abcdef0123456789abcdef01234567";

fn start() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn id(text: &str) -> ObjectId {
    ObjectId::from_inventory(text).unwrap()
}

/// Ready, with REVISION applied.
fn kustomization() -> Kustomization {
    serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "apps", "generation": 1, "uid": "k"},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
        "status": {"observedGeneration": 1, "lastAppliedRevision": REVISION, "lastAttemptedRevision": REVISION,
            "conditions": [{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded",
                "message": format!("Applied revision: {REVISION}"), "lastTransitionTime": "2026-11-25T09:00:00Z"}]},
    }))
    .unwrap()
}

fn failed(mut object: Kustomization, reason: &str, message: &str) -> Kustomization {
    let ready = &mut object.status.as_mut().unwrap().conditions[0];
    ready.status = if reason == "Progressing" { "Unknown" } else { "False" }.to_owned();
    ready.reason = reason.to_owned();
    ready.message = message.to_owned();
    object
}

fn source(revision: &str) -> SourceView {
    let ready = Some(("True".to_owned(), "Succeeded".to_owned(), "stored".to_owned()));
    SourceView::Known(Source { revision: Some(revision.to_owned()), ready, suspended: false })
}

/// Fewer fields with each number.
fn mark(fields: u8, second: i64) -> Option<Mark> {
    Some(Mark {
        fields: [fields; 16],
        size: 100 - usize::from(fields),
        time: Timestamp::from_second(second).ok(),
    })
}

fn seen(object: Value) -> Sight {
    marked(object, mark(1, 1))
}

fn marked(object: Value, mark: Option<Mark>) -> Sight {
    Sight::Seen(Arc::new(Seen::new(health::prune::pruned(object), 1, "u".to_owned(), mark, start())))
}

fn config_map() -> Sight {
    seen(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}))
}

fn deployment() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "apps", "uid": "d"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}},
        "status": {"replicas": 1, "updatedReplicas": 1}})
}

fn broken_pod() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1-x", "namespace": "apps", "labels": {"app": "web"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web-1", "uid": "r"}]},
        "status": {"phase": "Pending", "containerStatuses": [{"name": "app", "image": "nginx:nope",
            "state": {"waiting": {"reason": "ImagePullBackOff"}}}]}})
}

struct Case {
    object: Kustomization,
    source: SourceView,
    objects: Vec<(ObjectId, Sight)>,
    pods: Vec<Value>,
    memory: Memory,
    now: Timestamp,
}

impl Case {
    fn new(objects: Vec<(&str, Sight)>) -> Self {
        Self {
            object: kustomization(),
            source: source(REVISION),
            objects: objects.into_iter().map(|(text, sight)| (id(text), sight)).collect(),
            pods: Vec::new(),
            memory: Memory::default(),
            now: start(),
        }
    }

    /// Assesses, and takes the status for published.
    fn go(&mut self) -> ConvergenceStatus {
        let pods: Vec<Arc<Value>> = self.pods.iter().cloned().map(Arc::new).collect();
        let in_namespace = move |_: &str| pods.clone();
        let view = View {
            kustomization: &self.object,
            source: self.source.clone(),
            chain: vec!["Kustomization/infra/crds: BuildFailed: no".to_owned()],
            objects: self.objects.clone(),
            pods: &in_namespace,
            now: self.now,
        };
        let status = assess(&view, &mut self.memory).status;
        self.memory.published = Some(status.clone());
        status
    }

    fn later(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }
}

/// Status and reason of Converged, sync, health, and the summary.
#[track_caller]
fn check(status: &ConvergenceStatus, converged: &str, sync: SyncState, health: HealthState, summary: &str) {
    let condition = &status.conditions[0];
    assert_eq!(status.summary.as_deref(), Some(summary));
    assert_eq!(format!("{} {}", condition.status, condition.reason), converged);
    assert_eq!(condition.message, summary);
    assert_eq!((status.sync.as_ref().unwrap().state, status.health.as_ref().unwrap().state), (sync, health));
}

#[test]
fn all_is_well() {
    let mut case = Case::new(vec![("apps_a__ConfigMap", config_map()), ("apps_b__ConfigMap", config_map())]);
    let status = case.go();
    let summary = "main@sha1:01234567 applied, all 2 objects are healthy";
    check(&status, "True Converged", SyncState::Applied, HealthState::Healthy, summary);
    assert!(status.blockers.is_empty() && status.omitted.is_none());
    assert_eq!(status.desired.as_ref().unwrap().revision, REVISION);
    assert_eq!(status.counts.as_ref().unwrap().healthy, 2);
    case.later(100);
    assert_eq!(case.go(), status, "nothing changes while nothing happens");
    let mut restarted = Case { memory: Memory::restored(Some(status.clone())), ..case };
    restarted.later(100);
    assert_eq!(restarted.go(), status, "a restart changes nothing");
}

#[test]
fn a_run_under_way_that_changes_nothing_changes_nothing() {
    let mut case = Case::new(vec![("apps_a__ConfigMap", config_map())]);
    let before = case.go();
    case.object = failed(kustomization(), "Progressing", "Reconciliation in progress");
    case.later(60);
    assert_eq!(case.go(), before);
}

#[test]
fn images_that_cannot_be_pulled() {
    let mut case = Case::new(vec![
        ("apps_web_apps_Deployment", seen(deployment())),
        ("apps_a__ConfigMap", config_map()),
    ]);
    let before = case.go();
    check(
        &before,
        "False Progressing",
        SyncState::Applied,
        HealthState::Progressing,
        "Deployment/apps/web: Deployment is not there yet: Available: 0/1",
    );
    case.pods = vec![health::prune::pruned(broken_pod())];
    let status = case.go();
    let summary = "Deployment/apps/web: Deployment is not available: pods of its newest ReplicaSet web-1 cannot pull image nginx:nope";
    check(&status, "False HealthFailed", SyncState::Applied, HealthState::Progressing, summary);
    let blocker = &status.blockers[0];
    assert_eq!(blocker.object.as_deref(), Some("Deployment/apps/web"));
    assert_eq!(blocker.evidence, ["Pod web-1-x: container app waits: ImagePullBackOff, image nginx:nope"]);
    assert!(blocker.hint.is_some());
    assert_eq!(status.objects[0].id, "apps_web_apps_Deployment", "what needs attention comes first");
    case.later(100);
    assert_eq!(case.go(), status);
}

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
    case.objects[0].1 = Sight::Absent;
    let status = case.go();
    check(
        &status,
        "False Missing",
        SyncState::Missing,
        HealthState::Missing,
        "ConfigMap/apps/a: it does not exist",
    );
    assert_eq!(status.counts.as_ref().unwrap().missing, 1);
    case.objects[0].1 = Sight::KindUnknown;
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
fn drift_comes_and_goes() {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let mut case = Case::new(vec![("apps_a__ConfigMap", marked(object.clone(), mark(1, 1)))]);
    let before = case.go();
    case.objects[0].1 = marked(object.clone(), mark(2, 1));
    let status = case.go();
    check(
        &status,
        "False Drifted",
        SyncState::Drifted,
        HealthState::Healthy,
        "ConfigMap/apps/a: somebody changed a field that was applied",
    );
    assert_eq!(status.counts.as_ref().unwrap().drifted, 1);
    let restarted = Memory::restored(Some(status));
    case.memory = restarted;
    assert_eq!(case.go().conditions[0].reason, "Drifted", "a restart does not forget drift");
    case.objects[0].1 = marked(object.clone(), mark(1, 9));
    assert_eq!(case.go().conditions[0].reason, before.conditions[0].reason);
    // Another revision applied within the same second looks like drift until its run has ended.
    case.objects[0].1 = marked(object, mark(3, 9));
    assert_eq!(case.go().conditions[0].reason, "Drifted");
    case.object.status.as_mut().unwrap().history = vec![
        serde_json::from_value(json!({"digest": "sha256:0", "firstReconciled": "2026-11-25T10:00:00Z",
            "lastReconciled": "2026-11-25T10:00:01Z", "lastReconciledDuration": "1s",
            "lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": 1}))
        .unwrap(),
    ];
    assert_eq!(case.go().conditions[0].reason, "Converged");
}

#[test]
fn what_cannot_be_looked_at_is_never_missing() {
    let mut case = Case::new(vec![
        ("apps_s__Secret", Sight::Hidden(Hidden::Secret)),
        ("apps_a__ConfigMap", config_map()),
    ]);
    let status = case.go();
    check(
        &status,
        "True Converged",
        SyncState::Applied,
        HealthState::Healthy,
        "main@sha1:01234567 applied, 1 of 2 objects are healthy, not observed: 1",
    );
    assert!(status.blockers.is_empty());
    case.objects.push((id("apps_x_example.com_Widget"), Sight::Hidden(Hidden::Forbidden)));
    case.objects.push((id("apps_y_example.com_Widget"), Sight::Hidden(Hidden::Forbidden)));
    let status = case.go();
    check(
        &status,
        "Unknown NotObserved",
        SyncState::Applied,
        HealthState::Healthy,
        "no right to look at objects of kind Widget.example.com",
    );
    assert_eq!(status.blockers.len(), 1, "one per kind");
    assert_eq!(status.counts.as_ref().unwrap().not_observed, 3);
    assert_eq!(status.counts.as_ref().unwrap().missing, 0);
    case.object.spec.kube_config = Some(api::kustomization::KubeConfigReference::default());
    case.objects = vec![(id("apps_a__ConfigMap"), Sight::Hidden(Hidden::Remote))];
    let status = case.go();
    assert_eq!(
        (status.conditions[0].status.as_str(), status.sync.unwrap().state),
        ("Unknown", SyncState::NotObserved)
    );
}

#[test]
fn failures_of_the_run_and_its_surroundings() {
    let mut case = Case::new(vec![]);
    case.object = failed(kustomization(), "DependencyNotReady", "dependency 'infra/crds' is not ready");
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
    case.source = SourceView::Known(Source { revision: Some(REVISION.to_owned()), ready, suspended: false });
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
fn values_of_secrets_never_appear() {
    let mut case = Case::new(vec![]);
    let message = "Secret/apps/db dry-run failed (Invalid): Secret \"db\" is invalid: data[k]: Invalid value: \"canary\": no";
    case.object = failed(kustomization(), "ReconciliationFailed", message);
    let text = serde_json::to_string(&case.go()).unwrap();
    assert!(text.contains("Secret/apps/db") && !text.contains("canary"), "{text}");
}

#[test]
fn the_status_is_bounded() {
    let mut case = Case::new(vec![]);
    for n in 0..150 {
        let text = format!("apps_cm-{n:03}__ConfigMap");
        case.objects.push((id(&text), if n % 2 == 0 { config_map() } else { Sight::Hidden(Hidden::Secret) }));
    }
    case.objects.push((id("apps_web_apps_Deployment"), seen(deployment())));
    for n in 0..30 {
        case.objects.push((id(&format!("apps_w{n}_example.com_K{n}")), Sight::Hidden(Hidden::Forbidden)));
    }
    let status = case.go();
    assert_eq!((status.objects.len(), status.omitted, status.blockers.len()), (100, Some(81), 20));
    assert_eq!(status.objects[0].id, "apps_web_apps_Deployment");
    assert_eq!(status.counts.unwrap().total, 181);
}

#[test]
fn jobs_that_are_removed_after_they_finish_are_well() {
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "m"}, "spec": {"ttlSecondsAfterFinished": 1},
        "status": {"conditions": [{"type": "Complete", "status": "True"}]}});
    let mut case = Case::new(vec![("apps_m_batch_Job", seen(job))]);
    assert_eq!(case.go().objects[0].reason.as_deref(), Some("Finished"));
    case.objects[0].1 = Sight::Absent;
    let status = case.go();
    assert_eq!(
        (status.objects[0].health, status.objects[0].sync),
        (HealthState::Healthy, SyncState::Applied)
    );
    case.memory = Memory::restored(Some(status.clone()));
    assert_eq!(case.go(), status);
    let mut never = Case::new(vec![("apps_m_batch_Job", Sight::Absent)]);
    assert_eq!(never.go().objects[0].health, HealthState::Missing);
    // It finished and went before anybody looked; the watch remembers.
    never.objects[0].1 = Sight::Finished;
    assert_eq!(never.go().objects[0].reason.as_deref(), Some("FinishedAndRemoved"));
    never.objects[0].1 = Sight::Absent;
    assert_eq!(never.go().objects[0].health, HealthState::Healthy);
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

/// `runs` runs have ended well with what is applied, all in one second.
fn after_runs(runs: i64) -> Kustomization {
    let mut object = kustomization();
    object.status.as_mut().unwrap().history = vec![
        serde_json::from_value(json!({"digest": "sha256:1", "firstReconciled": "2026-11-25T09:00:00Z",
            "lastReconciled": "2026-11-25T09:00:00Z", "lastReconciledDuration": "100ms",
            "lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": runs}))
        .unwrap(),
    ];
    object
}

#[test]
fn two_runs_of_one_second_are_two() {
    let thing = || json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let mut case = Case::new(vec![("apps_a__ConfigMap", marked(thing(), mark(1, 1)))]);
    case.object = after_runs(1);
    case.go();
    // The second run applies fewer fields, within the second in which the first one applied.
    case.objects[0].1 = marked(thing(), mark(2, 1));
    assert_eq!(case.go().objects[0].sync, SyncState::Drifted, "as long as nothing says that it was a run");
    case.object = after_runs(2);
    assert_eq!(case.go().objects[0].sync, SyncState::Applied);
}

#[test]
fn a_controller_that_does_not_look_is_told_of_after_a_while() {
    let stale = json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "t", "generation": 2}, "status": {"observedGeneration": 1}});
    let mut case = Case::new(vec![("apps_t_example.com_Thing", seen(stale))]);
    let view = |case: &Case| case.memory.objects.values().next().map(|known| known.since);
    assert_eq!(case.go().conditions[0].reason, "Progressing");
    assert_eq!(view(&case), Some(start()));
    case.later(299);
    assert_eq!(case.go().conditions[0].reason, "Progressing");
    case.later(1);
    assert_eq!(case.go().conditions[0].reason, "StaleStatus");
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
    assert_eq!(status.blockers[0].message, "kustomize-controller does not take up main@sha1:ffffffff");
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
    assert_eq!(status.blockers[0].evidence, ["finalizer example.com/guard"]);
    let mut whole = Case::new(vec![]);
    whole.object.metadata.deletion_timestamp =
        Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(start()));
    whole.object.metadata.finalizers = Some(vec!["finalizers.fluxcd.io".to_owned()]);
    assert_eq!(whole.go().conditions[0].reason, "Deleting");
    whole.later(301);
    assert_eq!(whole.go().conditions[0].reason, "FinalizerStuck");
}

#[test]
fn an_object_that_was_not_healthy_in_time_says_why() {
    let mut case = Case::new(vec![("apps_web_apps_Deployment", seen(deployment()))]);
    case.object = failed(
        kustomization(),
        "HealthCheckFailed",
        "health check failed after 30.1s: timeout waiting for: [Deployment/apps/web status: 'InProgress']",
    );
    let mut unready = broken_pod();
    unready["status"] = json!({"phase": "Running", "containerStatuses": [{"name": "app", "ready": false, "state": {"running": {}}}]});
    case.pods = vec![unready];
    let status = case.go();
    let summary = "Deployment/apps/web: it was not healthy in time (InProgress): Deployment is not available: pods of its newest ReplicaSet web-1 cannot take traffic: container app runs but is not ready";
    check(&status, "False HealthTimeout", SyncState::Applied, HealthState::Progressing, summary);
    assert_eq!(status.blockers[0].evidence.len(), 2);
    let mut well = deployment();
    well["status"] = json!({"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
        "conditions": [{"type": "Available", "status": "True"}]});
    case.objects[0].1 = seen(well);
    let status = case.go();
    assert_eq!(status.blockers[0].hint.as_deref(), Some("it is healthy now: the next run will tell"));
    // With an image that cannot be pulled, the object itself is the blocker, once.
    case.objects[0].1 = seen(deployment());
    case.pods = vec![broken_pod()];
    let status = case.go();
    assert_eq!((status.blockers.len(), status.conditions[0].reason.as_str()), (1, "HealthFailed"));
}
