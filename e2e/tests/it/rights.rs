//! The rights that the chart gives, asked of a real API server for the identities that the tests run the
//! controllers with. That they suffice is shown by every other test; that none is left over is shown here.

use anyhow::{Context as _, Result};
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::Client;
use kube::api::{Api, PostParams};
use serde_json::{Value, json};
use testkit::cluster::{CONTROLLERS, ControlPlane, Mark, TestNamespace};
use testkit::git::GitServer;
use testkit::rights::{self, Right};
use testkit::stack::Flyball;
use testkit::wait::{Look, until};

const SOON: std::time::Duration = std::time::Duration::from_secs(40);
const SOURCES: &str = "source.toolkit.fluxcd.io/v1";
const KUSTOMIZATIONS: &str = "kustomize.toolkit.fluxcd.io/v1";

/// Rights that the story below does not use, and why they are given.
const RARE: [(&str, &str, &str); 28] = [
    ("create", "serviceaccounts/token", "a ConfigMap of spec.kubeConfig is how another cluster is reached"),
    ("get", "serviceaccounts", "spec.serviceAccountName of an OCIRepository names pull secrets"),
    ("update", "gitrepositories/finalizers.source.toolkit.fluxcd.io", OWNERS),
    ("update", "ocirepositories/finalizers.source.toolkit.fluxcd.io", OWNERS),
    ("update", "buckets/finalizers.source.toolkit.fluxcd.io", OWNERS),
    ("update", "helmrepositories/finalizers.source.toolkit.fluxcd.io", OWNERS),
    ("update", "helmcharts/finalizers.source.toolkit.fluxcd.io", OWNERS),
    ("update", "kustomizations/finalizers.kustomize.toolkit.fluxcd.io", OWNERS),
    ("create", "events", "health-controller tells what is wrong for longer than this story takes"),
    ("patch", "events", "an event that comes again is counted in the one that is there"),
    ("patch", "healthrules/status.flyball.dev", "says what a HealthRule is worth; this story has none"),
    ("patch", "convergences.flyball.dev", "a Convergence whose owner was made again gets the new one"),
    ("patch", "ocirepositories.source.toolkit.fluxcd.io", FINALIZER),
    ("patch", "buckets.source.toolkit.fluxcd.io", FINALIZER),
    ("patch", "buckets/status.source.toolkit.fluxcd.io", "says how a Bucket is; this story has none"),
    ("create", "convergences.flyball.dev", "asked for by API servers when an apply makes the object"),
    (
        "delete",
        "convergences.flyball.dev",
        "one whose Kustomization went while the controller was down is removed",
    ),
    ("create", "driftreports.flyball.dev", "asked for by API servers when an apply makes the object"),
    ("delete", "driftreports.flyball.dev", "one that has nothing to tell any more goes after an hour"),
    ("get", "buckets.source.toolkit.fluxcd.io", SOURCES_OF_OTHERS),
    ("watch", "buckets.source.toolkit.fluxcd.io", SOURCES_OF_OTHERS),
    ("list", "buckets.source.toolkit.fluxcd.io", SOURCES_OF_OTHERS),
    ("get", "externalartifacts.source.toolkit.fluxcd.io", SOURCES_OF_OTHERS),
    ("watch", "externalartifacts.source.toolkit.fluxcd.io", SOURCES_OF_OTHERS),
    ("list", "externalartifacts.source.toolkit.fluxcd.io", SOURCES_OF_OTHERS),
    ("get", "ocirepositories.source.toolkit.fluxcd.io", SOURCES_OF_OTHERS),
    ("watch", "ocirepositories.source.toolkit.fluxcd.io", SOURCES_OF_OTHERS),
    ("list", "ocirepositories.source.toolkit.fluxcd.io", SOURCES_OF_OTHERS),
];
/// This story has no such object.
const FINALIZER: &str = "puts the finalizer on, as for a GitRepository";
/// health-controller watches a kind of source once a Kustomization names one.
const SOURCES_OF_OTHERS: &str =
    "watched when a Kustomization names such a source, which none of this story does";
/// Nobody sends a request for it.
const OWNERS: &str = "asked for by API servers with OwnerReferencesPermissionEnforcement";

/// Whether the identity behind `client` may do `verb` with `resource` (`group/resource` or
/// `group/resource/subresource`) in any namespace.
async fn may(client: &Client, verb: &str, resource: &str) -> Result<bool> {
    let mut parts = resource.split('/').map(str::to_owned);
    let attributes = ResourceAttributes {
        verb: Some(verb.to_owned()),
        group: parts.next(),
        resource: parts.next(),
        subresource: parts.next(),
        ..ResourceAttributes::default()
    };
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec { resource_attributes: Some(attributes), ..Default::default() },
        ..SelfSubjectAccessReview::default()
    };
    let answer = Api::all(client.clone()).create(&PostParams::default(), &review).await?;
    Ok(answer.status.context("an answer")?.allowed)
}

async fn check(identity: &str, allowed: &[(&str, &str)], denied: &[(&str, &str)]) -> Result<()> {
    let namespace = ControlPlane::shared().await?.namespace("rights").await?;
    let client = namespace.service_account(identity).await?.client().await?;
    for (verb, resource) in allowed {
        assert!(may(&client, verb, resource).await?, "{identity} may not {verb} {resource}");
    }
    for (verb, resource) in denied {
        assert!(!may(&client, verb, resource).await?, "{identity} may {verb} {resource}");
    }
    Ok(())
}

#[tokio::test]
async fn source_controller_writes_nothing_but_sources() -> Result<()> {
    check(
        "source-controller",
        &[
            ("watch", "source.toolkit.fluxcd.io/gitrepositories"),
            ("patch", "source.toolkit.fluxcd.io/gitrepositories"),
            ("patch", "source.toolkit.fluxcd.io/gitrepositories/status"),
            ("get", "/secrets"),
            ("get", "/serviceaccounts"),
            ("create", "/events"),
            ("patch", "/events"),
        ],
        &[
            ("list", "/secrets"),
            ("watch", "/secrets"),
            ("list", "/configmaps"),
            ("list", "/serviceaccounts"),
            ("create", "/serviceaccounts/token"),
            ("create", "source.toolkit.fluxcd.io/gitrepositories"),
            ("delete", "source.toolkit.fluxcd.io/gitrepositories"),
            ("patch", "kustomize.toolkit.fluxcd.io/kustomizations/status"),
            ("update", "/secrets"),
            ("create", "/pods"),
            ("list", "apps/deployments"),
        ],
    )
    .await
}

#[tokio::test]
async fn kustomize_controller_applies_anything() -> Result<()> {
    check(
        "kustomize-controller",
        &[
            ("patch", "kustomize.toolkit.fluxcd.io/kustomizations/status"),
            ("patch", "example.com/anythings"),
            ("list", "flyball.dev/driftreports"),
            ("watch", "flyball.dev/driftreports"),
            ("create", "flyball.dev/driftreports"),
            ("patch", "flyball.dev/driftreports"),
            ("delete", "flyball.dev/driftreports"),
            ("patch", "flyball.dev/driftreports/status"),
            ("impersonate", "/users"),
        ],
        &[],
    )
    .await
}

#[tokio::test]
async fn health_controller_reads_everything_but_secrets() -> Result<()> {
    check(
        "health-controller",
        &[
            ("watch", "kustomize.toolkit.fluxcd.io/kustomizations"),
            ("list", "/pods"),
            ("list", "/configmaps"),
            ("watch", "apps/deployments"),
            ("get", "batch/jobs"),
            ("list", "apiextensions.k8s.io/customresourcedefinitions"),
            ("create", "flyball.dev/convergences"),
            ("patch", "flyball.dev/convergences/status"),
            ("watch", "flyball.dev/healthrules"),
            ("patch", "flyball.dev/healthrules/status"),
            ("watch", "flyball.dev/driftreports"),
            ("watch", "/events"),
            ("watch", "/namespaces"),
            ("watch", "discovery.k8s.io/endpointslices"),
            ("watch", "storage.k8s.io/storageclasses"),
            ("create", "/events"),
            ("patch", "/events"),
        ],
        &[
            ("create", "authentication.k8s.io/tokenreviews"),
            ("create", "authorization.k8s.io/subjectaccessreviews"),
            ("get", "/secrets"),
            ("list", "/secrets"),
            ("watch", "/secrets"),
            ("patch", "apps/deployments"),
            ("create", "flyball.dev/healthrules"),
            ("patch", "flyball.dev/healthrules"),
            ("patch", "flyball.dev/driftreports/status"),
            ("delete", "/pods"),
            ("create", "/pods/exec"),
            ("patch", "kustomize.toolkit.fluxcd.io/kustomizations/status"),
            ("create", "/serviceaccounts/token"),
        ],
    )
    .await
}

/// A life with everything in it: a Secret that is read, an account that is impersonated, a commit, a change, an end.
async fn story(ns: &TestNamespace, git: &GitServer) -> Result<()> {
    let repository = git.repository("app")?;
    let map = |value: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: app}}\ndata: {{k: {value}}}\n")
    };
    repository.commit("main", "first", [("map.yaml", map("one"))])?;
    ns.apply_value(json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "git" },
        "stringData": { "username": "user", "password": ns.canaries().issue("the password for Git") } }))
        .await?;
    ns.service_account("tenant").await?;
    ns.apply_value(json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": { "name": "tenant" }, "subjects": [{ "kind": "ServiceAccount", "name": "tenant" }],
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin" } }))
        .await?;
    let object = |api: &str, kind: &str, spec: Value| json!({ "apiVersion": api, "kind": kind, "metadata": { "name": "app" }, "spec": spec });
    let spec = json!({ "url": repository.url(), "ref": { "branch": "main" }, "interval": "1h",
        "secretRef": { "name": "git" } });
    ns.apply_value(object(SOURCES, "GitRepository", spec)).await?;
    let nowhere = "oci://127.0.0.1:1/app";
    ns.apply_value(object(SOURCES, "OCIRepository", json!({ "url": nowhere, "interval": "1h" }))).await?;
    let spec = json!({ "endpoint": "127.0.0.1:1", "bucketName": "app", "interval": "1h" });
    ns.apply_value(object(SOURCES, "Bucket", spec)).await?;
    let spec = json!({ "url": "http://127.0.0.1:1/charts", "interval": "1h" });
    ns.apply_value(object(SOURCES, "HelmRepository", spec)).await?;
    let spec =
        json!({ "chart": "app", "interval": "1h", "sourceRef": { "kind": "HelmRepository", "name": "app" } });
    ns.apply_value(object(SOURCES, "HelmChart", spec)).await?;
    for kind in ["HelmRepository", "HelmChart"] {
        ns.wait_ready(SOURCES, kind, "app", "False").await?;
    }
    for kind in ["ConfigMap", "Secret"] {
        ns.apply_value(json!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": "vars" } })).await?;
    }
    let variables = json!([{ "kind": "ConfigMap", "name": "vars" }, { "kind": "Secret", "name": "vars" }]);
    let spec = json!({ "sourceRef": { "kind": "GitRepository", "name": "app" }, "interval": "1h", "prune": true,
        "path": "./", "targetNamespace": ns.name(), "serviceAccountName": "tenant",
        "postBuild": { "substituteFrom": variables } });
    ns.apply_value(object(KUSTOMIZATIONS, "Kustomization", spec)).await?;
    let has = |value: &'static str| move |map: &Value| map["data"]["k"] == value;
    ns.wait_for("v1", "ConfigMap", "app", SOON, has("one")).await?;
    ns.wait_ready(KUSTOMIZATIONS, "Kustomization", "app", "True").await?;
    repository.commit("main", "second", [("map.yaml", map("two"))])?;
    let ask = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": "now" } } });
    ns.patch(SOURCES, "GitRepository", "app", ask).await?;
    ns.wait_for("v1", "ConfigMap", "app", SOON, has("two")).await?;
    ns.patch("v1", "ConfigMap", "app", json!({ "data": { "k": "edited" } })).await?;
    ns.wait_for("v1", "ConfigMap", "app", SOON, has("two")).await?;
    let healed = |found: &Value| found["status"]["counts"]["healed"] == 1;
    ns.wait_for("flyball.dev/v1alpha1", "DriftReport", "app", SOON, healed).await?;
    let told = |found: &Value| found["status"]["conditions"][0]["status"] == "True";
    ns.wait_for("flyball.dev/v1alpha1", "Convergence", "app", SOON, told).await?;
    ns.delete(KUSTOMIZATIONS, "Kustomization", "app").await?;
    ns.wait_gone(KUSTOMIZATIONS, "Kustomization", "app", SOON).await?;
    for kind in ["GitRepository", "OCIRepository", "Bucket", "HelmChart", "HelmRepository"] {
        ns.delete(SOURCES, kind, "app").await?;
        ns.wait_gone(SOURCES, kind, "app", SOON).await?;
    }
    ns.wait_gone("flyball.dev/v1alpha1", "Convergence", "app", SOON).await
}

/// What the other tests have used so far counts, too; the story suffices.
#[tokio::test]
async fn no_right_is_left_over() -> Result<()> {
    let plane = ControlPlane::shared().await?;
    let ns = plane.namespace("story").await?;
    let git = GitServer::start().await?;
    let _flyball = Flyball::start_with(&ns, |controller| {
        let controller = controller.flag("--enable-leader-election=true");
        match controller.name.as_str() {
            "kustomize-controller" => controller.flag("--feature-gates=ExternalArtifact=true"),
            _ => controller,
        }
    })
    .await?;
    story(&ns, &git).await?;
    let log = plane.requests()?;
    let known = |right: &Right| RARE.iter().any(|(verb, resource, _)| *right == Right::new(verb, resource));
    until("every right is used", std::time::Duration::from_secs(20), || async {
        let (everyone, mut left) = (log.everyone(&Mark::START)?, Vec::new());
        for controller in CONTROLLERS {
            let unused = rights::unused(&rights::of(controller)?, &everyone, controller);
            let unused = unused.into_iter().filter(|right| !known(right));
            left.extend(unused.map(|right| format!("{controller}: {right}")));
        }
        Ok(if left.is_empty() { Look::Found(()) } else { Look::Not(left.join("; ")) })
    })
    .await
}
