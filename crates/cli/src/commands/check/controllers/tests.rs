//! What is said of controllers in all states.

use serde_json::{Value, json};

use super::*;
use crate::commands::check::rights::Right;
use crate::commands::check::seen::Refused;
use crate::finding;

fn now() -> Timestamp {
    "2026-11-30T12:00:00Z".parse().expect("a time")
}

fn controller(name: &str, image: &str, desired: i32, ready: i32, args: &[&str]) -> Controller {
    let deployment = json!({
        "metadata": { "name": name, "namespace": "flux-system" },
        "spec": { "replicas": desired, "selector": { "matchLabels": { "app": name } },
            "template": { "spec": { "containers": [{ "name": "manager", "image": image, "args": args }] } } },
        "status": { "readyReplicas": ready },
    });
    Controller::of(&serde_json::from_value(deployment).expect("a Deployment"))
}

fn ours(name: &str, version: &str) -> Controller {
    controller(name, &format!("ghcr.io/flyball/{name}:{version}"), 1, 1, &[])
}

fn with_pod(app: &str, status: Value) -> Seen {
    let pod = json!({ "metadata": { "name": format!("{app}-1"), "namespace": "flux-system", "labels": { "app": app } },
        "status": { "containerStatuses": [status] } });
    let mut seen = Seen::default();
    seen.pods.found.push(serde_json::from_value(pod).expect("a Pod"));
    seen
}

fn told(found: &[Controller], seen: &Seen) -> String {
    finding::lines(&findings(found, seen, now())).join("\n")
}

#[test]
fn nothing_at_all() {
    insta::assert_snapshot!(told(&[], &Seen::default()), @"
    ✗ controllers: no Deployment has the label app.kubernetes.io/part-of=flux: nothing is installed
      hint: see whether Flyball can be installed with `flyball check --pre`, then install its chart
    ");
    let mut seen = Seen::default();
    let right = Right::of("list", "apps", "deployments");
    seen.deployments.refused.push(Refused { right, namespace: None, unknown: "what is installed" });
    assert_eq!(told(&[], &seen), "", "what was not seen is not missing");
}

#[test]
fn all_is_well() {
    let found = [
        ours("source-controller", "v1"),
        ours("kustomize-controller", "v1"),
        ours("health-controller", "v1"),
    ];
    insta::assert_snapshot!(told(&found, &Seen::default()), @"
    ✔ Deployment flux-system/source-controller: source-controller v1 of Flyball: 1 of 1 ready, watches all namespaces
    ✔ Deployment flux-system/kustomize-controller: kustomize-controller v1 of Flyball: 1 of 1 ready, watches all namespaces
    ✔ Deployment flux-system/health-controller: health-controller v1 of Flyball: 1 of 1 ready, watches all namespaces
    ");
}

#[test]
fn one_that_does_not_start() {
    let found = [
        controller("source-controller", "ghcr.io/fluxcd/source-controller:v1.9.5", 2, 1, &[]),
        ours("kustomize-controller", "v1"),
    ];
    let status = json!({ "name": "manager", "image": "i", "imageID": "", "ready": false, "restartCount": 0,
        "state": { "waiting": { "reason": "ImagePullBackOff" } } });
    insta::assert_snapshot!(told(&found, &with_pod("source-controller", status)), @"
    ✗ Deployment flux-system/source-controller: source-controller v1.9.5 of Flux: 1 of 2 ready, watches all namespaces; source-controller-1: ImagePullBackOff
      hint: `kubectl -n flux-system describe deployment source-controller` tells more
    ✔ Deployment flux-system/kustomize-controller: kustomize-controller v1 of Flyball: 1 of 1 ready, watches all namespaces
    ");
}

#[test]
fn ends_of_containers() {
    let found = [ours("source-controller", "v1"), ours("kustomize-controller", "v1")];
    let ended = |reason: &str, at: &str| {
        let status = json!({ "name": "manager", "image": "i", "imageID": "", "ready": true, "restartCount": 2,
            "lastState": { "terminated": { "reason": reason, "exitCode": 1, "finishedAt": at } } });
        told(&found, &with_pod("source-controller", status))
    };
    insta::assert_snapshot!(ended("OOMKilled", "2026-11-29T00:00:00Z"), @"
    ! Deployment flux-system/source-controller: source-controller v1 of Flyball: 1 of 1 ready, watches all namespaces; source-controller-1 was started again 2 times, last after OOMKilled (exit code 1) 36h ago
      hint: raise its memory limit: resources.limits.memory in the chart's values
    ✔ Deployment flux-system/kustomize-controller: kustomize-controller v1 of Flyball: 1 of 1 ready, watches all namespaces
    ");
    assert!(
        ended("Error", "2026-11-30T11:58:30Z")
            .contains("hint: `kubectl -n flux-system logs source-controller-1 --previous`")
    );
    assert!(!ended("Error", "2026-11-29T00:00:00Z").contains("hint"), "long ago");
}

#[test]
fn what_is_missing() {
    let off = controller("kustomize-controller", "ghcr.io/flyball/kustomize-controller:v1", 0, 0, &[]);
    let shard = "--watch-label-selector=sharding.fluxcd.io/key=a";
    let shard =
        controller("kustomize-controller-a", "ghcr.io/flyball/kustomize-controller:v1", 1, 1, &[shard]);
    insta::assert_snapshot!(told(&[off], &Seen::default()), @"
    ! Deployment flux-system/kustomize-controller: kustomize-controller v1 of Flyball: scaled to zero, so it does nothing
      hint: `kubectl -n flux-system scale deployment kustomize-controller --replicas=1` switches it on
    ✗ source-controller: is not installed, neither Flyball's nor Flux's: nothing fetches sources
      hint: install it, or switch it on in the chart's values
    ");
    insta::assert_snapshot!(told(&[shard, ours("source-controller", "v2")], &Seen::default()), @"
    ✔ Deployment flux-system/kustomize-controller-a: kustomize-controller v1 of Flyball: 1 of 1 ready, watches all namespaces, objects with sharding.fluxcd.io/key=a
    ✔ Deployment flux-system/source-controller: source-controller v2 of Flyball: 1 of 1 ready, watches all namespaces
    ! kustomize-controller: every Deployment of it has a label selector, and none takes objects without such labels
      hint: give one of them the selector !sharding.fluxcd.io/key, if there are objects without a shard
    ! controllers: Flyball's are of several versions: v1, v2
      hint: versions are tested together: upgrade the chart, and take out image tags of single controllers
    ");
}
