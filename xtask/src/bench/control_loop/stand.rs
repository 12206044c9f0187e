//! Where one side stands while it is measured: a control plane that has seen nothing else, a namespace, the controllers,
//! and the independent watch. It arranges and measures; what is done is the workloads'.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures::{StreamExt as _, TryStreamExt as _};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use testkit::archives::Archives;
use testkit::cluster::{CONTROLLERS, ControlPlane, TestNamespace};
use testkit::git::GitServer;
use testkit::process::Process;
use testkit::proxy::{Fault, Proxy};
use testkit::stack::Running;

use super::dump;
use super::figures::{Phase, Unit};
use super::meter::{Counted, Meter};
use super::observer::{Kind, Observer};
use super::outcome::Outcome;
use super::side::Side;

pub(super) const KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io/v1";
pub(super) const KUSTOMIZATION: &str = "Kustomization";
pub(super) const SOURCES: &str = "source.toolkit.fluxcd.io/v1";
pub(super) const GIT_REPOSITORY: &str = "GitRepository";
pub(super) const CONFIG_MAP: &str = "ConfigMap";
/// The service account that Kustomizations name.
pub(super) const DEPLOYER: &str = "deployer";
/// How long anything may take. Flux's defaults need their time.
pub(super) const LIMIT: Duration = Duration::from_secs(1_200);

/// Kinds that the independent watch sees.
const WATCHED: [Kind; 4] =
    [(KUSTOMIZE, KUSTOMIZATION), (SOURCES, GIT_REPOSITORY), ("v1", CONFIG_MAP), ("apps/v1", "Deployment")];
/// Objects that are made side by side.
const AT_ONCE: usize = 8;
const END_LIMIT: Duration = Duration::from_secs(60);

/// What a workload needs beside a kustomize-controller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// A source-controller and a Git server.
    pub(super) sources: bool,
    /// Every request of the kustomize-controller reaches the API server so much later, and its bytes are counted.
    pub(super) delay: Option<Duration>,
}

/// Where one side stands. What it holds ends in this order: the controllers before what they work in.
pub(super) struct Stand {
    side: Side,
    controller: Option<Running>,
    source: Option<Running>,
    proxy: Option<Proxy>,
    pub(super) observer: Observer,
    archives: Archives,
    pub(super) git: GitServer,
    pub(super) ns: TestNamespace,
    plane: Arc<ControlPlane>,
    remembered: Outcome,
}

impl Stand {
    /// Makes everything, and starts the controllers.
    pub(super) async fn open(side: &Side, needs: Needs) -> Result<Self> {
        let plane = Arc::new(ControlPlane::start(&CONTROLLERS).await?);
        let ns = plane.namespace("bench").await?;
        let observer = Observer::start(&plane, ns.name(), &WATCHED).await?;
        let (archives, git) = (Archives::start().await?, GitServer::start().await?);
        let proxy = match needs.delay {
            None => None,
            Some(delay) => {
                let identity = ns.service_account("kustomize-controller").await?;
                let proxy = Proxy::before(identity.kubeconfig()).await?;
                if !delay.is_zero() {
                    proxy.every(Fault::Delay(delay), |_| true);
                }
                Some(proxy)
            }
        };
        let mut stand = Self {
            side: side.clone(),
            controller: None,
            source: None,
            proxy,
            observer,
            archives,
            git,
            ns,
            plane,
            remembered: Outcome::default(),
        };
        stand.allow().await?;
        if needs.sources {
            stand.source = Some(side.source_controller().start(&stand.ns).await?);
        }
        stand.start().await?;
        Ok(stand)
    }

    /// The service account that Kustomizations name, with all rights in the namespace.
    async fn allow(&self) -> Result<()> {
        let account =
            json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": DEPLOYER } });
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": { "name": DEPLOYER },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin" },
            "subjects": [{ "kind": "ServiceAccount", "name": DEPLOYER, "namespace": self.ns.name() }],
        });
        self.ns.apply_value(account).await?;
        self.ns.apply_value(binding).await.map(drop)
    }

    /// Starts the kustomize-controller (again).
    pub(super) async fn start(&mut self) -> Result<()> {
        let mut controller = self.side.kustomize_controller();
        if let Some(proxy) = &self.proxy {
            let kubeconfig = proxy.kubeconfig().to_string_lossy().into_owned();
            controller.environment.push(("KUBECONFIG".to_owned(), kubeconfig));
        }
        self.controller = Some(controller.start(&self.ns).await?);
        Ok(())
    }

    /// Ends the kustomize-controller: at once, or as Kubernetes does.
    pub(super) async fn stop(&mut self, at_once: bool) -> Result<()> {
        if let Some(controller) = self.controller.take() {
            if at_once {
                controller.process.kill().await?;
            } else {
                controller.process.terminate(END_LIMIT).await?;
            }
        }
        Ok(())
    }

    /// How long the kustomize-controller took until it was ready, when it was started last.
    pub(super) fn ready_after(&self) -> Result<Duration> {
        Ok(self.controller()?.ready_after)
    }

    fn controller(&self) -> Result<&Running> {
        self.controller.as_ref().context("no kustomize-controller runs")
    }

    /// Memory of the kustomize-controller in MiB.
    pub(super) fn memory(&self) -> Result<f64> {
        Ok(self.controller()?.process.rss()? as f64 / f64::from(1 << 20))
    }

    fn counted(&self) -> Counted<'_> {
        let running = [&self.controller, &self.source].into_iter().flatten();
        let controllers: Vec<(&Process, String)> =
            running.map(|running| (&running.process, self.ns.user(running.process.name()))).collect();
        Counted { plane: &self.plane, controllers, proxy: self.proxy.as_ref() }
    }

    /// Begins to measure.
    pub(super) fn begin(&self) -> Result<Meter> {
        Meter::begin(&self.counted())
    }

    /// Ends a phase that was over at `done`, as the independent watch saw it.
    pub(super) async fn end(&self, meter: &Meter, mut phase: Phase, done: Instant) -> Result<Phase> {
        let seconds = done.saturating_duration_since(meter.begun).as_secs_f64();
        phase.add("time", Unit::Seconds, seconds);
        self.close(meter, phase).await
    }

    /// Ends a phase that took as long as it was told to.
    pub(super) async fn close(&self, meter: &Meter, mut phase: Phase) -> Result<Phase> {
        meter.end(&self.counted(), &mut phase).await?;
        Ok(phase)
    }

    /// Waits until the kustomize-controller has asked for nothing in so long a time.
    pub(super) async fn rest(&self, quiet: Duration) -> Result<()> {
        let (log, user) = (self.plane.requests()?, self.ns.user("kustomize-controller"));
        let deadline = Instant::now() + LIMIT;
        let mut mark = log.mark()?;
        while Instant::now() < deadline {
            tokio::time::sleep(quiet).await;
            let asked = log.now(&mark, &user)?;
            if asked.without_watches().is_empty() {
                return Ok(());
            }
            mark = log.mark()?;
        }
        anyhow::bail!("the controller does not come to rest")
    }

    /// A GitRepository that nobody reconciles.
    pub(super) async fn source(&self, name: &str) -> Result<()> {
        let source = json!({
            "apiVersion": SOURCES, "kind": GIT_REPOSITORY, "metadata": { "name": name },
            "spec": { "url": "https://example.com/app.git", "interval": "1h" },
        });
        self.ns.apply_value(source).await.map(drop)
    }

    /// Writes the status of such a GitRepository, as a source-controller that has this archive would; gives the revision.
    pub(super) async fn publish(&self, name: &str, files: &BTreeMap<String, String>) -> Result<String> {
        let archive = pack(files)?;
        let digest = manifest::digest::sha256_hex(&archive);
        let revision = format!("main@sha1:{}", digest.get(..40).unwrap_or(&digest));
        let size = archive.len();
        let url = self.archives.put(&format!("{digest}.tar.gz"), archive);
        let status = json!({ "status": {
            "observedGeneration": 1,
            "artifact": {
                "path": format!("gitrepository/{}/{name}/{digest}.tar.gz", self.ns.name()), "url": url,
                "revision": revision, "digest": format!("sha256:{digest}"), "size": size,
                "lastUpdateTime": "2026-01-01T00:00:00Z",
            },
            "conditions": [{
                "type": "Ready", "status": "True", "reason": "Succeeded", "observedGeneration": 1,
                "message": format!("stored artifact for revision '{revision}'"),
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            }],
        }});
        let sources = self.ns.api(SOURCES, GIT_REPOSITORY).await?;
        sources.patch_status(name, &PatchParams::default(), &Patch::Merge(&status)).await?;
        Ok(revision)
    }

    /// Makes objects, some side by side.
    pub(super) async fn make(&self, objects: Vec<Value>) -> Result<()> {
        let made = futures::stream::iter(objects).map(|object| self.ns.apply_value(object));
        made.buffer_unordered(AT_ONCE).try_for_each(|_| std::future::ready(Ok(()))).await
    }

    /// Asks for a run of an object of our kinds.
    pub(super) async fn request(&self, (api_version, kind): Kind, name: &str, token: &str) -> Result<()> {
        let ask = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": token } } });
        self.ns.patch(api_version, kind, name, ask).await.map(drop)
    }

    /// Keeps what everything is now, to be compared though it does not stay.
    pub(super) async fn remember(&mut self, moment: &'static str) -> Result<()> {
        self.remembered.absorb(moment, dump::outcome(&self.ns).await?);
        Ok(())
    }

    /// What everything is in the end, and was when it was remembered.
    pub(super) async fn outcome(&self) -> Result<Outcome> {
        let mut outcome = dump::outcome(&self.ns).await?;
        outcome.absorb("before", self.remembered.clone());
        Ok(outcome)
    }

    /// The last lines of the controllers' logs.
    pub(super) fn logs(&self) -> String {
        let running = [&self.controller, &self.source].into_iter().flatten();
        running
            .map(|running| format!("--- {}\n{}\n", running.process.name(), running.process.log_tail()))
            .collect()
    }
}

fn pack(files: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    let mut files: Vec<(&String, &String)> = files.iter().collect();
    files.sort_by(|(a, _), (b, _)| artifact::path::walk_order(a, b));
    let mut packer = artifact::pack::Packer::new(Vec::new())?;
    for (path, content) in files {
        packer.file(path, false, content.as_bytes())?;
    }
    Ok(packer.finish()?)
}
