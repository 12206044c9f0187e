//! The rights that the chart gives, asked of a real API server for the identities that the tests run the
//! controllers with. That they suffice is shown by every other test.

use anyhow::{Context as _, Result};
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::Client;
use kube::api::{Api, PostParams};
use testkit::cluster::ControlPlane;

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
            ("create", "/events"),
            ("patch", "/events"),
        ],
        &[
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
            ("create", "/events"),
        ],
        &[
            ("get", "/secrets"),
            ("list", "/secrets"),
            ("watch", "/secrets"),
            ("patch", "apps/deployments"),
            ("delete", "/pods"),
            ("create", "/pods/exec"),
            ("patch", "kustomize.toolkit.fluxcd.io/kustomizations/status"),
            ("create", "/serviceaccounts/token"),
        ],
    )
    .await
}
