//! The two that are compared, and where one of them stands while it is measured: a namespace, a Git server that counts,
//! and the controller. It measures; what is done is the workloads'.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures::StreamExt as _;
use kube::api::{DynamicObject, WatchEvent, WatchParams};
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, Mark, TestNamespace};
use testkit::git::{GitServer, Repository};
use testkit::stack::{Controller, Running};

use super::figures::{Figures, Unit};
use super::hooks::Hooks;
use super::memory::Own;

pub(super) const FLYBALL: &str = "flyball";
pub(super) const FLUX: &str = "flux";
pub(super) const SOURCES: &str = "source.toolkit.fluxcd.io/v1";
pub(super) const KIND: &str = "GitRepository";
/// How long anything may take.
pub(super) const LIMIT: Duration = Duration::from_secs(600);

/// One of the two.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) name: &'static str,
    binary: PathBuf,
    flags: Vec<String>,
}

impl Side {
    pub(super) fn flyball(binary: PathBuf) -> Self {
        Self { name: FLYBALL, binary, flags: Vec::new() }
    }

    pub(super) fn flux(binary: PathBuf, concurrent: usize) -> Self {
        Self { name: FLUX, binary, flags: vec![format!("--concurrent={concurrent}")] }
    }
}

/// Where one side stands.
pub(super) struct Stand {
    own: Own,
    /// What answers webhooks.
    pub(super) hooks: Option<Hooks>,
    // Ends before the namespace that it works in.
    pub(super) controller: Running,
    pub(super) ns: TestNamespace,
    pub(super) git: GitServer,
    /// Memory before it had anything to do.
    pub(super) idle: u64,
    asked: usize,
}

impl Stand {
    /// Starts everything, and what answers webhooks if there are any.
    pub(super) async fn open(plane: &Arc<ControlPlane>, side: &Side, has_hooks: bool) -> Result<Self> {
        let ns = plane.namespace("bench").await?;
        let git = GitServer::start().await?;
        let hooks = if has_hooks { Some(Hooks::open(&ns, side.name == FLUX).await?) } else { None };
        let mut controller = Controller::new("source-controller").flag("--log-level=info");
        controller.binary = Some(side.binary.clone());
        for flag in &side.flags {
            controller = controller.flag(flag);
        }
        if let Some(flag) = hooks.as_ref().and_then(Hooks::flag) {
            controller = controller.flag(flag);
        }
        let controller = controller.start(&ns).await?;
        let idle = controller.process.rss()?;
        let own = Own::watch(controller.process.pid());
        Ok(Self { own, ns, git, controller, hooks, idle, asked: 0 })
    }

    /// Declares a GitRepository.
    pub(super) async fn declare(&self, name: &str, repository: &Repository) -> Result<()> {
        let spec = json!({
            "url": repository.url(), "ref": { "branch": "main" }, "interval": "1h", "timeout": "10m",
        });
        let object =
            json!({ "apiVersion": SOURCES, "kind": KIND, "metadata": { "name": name }, "spec": spec });
        self.ns.apply_value(object).await.map(drop)
    }

    /// What is wanted of an object, as soon as the API server tells of it; `begin` is done once it will. How long that
    /// took from then on, and the object.
    pub(super) async fn after(
        &self,
        name: &str,
        begin: impl AsyncFnOnce() -> Result<()>,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<(Duration, Value)> {
        let api = self.ns.api(SOURCES, KIND).await?;
        let now = api.get(name).await?.metadata.resource_version.context("resourceVersion")?;
        let params = WatchParams::default().fields(&format!("metadata.name={name}"));
        let mut events = api.watch(&params, &now).await?.boxed();
        let start = Instant::now();
        begin().await?;
        let seen = async {
            while let Some(event) = events.next().await {
                if let WatchEvent::Added(object) | WatchEvent::Modified(object) = event? {
                    let object = value(object)?;
                    if wanted(&object) {
                        return Ok((start.elapsed(), object));
                    }
                }
            }
            bail!("the watch ended")
        };
        tokio::time::timeout(LIMIT, seen).await.with_context(|| format!("{name}: not within {LIMIT:?}"))?
    }

    /// Asks for a run now.
    pub(super) async fn request(&self, name: &str, token: &str) -> Result<()> {
        let ask = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": token } } });
        self.ns.patch(SOURCES, KIND, name, ask).await.map(drop)
    }

    /// Begins to measure.
    pub(super) fn begin(&mut self) -> Result<Meter> {
        self.asked = self.git.accesses().len();
        let process = &self.controller.process;
        process.forget_peak()?;
        self.own.forget();
        Ok(Meter {
            cpu: process.cpu()?,
            read: process.read_bytes()?,
            mark: self.ns.plane().requests()?.mark()?,
        })
    }

    /// What has been needed since then, in all.
    pub(super) async fn end(&self, meter: &Meter, figures: &mut Figures) -> Result<()> {
        let process = &self.controller.process;
        let (cpu, read) = (process.cpu()?, process.read_bytes()?);
        let accesses = self.git.accesses();
        let accesses = accesses.get(self.asked..).unwrap_or_default();
        let user = self.ns.user("source-controller");
        let requests = self.ns.plane().requests()?.since(&meter.mark, &user).await?.counted();
        figures.count("requests to Git", accesses.len() as u64);
        figures.bytes("bytes from Git", accesses.iter().map(|access| access.bytes).sum());
        figures.count("requests to the API server", requests.len() as u64);
        figures.bytes("bytes read, from files too", read.saturating_sub(meter.read));
        let cpu = cpu.saturating_sub(meter.cpu).as_secs_f64() * 1_000.0;
        figures.add("CPU time", Unit::Milliseconds, cpu);
        Ok(())
    }

    /// Posts to `git-upload-pack` since [`Self::begin`]: questions for references and for packs.
    pub(super) fn fetches(&self) -> u64 {
        let accesses = self.git.accesses();
        let is_post = |access: &&testkit::git::Access| access.request.starts_with("POST");
        accesses.iter().skip(self.asked).filter(is_post).count() as u64
    }

    /// The most memory since [`Self::begin`], and what is left of it.
    pub(super) fn memory(&self, figures: &mut Figures) -> Result<()> {
        let process = &self.controller.process;
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        figures.add("memory when idle", Unit::Mib, mib(self.idle));
        figures.add("most memory", Unit::Mib, mib(process.peak_rss()?));
        figures.add("most memory above idle", Unit::Mib, mib(process.peak_rss()?.saturating_sub(self.idle)));
        figures.add("most memory without mapped files", Unit::Mib, mib(self.own.most()));
        figures.add("memory afterwards", Unit::Mib, mib(process.rss()?));
        Ok(())
    }
}

/// Where counters stood.
pub(super) struct Meter {
    cpu: Duration,
    read: u64,
    mark: Mark,
}

fn value(object: DynamicObject) -> Result<Value> {
    serde_json::to_value(object).context("an object")
}

/// Whether a GitRepository is Ready, and its artifact is of this commit.
pub(super) fn is_at(object: &Value, commit: &str) -> bool {
    let revision = object["status"]["artifact"]["revision"].as_str().unwrap_or_default();
    revision.ends_with(commit) && is_ready(object)
}

/// Whether a GitRepository is Ready.
pub(super) fn is_ready(object: &Value) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    let mut conditions = conditions.into_iter().flatten();
    conditions.any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_awaited() {
        let object = |status: &str| {
            json!({ "status": {
                "artifact": { "revision": "main@sha1:abc" }, "conditions": [{ "type": "Ready", "status": status }],
            } })
        };
        assert!(is_at(&object("True"), "abc") && !is_at(&object("True"), "def"));
        assert!(!is_at(&object("False"), "abc") && !is_ready(&json!({})));
    }
}
