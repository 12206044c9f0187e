//! All three controllers together: a commit, its objects, a mistake and its end.

use anyhow::Result;
use serde_json::json;
use testkit::cluster::ControlPlane;
use testkit::git::GitServer;
use testkit::stack::Flyball;

use super::rig::SOON;

const MANIFESTS: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {key: value}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: 'example.com/app:1'}]}
";

#[tokio::test]
async fn from_commit_to_converged_and_back() -> Result<()> {
    let ns = ControlPlane::shared().await?.namespace("health-story").await?;
    let git = GitServer::start().await?;
    let repo = git.repository("app")?;
    repo.commit("main", "first", [("app.yaml", MANIFESTS)])?;
    let flyball = Flyball::start(&ns).await?;
    ns.apply_value(json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": {"name": "app"},
        "spec": {"url": repo.url(), "interval": "1h", "ref": {"branch": "main"}}}))
        .await?;
    ns.apply_value(json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": "app"},
        "spec": {"interval": "1h", "prune": true, "path": "./", "targetNamespace": ns.name(), "sourceRef": {"kind": "GitRepository", "name": "app"}}}))
        .await?;
    let converged = |status: &'static str| {
        let ns = &ns;
        async move {
            ns.wait_condition("flyball.dev/v1alpha1", "Convergence", "app", ("Converged", status), SOON).await
        }
    };
    let first = converged("True").await?;
    assert_eq!(first["status"]["counts"]["healthy"], 2);

    let broken = MANIFESTS.replace("kind: ConfigMap", "kind: Configmap");
    repo.commit("main", "a typing error", [("app.yaml", broken.as_str())])?;
    let now = jiff::Timestamp::now().to_string();
    ns.patch(
        "source.toolkit.fluxcd.io/v1",
        "GitRepository",
        "app",
        json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": now}}}),
    )
    .await?;
    let wrong = ns
        .wait_for("flyball.dev/v1alpha1", "Convergence", "app", SOON, |found| {
            found["status"]["conditions"][0]["reason"] == "KindUnknown"
        })
        .await?;
    assert_eq!(wrong["status"]["sync"]["state"], "RevisionPending");
    assert_eq!(wrong["status"]["health"]["state"], "Healthy", "what was applied before still runs");

    repo.commit("main", "corrected", [("app.yaml", MANIFESTS)])?;
    let now = jiff::Timestamp::now().to_string();
    ns.patch(
        "source.toolkit.fluxcd.io/v1",
        "GitRepository",
        "app",
        json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": now}}}),
    )
    .await?;
    converged("True").await?;
    drop(flyball);
    Ok(())
}
