//! What is said of one object.

use super::*;

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
        "Deployment/apps/web: Deployment is not ready yet: Available: 0/1",
    );
    case.pods = vec![health::prune::pruned(broken_pod(), Rules::built_in())];
    // Why it cannot be pulled is not said: it may be a registry that is late.
    assert_eq!(case.go().blockers, []);
    case.later(31);
    let status = case.go();
    let summary = "Deployment/apps/web: Deployment is not available: pods of its newest ReplicaSet web-1 cannot pull image nginx:nope";
    check(&status, "False HealthFailed", SyncState::Applied, HealthState::Degraded, summary);
    let blocker = &status.blockers[0];
    assert_eq!(blocker.object.as_deref(), Some("Deployment/apps/web"));
    assert_eq!(blocker.evidence, ["Pod web-1-x: container app waits: ImagePullBackOff, image nginx:nope"]);
    assert!(blocker.hint.is_some());
    assert_eq!(status.objects[0].id, "apps_web_apps_Deployment", "what needs attention comes first");
    case.later(100);
    assert_eq!(case.go(), status);
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
fn jobs_that_are_removed_after_they_finish_are_well() {
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "m"}, "spec": {"ttlSecondsAfterFinished": 1},
        "status": {"conditions": [{"type": "Complete", "status": "True"}]}});
    let mut case = Case::new(vec![("apps_m_batch_Job", seen(job))]);
    assert_eq!(case.go().objects[0].reason.as_deref(), Some("Finished"));
    case.objects[0].1 = Visibility::Absent;
    let status = case.go();
    assert_eq!(
        (status.objects[0].health, status.objects[0].sync),
        (HealthState::Healthy, SyncState::Applied)
    );
    case.memory = Memory::restored(Some(status.clone()));
    assert_eq!(case.go(), status);
    let mut never = Case::new(vec![("apps_m_batch_Job", Visibility::Absent)]);
    assert_eq!(never.go().objects[0].health, HealthState::Missing);
    // It finished and went before anybody looked; the watch remembers.
    never.objects[0].1 = Visibility::Finished;
    assert_eq!(never.go().objects[0].reason.as_deref(), Some("FinishedAndRemoved"));
    never.objects[0].1 = Visibility::Absent;
    assert_eq!(never.go().objects[0].health, HealthState::Healthy);
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
    case.go();
    case.later(3);
    let status = case.go();
    assert_eq!(status.blockers[0].hint.as_deref(), Some("it is healthy now; the next run should confirm it"));
    // With an image that cannot be pulled, the object itself is the blocker, once.
    case.objects[0].1 = seen(deployment());
    case.pods = vec![broken_pod()];
    case.go();
    case.later(31);
    let status = case.go();
    assert_eq!((status.blockers.len(), status.conditions[0].reason.as_str()), (1, "HealthFailed"));
}
