//! What is well and changes gives no blocker that lasts; what was well and is not any more does.

use super::*;

/// A Deployment of a generation, of which so many of three Pods are updated and available.
fn web(generation: i64, updated: i64, available: i64) -> Visibility {
    let well = available >= 3;
    seen(json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "apps", "uid": "d", "generation": generation,
            "creationTimestamp": "2026-11-25T09:00:00Z"},
        "spec": {"replicas": 3, "progressDeadlineSeconds": 600, "selector": {"matchLabels": {"app": "web"}}},
        "status": {"observedGeneration": generation, "replicas": 3, "updatedReplicas": updated,
            "readyReplicas": available, "availableReplicas": available, "conditions": [
            {"type": "Available", "status": if well { "True" } else { "False" }},
            {"type": "Progressing", "status": "True", "reason": if updated == 3 && well { "NewReplicaSetAvailable" } else { "ReplicaSetUpdated" }}]}}))
}

#[test]
fn three_rollouts_give_no_blocker() {
    let mut case = Case::new(vec![("apps_web_apps_Deployment", web(1, 3, 3))]);
    case.go();
    for generation in 2..5 {
        // Slowly, and without a Pod for a while.
        for (updated, available) in [(0, 3), (1, 2), (2, 1), (3, 0), (3, 2), (3, 3)] {
            case.objects[0].1 = web(generation, updated, available);
            for _ in 0..12 {
                let status = case.go();
                assert_eq!(status.blockers, [], "generation {generation}: {updated} {available}");
                case.later(5);
            }
        }
        assert_eq!(case.go().conditions[0].reason, "Converged");
    }
}

#[test]
fn what_was_well_at_this_generation_and_is_not_any_more_is_degraded() {
    let mut case = Case::new(vec![("apps_web_apps_Deployment", web(1, 3, 3))]);
    case.go();
    case.later(10);
    case.go();
    case.objects[0].1 = web(1, 3, 0);
    let status = case.go();
    assert_eq!(
        (status.blockers.len(), status.objects[0].health),
        (0, HealthState::Healthy),
        "for a moment it may"
    );
    let recheck = case.recheck;
    assert!(recheck.is_some_and(|recheck| recheck <= Duration::from_secs(30)), "{recheck:?}");
    case.later(31);
    let status = case.go();
    assert_eq!(status.conditions[0].reason, "HealthFailed");
    assert_eq!(status.objects[0].health, HealthState::Degraded);
    assert!(
        status.blockers[0].message.starts_with("it was well and is not any more: "),
        "{}",
        status.blockers[0].message
    );
    let again = {
        case.later(100);
        case.go()
    };
    assert_eq!(again, status, "nothing changes while nothing happens");
    case.objects[0].1 = web(1, 3, 3);
    case.go();
    case.later(3);
    assert_eq!(case.go().conditions[0].reason, "Converged");
}

#[test]
fn what_rests_because_somebody_wants_it_is_neither_good_nor_bad() {
    let cron =
        seen(json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c", "generation": 1},
        "spec": {"suspend": true}}));
    let mut case = Case::new(vec![("apps_c_batch_CronJob", cron), ("apps_a__ConfigMap", config_map())]);
    let status = case.go();
    assert_eq!(status.conditions[0].reason, "Converged");
    let counts = status.counts.unwrap();
    assert_eq!((counts.suspended, counts.healthy), (1, 1));
    assert_eq!(status.health.unwrap().state, HealthState::Healthy);
}

#[test]
fn what_only_warns_lowers_nothing() {
    let hpa = seen(
        json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h",
        "generation": 1, "creationTimestamp": "2026-11-25T08:00:00Z"},
        "status": {"conditions": [{"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric",
            "message": "no metrics", "lastTransitionTime": "2026-11-25T09:00:00Z"}]}}),
    );
    let mut case = Case::new(vec![("apps_h_autoscaling_HorizontalPodAutoscaler", hpa)]);
    case.go();
    case.later(40);
    let status = case.go();
    assert_eq!(status.conditions[0].reason, "Converged", "{:?}", status.summary);
    assert_eq!(status.objects[0].health, HealthState::Degraded, "it is shown");
    assert_eq!(status.blockers, []);
}
