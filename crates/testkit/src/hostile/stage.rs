//! Where hostile inputs are played: a control plane, the three controllers watching all namespaces, an honest source
//! with a Kustomization, a victim's namespace, and the server behind the hostile ones. It judges nothing.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::host::{Host, Reply};
use super::input::{Artifact, Build, Matter, VICTIM};
use super::options::Options;
use super::tarball::of_files;
use crate::binaries;
use crate::canary::Canaries;
use crate::cluster::{CONTROLLERS, ControlPlane, Objects, TestNamespace};
use crate::events::EventSink;
use crate::git::{GitServer, Repository};
use crate::ports;
use crate::stack::{Controller, Flyball, Running};

mod attack;
mod guest;
mod hooks;
pub(super) mod sources;

pub(super) use attack::Attack;
pub(super) use guest::Guest;
use guest::{SOURCES, extend, object};
use hooks::Hooks;

/// Memory of a controller for what it reads, where it can be told.
pub(super) const GATE: u64 = 512 << 20;

/// A controller that wants more ends, as a pod's memory limit would end it, before the machine does.
const SPACE: u64 = 6 << 30;

/// How long the honest object may take.
const HONEST: Duration = Duration::from_secs(40);

const KUSTOMIZATIONS: &str = "kustomize.toolkit.fluxcd.io/v1";

/// Everything that runs while inputs are tried.
pub(super) struct Stage {
    pub(super) plane: Arc<ControlPlane>,
    pub(super) ns: TestNamespace,
    pub(super) sink: EventSink,
    /// What must be seen nowhere.
    pub(super) canaries: Canaries,
    /// What only the victim may see.
    pub(super) private: Canaries,
    controllers: Vec<Controller>,
    flyball: Option<Flyball>,
    host: Host,
    pub(super) hooks: Hooks,
    repository: Repository,
    // Only held: the server ends with it.
    _git: GitServer,
    rounds: usize,
    tenants: usize,
}

impl Stage {
    /// Takes an input away, without waiting.
    pub(super) async fn dismiss(&self, guest: &Guest) -> Result<()> {
        self.host.forget(&guest.namespace);
        for (api, kind) in &guest.made {
            guest.objects.delete(api, kind, "app").await?;
        }
        Ok(())
    }

    /// Starts everything, and makes sure that the honest object is well.
    pub(super) async fn set(options: &Options) -> Result<Self> {
        let plane = Arc::new(ControlPlane::start(&CONTROLLERS).await?);
        let ns = plane.namespace("hostile").await?;
        let (git, sink, host) = (GitServer::start().await?, EventSink::start().await?, Host::start().await?);
        let repository = git.repository("honest")?;
        let receivers = format!("127.0.0.1:{}", ports::free()?);
        let controllers = CONTROLLERS.map(|name| controller(name, options, &sink, &receivers)).to_vec();
        let hooks = Hooks::prepare(&ns, receivers).await?;
        let mut stage = Self {
            plane,
            ns,
            sink,
            canaries: Canaries::default(),
            private: Canaries::default(),
            controllers,
            flyball: None,
            host,
            hooks,
            repository,
            _git: git,
            rounds: 0,
            tenants: 0,
        };
        stage.start().await?;
        stage.victim().await?;
        stage.honest_objects().await?;
        stage.honest_round().await?;
        let token = stage.canaries.issue("the honest token of webhooks");
        stage.hooks.honest(&stage.ns, &token).await?;
        Ok(stage)
    }

    /// Starts the controllers, again if need be.
    pub(super) async fn start(&mut self) -> Result<()> {
        self.flyball = None;
        let [source, kustomize, health] = self.controllers.as_slice() else {
            anyhow::bail!("there are three controllers")
        };
        let ns = &self.ns;
        let (source, kustomize, health) =
            futures::future::try_join3(source.start(ns), kustomize.start(ns), health.start(ns)).await?;
        for running in [&source, &kustomize, &health] {
            running.process.limit_address_space(SPACE)?;
        }
        self.flyball = Some(Flyball { source, kustomize, health });
        Ok(())
    }

    /// The controllers.
    pub(super) fn running(&self) -> Vec<&Running> {
        self.flyball.iter().flat_map(|all| [&all.source, &all.kustomize, &all.health]).collect()
    }

    async fn honest_objects(&self) -> Result<()> {
        let metadata = json!({ "name": "honest", "namespace": self.ns.name() });
        let spec = json!({ "url": self.repository.url(), "ref": { "branch": "main" }, "interval": "1h" });
        self.ns
            .apply_value(json!({
                "apiVersion": SOURCES, "kind": "GitRepository", "metadata": metadata, "spec": spec,
            }))
            .await?;
        let spec = json!({
            "sourceRef": { "kind": "GitRepository", "name": "honest" }, "path": "./", "prune": true,
            "interval": "1h", "retryInterval": "5s", "timeout": "1m", "targetNamespace": self.ns.name(),
        });
        self.ns
            .apply_value(json!({
                "apiVersion": KUSTOMIZATIONS, "kind": "Kustomization", "metadata": metadata, "spec": spec,
            }))
            .await?;
        Ok(())
    }

    /// A commit to the honest repository, and the wait until it is in the cluster.
    pub(super) async fn honest_round(&mut self) -> Result<()> {
        self.rounds += 1;
        let round = self.rounds.to_string();
        let map = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: honest}}\ndata: {{round: \"{round}\"}}\n"
        );
        self.repository.commit("main", &round, [("map.yaml", map)])?;
        let ask = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": round } } });
        self.ns.patch(SOURCES, "GitRepository", "honest", ask).await?;
        let there = |map: &Value| map["data"]["round"] == round.as_str();
        self.ns.wait_for("v1", "ConfigMap", "honest", HONEST, there).await.map(drop)
    }

    /// What somebody else has: objects, and statuses with words that are for nobody else.
    async fn victim(&self) -> Result<()> {
        self.ns.apply(&format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {VICTIM}}}\n")).await?;
        let there = self.ns.objects_in(VICTIM);
        let secret = self.canaries.issue("the victim's Secret");
        let map = self.private.issue("the victim's ConfigMap");
        let [inner, private, well] = ["Kustomization", "GitRepository", "revision"]
            .map(|what| self.private.issue(&format!("the victim's {what}")));
        let named = |name: &str| json!({ "name": name, "namespace": VICTIM });
        let pod = json!({ "containers": [{ "name": "main", "image": format!("example.com/{map}:1") }] });
        let labels = json!({ "app": "hidden" });
        let kustomization = |name: &str, more: Value| {
            let mut spec = json!({
                "suspend": true, "interval": "1h", "prune": true, "path": "./",
                "sourceRef": { "kind": "GitRepository", "name": "private" },
            });
            extend(&mut spec, more);
            json!({ "apiVersion": KUSTOMIZATIONS, "kind": "Kustomization", "metadata": named(name), "spec": spec })
        };
        let source = |name: &str| {
            let spec =
                json!({ "suspend": true, "interval": "1h", "url": format!("https://example.com/{private}") });
            json!({ "apiVersion": SOURCES, "kind": "GitRepository", "metadata": named(name), "spec": spec })
        };
        for object in [
            json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": named("plain"), "data": { "k": map } }),
            json!({ "apiVersion": "v1", "kind": "Secret", "metadata": named("hidden"), "stringData": { "k": secret } }),
            json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": named("hidden"), "spec": {
                "selector": { "matchLabels": labels }, "template": { "metadata": { "labels": labels }, "spec": pod } } }),
            kustomization("inner", json!({})),
            kustomization("outer", json!({ "dependsOn": [{ "name": "inner" }] })),
            source("private"),
            source("well"),
        ] {
            there.apply_value(object).await?;
        }
        let words = |status: &str, text: &str| json!({ "observedGeneration": 1, "conditions": [condition(status, text)] });
        let failed = words("False", &format!("kustomization path not found: {inner}"));
        for name in ["inner", "outer"] {
            status(&there, (KUSTOMIZATIONS, "Kustomization"), name, failed.clone()).await?;
        }
        let failed = words("False", &format!("failed to checkout {private}"));
        status(&there, (SOURCES, "GitRepository"), "private", failed).await?;
        let mut good = words("True", &format!("stored artifact for revision {well}"));
        good["artifact"] =
            artifact(&format!("main/{well}"), &format!("{}/gone", self.host.url()), &"0".repeat(64), 1);
        status(&there, (SOURCES, "GitRepository"), "well", good).await
    }

    /// Puts an input before the controllers, in a namespace of a tenant with an account of its own.
    pub(super) async fn invite(&mut self, matter: Matter) -> Result<Guest> {
        self.tenants += 1;
        let namespace = format!("tenant-{}", self.tenants);
        let objects = self.ns.objects_in(&namespace);
        objects.apply(&tenant(&namespace)).await?;
        let kind = match matter {
            Matter::Git { url, reply } => {
                self.host.answer(&namespace, reply);
                let (whole, host) = (format!("{}/{namespace}", self.host.url()), self.host.url().to_owned());
                let short = format!("{}/{namespace}", host.trim_start_matches("http://"));
                let url = url.replace("{URL}", &whole).replace("{HOST}", &short);
                let spec =
                    json!({ "url": url, "ref": { "branch": "main" }, "interval": "1h", "timeout": "10s" });
                objects.apply_value(object((SOURCES, "GitRepository"), spec)).await?;
                (SOURCES, "GitRepository")
            }
            Matter::Artifact(artifact) => {
                self.publish(&objects, &namespace, artifact).await?;
                self.kustomization(&objects, &namespace, &Build::default()).await?
            }
            Matter::Build(build) => {
                let bytes = of_files(&build.files);
                let (digest, size) = (manifest::digest::sha256_hex(&bytes), bytes.len());
                self.publish(&objects, &namespace, Artifact { reply: Reply::ok(bytes), digest, size })
                    .await?;
                self.kustomization(&objects, &namespace, &build).await?
            }
            Matter::Webhook(webhook) => return self.hooks.invite(objects, namespace, webhook).await,
            Matter::Source(source) => return sources::invite(objects, namespace, source).await,
            Matter::Cli(_) => anyhow::bail!("the CLI's input is not for the controllers"),
        };
        let made = vec![(KUSTOMIZATIONS, "Kustomization"), (SOURCES, "GitRepository")];
        Ok(Guest { objects, namespace, kind, made, site: None, attack: None })
    }

    /// A source that nobody reconciles, with an artifact that our server has.
    async fn publish(&self, objects: &Objects, namespace: &str, published: Artifact) -> Result<()> {
        self.host.answer(namespace, published.reply);
        let spec = json!({ "suspend": true, "url": "https://example.com/app.git", "interval": "1h" });
        objects.apply_value(object((SOURCES, "GitRepository"), spec)).await?;
        let short = published.digest.get(..40).unwrap_or_default();
        let url = format!("{}/{namespace}/{}.tar.gz", self.host.url(), published.digest);
        let artifact = artifact(&format!("main@sha1:{short}"), &url, &published.digest, published.size);
        let ready = condition("True", "stored artifact");
        let state = json!({ "observedGeneration": 1, "artifact": artifact, "conditions": [ready] });
        status(objects, (SOURCES, "GitRepository"), "app", state).await
    }

    async fn kustomization(
        &self,
        objects: &Objects,
        namespace: &str,
        build: &Build,
    ) -> Result<(&'static str, &'static str)> {
        let kind = (KUSTOMIZATIONS, "Kustomization");
        let mut spec = json!({
            "sourceRef": { "kind": "GitRepository", "name": "app" }, "path": "./", "prune": true, "interval": "1h",
            "retryInterval": "10m", "timeout": "15s", "serviceAccountName": "tenant", "targetNamespace": namespace,
        });
        extend(&mut spec, build.spec.clone());
        if !build.status.is_null() {
            let wanted = spec["suspend"] == true;
            spec["suspend"] = json!(true);
            objects.apply_value(object(kind, spec.clone())).await?;
            status(objects, kind, "app", build.status.clone()).await?;
            spec["suspend"] = json!(wanted);
        }
        objects.apply_value(object(kind, spec)).await?;
        Ok(kind)
    }
}

fn controller(name: &str, options: &Options, sink: &EventSink, receivers: &str) -> Controller {
    let mut controller = Controller { all_namespaces: true, ..Controller::new(name) };
    controller.binary = options.binaries.as_ref().map(|folder| folder.join(name));
    // Binaries of an earlier commit do not know all flags; what they do without is seen.
    let path = controller.binary.clone().or_else(|| binaries::own(name).ok()).unwrap_or_default();
    let help = std::process::Command::new(path).arg("--help").output();
    let help = help.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
    let help = String::from_utf8_lossy(&help).into_owned();
    let mut flags = vec![("--events-addr", sink.url()), ("--memory-gate", GATE.to_string())];
    if name == "kustomize-controller" {
        flags.push(("--no-cross-namespace-refs", "true".to_owned()));
    }
    if name == "source-controller" {
        flags.push(("--receivers-addr", receivers.to_owned()));
    }
    for (flag, value) in flags.into_iter().filter(|(flag, _)| help.contains(flag)) {
        controller = controller.flag(format!("{flag}={value}"));
    }
    controller
}

/// A namespace, and an account that may do everything in it and nothing elsewhere.
fn tenant(namespace: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}\n---\napiVersion: v1\nkind: ServiceAccount\n\
         metadata: {{name: tenant, namespace: {namespace}}}\n---\napiVersion: rbac.authorization.k8s.io/v1\n\
         kind: RoleBinding\nmetadata: {{name: tenant, namespace: {namespace}}}\nroleRef: {{apiGroup: \
         rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}}\nsubjects: [{{kind: ServiceAccount, \
         name: tenant, namespace: {namespace}}}]\n"
    )
}

fn artifact(revision: &str, url: &str, digest: &str, size: usize) -> Value {
    json!({
        "path": format!("gitrepository/a/b/{digest}.tar.gz"), "url": url, "revision": revision,
        "digest": format!("sha256:{digest}"), "size": size, "lastUpdateTime": "2026-01-01T00:00:00Z",
    })
}

fn condition(status: &str, message: &str) -> Value {
    json!({
        "type": "Ready", "status": status, "reason": "Test", "message": message, "observedGeneration": 1,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    })
}

async fn status(objects: &Objects, (api, kind): (&str, &str), name: &str, status: Value) -> Result<()> {
    let patch = Patch::Merge(json!({ "status": status }));
    let patched = objects.api(api, kind).await?.patch_status(name, &PatchParams::default(), &patch).await;
    patched.with_context(|| format!("status of {kind}/{name}")).map(drop)
}
