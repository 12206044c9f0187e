//! Pods in trouble, and how their containers ended.

use serde_json::{Value, json};

use super::*;

fn now() -> Timestamp {
    "2026-11-30T12:00:00Z".parse().expect("a time")
}

fn pod(name: &str, status: Value) -> Pod {
    let pod = json!({ "metadata": { "name": name, "namespace": "flux-system", "labels": { "app": "x", "more": "y" } },
        "status": status });
    serde_json::from_value(pod).expect("a Pod")
}

fn controller(labels: &[(&str, &str)]) -> Controller {
    let labels: serde_json::Map<String, Value> =
        labels.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
    let deployment = json!({ "metadata": { "name": "x", "namespace": "flux-system" },
        "spec": { "selector": { "matchLabels": labels }, "template": {} } });
    Controller::of(&serde_json::from_value(deployment).expect("a Deployment"))
}

#[test]
fn pods_of_a_controller() {
    let mut pods = vec![pod("a", json!({})), pod("b", json!({}))];
    pods[1].metadata.namespace = Some("other".to_owned());
    let names = |labels: &[(&str, &str)]| {
        of(&controller(labels), &pods).iter().filter_map(|pod| pod.metadata.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&[("app", "x")]), ["a"]);
    assert_eq!(names(&[("app", "z")]), [""; 0]);
    assert_eq!(names(&[]), [""; 0], "no selector selects nothing");
}

#[test]
fn why_replicas_are_not_ready() {
    let waiting =
        |waiting: Value| pod("a", json!({ "containerStatuses": [status(json!({ "waiting": waiting }))] }));
    let why = |pod: &Pod| why_unready(&[pod]);
    let pulling = waiting(json!({ "reason": "ImagePullBackOff", "message": "no such image" }));
    assert_eq!(why(&pulling).as_deref(), Some("a: ImagePullBackOff: no such image"));
    assert_eq!(
        why(&waiting(json!({ "reason": "CrashLoopBackOff" }))).as_deref(),
        Some("a: CrashLoopBackOff")
    );
    assert_eq!(why(&waiting(json!({ "reason": "ContainerCreating" }))), None);
    let unscheduled =
        json!({ "conditions": [{ "type": "PodScheduled", "status": "False", "message": "0/3 nodes" }] });
    assert_eq!(why(&pod("a", unscheduled)).as_deref(), Some("a is not scheduled: 0/3 nodes"));
    assert_eq!(why(&pod("a", json!({}))), None);
}

fn status(state: Value) -> Value {
    json!({ "name": "manager", "image": "i", "imageID": "", "ready": false, "restartCount": 0, "state": state })
}

fn ended(reason: &str, code: i32, at: &str, restarts: i32) -> Value {
    json!({ "name": "manager", "image": "i", "imageID": "", "ready": true, "restartCount": restarts,
        "lastState": { "terminated": { "reason": reason, "exitCode": code, "finishedAt": at } } })
}

#[test]
fn the_last_end() {
    let end = |statuses: Value| last_end(&[&pod("a", json!({ "containerStatuses": statuses }))], now());
    assert_eq!(end(json!([status(json!({}))])), None);
    let found = end(json!([
        ended("Error", 1, "2026-11-30T11:00:01Z", 1),
        ended("OOMKilled", 137, "2026-11-30T11:57:00Z", 3),
    ]));
    let wanted = End {
        pod: "a".to_owned(),
        how: "OOMKilled (exit code 137)".to_owned(),
        restarts: 3,
        when: "3m ago".to_owned(),
        matters: true,
    };
    assert_eq!(found, Some(wanted));
    let matters = |reason, at| end(json!([ended(reason, 1, at, 1)])).is_some_and(|end| end.matters);
    assert!(matters("Error", "2026-11-30T11:00:01Z"));
    assert!(!matters("Error", "2026-11-30T10:59:00Z"), "long ago");
    assert!(matters("OOMKilled", "2026-11-01T00:00:00Z"), "comes again");
}
