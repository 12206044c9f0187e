//! The README's installation section, done word by word in an empty cluster. What cannot be had here is replaced: the
//! released chart is not fetched, and the public repository is served from this machine.

use anyhow::{Context as _, Result};
use testkit::binaries::root;
use testkit::git::GitServer;
use testkit::tool::blocks;

use super::release::{Cluster, stop};

/// The repository of the section, which has no business with the network in a test.
const PUBLIC: &str = "https://github.com/stefanprodan/podinfo";

const KUSTOMIZATION: &str = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n\
    resources: [deployment.yaml, service.yaml]\n";
const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: podinfo}\nspec:\n  \
    selector: {matchLabels: {app: podinfo}}\n  template:\n    metadata: {labels: {app: podinfo}}\n    \
    spec: {containers: [{name: podinfod, image: 'ghcr.io/stefanprodan/podinfo:6.9.0'}]}\n";
const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: podinfo}\nspec:\n  \
    selector: {app: podinfo}\n  ports: [{name: http, port: 9898}]\n";

#[tokio::test]
async fn the_installation_section_ends_with_a_ready_application() -> Result<()> {
    let cluster = Cluster::start().await?;
    let git = GitServer::start().await?;
    let repository = git.repository("podinfo")?;
    let files = [
        ("kustomize/kustomization.yaml", KUSTOMIZATION),
        ("kustomize/deployment.yaml", DEPLOYMENT),
        ("kustomize/service.yaml", SERVICE),
    ];
    repository.commit("master", "first", files)?;

    let readme = std::fs::read_to_string(root().join("README.md"))?;
    let (released, blocks): (Vec<_>, Vec<_>) =
        blocks(&readme, "install", "sh").into_iter().partition(|block| block.contains("oci://"));
    assert_eq!(released.len(), 1, "one command for a released version: {released:?}");
    assert!(blocks.iter().any(|block| block.contains(PUBLIC)), "the first application is that of {PUBLIC}");
    let mut running = Vec::new();
    let mut last = String::new();
    for block in blocks {
        let lines = block.replace(PUBLIC, repository.url());
        last = cluster.terminal.script(&lines).await?;
        if running.is_empty() && lines.contains("helm install") {
            running = cluster.start_controllers().await?;
        }
    }
    assert_eq!(running.len(), 3, "all three controllers are installed");
    assert!(last.contains("convergence"), "the last thing seen is what is said of it: {last}");

    let objects = cluster.now("podinfo").await?;
    let kinds = [
        ("source.toolkit.fluxcd.io/v1", "GitRepository", "Ready"),
        ("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "Ready"),
        ("flyball.dev/v1alpha1", "Convergence", "Converged"),
    ];
    for (api_version, kind, condition) in kinds {
        let limit = std::time::Duration::from_secs(30);
        objects.wait_condition(api_version, kind, "podinfo", (condition, "True"), limit).await?;
    }
    let deployment = objects.get("apps/v1", "Deployment", "podinfo").await?.context("podinfo runs")?;
    assert_eq!(deployment["status"]["availableReplicas"], 1);
    stop(running).await
}
