//! One row per rule of contracts/health-and-policy.md A.1 and A.2, and the escalation of A.3.

use serde_json::{Value, json};
use std::time::Duration;

use super::{judged, now, object};
use crate::kstatus::Status::{self, Current, Failed, InProgress, NotFound, Terminating, Unknown};
use crate::kstatus::{Verdict, escalate_by_pods};
use crate::{Error, Rules};

#[track_caller]
fn check(kind: &str, rest: Value, status: Status, reason: &str, message: &str) {
    let verdict = judged(&object(kind, rest)).unwrap();
    assert_eq!(
        (verdict.status, verdict.reason.as_str(), verdict.message.as_str()),
        (status, reason, message)
    );
    assert_eq!(verdict.changes_in, None, "only time-driven verdicts change by themselves");
}

#[track_caller]
fn refused(kind: &str, rest: Value, error: &str) {
    assert_eq!(judged(&object(kind, rest)).unwrap_err().to_string(), error);
}

#[test]
fn deletion_comes_first() {
    let rest = json!({"metadata": {"deletionTimestamp": "2026-11-25T09:00:00Z", "generation": 2},
        "status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True"}]}});
    for kind in ["example.com/v1 Thing", "apps/v1 Deployment", "v1 ConfigMap", "v1 Pod"] {
        check(kind, rest.clone(), Terminating, "", "Resource scheduled for deletion");
    }
    check(
        "v1 ConfigMap",
        json!({"metadata": {"deletionTimestamp": ""}}),
        Current,
        "",
        "Resource is always ready",
    );
}

#[test]
fn generations_that_differ_are_in_progress() {
    let stale = json!({"metadata": {"generation": 3}, "status": {"observedGeneration": 2,
        "conditions": [{"type": "Stalled", "status": "True"}]}});
    for kind in ["example.com/v1 Thing", "apps/v1 Deployment", "policy/v1 PodDisruptionBudget", "v1 Secret"] {
        let name = kind.split_once(' ').unwrap().1;
        let message = format!("{name} generation is 3, but latest observed generation is 2");
        check(kind, stale.clone(), InProgress, "LatestGenerationNotObserved", &message);
    }
    for rest in [
        json!({"metadata": {"generation": 3}}),
        json!({"metadata": {"generation": 3}, "status": {}}),
        json!({"status": {"observedGeneration": 3}}),
        json!({"metadata": {"generation": 3}, "status": {"observedGeneration": 3}}),
        json!({"metadata": {"generation": 3}, "status": null}),
    ] {
        check("example.com/v1 Thing", rest, Current, "", "Resource is current");
    }
    // Without a generation the other one is not even looked at.
    check(
        "example.com/v1 Thing",
        json!({"status": {"observedGeneration": "3"}}),
        Current,
        "",
        "Resource is current",
    );
}

#[test]
fn the_first_standard_condition_wins() {
    let reconciling = json!({"type": "Reconciling", "status": "True", "reason": "Scaling", "message": "up"});
    let stalled = json!({"type": "Stalled", "status": "True", "reason": "Quota", "message": "none left"});
    let ready = json!({"type": "Ready", "status": "True"});
    let with = |list: Value| json!({"status": {"conditions": list}});
    for kind in ["example.com/v1 Thing", "apps/v1 Deployment", "v1 Secret"] {
        check(kind, with(json!([ready, reconciling, stalled])), InProgress, "Scaling", "up");
        check(kind, with(json!([stalled, reconciling])), Failed, "Quota", "none left");
    }
    let off =
        json!([{"type": "Stalled", "status": "False"}, {"type": "Reconciling", "status": "Unknown"}, ready]);
    check("example.com/v1 Thing", with(off), Current, "", "Resource is Ready");
}

#[test]
fn other_kinds_are_judged_by_ready() {
    let with = |status: &str| {
        json!({"status": {"conditions": [
        {"type": "Synced", "status": "False"}, {"type": "Ready", "status": status, "reason": "R", "message": "m"}]}})
    };
    check("example.com/v1 Thing", with("True"), Current, "", "Resource is Ready");
    check("example.com/v1 Thing", with("False"), InProgress, "R", "m");
    check("example.com/v1 Thing", with("Unknown"), InProgress, "R", "m");
    check("example.com/v1 Thing", with("Perhaps"), Current, "", "Resource is current");
    for kind in ["v1 Namespace", "networking.k8s.io/v1 Ingress", "autoscaling/v2 HorizontalPodAutoscaler"] {
        check(kind, json!({}), Current, "", "Resource is current");
    }
    // The group counts: somebody else's Deployment has no rules.
    check("example.com/v1 Deployment", json!({"spec": {"replicas": 3}}), Current, "", "Resource is current");
    check("v1 StatefulSet", json!({"spec": {"replicas": 3}}), Current, "", "Resource is current");
    check(
        "extensions/v1beta1 StatefulSet",
        json!({"spec": {"replicas": 3}}),
        Current,
        "",
        "Resource is current",
    );
}

#[test]
fn fields_of_a_wrong_type_are_errors_where_kstatus_is_strict() {
    let thing = "example.com/v1 Thing";
    refused(
        thing,
        json!({"metadata": {"deletionTimestamp": 5}}),
        "metadata.deletionTimestamp is a number, expected a string",
    );
    refused(
        thing,
        json!({"metadata": {"generation": "1"}}),
        "metadata.generation is a string, expected an integer",
    );
    refused(
        thing,
        json!({"metadata": {"generation": 1.5}}),
        "metadata.generation is a number, expected an integer",
    );
    refused(
        thing,
        json!({"metadata": {"generation": 1}, "status": {"observedGeneration": "1"}}),
        "status.observedGeneration is a string, expected an integer",
    );
    refused(thing, json!({"status": "fine"}), "status is a string, expected a map");
    refused(thing, json!({"status": {"conditions": {}}}), "status.conditions is a map, expected a list");
    refused(
        thing,
        json!({"status": {"conditions": ["Ready"]}}),
        "status.conditions[] is a string, expected a map",
    );
    refused(
        thing,
        json!({"status": {"conditions": [{"type": "Ready", "status": true}]}}),
        "status.conditions[].status is a boolean, expected a string",
    );
    assert_eq!(
        judged(&object("v1 Pod", json!({"status": {"phase": "Dreaming"}}))),
        Err(Error::UnknownPhase { phase: "Dreaming".to_owned() })
    );
    for odd in [json!(null), json!([]), json!("x"), json!({"kind": 4, "apiVersion": {}})] {
        assert!(judged(&odd).is_ok(), "what is no object at all has no field to object to");
    }
    // Lenient: a number that is no integer is the default.
    check(
        "apps/v1 ReplicaSet",
        json!({"spec": {"replicas": 2.5}}),
        InProgress,
        "LessLabelled",
        "Labelled: 0/1",
    );
}

#[test]
fn always_ready() {
    for kind in ["v1 Secret", "v1 ConfigMap", "batch/v1 CronJob"] {
        let rest = json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}});
        check(kind, rest, Current, "", "Resource is always ready");
    }
    check("policy/v1 PodDisruptionBudget", json!({}), Current, "", "AllowedDisruptions has been computed.");
}

#[test]
fn services_and_claims() {
    check("v1 Service", json!({}), Current, "", "Service is ready");
    check(
        "v1 Service",
        json!({"spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.1"}}),
        Current,
        "",
        "Service is ready",
    );
    let waiting = "ClusterIP not set. Service type: LoadBalancer";
    check("v1 Service", json!({"spec": {"type": "LoadBalancer"}}), InProgress, "NoIPAssigned", waiting);
    let claim = "v1 PersistentVolumeClaim";
    check(claim, json!({"status": {"phase": "Bound"}}), Current, "", "PVC is Bound");
    check(
        claim,
        json!({"status": {"phase": "Lost"}}),
        InProgress,
        "NotBound",
        "PVC is not Bound. phase: Lost",
    );
    check(claim, json!({}), InProgress, "NotBound", "PVC is not Bound. phase: unknown");
}

#[test]
fn pods() {
    let pod = "v1 Pod";
    let phase = |phase: &str| json!({"status": {"phase": phase}});
    check(pod, json!({}), InProgress, "PodNotObserved", "Pod phase not available");
    check(pod, phase("Succeeded"), Current, "", "Pod has completed successfully");
    check(pod, phase("Failed"), Current, "", "Pod has completed, but not successfully");
    check(pod, phase("Running"), InProgress, "PodRunningNotReady", "Pod is running but is not Ready");
    check(pod, phase("Pending"), InProgress, "PodPending", "Pod is in the Pending phase");
    let waiting = |name: &str, reason: &str| json!({"name": name, "state": {"waiting": {"reason": reason}}});
    let statuses = json!([waiting("a", "CrashLoopBackOff"), {"name": "b", "state": {"running": {}}}, waiting("c", "CrashLoopBackOff")]);
    let running = json!({"phase": "Running", "containerStatuses": statuses});
    check(
        pod,
        json!({"status": running}),
        Failed,
        "ContainerCrashLooping",
        "Containers in CrashLoop state: a,c",
    );
    let mut ready = running.clone();
    ready["conditions"] = json!([{"type": "Ready", "status": "True"}]);
    check(pod, json!({"status": ready}), Current, "", "Pod is Ready");
    let pull = json!({"phase": "Pending", "containerStatuses": [waiting("a", "ImagePullBackOff")]});
    check(pod, json!({"status": pull}), InProgress, "PodPending", "Pod is in the Pending phase");
    let init = json!({"phase": "Running", "initContainerStatuses": [waiting("a", "CrashLoopBackOff")]});
    check(pod, json!({"status": init}), InProgress, "PodRunningNotReady", "Pod is running but is not Ready");
    refused(
        pod,
        json!({"status": {"phase": "Running", "containerStatuses": {}}}),
        "status.containerStatuses is a map, expected a list",
    );
    refused(
        pod,
        json!({"status": {"phase": "Running", "containerStatuses": [1]}}),
        "status.containerStatuses[] is a number, expected a map",
    );
}

fn unschedulable(created: &str) -> Value {
    object(
        "v1 Pod",
        json!({"metadata": {"creationTimestamp": created}, "status": {"phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}]}}),
    )
}

#[test]
fn an_unschedulable_pod_fails_by_time_alone() {
    let young = judged(&unschedulable("2026-11-25T09:59:46Z")).unwrap();
    assert_eq!((young.status, young.reason.as_str()), (InProgress, "PodNotScheduled"));
    assert_eq!(young.changes_in, Some(Duration::from_secs(1)));
    for created in ["2026-11-25T09:59:45Z", "2026-11-25T09:00:00Z", "no time"] {
        let old = judged(&unschedulable(created)).unwrap();
        assert_eq!((old.status, old.reason.as_str(), old.changes_in), (Failed, "PodUnschedulable", None));
    }
    // The API server's clock is ahead of ours by an hour, until somebody puts one of them right.
    let ahead = judged(&unschedulable("2026-11-25T11:00:00Z")).unwrap();
    assert_eq!((ahead.status, ahead.changes_in), (InProgress, Some(Duration::from_secs(15))));
    let gated = json!({"status": {"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]}});
    check("v1 Pod", gated, InProgress, "PodPending", "Pod is in the Pending phase");
}

#[test]
fn deployments() {
    let conditions = |progressing: (&str, &str), available: &str| {
        json!([{"type": "Progressing", "status": progressing.0, "reason": progressing.1, "message": "words"},
               {"type": "Available", "status": available}])
    };
    // replicas, updated, ready, available
    let deployment = |want: Value, numbers: [i64; 4], deadline: Value, conditions: Value| {
        let [replicas, updated, ready, available] = numbers;
        json!({"spec": {"replicas": want, "progressDeadlineSeconds": deadline}, "status": {
            "replicas": replicas, "updatedReplicas": updated, "readyReplicas": ready,
            "availableReplicas": available, "conditions": conditions}})
    };
    let done = conditions(("True", "NewReplicaSetAvailable"), "True");
    for kind in ["apps/v1 Deployment", "extensions/v1beta1 Deployment"] {
        let of = |want: i64, numbers| deployment(json!(want), numbers, json!(600), done.clone());
        check(kind, of(3, [3, 3, 3, 3]), Current, "", "Deployment is available. Replicas: 3");
        check(kind, of(3, [2, 2, 2, 2]), InProgress, "LessReplicas", "Replicas: 2/3");
        check(kind, of(3, [3, 2, 3, 3]), InProgress, "LessUpdated", "Updated: 2/3");
        check(kind, of(3, [4, 3, 3, 3]), InProgress, "ExtraPods", "Pending termination: 1");
        check(kind, of(3, [3, 3, 3, 2]), InProgress, "LessAvailable", "Available: 2/3");
        check(kind, of(3, [3, 3, 2, 3]), InProgress, "LessReady", "Ready: 2/3");
    }
    let kind = "apps/v1 Deployment";
    let full = [1, 1, 1, 1];
    let of = |deadline: Value, list: Value| deployment(Value::Null, full, deadline, list);
    let updating = conditions(("True", "ReplicaSetUpdated"), "True");
    check(
        kind,
        of(json!(600), updating.clone()),
        InProgress,
        "ReplicaSetNotAvailable",
        "ReplicaSet not Available",
    );
    for none in [Value::Null, json!(2_147_483_647)] {
        check(kind, of(none, updating.clone()), Current, "", "Deployment is available. Replicas: 1");
    }
    let down = conditions(("True", "NewReplicaSetAvailable"), "False");
    check(kind, of(json!(600), down), InProgress, "DeploymentNotAvailable", "Deployment not Available");
    // Too late is Failed whatever the numbers and the condition's status say.
    let late = conditions(("True", "ProgressDeadlineExceeded"), "True");
    check(kind, of(json!(600), late), Failed, "ProgressDeadlineExceeded", "Progress deadline exceeded");
    check(kind, json!({}), InProgress, "LessReplicas", "Replicas: 0/1");
    let zero = deployment(json!(0), [0, 0, 0, 0], json!(600), done);
    check(kind, zero, Current, "", "Deployment is available. Replicas: 0");
}

#[test]
fn replica_sets() {
    let set = |want: i64, [replicas, labelled, ready, available]: [i64; 4]| {
        json!({"spec": {"replicas": want}, "status": {"replicas": replicas, "fullyLabeledReplicas": labelled,
            "readyReplicas": ready, "availableReplicas": available}})
    };
    for kind in ["apps/v1 ReplicaSet", "extensions/v1beta1 ReplicaSet"] {
        check(kind, set(2, [2, 2, 2, 2]), Current, "", "ReplicaSet is available. Replicas: 2");
        check(kind, set(2, [2, 1, 2, 2]), InProgress, "LessLabelled", "Labelled: 1/2");
        check(kind, set(2, [2, 2, 2, 1]), InProgress, "LessAvailable", "Available: 1/2");
        check(kind, set(2, [2, 2, 1, 2]), InProgress, "LessReady", "Ready: 1/2");
        check(kind, set(2, [3, 2, 2, 2]), InProgress, "ExtraPods", "Pending termination: 1");
    }
    let mut failing = set(1, [1, 1, 1, 1]);
    failing["status"]["conditions"] =
        json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}]);
    check(
        "apps/v1 ReplicaSet",
        failing,
        InProgress,
        "ReplicaFailure",
        "Replica Failure condition. Check Pods",
    );
}

#[test]
fn stateful_sets() {
    let kind = "apps/v1 StatefulSet";
    let set = |strategy: Value, [replicas, ready, current, updated]: [i64; 4]| {
        json!({"spec": {"replicas": 3, "updateStrategy": strategy}, "status": {"replicas": replicas,
            "readyReplicas": ready, "currentReplicas": current, "updatedReplicas": updated,
            "currentRevision": "a", "updateRevision": "a"}})
    };
    let rolling = json!({"type": "RollingUpdate"});
    check(
        kind,
        set(json!({"type": "OnDelete"}), [0, 0, 0, 0]),
        Current,
        "",
        "StatefulSet is using the ondelete update strategy",
    );
    check(kind, set(rolling.clone(), [2, 2, 2, 2]), InProgress, "LessReplicas", "Replicas: 2/3");
    check(kind, set(rolling.clone(), [3, 2, 3, 3]), InProgress, "LessReady", "Ready: 2/3");
    check(kind, set(rolling.clone(), [4, 3, 3, 3]), InProgress, "ExtraPods", "Pending termination: 1");
    check(kind, set(rolling.clone(), [3, 3, 2, 3]), InProgress, "LessCurrent", "current: 2/3");
    let all = "All replicas scheduled as expected. Replicas: 3";
    check(kind, set(rolling.clone(), [3, 3, 3, 3]), Current, "", all);
    let mut other = set(rolling, [3, 3, 3, 3]);
    other["status"]["updateRevision"] = json!("b");
    check(kind, other, InProgress, "RevisionMismatch", "Waiting for updated revision to match current");
    let partition = |n: i64| json!({"type": "RollingUpdate", "rollingUpdate": {"partition": n}});
    check(kind, set(partition(1), [3, 3, 1, 1]), InProgress, "PartitionRollout", "updated: 1/2");
    check(kind, set(partition(1), [3, 3, 1, 2]), Current, "", "Partition rollout complete. updated: 2");
    check(kind, set(partition(0), [3, 3, 0, 3]), Current, "", "Partition rollout complete. updated: 3");
    check(kind, json!({}), InProgress, "LessReplicas", "Replicas: 0/1");
}

#[test]
fn daemon_sets() {
    let set = |[current, updated, available, ready]: [i64; 4]| {
        json!({"metadata": {"generation": 1}, "status": {"observedGeneration": 1, "desiredNumberScheduled": 2,
            "currentNumberScheduled": current, "updatedNumberScheduled": updated, "numberAvailable": available,
            "numberReady": ready}})
    };
    for kind in ["apps/v1 DaemonSet", "extensions/v1beta1 DaemonSet"] {
        check(kind, set([2, 2, 2, 2]), Current, "", "All replicas scheduled as expected. Replicas: 2");
        check(kind, set([1, 2, 2, 2]), InProgress, "LessCurrent", "Current: 1/2");
        check(kind, set([2, 1, 2, 2]), InProgress, "LessUpdated", "Updated: 1/2");
        check(kind, set([2, 2, 1, 2]), InProgress, "LessAvailable", "Available: 1/2");
        check(kind, set([2, 2, 2, 1]), InProgress, "LessReady", "Ready: 1/2");
    }
    let kind = "apps/v1 DaemonSet";
    check(kind, json!({}), InProgress, "NoGeneration", "DaemonSet metadata.generation not found");
    let unseen = json!({"metadata": {"generation": 1}});
    check(kind, unseen, InProgress, "NoObservedGeneration", "DaemonSet status.observedGeneration not found");
    let numberless = json!({"metadata": {"generation": 1}, "status": {"observedGeneration": 1}});
    check(kind, numberless, InProgress, "NoDesiredNumber", "Missing .status.desiredNumberScheduled");
}

#[test]
fn jobs_by_flux_rules() {
    let job = "batch/v1 Job";
    let with = |type_: &str, status: &str| {
        json!({"spec": {"completions": 2}, "status": {"startTime": "2026-11-25T09:00:00Z", "succeeded": 2, "failed": 1,
            "conditions": [{"type": "SuccessCriteriaMet", "status": "True"}, {"type": type_, "status": status}]}})
    };
    check(job, with("Complete", "True"), Current, "", "Job Completed. succeeded: 2/2");
    check(job, with("Failed", "True"), Failed, "JobFailed", "Job Failed. failed: 1/2");
    check(job, with("Failed", "False"), InProgress, "JobInProgress", "Job in progress");
    check(job, with("Suspended", "True"), InProgress, "JobInProgress", "Job in progress");
    check(job, json!({}), InProgress, "JobNotStarted", "Job not started");
    let mut suspended = with("Failed", "True");
    suspended["spec"]["suspend"] = json!(true);
    check(job, suspended, Current, "", "Job is suspended");
    // Flux's reader for Jobs does not look at the generic fields.
    let mut leaving = with("Complete", "True");
    leaving["metadata"] = json!({"deletionTimestamp": "2026-11-25T09:00:00Z"});
    check(job, leaving, Current, "", "Job Completed. succeeded: 2/2");
    assert!(Rules::built_in().has_ttl(&object(job, json!({"spec": {"ttlSecondsAfterFinished": 0}}))));
    assert!(!Rules::built_in().has_ttl(&object(job, json!({"spec": {}}))));
    assert!(
        !Rules::built_in().has_ttl(&object("v1 ConfigMap", json!({"spec": {"ttlSecondsAfterFinished": 0}})))
    );
}

#[test]
fn custom_resource_definitions() {
    let kind = "apiextensions.k8s.io/v1 CustomResourceDefinition";
    let with = |list: Value| json!({"status": {"conditions": list}});
    let names = |status: &str| json!({"type": "NamesAccepted", "status": status, "reason": "Taken", "message": "in use"});
    let established = |status: &str, reason: &str| json!({"type": "Established", "status": status, "reason": reason, "message": "m"});
    check(kind, json!({}), InProgress, "Installing", "Install in progress");
    check(
        kind,
        with(json!([names("True"), established("True", "InitialNamesAccepted")])),
        Current,
        "",
        "CRD is established",
    );
    check(kind, with(json!([names("False"), established("True", "x")])), Failed, "Taken", "in use");
    check(kind, with(json!([established("False", "NotAccepted")])), Failed, "NotAccepted", "m");
    check(
        kind,
        with(json!([established("False", "Installing")])),
        InProgress,
        "Installing",
        "Install in progress",
    );
}

#[test]
fn failed_pods_fail_their_stateful_set() {
    let crashing = json!({"metadata": {"name": "db-0"}, "status": {"phase": "Running", "containerStatuses": [
        {"name": "a", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}});
    let mut leaving = crashing.clone();
    leaving["metadata"]["deletionTimestamp"] = json!("2026-11-25T09:00:00Z");
    let pending = json!({"status": {"phase": "Pending"}});
    let nonsense = json!({"status": {"phase": "Dreaming"}});
    let stuck = unschedulable("2026-11-25T09:00:00Z");
    let harmless = [leaving, pending, nonsense, stuck];
    assert_eq!(escalate_by_pods(InProgress, &harmless, now()), InProgress);
    assert_eq!(escalate_by_pods(InProgress, &[], now()), InProgress);
    let mut pods = harmless.to_vec();
    pods.extend([crashing.clone(), crashing]);
    assert_eq!(escalate_by_pods(InProgress, &pods, now()), Failed);
    for other in [Current, Terminating, NotFound, Unknown] {
        assert_eq!(escalate_by_pods(other, &pods, now()), other);
    }
    let set = object("apps/v1 StatefulSet", json!({}));
    let verdict = judged(&set).unwrap().escalated_by_pods(&pods, now());
    assert_eq!((verdict.status, verdict.message.as_str()), (Failed, "2 pods have failed"));
    assert_eq!(Verdict::not_found().escalated_by_pods(&pods, now()), Verdict::not_found());
    for (group, kind, looks) in [
        ("apps", "StatefulSet", true),
        ("apps", "ReplicaSet", true),
        ("extensions", "ReplicaSet", true),
        ("apps", "Deployment", false),
        ("apps", "DaemonSet", false),
        ("", "StatefulSet", false),
    ] {
        assert_eq!(Rules::built_in().of(group, kind).pods.matter(), looks, "{group}/{kind}");
    }
}

mod hostile {
    //! Whatever the object, judging it does not panic.
    use super::*;

    #[test]
    fn every_field_may_be_of_any_type() {
        let odd = [
            json!(null),
            json!(-1),
            json!(i64::MIN),
            json!(u64::MAX),
            json!("x"),
            json!([[]]),
            json!({"a": []}),
        ];
        let kinds = [
            "apps/v1 Deployment",
            "apps/v1 StatefulSet",
            "apps/v1 DaemonSet",
            "apps/v1 ReplicaSet",
            "v1 Pod",
            "batch/v1 Job",
        ];
        let paths = [
            "/spec/replicas",
            "/status/replicas",
            "/spec/updateStrategy",
            "/status/containerStatuses",
            "/status/conditions",
            "/status/desiredNumberScheduled",
            "/metadata/creationTimestamp",
            "/spec/updateStrategy/rollingUpdate/partition",
        ];
        for kind in kinds {
            for path in paths {
                for value in &odd {
                    let mut object = object(
                        kind,
                        json!({"metadata": {"generation": 1, "creationTimestamp": null},
                        "spec": {"replicas": 1, "updateStrategy": {"rollingUpdate": {"partition": 0}}},
                        "status": {"observedGeneration": 1, "phase": "Running", "replicas": 1, "readyReplicas": 1,
                            "desiredNumberScheduled": 1, "containerStatuses": [], "conditions": []}}),
                    );
                    *object.pointer_mut(path).unwrap() = value.clone();
                    drop(judged(&object));
                }
            }
        }
    }
}
