//! What people are told of objects that are not well.

use serde_json::{Value, json};

use super::{judged, object, told_by};
use crate::explain::{Explanation, selects};
use crate::kstatus::Verdict;

fn told(object: &Value, pods: &[Value]) -> Explanation {
    told_by(object, &judged(object).unwrap(), pods)
}

fn deployment() -> Value {
    object(
        "apps/v1 Deployment",
        json!({"metadata": {"name": "web", "uid": "u"}, "spec": {"replicas": 2, "progressDeadlineSeconds": 600},
        "status": {"replicas": 2, "updatedReplicas": 2, "conditions": [
            {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "message": "ReplicaSet \"web-new\" is progressing."}]}}),
    )
}

/// A Pod of a ReplicaSet with one container `app`.
fn pod(name: &str, set: &str, container: Value) -> Value {
    let mut status = json!({"name": "app", "image": "nginx:nope", "ready": false, "restartCount": 0});
    for (field, value) in container.as_object().unwrap() {
        status[field] = value.clone();
    }
    object(
        "v1 Pod",
        json!({"metadata": {"name": name, "ownerReferences": [{"kind": "ReplicaSet", "name": set, "uid": "r"}]},
        "status": {"phase": "Pending", "containerStatuses": [status]}}),
    )
}

fn waiting(reason: &str, message: &str) -> Value {
    json!({"state": {"waiting": {"reason": reason, "message": message}}})
}

fn crashed(code: i64, reason: &str) -> Value {
    json!({"restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting"}},
        "lastState": {"terminated": {"exitCode": code, "reason": reason, "message": "canary"}}})
}

#[test]
fn pods_of_the_newest_replica_set_tell_why_a_deployment_is_not_available() {
    let pods = [
        pod("web-old-1", "web-old", crashed(1, "Error")),
        pod("web-new-2", "web-new", waiting("ErrImagePull", "manifest unknown")),
        pod("web-new-1", "web-new", waiting("ImagePullBackOff", "Back-off pulling image")),
    ];
    let told = told(&deployment(), &pods);
    assert_eq!(told.reason, "ImagePullBackOff");
    assert_eq!(
        told.message,
        "Deployment is not available: pods of its newest ReplicaSet web-new cannot pull image nginx:nope: the registry has no such image or tag"
    );
    assert_eq!(
        told.evidence,
        [
            "Pod web-new-1: container app waits: ImagePullBackOff, image nginx:nope",
            "Pod web-new-2: container app waits: ImagePullBackOff, image nginx:nope"
        ]
    );
    assert!(told.stuck && told.hint.is_some());
}

#[test]
fn the_text_stays_while_the_kubelet_alternates() {
    let of = |container: Value| told(&deployment(), &[pod("web-new-1", "web-new", container)]);
    assert_eq!(of(waiting("ErrImagePull", "a")), of(waiting("ImagePullBackOff", "b")));
    let mut between = crashed(3, "Error");
    between["state"] = json!({"running": {"startedAt": "2026-11-25T10:00:00Z"}});
    between["restartCount"] = json!(7);
    assert_eq!(of(crashed(3, "Error")), of(between));
}

#[test]
fn faults_of_pods() {
    for (container, reason, message, stuck) in [
        (
            crashed(3, "Error"),
            "CrashLoopBackOff",
            "cannot stay up: container app keeps crashing, most recently with exit code 3 (Error)",
            true,
        ),
        (
            crashed(137, "OOMKilled"),
            "CrashLoopBackOff",
            "cannot stay up: container app keeps crashing, most recently with exit code 137 (OOMKilled)",
            true,
        ),
        (
            waiting("InvalidImageName", "x"),
            "InvalidImageName",
            "cannot use image nginx:nope (InvalidImageName)",
            true,
        ),
        (
            waiting("CreateContainerConfigError", "secret \"db\" not found"),
            "CreateContainerConfigError",
            "cannot configure container app: Secret db does not exist",
            true,
        ),
        (
            waiting("RunContainerError", "exec: \"x\": executable file not found in $PATH"),
            "RunContainerError",
            "cannot start container app: its command was not found in the image",
            true,
        ),
        (
            json!({"state": {"running": {}}}),
            "NotReady",
            "cannot take traffic: container app runs but is not ready",
            false,
        ),
    ] {
        let told = told(&deployment(), &[pod("web-new-1", "web-new", container)]);
        assert_eq!(told.reason, reason);
        assert_eq!(
            told.message,
            format!("Deployment is not available: pods of its newest ReplicaSet web-new {message}")
        );
        assert_eq!(told.stuck, stuck, "{reason}");
        assert!(!format!("{told:?}").contains("canary"), "termination messages are the application's");
    }
    let starting = told(&deployment(), &[pod("web-new-1", "web-new", waiting("ContainerCreating", ""))]);
    assert_eq!(starting.message, "Deployment is not ready yet: Available: 0/2");
    assert!(!starting.stuck);
}

#[test]
fn init_containers_come_first() {
    let mut pod = pod("web-new-1", "web-new", waiting("PodInitializing", ""));
    let mut init = crashed(2, "Error");
    init["name"] = json!("migrate");
    pod["status"]["initContainerStatuses"] = json!([init]);
    let told = told(&deployment(), &[pod]);
    assert!(
        told.message.ends_with("container migrate keeps crashing, most recently with exit code 2 (Error)"),
        "{}",
        told.message
    );
}

#[test]
fn without_a_named_replica_set_the_newest_pod_tells() {
    let mut deployment = deployment();
    deployment["status"]["conditions"] = json!([]);
    deployment["status"]["readyReplicas"] = json!(0);
    deployment["spec"]["progressDeadlineSeconds"] = Value::Null;
    let mut old = pod("web-old-1", "web-old", crashed(1, "Error"));
    old["metadata"]["creationTimestamp"] = json!("2026-11-25T09:00:00Z");
    let mut new = pod("web-new-1", "web-new", waiting("ErrImagePull", ""));
    new["metadata"]["creationTimestamp"] = json!("2026-11-25T09:30:00Z");
    assert_eq!(told(&deployment, &[old.clone(), new.clone()]).reason, "ImagePullBackOff");
    new["metadata"]["deletionTimestamp"] = json!("2026-11-25T09:31:00Z");
    assert_eq!(told(&deployment, &[old, new]).reason, "CrashLoopBackOff");
}

#[test]
fn scheduling_quota_deadline_and_pause() {
    let mut pod = pod("web-new-1", "web-new", json!({}));
    pod["status"] = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
        "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient cpu."}]});
    let unschedulable = told(&deployment(), &[pod]);
    assert_eq!(unschedulable.reason, "Unschedulable");
    assert!(
        unschedulable.message.ends_with("cannot be scheduled: 0/3 nodes are available: 3 Insufficient cpu.")
    );

    let mut full = deployment();
    full["status"]["conditions"] = json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
        "message": "pods \"web-x\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1"}]);
    let quota = told(&full, &[]);
    assert_eq!((quota.reason.as_str(), quota.stuck), ("QuotaExceeded", true));
    assert!(quota.message.contains("exceeded quota: small"));

    let mut late = deployment();
    late["status"]["conditions"][0]["reason"] = json!("ProgressDeadlineExceeded");
    let late = told(&late, &[]);
    assert_eq!((late.reason.as_str(), late.stuck), ("ProgressDeadlineExceeded", true));
    assert_eq!(late.message, "Deployment is not ready yet: Progress deadline exceeded");

    let mut paused = deployment();
    paused["spec"]["paused"] = json!(true);
    assert_eq!((told(&paused, &[]).reason.as_str(), told(&paused, &[]).stuck), ("Paused", true));
}

#[test]
fn jobs_claims_pods_and_deletions() {
    let job = object(
        "batch/v1 Job",
        json!({"metadata": {"name": "migrate", "uid": "j"}, "status": {"failed": 1, "conditions": [
        {"type": "FailureTarget", "status": "True", "reason": "BackoffLimitExceeded", "message": "m"},
        {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}]}}),
    );
    let failed = told(&job, &[]);
    assert_eq!(failed.reason, "BackoffLimitExceeded");
    assert_eq!(
        failed.message,
        "the Job has failed (BackoffLimitExceeded: Job has reached the specified backoff limit)"
    );
    let mut pod = object(
        "v1 Pod",
        json!({"metadata": {"name": "migrate-x", "ownerReferences": [{"kind": "Job", "name": "migrate", "uid": "j"}]},
        "status": {"phase": "Failed", "containerStatuses": [{"name": "app", "state": {"terminated": {"exitCode": 4, "reason": "Error", "message": "canary"}}}]}}),
    );
    let with_pod = told(&job, &[pod.clone()]);
    assert_eq!(
        with_pod.message,
        "the Job has failed (BackoffLimitExceeded); Job is not complete: its pods ended: container app with exit code 4 (Error)"
    );
    let mut running = job.clone();
    running["status"] = json!({"startTime": "2026-11-25T09:00:00Z", "failed": 1});
    let retrying = told(&running, &[pod.clone()]);
    assert_eq!(
        (retrying.reason.as_str(), retrying.stuck),
        ("PodFailed", false),
        "another Pod takes its place"
    );
    pod["metadata"]["ownerReferences"][0]["uid"] = json!("another");
    assert_eq!(told(&job, &[pod]), failed, "a Pod of a former Job of that name says nothing");

    let claim = object(
        "v1 PersistentVolumeClaim",
        json!({"spec": {"storageClassName": "fast"}, "status": {"phase": "Pending"}}),
    );
    assert_eq!(told(&claim, &[]).message, "no volume is bound to it yet (storage class fast)");
    let lone = object(
        "v1 Pod",
        json!({"status": {"phase": "Pending", "containerStatuses": [
        {"name": "app", "image": "i", "state": {"waiting": {"reason": "ErrImagePull"}}}]}}),
    );
    assert_eq!(told(&lone, &[]).message, "it cannot pull image i");
    let leaving = object(
        "v1 Namespace",
        json!({"metadata": {"deletionTimestamp": "t", "finalizers": ["example.com/guard"]}}),
    );
    assert_eq!(told(&leaving, &[]).message, "it is being deleted and waits for example.com/guard");
    let stale = object(
        "example.com/v1 Thing",
        json!({"metadata": {"generation": 2}, "status": {"observedGeneration": 1}}),
    );
    assert_eq!(told(&stale, &[]).reason, "LatestGenerationNotObserved");
    let custom = object(
        "example.com/v1 Thing",
        json!({"status": {"conditions": [
        {"type": "Ready", "status": "False", "reason": "NoBackend", "message": "cannot reach\nhttps://u:p@db/x"}]}}),
    );
    let custom = told(&custom, &[]);
    assert_eq!(
        (custom.reason.as_str(), custom.message.as_str(), custom.stuck),
        ("NoBackend", "cannot reach https://***@db/x", false)
    );
    assert_eq!(told(&object("v1 ConfigMap", json!({})), &[]), Explanation::default());
    let missing = told_by(&Value::Null, &Verdict::not_found(), &[]);
    assert_eq!(missing.reason, "NotFound");
}

#[test]
fn stateful_sets_look_at_their_update_revision() {
    let set = object(
        "apps/v1 StatefulSet",
        json!({"metadata": {"name": "db"}, "spec": {"replicas": 2},
        "status": {"replicas": 2, "updateRevision": "db-2"}}),
    );
    let member = |name: &str, revision: &str, container: Value| {
        let mut pod = pod(name, "unused", container);
        pod["metadata"]["ownerReferences"] = json!([{"kind": "StatefulSet", "name": "db"}]);
        pod["metadata"]["labels"] = json!({"controller-revision-hash": revision});
        pod
    };
    let old = member("db-0", "db-1", crashed(1, "Error"));
    let new = member("db-1", "db-2", waiting("ErrImagePull", ""));
    assert_eq!(
        told(&set, &[old.clone(), new]).message,
        "StatefulSet is not available: its pods cannot pull image nginx:nope"
    );
    assert_eq!(told(&set, &[old]).reason, "CrashLoopBackOff", "without a new one the old ones tell");
}

#[test]
fn selectors() {
    let selector = |selector: Value| object("apps/v1 Deployment", json!({"spec": {"selector": selector}}));
    let labels = json!({"app": "web", "tier": "front"});
    for (wanted, chosen) in [
        (json!({"matchLabels": {"app": "web"}}), true),
        (json!({"matchLabels": {"app": "web", "tier": "back"}}), false),
        (json!({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}]}), true),
        (json!({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}]}), false),
        (json!({"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["a"]}]}), true),
        (json!({"matchExpressions": [{"key": "zone", "operator": "Exists"}]}), false),
        (json!({"matchExpressions": [{"key": "zone", "operator": "DoesNotExist"}]}), true),
        (json!({"matchExpressions": [{"key": "zone", "operator": "Perhaps"}]}), false),
        (json!({}), false),
    ] {
        assert_eq!(selects(&selector(wanted.clone()), Some(&labels)), chosen, "{wanted}");
    }
    assert!(!selects(&json!({}), Some(&labels)));
    assert!(!selects(&selector(json!({"matchLabels": {"app": "web"}})), None));
}

#[test]
fn what_is_current_but_worth_knowing_has_a_word() {
    let phase = |phase: &str| json!({"status": {"phase": phase}});
    let suspended = json!({"spec": {"suspend": true}, "status": {"phase": "Failed"}});
    for (kind, rest, word) in [
        ("batch/v1 CronJob", suspended.clone(), "Suspended"),
        ("batch/v1 Job", suspended.clone(), "Suspended"),
        ("kustomize.toolkit.fluxcd.io/v1 Kustomization", suspended, "Suspended"),
        ("batch/v1 CronJob", json!({"spec": {"suspend": false}}), ""),
        ("v1 Pod", phase("Failed"), "PodFailed"),
        ("v1 Pod", phase("Succeeded"), ""),
        // The group counts: somebody else's Pod is no Pod.
        ("example.com/v1 Pod", phase("Failed"), ""),
    ] {
        let told = told(&object(kind, rest), &[]);
        assert_eq!((told.reason.as_str(), told.message.as_str()), (word, ""), "{kind}");
    }
}

#[test]
fn claims_say_whether_waiting_helps() {
    let claim = |rest: Value| told(&object("v1 PersistentVolumeClaim", rest), &[]);
    let lost = claim(json!({"status": {"phase": "Lost"}}));
    assert_eq!((lost.reason.as_str(), lost.stuck), ("VolumeLost", true));
    assert_eq!(lost.message, "the volume that it was bound to no longer exists");
    let pending = claim(json!({"status": {"phase": "Pending"}}));
    assert_eq!((pending.reason.as_str(), pending.stuck), ("NotBound", false));
    assert_eq!(pending.message, "no volume is bound to it yet (no storage class is set)");
}

#[test]
fn pods_that_ended_or_cannot_be_made() {
    let ended = |status: Value| {
        let mut pod = pod("web-new-1", "web-new", json!({}));
        pod["status"] = status;
        told(&deployment(), &[pod])
    };
    let evicted = ended(json!({"phase": "Failed", "reason": "Evicted"}));
    assert_eq!(evicted.reason, "Evicted");
    assert!(evicted.message.ends_with("could not stay on the node (Evicted)"), "{}", evicted.message);
    let shut_down = ended(json!({"phase": "Failed", "reason": "NodeShutdown"}));
    assert!(shut_down.message.ends_with("web-new ended: NodeShutdown"), "{}", shut_down.message);
    let mut bad = deployment();
    bad["status"]["conditions"] = json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
        "message": "admission webhook denied the request"}]);
    let refused = told(&bad, &[]);
    assert_eq!((refused.reason.as_str(), refused.stuck), ("FailedCreate", true));
    assert_eq!(
        refused.message,
        "the Deployment's pods cannot be created: admission webhook denied the request"
    );
    let leaving = object("v1 Namespace", json!({"metadata": {"deletionTimestamp": "t"}}));
    assert_eq!(told(&leaving, &[]).message, "it is being deleted");
}

#[test]
fn children_and_custom_kinds_lead_further() {
    let child = object(
        "helm.toolkit.fluxcd.io/v2 HelmRelease",
        json!({"metadata": {"namespace": "apps"}, "status": {"conditions": [
            {"type": "Ready", "status": "False", "reason": "InstallFailed", "message": "Helm install failed"}]}}),
    );
    let child = told(&child, &[]);
    assert_eq!(child.message, "InstallFailed: Helm install failed");
    assert_eq!(child.hint.as_deref(), Some("flyball explain helmrelease/x -n apps"));
    let custom = object(
        "example.com/v1 Thing",
        json!({"metadata": {"namespace": "apps"}, "status": {"conditions": [
            {"type": "Ready", "status": "False", "reason": "NoBackend", "message": "m"}]}}),
    );
    let custom = told(&custom, &[]);
    assert_eq!(
        custom.hint.as_deref(),
        Some("its controller says more: kubectl -n apps describe thing.example.com x")
    );
}

#[test]
fn an_event_that_pods_were_refused_counts_while_they_are_missing() {
    struct Refused;
    impl crate::beside::Beside for Refused {
        fn list(&self, kin: crate::beside::Kin, _: &str) -> Option<Vec<std::sync::Arc<Value>>> {
            let event = json!({"reason": "FailedCreate", "involvedObject": {"kind": "StatefulSet", "name": "x"},
                "message": "create Pod x-0 in StatefulSet x failed error: pods \"x-0\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4"});
            (kin == crate::beside::Kin::Event).then(|| vec![std::sync::Arc::new(event)])
        }
    }
    let of = |replicas: i64| {
        let set = object(
            "apps/v1 StatefulSet",
            json!({"spec": {"replicas": 2}, "status": {"replicas": replicas, "readyReplicas": 0}}),
        );
        let scene = crate::explain::Scene { namespace: "apps", beside: &Refused, now: None };
        crate::explain::explain_in(&set, &judged(&set).unwrap(), &[], &scene, crate::Rules::built_in())
    };
    let refused = of(1);
    assert_eq!((refused.reason.as_str(), refused.stuck), ("QuotaExceeded", true));
    assert_eq!(
        refused.message,
        "the StatefulSet's pods cannot be created: exceeded quota: small (pods: 1 asked, 4 used of 4)"
    );
    assert_eq!(of(2).reason, "LessReady", "an event outlives what it tells of");
}
