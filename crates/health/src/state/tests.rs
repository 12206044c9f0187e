//! Tables: an object, what is around it, and how it is. What is kept of an object is judged as the object is.

mod by_rule;
mod generic;
mod slow;

use std::sync::Arc;
use std::time::Duration;

use api::health_rule::Weight;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Confidence, Judgement, State};
use crate::beside::{Beside, Kin, Nothing};
use crate::learned::{Learned, Profile};
use crate::prune::pruned;
use crate::rules::Rules;

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

/// Other objects, and what was learned.
#[derive(Default)]
struct Around {
    classes: Option<Vec<Arc<Value>>>,
    learned: Learned,
}

impl Beside for Around {
    fn list(&self, kin: Kin, namespace: &str) -> Option<Vec<Arc<Value>>> {
        assert!(kin != Kin::StorageClass || namespace.is_empty());
        self.classes.clone().filter(|_| kin == Kin::StorageClass)
    }

    fn profile(&self, object: &Value) -> Profile {
        self.learned.profile(object)
    }
}

/// `kind` is `apiVersion Kind`; the rest is the object without these two and the name.
fn object(kind: &str, rest: Value) -> Value {
    let (version, kind) = kind.split_once(' ').unwrap();
    let mut object = json!({"apiVersion": version, "kind": kind, "metadata": {"name": "x"}});
    for (field, value) in rest.as_object().unwrap() {
        if field == "metadata" {
            for (field, value) in value.as_object().unwrap() {
                object["metadata"][field] = value.clone();
            }
        } else {
            object[field] = value.clone();
        }
    }
    object
}

#[track_caller]
fn judged(kind: &str, rest: Value, pods: &[Value], beside: &dyn Beside, rules: &Rules) -> Judgement {
    let object = object(kind, rest);
    let pods: Vec<&Value> = pods.iter().collect();
    let found = rules.judge(&object, &pods, beside, now());
    let kept = pruned(object.clone(), rules);
    assert_eq!(rules.judge(&kept, &pods, beside, now()), found, "of {kept}");
    assert!(
        found.hint.is_some() || !matches!(found.state, State::Degraded | State::Unknown),
        "no hint: {found:?}"
    );
    if let Some(well) = found.lasting() {
        let kept = well.judgement();
        assert_eq!(
            (kept.state, &kept.by, kept.weight, kept.generation),
            (State::Healthy, &found.by, found.weight, found.generation)
        );
    }
    found
}

#[track_caller]
fn judge(kind: &str, rest: Value) -> Judgement {
    judged(kind, rest, &[], &Nothing, &Rules::default())
}

#[track_caller]
fn check(kind: &str, rest: Value, state: State, reason: &str) -> Judgement {
    let found = judge(kind, rest);
    assert_eq!((found.state, found.reason.as_str()), (state, reason), "{}", found.message);
    found
}

fn condition(type_: &str, status: &str, reason: &str) -> Value {
    json!({"type": type_, "status": status, "reason": reason, "message": format!("{reason} it is")})
}

fn deployment(ready: i64, more: Value) -> Value {
    let mut object = json!({"metadata": {"generation": 2, "uid": "d"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"a": "b"}}},
        "status": {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "readyReplicas": ready,
            "availableReplicas": ready, "conditions": [condition("Available", if ready == 2 { "True" } else { "False" }, "")]}});
    for (field, value) in more.as_object().unwrap() {
        let (parent, field) = field.split_once('.').unwrap();
        object[parent][field] = value.clone();
    }
    object
}

#[test]
fn deployments() {
    let kind = "apps/v1 Deployment";
    let well = check(kind, deployment(2, json!({})), State::Healthy, "");
    assert!(well.lasting().is_some());
    assert_eq!(well.generation, Some(2));
    let open = judge(kind, deployment(1, json!({})));
    assert_eq!(
        (open.state, open.relapse_after, open.certain),
        (State::Progressing, Some(Duration::from_secs(30)), false)
    );
    let short = deployment(1, json!({"status.conditions": [condition("Available", "True", "")]}));
    assert_eq!(judge(kind, short).relapse_after, Some(Duration::from_secs(300)), "it still is available");
    let stale = judge(kind, deployment(2, json!({"status.observedGeneration": 1})));
    assert_eq!((stale.state, stale.relapse_after), (State::Progressing, None), "a rollout");
    check(kind, deployment(1, json!({"spec.paused": true})), State::Suspended, "Paused");
    let late = json!({"status.conditions": [condition("Progressing", "False", "ProgressDeadlineExceeded")]});
    let late = judge(kind, deployment(1, late));
    assert_eq!((late.state, late.certain), (State::Degraded, true));
}

fn pod(waiting: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x-1-a", "labels": {"a": "b"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "x-1"}]},
        "status": {"phase": "Pending", "containerStatuses": [{"name": "app", "image": "i:1", "restartCount": 3,
            "state": {"waiting": {"reason": waiting, "message": "m"}}}]}})
}

#[test]
fn pods_tell_early_that_a_workload_has_failed() {
    for (waiting, state, certain) in [
        ("ImagePullBackOff", State::Degraded, false),
        ("InvalidImageName", State::Degraded, true),
        ("CrashLoopBackOff", State::Degraded, true),
        ("CreateContainerConfigError", State::Degraded, false),
        ("ContainerCreating", State::Progressing, false),
    ] {
        let found = judged(
            "apps/v1 Deployment",
            deployment(1, json!({})),
            &[pod(waiting)],
            &Nothing,
            &Rules::default(),
        );
        assert_eq!((found.state, found.certain), (state, certain), "{waiting}: {}", found.reason);
    }
}

#[test]
fn pods() {
    let kind = "v1 Pod";
    let ready = json!({"status": {"phase": "Running", "conditions": [condition("Ready", "True", "")]}});
    check(kind, ready, State::Healthy, "");
    let failed = judge(kind, json!({"status": {"phase": "Failed"}}));
    assert_eq!((failed.state, failed.certain), (State::Degraded, true), "kstatus takes it for Current");
    check(kind, json!({"status": {"phase": "Succeeded"}}), State::Healthy, "");
    let waiting = |since: &str| {
        let mut scheduled = condition("PodScheduled", "False", "Unschedulable");
        scheduled["lastTransitionTime"] = json!(since);
        judge(
            kind,
            json!({"metadata": {"creationTimestamp": "2026-11-25T09:00:00Z"},
            "status": {"phase": "Pending", "conditions": [scheduled]}}),
        )
    };
    let early = waiting("2026-11-25T09:58:00Z");
    assert_eq!(early.state, State::Progressing, "a node may come, whatever kstatus says");
    assert!(early.relapse_after.is_some() && early.changes_in == Some(Duration::from_secs(180)));
    let late = waiting("2026-11-25T09:00:00Z");
    assert_eq!((late.state, late.certain), (State::Degraded, false), "it may still come");
}

#[test]
fn stateful_sets_and_daemon_sets_that_wait_for_their_pods_to_be_deleted() {
    let set = |ready: i64, updated: i64| {
        json!({"metadata": {"generation": 1}, "spec": {"replicas": 3, "updateStrategy": {"type": "OnDelete"}},
            "status": {"observedGeneration": 1, "replicas": 3, "readyReplicas": ready, "updatedReplicas": updated,
                "currentRevision": "x-1", "updateRevision": if updated == 3 { "x-1" } else { "x-2" }}})
    };
    check("apps/v1 StatefulSet", set(3, 3), State::Healthy, "");
    let waits = check("apps/v1 StatefulSet", set(3, 1), State::Suspended, "OnDelete");
    assert_eq!(waits.message, "1 of 3 Pods are of its newest revision, and the others wait to be deleted");
    assert_eq!(
        judge("apps/v1 StatefulSet", set(2, 3)).state,
        State::Progressing,
        "kstatus takes it for Current"
    );
    let set = |ready: i64, updated: i64, type_: &str| {
        json!({"metadata": {"generation": 1}, "spec": {"updateStrategy": {"type": type_}},
            "status": {"observedGeneration": 1, "desiredNumberScheduled": 3, "currentNumberScheduled": 3,
                "updatedNumberScheduled": updated, "numberAvailable": ready, "numberReady": ready}})
    };
    check("apps/v1 DaemonSet", set(3, 3, "RollingUpdate"), State::Healthy, "");
    check("apps/v1 DaemonSet", set(3, 1, "OnDelete"), State::Suspended, "OnDelete");
    assert_eq!(judge("apps/v1 DaemonSet", set(3, 1, "RollingUpdate")).state, State::Progressing);
    assert_eq!(judge("apps/v1 DaemonSet", set(2, 1, "OnDelete")).state, State::Progressing);
}

#[test]
fn jobs() {
    let job = |suspend: bool, conditions: Value| json!({"spec": {"suspend": suspend}, "status": {"startTime": "2026-11-25T09:00:00Z", "conditions": conditions}});
    let kind = "batch/v1 Job";
    check(kind, job(false, json!([condition("Complete", "True", "")])), State::Healthy, "");
    let failed = judge(kind, job(false, json!([condition("Failed", "True", "BackoffLimitExceeded")])));
    assert_eq!((failed.state, failed.certain), (State::Degraded, true));
    check(kind, job(false, json!([condition("Failed", "False", "")])), State::Progressing, "JobInProgress");
    check(
        kind,
        job(false, json!([condition("Suspended", "False", "JobResumed")])),
        State::Progressing,
        "JobInProgress",
    );
    check(
        kind,
        job(false, json!([condition("Suspended", "True", "JobSuspended")])),
        State::Suspended,
        "Suspended",
    );
    check(kind, job(true, json!([])), State::Suspended, "Suspended");
    check(kind, job(true, json!([condition("Complete", "True", "")])), State::Healthy, "");
    check(
        kind,
        job(false, json!([condition("SuccessCriteriaMet", "True", "CompletionsReached")])),
        State::Progressing,
        "CompletionsReached",
    );
    check(
        kind,
        job(false, json!([condition("FailureTarget", "True", "PodFailurePolicy")])),
        State::Progressing,
        "PodFailurePolicy",
    );
}

#[test]
fn cron_jobs() {
    let cron = |scheduled: &str, succeeded: &str, active: Value| json!({"status": {"lastScheduleTime": scheduled, "lastSuccessfulTime": succeeded, "active": active}});
    let (early, late) = ("2026-11-25T08:00:00Z", "2026-11-25T09:00:00Z");
    let kind = "batch/v1 CronJob";
    check(kind, json!({}), State::Healthy, "");
    check(kind, cron(early, late, json!([])), State::Healthy, "");
    check(kind, cron(late, early, json!([{"name": "x-1"}])), State::Healthy, "");
    let failed = check(kind, cron(late, early, json!([])), State::Degraded, "LastRunFailed");
    assert_eq!(failed.weight, Weight::Warn);
    check(kind, cron(late, "", Value::Null), State::Degraded, "LastRunFailed");
    check(
        kind,
        json!({"spec": {"suspend": true}, "status": {"lastScheduleTime": late}}),
        State::Suspended,
        "Suspended",
    );
}

fn class(name: &str, mode: &str, default: &str) -> Arc<Value> {
    Arc::new(
        json!({"metadata": {"name": name, "annotations": {"storageclass.kubernetes.io/is-default-class": default}},
        "volumeBindingMode": mode}),
    )
}

#[test]
fn claims() {
    let kind = "v1 PersistentVolumeClaim";
    let claim = |phase: &str, class: Value, annotations: Value| json!({"metadata": {"annotations": annotations}, "spec": {"storageClassName": class}, "status": {"phase": phase}});
    check(kind, claim("Bound", json!("slow"), json!({})), State::Healthy, "");
    let lost = check(kind, claim("Lost", json!("slow"), json!({})), State::Degraded, "VolumeLost");
    assert!(lost.certain);
    let classes = Around {
        classes: Some(vec![class("slow", "Immediate", ""), class("late", "WaitForFirstConsumer", "true")]),
        ..Around::default()
    };
    let none = Around { classes: Some(Vec::new()), ..Around::default() };
    let selected = json!({"volume.kubernetes.io/selected-node": "n1"});
    for (class, annotations, beside, state, reason) in [
        (json!("late"), json!({}), &classes, State::Suspended, "WaitForFirstConsumer"),
        (json!("late"), json!({}), &Around::default(), State::Progressing, "NotBound"),
        (json!("late"), selected, &classes, State::Progressing, "NotBound"),
        (json!("slow"), json!({}), &classes, State::Progressing, "NotBound"),
        (Value::Null, json!({}), &classes, State::Suspended, "WaitForFirstConsumer"),
        (Value::Null, json!({}), &none, State::Degraded, "NoStorageClass"),
        (json!("gone"), json!({}), &classes, State::Degraded, "StorageClassMissing"),
        (json!(""), json!({}), &none, State::Progressing, "NotBound"),
    ] {
        let text = format!("{class} {annotations}");
        let found = judged(kind, claim("Pending", class, annotations), &[], beside, &Rules::default());
        assert_eq!(found.state, state, "{text}: {}", found.reason);
        if state != State::Progressing {
            assert_eq!(found.reason, reason, "{text}");
        }
        assert!(!found.certain && found.looks_beside, "{text}");
    }
    check(
        "v1 PersistentVolume",
        json!({"status": {"phase": "Failed", "message": "no driver"}}),
        State::Degraded,
        "VolumeFailed",
    );
    check("v1 PersistentVolume", json!({"status": {"phase": "Released"}}), State::Healthy, "");
}

#[test]
fn services_and_ingresses() {
    let balanced = |status: Value| json!({"spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.1", "selector": {"a": "b"}}, "status": status});
    let address = json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}});
    check("v1 Service", balanced(json!({"loadBalancer": {}})), State::Progressing, "NoAddress");
    let well = check("v1 Service", balanced(address.clone()), State::Healthy, "");
    assert!(well.lasting().is_none(), "what it selects is beside it");
    let inner = check(
        "v1 Service",
        json!({"spec": {"clusterIP": "10.0.0.1", "selector": {"a": "b"}}}),
        State::Healthy,
        "",
    );
    assert!(inner.lasting().is_none());
    let bare = check("v1 Service", json!({"spec": {"type": "ExternalName"}}), State::Healthy, "");
    assert!(bare.lasting().is_some());
    let kind = "networking.k8s.io/v1 Ingress";
    let old =
        json!({"metadata": {"creationTimestamp": "2026-11-25T09:00:00Z"}, "spec": {"ingressClassName": "c"}});
    check(kind, old.clone(), State::Progressing, "NoAddress");
    let mut around = Around::default();
    around.learned.saw(&object(kind, old.clone()), now());
    let found = judged(kind, old.clone(), &[], &around, &Rules::default());
    assert_eq!((found.state, found.confidence, found.notable), (State::Healthy, Confidence::Assumed, true));
    assert!(found.lasting().is_none(), "somebody may begin to give addresses");
    let mut with = old.clone();
    with["status"] = address;
    assert!(check(kind, with.clone(), State::Healthy, "").lasting().is_some());
    around.learned.saw(&object(kind, with), now());
    assert_eq!(judged(kind, old, &[], &around, &Rules::default()).state, State::Progressing);
}

#[test]
fn autoscalers_and_budgets_only_warn() {
    let kind = "autoscaling/v2 HorizontalPodAutoscaler";
    let scaler = |status: &str, reason: &str, since: &str| {
        let mut active = condition("ScalingActive", status, reason);
        active["lastTransitionTime"] = json!(since);
        json!({"status": {"conditions": [condition("AbleToScale", "True", ""), active, condition("ScalingLimited", "True", "TooFewReplicas")]}})
    };
    let well = check(kind, scaler("True", "", "2026-11-25T09:00:00Z"), State::Healthy, "");
    assert_eq!(well.weight, Weight::Warn);
    let young = check(
        kind,
        scaler("False", "FailedGetResourceMetric", "2026-11-25T09:46:00Z"),
        State::Progressing,
        "FailedGetResourceMetric",
    );
    assert_eq!(young.changes_in, Some(Duration::from_secs(60)));
    let old = check(
        kind,
        scaler("False", "FailedGetResourceMetric", "2026-11-25T09:45:00Z"),
        State::Degraded,
        "FailedGetResourceMetric",
    );
    assert_eq!((old.weight, old.message.as_str()), (Weight::Warn, "FailedGetResourceMetric it is"));
    check(
        kind,
        scaler("False", "ScalingDisabled", "2026-11-25T09:00:00Z"),
        State::Suspended,
        "ScalingDisabled",
    );
    check(kind, json!({}), State::Progressing, "NoStatus");
    let kind = "policy/v1 PodDisruptionBudget";
    let budget =
        |reason: &str| json!({"status": {"conditions": [condition("DisruptionAllowed", "False", reason)]}});
    assert_eq!(check(kind, budget("InsufficientPods"), State::Healthy, "").weight, Weight::Warn);
    check(kind, budget("SyncFailed"), State::Degraded, "SyncFailed");
    check(
        kind,
        json!({"metadata": {"generation": 2}, "status": {"observedGeneration": 1}}),
        State::Progressing,
        "LatestGenerationNotObserved",
    );
}

#[test]
fn api_services_definitions_and_namespaces() {
    let kind = "apiregistration.k8s.io/v1 APIService";
    let service = |since: &str| {
        let mut off = condition("Available", "False", "FailedDiscoveryCheck");
        off["lastTransitionTime"] = json!(since);
        json!({"status": {"conditions": [off]}})
    };
    assert_eq!(judge(kind, service("2026-11-25T09:50:10Z")).changes_in, Some(Duration::from_secs(10)));
    check(kind, service("2026-11-25T09:50:10Z"), State::Progressing, "FailedDiscoveryCheck");
    check(kind, service("2026-11-25T09:50:00Z"), State::Degraded, "FailedDiscoveryCheck");
    check(
        kind,
        json!({"status": {"conditions": [condition("Available", "True", "Passed")]}}),
        State::Healthy,
        "",
    );
    let kind = "apiextensions.k8s.io/v1 CustomResourceDefinition";
    let of = |more: Value| json!({"status": {"conditions": [condition("Established", "True", "InitialNamesAccepted"), more]}});
    check(kind, of(condition("NamesAccepted", "True", "")), State::Healthy, "");
    check(kind, of(condition("NonStructuralSchema", "True", "Violations")), State::Degraded, "Violations");
    check("v1 Namespace", json!({"status": {"phase": "Active"}}), State::Healthy, "");
    let leaving = json!({"metadata": {"deletionTimestamp": "2026-11-25T09:00:00Z"}, "status": {"phase": "Terminating"}});
    assert_eq!(judge("v1 Namespace", leaving).state, State::Terminating);
}
