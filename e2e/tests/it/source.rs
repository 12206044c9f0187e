//! The source-controller: Git repositories over HTTP become artifacts, against a real control plane and a real Git
//! server. What one module proves stands in its first line; this file holds what they share.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use artifact::MemTree;
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::git::GitServer;
use testkit::stack::{Controller, Running};
use testkit::wait::{Look, until};

mod assembly;
mod auth;
mod bucket;
mod failures;
pub(crate) mod helm;
mod lifecycle;
mod oci;
mod polls;
mod receivers;
mod refs;
mod replicas;
mod seen;
mod server;
mod ssh;
mod stories;
mod stories_bucket;
mod stories_helm;
mod stories_oci;
mod stories_receiver;

const API: &str = "source.toolkit.fluxcd.io/v1";
const KIND: &str = "GitRepository";
const SOON: Duration = Duration::from_secs(20);

/// A namespace with a Git server and a source-controller.
struct Bench {
    ns: TestNamespace,
    git: GitServer,
    controller: Running,
}

impl Bench {
    async fn start(prefix: &str) -> Result<Self> {
        Self::start_with(prefix, &[]).await
    }

    async fn start_with(prefix: &str, flags: &[&str]) -> Result<Self> {
        let plane = ControlPlane::shared().await?;
        let ns = plane.namespace(prefix).await?;
        let git = GitServer::start().await?;
        let mut controller = Controller::new("source-controller");
        for flag in flags {
            controller = controller.flag(*flag);
        }
        let controller = controller.start(&ns).await?;
        Ok(Self { ns, git, controller })
    }

    /// Applies a GitRepository; `spec` beside url and an interval of ten minutes.
    async fn source(&self, name: &str, url: &str, spec: Value) -> Result<()> {
        let mut all = json!({ "url": url, "interval": "10m" });
        if let (Some(all), Some(spec)) = (all.as_object_mut(), spec.as_object()) {
            all.extend(spec.clone());
        }
        let object = json!({ "apiVersion": API, "kind": KIND, "metadata": { "name": name }, "spec": all });
        self.ns.apply_value(object).await?;
        Ok(())
    }

    async fn wait(&self, name: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        self.ns
            .wait_for(API, KIND, name, SOON, wanted)
            .await
            .with_context(|| self.controller.process.log_tail())
    }

    /// Waits until the object is Ready for its generation.
    async fn ready(&self, name: &str) -> Result<Value> {
        self.wait(name, |object| {
            status_of(object, "Ready") == "True"
                && object["status"]["observedGeneration"] == object["metadata"]["generation"]
                && condition(object, "Reconciling").is_none()
        })
        .await
    }

    /// Waits until the object has that revision and is Ready.
    async fn at_revision(&self, name: &str, revision: &str) -> Result<Value> {
        self.wait(name, |object| {
            object["status"]["artifact"]["revision"] == revision && status_of(object, "Ready") == "True"
        })
        .await
    }

    /// Waits until Ready is False, and the run that said so is written.
    async fn failed(&self, name: &str) -> Result<Value> {
        self.wait(name, |object| status_of(object, "Ready") == "False").await
    }

    /// Asks for a run and waits until it was handled.
    async fn request(&self, name: &str, token: &str) -> Result<Value> {
        self.ask(name, token).await?;
        self.wait(name, |object| object["status"]["lastHandledReconcileAt"] == token).await
    }

    async fn ask(&self, name: &str, token: &str) -> Result<()> {
        let patch = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": token } } });
        self.ns.patch(API, KIND, name, patch).await?;
        Ok(())
    }

    /// Waits for an event about an object with that reason and message.
    async fn event(&self, name: &str, reason: &str, message: &str) -> Result<Value> {
        until(&format!("event {reason} {message:?} for {name}"), SOON, || async {
            let events = self.events(name).await?;
            let seen: Vec<String> =
                events.iter().map(|event| format!("{} {}", event["reason"], event["message"])).collect();
            let found =
                events.into_iter().find(|event| event["reason"] == reason && event["message"] == message);
            Ok(found.map_or(Look::Not(seen.join("; ")), Look::Found))
        })
        .await
    }

    async fn events(&self, name: &str) -> Result<Vec<Value>> {
        let events = self.ns.list("v1", "Event", "").await?;
        Ok(events.into_iter().filter(|event| event["involvedObject"]["name"] == name).collect())
    }

    /// Root of the storage on disk.
    fn storage(&self) -> Result<&std::path::Path> {
        Ok(self.controller.storage().context("no storage")?.0)
    }
}

/// Fetches the artifact of an object as a consumer does: verified and unpacked.
pub(crate) async fn unpacked(object: &Value) -> Result<MemTree> {
    let artifact = &object["status"]["artifact"];
    let url = artifact["url"].as_str().context("no url")?;
    let digest = artifact["digest"].as_str().context("no digest")?.parse()?;
    let limits = artifact::fetch::Limits { retries: 0, ..artifact::fetch::Limits::default() };
    let bytes = artifact::fetch::fetch(&reqwest::Client::new(), url, &digest, &limits).await?;
    if artifact["size"] != json!(bytes.len()) {
        bail!("size {} for {} bytes", artifact["size"], bytes.len());
    }
    Ok(artifact::unpack::unpack(&bytes, &artifact::unpack::Limits::default())?)
}

fn names(tree: &MemTree) -> Vec<&str> {
    tree.files().map(|(path, _)| path).collect()
}

fn condition<'a>(object: &'a Value, type_: &str) -> Option<&'a Value> {
    object["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == type_)
}

fn status_of<'a>(object: &'a Value, type_: &str) -> &'a str {
    condition(object, type_).and_then(|condition| condition["status"].as_str()).unwrap_or_default()
}

/// All conditions as `Type=Status Reason message`, in their order.
fn conditions(object: &Value) -> Vec<String> {
    let all = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let text = |condition: &Value, field: &str| condition[field].as_str().unwrap_or_default().to_owned();
    all.iter()
        .map(|condition| {
            format!(
                "{}={} {} {}",
                text(condition, "type"),
                text(condition, "status"),
                text(condition, "reason"),
                text(condition, "message")
            )
        })
        .collect()
}
