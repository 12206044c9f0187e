//! Which pairs of controllers are in each other's way.

use serde_json::json;

use super::*;
use crate::finding;

fn controller(namespace: &str, name: &str, image: &str, replicas: i32, args: &[&str]) -> Controller {
    let deployment = json!({
        "metadata": { "name": name, "namespace": namespace },
        "spec": { "replicas": replicas, "selector": {},
            "template": { "spec": { "containers": [{ "name": "manager", "image": image, "args": args }] } } },
    });
    Controller::of(&serde_json::from_value(deployment).expect("a Deployment"))
}

const OURS: &str = "ghcr.io/flyball/kustomize-controller:v1";
const FLUX: &str = "ghcr.io/fluxcd/kustomize-controller:v1.9.5";

fn told(found: &[Controller]) -> String {
    finding::lines(&findings(found)).join("\n")
}

#[test]
fn two_on_the_same_objects() {
    let found = [
        controller("flyball", "kustomize-controller", OURS, 1, &[]),
        controller("flux-system", "kustomize-controller", FLUX, 1, &["--enable-leader-election"]),
    ];
    insta::assert_snapshot!(told(&found), @"
    ✗ Deployment flyball/kustomize-controller and Deployment flux-system/kustomize-controller: kustomize-controller of Flyball and of Flux both work on the same Kustomizations, and undo each other's work
      hint: scale one of them to zero, for example `kubectl -n flux-system scale deployment kustomize-controller --replicas=0`, or give each a --watch-label-selector that leaves out the other's objects
    ");
}

#[test]
fn two_that_take_turns() {
    let elected = ["--enable-leader-election"];
    let found = [
        controller("flux-system", "kustomize-controller", FLUX, 1, &elected),
        controller("flux-system", "flyball-kustomize-controller", OURS, 1, &elected),
    ];
    insta::assert_snapshot!(told(&found), @"
    ! Deployment flux-system/kustomize-controller and Deployment flux-system/flyball-kustomize-controller: kustomize-controller of Flux and of Flyball share a Lease: one of them works, the other waits for it to end
      hint: scale down the one that is not to work; this is the state in the middle of a swap
    ");
}

#[test]
fn those_that_never_meet() {
    let all = controller("a", "kustomize-controller", OURS, 1, &[]);
    for other in [
        controller("b", "source-controller", "ghcr.io/flyball/source-controller:v1", 1, &[]),
        controller("b", "kustomize-controller", FLUX, 0, &[]),
    ] {
        assert_eq!(told(&[all.clone(), other]), "");
    }
    let shard = |key: &str| {
        controller("a", "kustomize-controller-x", OURS, 1, &[&format!("--watch-label-selector={key}")])
    };
    assert_eq!(told(&[shard("k=a"), shard("k=b"), shard("k notin (a,b)")]), "");
    assert_eq!(findings(&[shard("k=a"), shard("k=b"), all]).len(), 2, "one without a selector meets both");
    let own = |namespace: &str| {
        controller(namespace, "kustomize-controller", OURS, 1, &["--watch-all-namespaces=false"])
    };
    assert_eq!(told(&[own("a"), own("b")]), "");
}
