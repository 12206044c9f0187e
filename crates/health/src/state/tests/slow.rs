//! Rollouts of ten minutes on a slow cluster, look by look: nothing of them is shown as Degraded.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{condition, object};
use crate::beside::Nothing;
use crate::rules::Rules;
use crate::state::State;
use crate::track::Track;

/// How long a rollout takes, in seconds.
const ROLLOUT: i64 = 600;

fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
    start + SignedDuration::from_secs(seconds)
}

/// Looks every five seconds from `from` on for as long as a rollout takes: an object with its Pods at each second. What
/// was shown before is remembered in `track`.
#[track_caller]
fn never_degraded(track: &mut Track, kind: &str, from: i64, of: impl Fn(i64) -> (Value, Vec<Value>)) {
    let rules = Rules::with_library();
    for seconds in (from..from + ROLLOUT).step_by(5) {
        let (rest, pods) = of(seconds);
        let pods: Vec<&Value> = pods.iter().collect();
        let look = rules.judge(&object(kind, rest), &pods, &Nothing, at(seconds));
        let shown = track.see(&look, at(seconds)).state;
        assert!(
            matches!(shown, State::Healthy | State::Progressing | State::Terminating | State::Suspended),
            "{kind} is {shown} after {seconds} s: {} {}",
            look.reason,
            look.message
        );
    }
}

/// A Pod that was made at second 0 and whose container is as `container` says.
fn pod(owner: &str, container: &Value, init: &Value) -> Value {
    let mut status =
        json!({"name": "app", "image": "i:1", "ready": false, "started": true, "restartCount": 0});
    for (field, value) in container.as_object().unwrap() {
        status[field] = value.clone();
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x-1-a", "labels": {"a": "b"},
            "creationTimestamp": at(0).to_string(), "ownerReferences": [{"kind": owner, "name": if owner == "ReplicaSet" { "x-1" } else { "x" }}]},
        "status": {"phase": "Pending", "containerStatuses": [status], "initContainerStatuses": init}})
}

fn runs() -> Value {
    json!({"running": {"startedAt": at(0).to_string()}})
}

/// Pods that are slow for each reason.
fn slow(owner: &str) -> Vec<Value> {
    let creating = json!({"state": {"waiting": {"reason": "PodInitializing"}}});
    let none = json!([]);
    vec![
        pod(owner, &json!({"state": runs()}), &none),
        pod(owner, &json!({"state": runs(), "started": false}), &none),
        pod(
            owner,
            &creating,
            &json!([{"name": "migrate", "ready": false, "restartCount": 0, "state": runs()}]),
        ),
        pod(owner, &json!({"state": {"waiting": {"reason": "ContainerCreating"}}}), &none),
    ]
}

fn numbers(kind: &str, ready: i64) -> Value {
    match kind {
        "apps/v1 DaemonSet" => {
            json!({"observedGeneration": 2, "desiredNumberScheduled": 3, "currentNumberScheduled": 3,
            "updatedNumberScheduled": 3, "numberAvailable": ready, "numberReady": ready})
        }
        "apps/v1 StatefulSet" => json!({"observedGeneration": 2, "replicas": 3, "readyReplicas": ready,
            "currentReplicas": 3, "updatedReplicas": 1, "currentRevision": "x-1", "updateRevision": "x-2"}),
        _ => {
            json!({"observedGeneration": 2, "replicas": 3, "readyReplicas": ready, "availableReplicas": ready,
            "updatedReplicas": 1, "conditions": [condition("Available", "False", "MinimumReplicasUnavailable"),
                condition("Progressing", "True", "ReplicaSetUpdated")]})
        }
    }
}

#[test]
fn pods_that_start_slowly() {
    for (kind, owner) in [
        ("apps/v1 Deployment", "ReplicaSet"),
        ("apps/v1 StatefulSet", "StatefulSet"),
        ("apps/v1 DaemonSet", "DaemonSet"),
    ] {
        for pod in slow(owner) {
            never_degraded(&mut Track::default(), kind, 0, |_| {
                let rest = json!({"metadata": {"generation": 2}, "spec": {"replicas": 3, "progressDeadlineSeconds": 900,
                    "selector": {"matchLabels": {"a": "b"}}}, "status": numbers(kind, 0)});
                (rest, vec![pod.clone()])
            });
        }
    }
}

/// The deadline may be longer than what holds for what has none.
#[test]
fn a_deployment_is_given_what_its_deadline_gives() {
    let of = |reason: &str| {
        let rest = json!({"metadata": {"generation": 2}, "spec": {"replicas": 3, "progressDeadlineSeconds": 3600,
            "selector": {"matchLabels": {"a": "b"}}}, "status": {"observedGeneration": 2, "replicas": 3,
                "updatedReplicas": 3, "conditions": [condition("Progressing", "True", reason)]}});
        let pod = pod("ReplicaSet", &json!({"state": runs()}), &json!([]));
        Rules::default().judge(&object("apps/v1 Deployment", rest), &[&pod], &Nothing, at(1800)).state
    };
    assert_eq!(of("ReplicaSetUpdated"), State::Progressing);
    assert_eq!(of("NewReplicaSetAvailable"), State::Degraded, "the deadline does not run any more");
}

/// Well, and then short of a Pod at the same generation: a node came, or a Pod moves with its volume.
#[test]
fn new_nodes_and_pods_that_move() {
    let of = |kind: &str, ready: i64| {
        let mut status = numbers(kind, ready);
        if kind == "apps/v1 StatefulSet" {
            status["updateRevision"] = json!("x-1");
        }
        json!({"metadata": {"generation": 2}, "spec": {"replicas": 3, "selector": {"matchLabels": {"a": "b"}}},
            "status": status})
    };
    let rules = Rules::default();
    for (kind, lasts) in [("apps/v1 DaemonSet", 595), ("apps/v1 StatefulSet", 295)] {
        let mut track = Track::default();
        let mut shown = |ready: i64, seconds: i64| {
            let look = rules.judge(&object(kind, of(kind, ready)), &[], &Nothing, at(seconds));
            track.see(&look, at(seconds)).state
        };
        assert_eq!((shown(3, 0), shown(3, 3)), (State::Healthy, State::Healthy));
        for seconds in (10..10 + lasts).step_by(5) {
            assert_ne!(shown(2, seconds), State::Degraded, "{kind} after {seconds} s");
        }
        assert_eq!(shown(2, 10 + lasts + 5), State::Degraded, "{kind}: but not for ever");
    }
}

/// A Pod that was evicted stays in the list for days; what was made in its place counts.
#[test]
fn pods_that_ended_and_were_replaced() {
    let mut ended = pod("ReplicaSet", &json!({"state": runs()}), &json!([]));
    ended["status"] = json!({"phase": "Failed", "reason": "Evicted"});
    never_degraded(&mut Track::default(), "apps/v1 Deployment", 0, |_| {
        let rest = json!({"metadata": {"generation": 2}, "spec": {"replicas": 3, "progressDeadlineSeconds": 900,
            "selector": {"matchLabels": {"a": "b"}}}, "status": numbers("apps/v1 Deployment", 0)});
        let starting =
            pod("ReplicaSet", &json!({"state": {"waiting": {"reason": "ContainerCreating"}}}), &json!([]));
        (rest, vec![ended.clone(), starting])
    });
}

#[test]
fn jobs_that_try_again() {
    for container in [
        json!({"restartCount": 5, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}),
        json!({"state": runs()}),
    ] {
        never_degraded(&mut Track::default(), "batch/v1 Job", 0, |_| {
            let rest = json!({"spec": {"selector": {"matchLabels": {"a": "b"}}}, "status": {"startTime": at(0).to_string(), "failed": 2}});
            (rest, vec![pod("Job", &container, &json!([]))])
        });
    }
    for reason in [Value::Null, json!("Evicted")] {
        never_degraded(&mut Track::default(), "batch/v1 Job", 0, |_| {
            let mut failed = pod("Job", &json!({"state": {"terminated": {"exitCode": 1}}}), &json!([]));
            failed["status"]["phase"] = json!("Failed");
            failed["status"]["reason"] = reason.clone();
            (json!({"status": {"startTime": at(0).to_string(), "failed": 1}}), vec![failed])
        });
    }
}

/// What is about others, or waits for others, while these are rolled out.
#[test]
fn what_waits_for_a_rollout() {
    let since = |mut condition: Value| {
        condition["lastTransitionTime"] = json!(at(0).to_string());
        condition
    };
    let balanced = json!({"type": "LoadBalancer", "clusterIP": "10.0.0.1"});
    let resizing =
        json!([condition("Resizing", "True", ""), condition("FileSystemResizePending", "True", "")]);
    for (kind, rest) in [
        (
            "autoscaling/v2 HorizontalPodAutoscaler",
            json!({"status": {"conditions": [
            condition("AbleToScale", "True", ""), since(condition("ScalingActive", "False", "FailedGetResourceMetric"))]}}),
        ),
        (
            "policy/v1 PodDisruptionBudget",
            json!({"status": {"conditions": [condition("DisruptionAllowed", "False", "InsufficientPods")]}}),
        ),
        (
            "batch/v1 CronJob",
            json!({"status": {"lastScheduleTime": at(0).to_string(), "active": [{"name": "x-1"}]}}),
        ),
        (
            "v1 PersistentVolumeClaim",
            json!({"spec": {"storageClassName": "s"}, "status": {"phase": "Bound", "conditions": resizing}}),
        ),
        (
            "v1 Namespace",
            json!({"metadata": {"deletionTimestamp": at(0).to_string()}, "status": {"phase": "Terminating",
            "conditions": [condition("NamespaceContentRemaining", "True", "SomeResourcesRemain")]}}),
        ),
        ("apiextensions.k8s.io/v1 CustomResourceDefinition", json!({"status": {}})),
        (
            "apiextensions.k8s.io/v1 CustomResourceDefinition",
            json!({"status": {"conditions": [
            condition("NamesAccepted", "True", "NoConflicts"), condition("Established", "False", "Installing")]}}),
        ),
        ("v1 Service", json!({"spec": balanced, "status": {"loadBalancer": {}}})),
        (
            "networking.k8s.io/v1 Ingress",
            json!({"metadata": {"creationTimestamp": at(0).to_string()}, "spec": {}, "status": {"loadBalancer": {}}}),
        ),
        (
            "apiregistration.k8s.io/v1 APIService",
            json!({"status": {"conditions": [since(condition("Available", "False", "MissingEndpoints"))]}}),
        ),
    ] {
        never_degraded(&mut Track::default(), kind, 0, |_| (rest.clone(), Vec::new()));
    }
}
