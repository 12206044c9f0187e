//! What Deployments of several makers say.

use serde_json::{Value, json};

use super::*;

fn deployment(name: &str, image: &str, labels: Value, args: &[&str]) -> Controller {
    let deployment = json!({
        "metadata": { "name": name, "namespace": "flux-system", "labels": labels },
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": { "app": name } },
            "template": { "spec": { "containers": [
                { "name": "sidecar", "image": "x" }, { "name": "manager", "image": image, "args": args },
            ] } },
        },
        "status": { "readyReplicas": 1 },
    });
    Controller::of(&serde_json::from_value(deployment).expect("a Deployment"))
}

#[test]
fn flux_own() {
    let labels =
        json!({ "app.kubernetes.io/component": "source-controller", "app.kubernetes.io/version": "v2.9.5" });
    let found = deployment(
        "source-controller",
        "ghcr.io/fluxcd/source-controller:v1.9.5",
        labels,
        &["--watch-all-namespaces=true", "--enable-leader-election"],
    );
    assert_eq!(
        (found.name.as_str(), found.maker, found.version.as_deref()),
        ("source-controller", Maker::Flux, Some("v1.9.5"))
    );
    assert_eq!((found.desired, found.ready, &found.scope), (2, 1, &Scope::default()));
    assert_eq!(found.lease.as_deref(), Some("source-controller-leader-election"));
    assert_eq!(found.object(), "Deployment flux-system/source-controller");
}

#[test]
fn a_shard_of_ours_behind_a_mirror() {
    let found = deployment(
        "kustomize-controller-one",
        "mirror.local:5000/ghcr.io/flyball/kustomize-controller@sha256:ab",
        json!({ "app.kubernetes.io/version": "v0.2.0" }),
        &[
            "--watch-label-selector=sharding.fluxcd.io/key=one",
            "--watch-all-namespaces=false",
            "--enable-leader-election",
        ],
    );
    assert_eq!(found.name, "kustomize-controller", "by its image");
    assert_eq!((found.maker, found.version.as_deref()), (Maker::Flyball, Some("v0.2.0")));
    assert_eq!(found.scope.to_string(), "the namespace flux-system, objects with sharding.fluxcd.io/key=one");
    // printf 'sharding.fluxcd.io/key=one' | sha256sum
    assert_eq!(found.lease.as_deref(), Some("kustomize-controller-leader-election-3bbc7129"));
}

#[test]
fn what_does_not_say_whose_it_is() {
    let found = deployment("helm-controller", "mirror.local/gitops:v1", json!({}), &[]);
    assert_eq!((found.name.as_str(), found.maker), ("helm-controller", Maker::Unknown));
    assert_eq!(found.lease, None);
    let chart = json!({ "helm.sh/chart": "flyball-0.1.0" });
    assert_eq!(deployment("source-controller", "mirror.local/gitops:v1", chart, &[]).maker, Maker::Flyball);
}

#[test]
fn a_deployment_without_anything() {
    let found = Controller::of(&Deployment::default());
    assert_eq!((found.desired, found.ready, found.image.as_str()), (1, 0, ""));
    assert!(found.is_switched_on());
}
