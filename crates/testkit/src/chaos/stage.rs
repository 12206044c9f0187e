//! Where one scenario plays: a namespace of the control plane, a repository, the two controllers that take part, and
//! one Kustomization of as many ConfigMaps as wanted. It waits by watches only; what is awaited has a limit.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::admin::Admin;
use super::compare::{self, Difference};
use super::content::{self, Declared};
use super::options::{Options, Scenario};
use crate::cluster::{ControlPlane, TestNamespace};
use crate::git::{GitServer, Repository};
use crate::stack::{Controller, Running};

/// How long a run may take, with a server that stands still half of the time.
const LIMIT: Duration = Duration::from_secs(180);

/// Names of the GitRepository and the Kustomization.
const NAME: &str = "app";

/// What Kubernetes puts into every namespace.
const NOT_OURS: &str = "kube-root-ca.crt";

const SOURCES: &str = "source.toolkit.fluxcd.io/v1";
const KUSTOMIZATIONS: &str = "kustomize.toolkit.fluxcd.io/v1";

/// Everything that runs while a scenario is played.
pub(super) struct Stage {
    seed: u64,
    objects: usize,
    edition: u64,
    commits: u64,
    revision: String,
    asked: u64,
    controller: Controller,
    kustomize: Option<Running>,
    source: Running,
    repository: Repository,
    // Only held: the server ends with it.
    _git: GitServer,
    admin: Admin,
    namespace: TestNamespace,
}

impl Stage {
    /// Starts everything and waits until the objects of the first commit are applied.
    pub(super) async fn set(
        plane: &Arc<ControlPlane>,
        options: &Options,
        scenario: Scenario,
        objects: usize,
    ) -> Result<Self> {
        let namespace = plane.namespace(&format!("chaos-{scenario}")).await?;
        let git = GitServer::start().await?;
        let repository = git.repository(NAME)?;
        let controller = |name: &str| {
            let binary = options.binaries.as_ref().map(|folder| folder.join(name));
            Controller { binary, ..Controller::new(name) }
        };
        let source = controller("source-controller").start(&namespace).await?;
        let mut kustomize = controller("kustomize-controller");
        if scenario == Scenario::NoWatch {
            kustomize = kustomize.flag("--drift-watch=false");
        }
        let admin = Admin::new(&plane.description().kubeconfig)?;
        let mut stage = Self {
            seed: options.seed,
            objects,
            edition: 0,
            commits: 0,
            revision: String::new(),
            asked: 0,
            controller: kustomize,
            kustomize: None,
            source,
            repository,
            _git: git,
            admin,
            namespace,
        };
        stage.start().await?;
        stage.commit(0)?;
        stage.create().await?;
        stage.ready().await?;
        Ok(stage)
    }

    async fn create(&self) -> Result<()> {
        let metadata = json!({ "name": NAME, "namespace": self.namespace.name() });
        let source = json!({
            "apiVersion": SOURCES, "kind": "GitRepository", "metadata": metadata,
            "spec": { "url": self.repository.url(), "ref": { "branch": "main" }, "interval": "1h" },
        });
        self.admin.create(&self.sources(), &source).await?;
        let kustomization = json!({
            "apiVersion": KUSTOMIZATIONS, "kind": "Kustomization", "metadata": metadata,
            "spec": {
                "sourceRef": { "kind": "GitRepository", "name": NAME }, "path": "./", "prune": true,
                "interval": "1h", "retryInterval": "5s", "timeout": "2m",
                "targetNamespace": self.namespace.name(),
            },
        });
        self.admin.create(&self.kustomizations(), &kustomization).await
    }

    /// How many objects there are.
    pub(super) fn objects(&self) -> usize {
        self.objects
    }

    /// The edition of the newest commit.
    pub(super) fn edition(&self) -> u64 {
        self.edition
    }

    /// How many commits came after the first, and the revision of the newest.
    pub(super) fn newest(&self) -> (u64, &str) {
        (self.commits.saturating_sub(1), &self.revision)
    }

    /// Access as administrator.
    pub(super) fn admin(&self) -> &Admin {
        &self.admin
    }

    /// Where the ConfigMaps are.
    pub(super) fn config_maps(&self) -> String {
        format!("/api/v1/namespaces/{}/configmaps", self.namespace.name())
    }

    fn sources(&self) -> String {
        format!("/apis/{SOURCES}/namespaces/{}/gitrepositories", self.namespace.name())
    }

    fn kustomizations(&self) -> String {
        format!("/apis/{KUSTOMIZATIONS}/namespaces/{}/kustomizations", self.namespace.name())
    }

    /// What the newest commit says of one object.
    pub(super) fn declared(&self, object: usize) -> Declared {
        Declared::of(self.seed, object, self.edition)
    }

    /// The labels that the controller gives every object.
    pub(super) fn owner(&self) -> BTreeMap<String, String> {
        let label = |key: &str, value: &str| (format!("{KUSTOMIZE_LABEL}/{key}"), value.to_owned());
        BTreeMap::from([label("name", NAME), label("namespace", self.namespace.name())])
    }

    /// Commits an edition, which is new or an earlier one.
    pub(super) fn commit(&mut self, edition: u64) -> Result<()> {
        let files = content::edition(self.seed, self.objects, edition).into_iter().map(|each| each.file());
        let commit = self.repository.replace("main", &format!("edition {edition}"), files)?;
        self.edition = edition;
        self.commits += 1;
        self.revision = format!("main@sha1:{commit}");
        Ok(())
    }

    /// Asks the source to look at the repository now.
    pub(super) async fn ask_source(&mut self) -> Result<()> {
        self.asked += 1;
        let patch = json!({ "metadata": { "annotations": {
            "reconcile.fluxcd.io/requestedAt": format!("chaos {}", self.asked),
        } } });
        self.admin.patch(&self.sources(), NAME, &patch).await.map(drop)
    }

    /// Waits until the newest commit is published.
    pub(super) async fn published(&self) -> Result<()> {
        let what = format!("has the artifact {}", self.revision);
        let published = |source: &Value| source["status"]["artifact"]["revision"] == self.revision.as_str();
        self.admin.until(&self.sources(), NAME, &what, LIMIT, published).await.map(drop)
    }

    /// Waits until the controller says that the newest commit is applied.
    pub(super) async fn ready(&self) -> Result<()> {
        let what = format!("is ready at {}", self.revision);
        let ready = |object: &Value| is_ready_at(object, &self.revision);
        self.admin.until(&self.kustomizations(), NAME, &what, LIMIT, ready).await.map(drop)
    }

    /// Suspends the Kustomization and waits until the controller has taken note.
    pub(super) async fn suspend(&self) -> Result<()> {
        self.admin.patch(&self.kustomizations(), NAME, &json!({ "spec": { "suspend": true } })).await?;
        let noted = |object: &Value| {
            object["spec"]["suspend"] == true
                && object["status"]["observedGeneration"] == object["metadata"]["generation"]
        };
        let what = "is observed as suspended";
        self.admin.until(&self.kustomizations(), NAME, what, LIMIT, noted).await.map(drop)
    }

    /// Lifts the suspension.
    pub(super) async fn resume(&self) -> Result<()> {
        let patch = json!({ "spec": { "suspend": false } });
        self.admin.patch(&self.kustomizations(), NAME, &patch).await.map(drop)
    }

    /// Starts the kustomize-controller (again).
    pub(super) async fn start(&mut self) -> Result<()> {
        self.kustomize = Some(self.controller.start(&self.namespace).await?);
        Ok(())
    }

    /// `kill -9` of the kustomize-controller.
    pub(super) async fn kill(&mut self) -> Result<()> {
        let running = self.kustomize.take().context("the kustomize-controller does not run")?;
        running.process.kill().await.map(drop)
    }

    /// Compares all live ConfigMaps with the newest commit.
    pub(super) async fn compare(&self) -> Result<Vec<Difference>> {
        let mut live = self.admin.list(&self.config_maps()).await?;
        live.retain(|object| compare::name(object) != NOT_OURS);
        let declared = content::edition(self.seed, self.objects, self.edition);
        Ok(compare::compare(&declared, &self.owner(), &live))
    }

    /// The kustomize-controller's user name, as in the log of requests.
    pub(super) fn user(&self) -> String {
        self.namespace.user(&self.controller.name)
    }

    /// Copies the controllers' output, for whoever wants to know why something was lost.
    pub(super) fn keep_logs(&self, folder: &Path) -> Result<()> {
        for name in [&self.controller.name, self.source.process.name()] {
            let from = self.namespace.folder().join(format!("{name}.log"));
            let to = folder.join(format!("{}-{name}.log", self.namespace.name()));
            std::fs::copy(&from, &to).with_context(|| from.display().to_string())?;
        }
        Ok(())
    }
}

/// The group of the owner labels.
const KUSTOMIZE_LABEL: &str = "kustomize.toolkit.fluxcd.io";

/// Whether the object says, for its present spec, that this revision is applied.
fn is_ready_at(object: &Value, revision: &str) -> bool {
    let status = &object["status"];
    let generation = &object["metadata"]["generation"];
    let conditions = status["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ready = conditions.iter().any(|condition| {
        condition["type"] == "Ready"
            && condition["status"] == "True"
            && condition["message"] == format!("Applied revision: {revision}")
            && condition["observedGeneration"] == *generation
    });
    ready && status["lastAppliedRevision"] == revision && status["observedGeneration"] == *generation
}
