//! Flux's own controllers in the place of one of ours, in both directions: that is what "Flux's API, exactly" means.
//! They take minutes to build, so these tests run only when asked for:
//! `cargo xtask control-plane --peers && cargo xtask test --e2e peers -- --ignored`.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::binaries::{
    FLUX_HELM_CONTROLLER, FLUX_KUSTOMIZE_CONTROLLER, FLUX_NOTIFICATION_CONTROLLER, FLUX_SOURCE_CONTROLLER,
};
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::git::{GitServer, Repository};
use testkit::stack::{Controller, Running};

mod helm;

const LIMIT: Duration = Duration::from_secs(60);
const KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io/v1";
const SOURCE: &str = "source.toolkit.fluxcd.io/v1";

fn manifest(name: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  key: \"{value}\"\n")
}

fn commit(repository: &Repository, message: &str, files: &[(&str, &str)]) -> Result<String> {
    let files: Vec<_> =
        files.iter().map(|(name, value)| (format!("app/{name}.yaml"), manifest(name, value))).collect();
    let files = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    Ok(format!("main@sha1:{}", repository.replace("main", message, files)?))
}

async fn begin(ns: &TestNamespace, url: &str) -> Result<()> {
    for object in [
        json!({
            "apiVersion": SOURCE, "kind": "GitRepository", "metadata": {"name": "app"},
            "spec": {"url": url, "interval": "1h", "ref": {"branch": "main"}},
        }),
        json!({
            "apiVersion": KUSTOMIZE, "kind": "Kustomization", "metadata": {"name": "app"},
            "spec": {
                "interval": "1h", "retryInterval": "5s", "timeout": "1m", "prune": true, "wait": true, "path": "./app",
                "sourceRef": {"kind": "GitRepository", "name": "app"}, "targetNamespace": ns.name(),
            },
        }),
    ] {
        ns.apply_value(object).await?;
    }
    Ok(())
}

async fn request(ns: &TestNamespace, api_version: &str, kind: &str, token: &str) -> Result<()> {
    let annotation = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": token}}});
    ns.patch(api_version, kind, "app", annotation).await?;
    Ok(())
}

async fn applied(ns: &TestNamespace, revision: &str) -> Result<Value> {
    let done = |object: &Value| {
        let conditions = object["status"]["conditions"].as_array();
        let ready = conditions.into_iter().flatten().find(|condition| condition["type"] == "Ready");
        object["status"]["lastAppliedRevision"] == revision
            && ready.is_some_and(|ready| ready["status"] == "True")
    };
    ns.wait_for(KUSTOMIZE, "Kustomization", "app", LIMIT, done).await
}

/// First commit, change, removal of a manifest, forced run, end of the Kustomization: with whatever controllers run.
async fn life(ns: &TestNamespace, repository: &Repository) -> Result<()> {
    let first = commit(repository, "first", &[("one", "1"), ("two", "2")])?;
    begin(ns, repository.url()).await?;
    let object = applied(ns, &first).await?;
    let ids = |object: &Value| {
        let entries = object["status"]["inventory"]["entries"].as_array().cloned().unwrap_or_default();
        entries.iter().filter_map(|entry| entry["id"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let id = |name: &str| format!("{}_{name}__ConfigMap", ns.name());
    assert_eq!(ids(&object), [id("one"), id("two")]);

    let second = commit(repository, "second", &[("one", "changed")])?;
    request(ns, SOURCE, "GitRepository", "second").await?;
    let object = applied(ns, &second).await?;
    assert_eq!(ids(&object), [id("one")]);
    ns.wait_gone("v1", "ConfigMap", "two", LIMIT).await?;
    let one = ns.get("v1", "ConfigMap", "one").await?.context("one")?;
    assert_eq!(one["data"]["key"], "changed");

    ns.patch("v1", "ConfigMap", "one", json!({"data": {"key": "edited"}})).await?;
    request(ns, KUSTOMIZE, "Kustomization", "heal").await?;
    ns.wait_for("v1", "ConfigMap", "one", LIMIT, |object| object["data"]["key"] == "changed").await?;
    ns.wait_for(KUSTOMIZE, "Kustomization", "app", LIMIT, |object| {
        object["status"]["lastHandledReconcileAt"] == "heal"
    })
    .await?;
    Ok(())
}

async fn end(ns: &TestNamespace) -> Result<()> {
    ns.delete(KUSTOMIZE, "Kustomization", "app").await?;
    ns.wait_gone(KUSTOMIZE, "Kustomization", "app", LIMIT).await?;
    ns.wait_gone("v1", "ConfigMap", "one", LIMIT).await?;
    ns.delete(SOURCE, "GitRepository", "app").await?;
    ns.wait_gone(SOURCE, "GitRepository", "app", LIMIT).await
}

/// Flux's controller in the place, and with the identity, of ours.
async fn flux(ns: &TestNamespace, name: &str) -> Result<Running> {
    theirs(name)?.start(ns).await
}

/// It, not started yet.
pub(super) fn theirs(name: &str) -> Result<Controller> {
    let program = match name {
        "source-controller" => FLUX_SOURCE_CONTROLLER,
        "helm-controller" => FLUX_HELM_CONTROLLER,
        "notification-controller" => FLUX_NOTIFICATION_CONTROLLER,
        _ => FLUX_KUSTOMIZE_CONTROLLER,
    };
    let mut controller = Controller::new(name);
    controller.binary = Some(program.built()?);
    Ok(controller)
}

struct Place {
    ns: TestNamespace,
    // Only held: it ends with the value.
    _git: GitServer,
    repository: Repository,
}

async fn place() -> Result<Place> {
    let ns = ControlPlane::shared().await?.namespace("peers").await?;
    let git = GitServer::start().await?;
    let repository = git.repository("app")?;
    Ok(Place { ns, _git: git, repository })
}

#[tokio::test]
#[ignore = "needs Flux's controllers: cargo xtask control-plane --peers"]
async fn flux_kustomize_controller_on_our_artifacts() -> Result<()> {
    let place = place().await?;
    let (ns, repository) = (&place.ns, &place.repository);
    let _source = Controller::new("source-controller").start(ns).await?;
    let _kustomize = flux(ns, "kustomize-controller").await?;
    let _health = Controller::new("health-controller").start(ns).await?;
    life(ns, repository).await?;
    // Our health-controller works beside Flux's kustomize-controller.
    let converged = ("Converged", "True");
    ns.wait_condition("flyball.dev/v1alpha1", "Convergence", "app", converged, LIMIT).await?;
    end(ns).await
}

#[tokio::test]
#[ignore = "needs Flux's controllers: cargo xtask control-plane --peers"]
async fn our_kustomize_controller_on_flux_artifacts() -> Result<()> {
    let place = place().await?;
    let (ns, repository) = (&place.ns, &place.repository);
    let _source = flux(ns, "source-controller").await?;
    let _kustomize = Controller::new("kustomize-controller").start(ns).await?;
    life(ns, repository).await?;
    end(ns).await
}

#[tokio::test]
#[ignore = "needs Flux's controllers: cargo xtask control-plane --peers"]
async fn our_kustomize_controller_takes_over_from_flux_and_gives_back() -> Result<()> {
    let place = place().await?;
    let (ns, repository) = (&place.ns, &place.repository);
    let _source = Controller::new("source-controller").start(ns).await?;
    let theirs = flux(ns, "kustomize-controller").await?;
    life(ns, repository).await?;
    theirs.process.terminate(LIMIT).await?;

    let ours = Controller::new("kustomize-controller").start(ns).await?;
    let taken = commit(repository, "taken over", &[("one", "ours"), ("three", "3")])?;
    request(ns, SOURCE, "GitRepository", "taken").await?;
    let object = applied(ns, &taken).await?;
    let entries = object["status"]["inventory"]["entries"].as_array().map(Vec::len);
    assert_eq!(entries, Some(2), "nothing is forgotten and nothing is doubled: {object}");
    ours.process.terminate(LIMIT).await?;

    let _theirs = flux(ns, "kustomize-controller").await?;
    let back = commit(repository, "given back", &[("one", "theirs")])?;
    request(ns, SOURCE, "GitRepository", "back").await?;
    applied(ns, &back).await?;
    ns.wait_gone("v1", "ConfigMap", "three", LIMIT).await?;
    let one = ns.get("v1", "ConfigMap", "one").await?.context("one")?;
    assert_eq!(one["data"]["key"], "theirs");
    end(ns).await
}
