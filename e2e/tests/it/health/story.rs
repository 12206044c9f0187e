//! All three controllers together: a commit, its objects, a mistake and its end; with our kustomize-controller, and
//! with Flux's in its place.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::binaries;
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::git::GitServer;
use testkit::stack::Controller;

use super::rig::SOON;

const MANIFESTS: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {key: value}
---
apiVersion: v1
kind: Secret
metadata: {name: db}
stringData: {password: c4n4ry-of-the-story}
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

struct Story {
    ns: TestNamespace,
}

impl Story {
    async fn reason(&self, reason: &str) -> Result<Value> {
        self.ns
            .wait_for("flyball.dev/v1alpha1", "Convergence", "app", SOON, |found| {
                found["status"]["conditions"][0]["reason"] == reason
            })
            .await
    }

    async fn ask(&self, api_version: &str, kind: &str) -> Result<()> {
        let now = jiff::Timestamp::now().to_string();
        let patch = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": now}}});
        self.ns.patch(api_version, kind, "app", patch).await?;
        Ok(())
    }

    async fn fetch(&self) -> Result<()> {
        self.ask("source.toolkit.fluxcd.io/v1", "GitRepository").await
    }
}

/// From commit to Converged, through a mistake, and back; `heals`: drift is mended at once.
async fn tell(kustomize: Option<PathBuf>, heals: bool) -> Result<()> {
    let ns = ControlPlane::shared().await?.namespace("health-story").await?;
    let git = GitServer::start().await?;
    let repo = git.repository("app")?;
    repo.commit("main", "first", [("app.yaml", MANIFESTS)])?;
    let _source = Controller::new("source-controller").start(&ns).await?;
    let _kustomize =
        Controller { binary: kustomize, ..Controller::new("kustomize-controller") }.start(&ns).await?;
    let health = Controller::new("health-controller").start(&ns).await?;
    ns.apply_value(
        json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": {"name": "app"},
        "spec": {"url": repo.url(), "interval": "1h", "ref": {"branch": "main"}}}),
    )
    .await?;
    ns.apply_value(
        json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": "app"},
        "spec": {"interval": "1h", "retryInterval": "2s", "prune": true, "path": "./", "targetNamespace": ns.name(),
            "sourceRef": {"kind": "GitRepository", "name": "app"}}}),
    )
    .await?;
    let story = Story { ns };
    let first = story.reason("Converged").await?;
    let counts = &first["status"]["counts"];
    assert_eq!((&counts["healthy"], &counts["notObserved"]), (&json!(2), &json!(1)));

    story.ns.patch("v1", "ConfigMap", "settings", json!({"data": {"key": "other"}})).await?;
    if !heals {
        story.reason("Drifted").await?;
        story.ask("kustomize.toolkit.fluxcd.io/v1", "Kustomization").await?;
    }
    story.ns.wait_for("v1", "ConfigMap", "settings", SOON, |found| found["data"]["key"] == "value").await?;
    story.reason("Converged").await?;

    let broken = MANIFESTS.replace("kind: ConfigMap", "kind: Configmap");
    repo.commit("main", "a typing error", [("app.yaml", broken.as_str())])?;
    story.fetch().await?;
    let wrong = story.reason("KindUnknown").await?;
    assert_eq!(wrong["status"]["sync"]["state"], "RevisionPending");
    assert_eq!(wrong["status"]["health"]["state"], "Healthy", "what was applied before still runs");
    let blocker = &wrong["status"]["blockers"][0];
    assert_eq!(blocker["object"], format!("Configmap/{}/settings", story.ns.name()));

    repo.commit(
        "main",
        "corrected, and less",
        [("app.yaml", MANIFESTS.split("---\n").next().context("a part")?)],
    )?;
    story.fetch().await?;
    let last = story
        .ns
        .wait_for("flyball.dev/v1alpha1", "Convergence", "app", SOON, |found| {
            found["status"]["conditions"][0]["reason"] == "Converged"
                && found["status"]["counts"]["total"] == 1
        })
        .await?;
    let everything = format!("{last}{wrong}{}", health.process.log()?);
    assert!(!everything.contains("c4n4ry-of-the-story"), "a Secret's value leaked");
    let rss = health.process.rss()?;
    assert!(rss < 40 << 20, "{rss} bytes resident");
    Ok(())
}

#[tokio::test]
async fn from_commit_to_converged_and_back() -> Result<()> {
    tell(None, true).await
}

#[tokio::test]
#[ignore = "builds Flux's kustomize-controller, which takes minutes"]
async fn the_same_beside_flux_s_own_kustomize_controller() -> Result<()> {
    tell(Some(binaries::FLUX_KUSTOMIZE_CONTROLLER.build(&|_| ())?), false).await
}
