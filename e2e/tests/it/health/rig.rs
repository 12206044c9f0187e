//! Plays source-controller and kustomize-controller: objects with owner labels under their manager's name, and the
//! status of a Kustomization that has applied them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::stack::{Controller, Running};

/// What is awaited comes within this time, on a machine with much to do.
pub(super) const SOON: Duration = Duration::from_secs(40);
/// The revision that is applied unless a test says otherwise.
pub(super) const REVISION: &str = "main@sha1:0123456789abcdef0123456789abcdef01234567";

const KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io/v1";
const SOURCE: &str = "source.toolkit.fluxcd.io/v1";
const FLYBALL: &str = "flyball.dev/v1alpha1";
const SET_MANAGER: &str = "kustomize-controller";

/// A namespace with a running health-controller.
pub(super) struct Rig {
    pub(super) ns: TestNamespace,
    pub(super) controller: Running,
}

impl Rig {
    pub(super) async fn start(prefix: &str) -> Result<Self> {
        Self::on(&ControlPlane::shared().await?, prefix).await
    }

    /// On a control plane of its own, whose kinds nobody else sees.
    pub(super) async fn on(plane: &Arc<ControlPlane>, prefix: &str) -> Result<Self> {
        let ns = plane.namespace(prefix).await?;
        let controller = Controller::new("health-controller").start(&ns).await?;
        let rig = Self { ns, controller };
        rig.source(REVISION).await?;
        Ok(rig)
    }

    pub(super) async fn restart(&mut self) -> Result<()> {
        self.controller.process.kill().await?;
        self.controller = Controller::new("health-controller").start(&self.ns).await?;
        Ok(())
    }

    /// The GitRepository `app` has stored a revision.
    pub(super) async fn source(&self, revision: &str) -> Result<()> {
        self.ns
            .apply_value(json!({"apiVersion": SOURCE, "kind": "GitRepository", "metadata": {"name": "app"},
                "spec": {"url": "https://example.com/app.git", "interval": "1m"}}))
            .await?;
        let artifact = json!({"revision": revision, "digest": format!("sha256:{}", "0".repeat(64)), "path": "a/b/c.tar.gz",
            "url": "http://127.0.0.1/a/b/c.tar.gz", "lastUpdateTime": "2026-11-25T10:00:00Z"});
        let ready = condition("Ready", "True", "Succeeded", "stored artifact", "2026-11-25T10:00:00Z");
        let status = json!({"observedGeneration": 1, "artifact": artifact, "conditions": [ready]});
        self.status(SOURCE, "GitRepository", "app", status).await
    }

    /// Merges a status.
    pub(super) async fn status(
        &self,
        api_version: &str,
        kind: &str,
        name: &str,
        status: Value,
    ) -> Result<()> {
        let api = self.ns.api(api_version, kind).await?;
        let patch = Patch::Merge(json!({ "status": status }));
        api.patch_status(name, &PatchParams::default(), &patch)
            .await
            .with_context(|| format!("status of {kind}/{name}"))?;
        Ok(())
    }

    /// Applies an object as kustomize-controller does for the Kustomization `owner`.
    pub(super) async fn apply_for(&self, owner: &str, mut object: Value) -> Result<Value> {
        object["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"] = json!(owner);
        object["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/namespace"] = json!(self.ns.name());
        let text = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
        let api = self.ns.api(&text("apiVersion"), &text("kind")).await?;
        let name = object["metadata"]["name"].as_str().context("a name")?.to_owned();
        let applied: DynamicObject =
            api.patch(&name, &PatchParams::apply(SET_MANAGER).force(), &Patch::Apply(&object)).await?;
        Ok(serde_json::to_value(applied)?)
    }

    /// A Kustomization that has applied `objects` (group, kind, name) with success.
    pub(super) async fn kustomization(&self, name: &str, objects: &[(&str, &str, &str)]) -> Result<()> {
        self.ns
            .apply_value(json!({"apiVersion": KUSTOMIZE, "kind": "Kustomization", "metadata": {"name": name},
                "spec": {"interval": "1h", "prune": true, "path": "./", "sourceRef": {"kind": "GitRepository", "name": "app"}}}))
            .await?;
        let entries: Vec<Value> =
            objects.iter().map(|(group, kind, name)| self.entry(group, kind, name)).collect();
        let message = format!("Applied revision: {REVISION}");
        let ready = condition("Ready", "True", "ReconciliationSucceeded", &message, "2026-11-25T10:00:00Z");
        let status = json!({"observedGeneration": 1, "lastAppliedRevision": REVISION, "lastAttemptedRevision": REVISION,
            "inventory": {"entries": entries}, "conditions": [ready]});
        self.set(name, status).await
    }

    /// An entry of an inventory.
    pub(super) fn entry(&self, group: &str, kind: &str, name: &str) -> Value {
        json!({"id": format!("{}_{name}_{group}_{kind}", self.ns.name()), "v": "v1"})
    }

    /// Merges a Kustomization's status.
    pub(super) async fn set(&self, name: &str, status: Value) -> Result<()> {
        self.status(KUSTOMIZE, "Kustomization", name, status).await
    }

    /// A run has ended well, at a second of 10:02.
    pub(super) async fn ran(&self, name: &str, second: u8) -> Result<()> {
        let run = json!({"digest": "sha256:0", "firstReconciled": "2026-11-25T10:00:00Z",
            "lastReconciled": format!("2026-11-25T10:02:{second:02}Z"), "lastReconciledDuration": "1s",
            "lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": second});
        self.set(name, json!({"history": [run]})).await
    }

    /// The last run failed.
    pub(super) async fn fail(&self, name: &str, reason: &str, message: &str) -> Result<()> {
        self.set(
            name,
            json!({"conditions": [condition("Ready", "False", reason, message, "2026-11-25T10:01:00Z")]}),
        )
        .await
    }

    pub(super) async fn delete_kustomization(&self, name: &str) -> Result<()> {
        self.ns.delete(KUSTOMIZE, "Kustomization", name).await
    }

    /// Waits for a Convergence that is as wanted.
    pub(super) async fn convergence(&self, name: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let found = self.ns.wait_for(FLYBALL, "Convergence", name, SOON, wanted).await;
        found.with_context(|| self.controller.process.log_tail())
    }

    /// Waits until Converged has this status and reason.
    pub(super) async fn converged(&self, name: &str, status: &str, reason: &str) -> Result<Value> {
        self.convergence(name, |found| {
            let converged = &found["status"]["conditions"][0];
            converged["status"] == status && converged["reason"] == reason
        })
        .await
    }

    pub(super) async fn gone(&self, name: &str) -> Result<()> {
        self.ns.wait_gone(FLYBALL, "Convergence", name, SOON).await
    }

    pub(super) fn user(&self) -> String {
        self.ns.user("health-controller")
    }
}

pub(super) fn condition(type_: &str, status: &str, reason: &str, message: &str, since: &str) -> Value {
    json!({"type": type_, "status": status, "reason": reason, "message": message, "lastTransitionTime": since,
        "observedGeneration": 1})
}

pub(super) fn config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"key": "value"}})
}

/// A Deployment of one Pod that meets a fate (none: it becomes ready).
pub(super) fn deployment(name: &str, annotations: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}, "annotations": annotations},
            "spec": {"containers": [{"name": "main", "image": "example.com/app:1"}]}}}})
}

/// The report of the object of this name.
pub(super) fn report<'a>(convergence: &'a Value, name: &str) -> &'a Value {
    let objects = convergence["status"]["objects"].as_array();
    objects
        .and_then(|objects| {
            objects
                .iter()
                .find(|object| object["id"].as_str().is_some_and(|id| id.contains(&format!("_{name}_"))))
        })
        .unwrap_or(&Value::Null)
}
