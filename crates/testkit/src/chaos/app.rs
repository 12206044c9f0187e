//! One application on the way from Git to the cluster: a repository, the two controllers that take part, a GitRepository
//! and a Kustomization. What is in its commits is the scenarios' business. It waits by watches only; what is awaited has
//! a limit.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::admin::Admin;
use crate::cluster::{ControlPlane, TestNamespace};
use crate::git::{GitServer, Repository};
use crate::stack::{Controller, Running};

/// How long a run may take, with a server that stands still half of the time.
const LIMIT: Duration = Duration::from_secs(180);

/// Names of the GitRepository and the Kustomization.
pub(super) const NAME: &str = "app";

const SOURCES: &str = "source.toolkit.fluxcd.io/v1";
const KUSTOMIZATIONS: &str = "kustomize.toolkit.fluxcd.io/v1";

/// Everything that one application needs.
pub(super) struct App {
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

impl App {
    /// Starts everything; there is no commit yet. `binaries` is a folder to take the controllers from.
    pub(super) async fn start(
        plane: &Arc<ControlPlane>,
        prefix: &str,
        binaries: Option<&PathBuf>,
        flags: &[&str],
    ) -> Result<Self> {
        let namespace = plane.namespace(prefix).await?;
        let git = GitServer::start().await?;
        let repository = git.repository(NAME)?;
        let controller = |name: &str| {
            let binary = binaries.map(|folder| folder.join(name));
            Controller { binary, ..Controller::new(name) }
        };
        let source = controller("source-controller").start(&namespace).await?;
        let kustomize = flags.iter().fold(controller("kustomize-controller"), |each, flag| each.flag(*flag));
        let mut app = Self {
            commits: 0,
            revision: String::new(),
            asked: 0,
            controller: kustomize,
            kustomize: None,
            source,
            repository,
            _git: git,
            admin: Admin::new(&plane.description().kubeconfig)?,
            namespace,
        };
        app.resume_controller().await?;
        Ok(app)
    }

    /// Creates the GitRepository and the Kustomization, with these fields over what both kinds of test want.
    pub(super) async fn create(&self, spec: &Value) -> Result<()> {
        let metadata = json!({ "name": NAME, "namespace": self.namespace.name() });
        let source = json!({
            "apiVersion": SOURCES, "kind": "GitRepository", "metadata": metadata,
            "spec": { "url": self.repository.url(), "ref": { "branch": "main" }, "interval": "1h" },
        });
        self.admin.create(&self.sources(), &source).await?;
        let mut fields = json!({
            "sourceRef": { "kind": "GitRepository", "name": NAME }, "path": "./", "prune": true,
            "interval": "1h", "retryInterval": "5s", "timeout": "2m",
        });
        for (field, value) in spec.as_object().into_iter().flatten() {
            fields[field] = value.clone();
        }
        let kustomization = json!({ "apiVersion": KUSTOMIZATIONS, "kind": "Kustomization", "metadata": metadata, "spec": fields });
        self.admin.create(&self.kustomizations(), &kustomization).await
    }

    /// How many commits came after the first, and the revision of the newest.
    pub(super) fn newest(&self) -> (u64, &str) {
        (self.commits.saturating_sub(1), &self.revision)
    }

    /// Access as administrator.
    pub(super) fn admin(&self) -> &Admin {
        &self.admin
    }

    /// The namespace of the test.
    pub(super) fn namespace(&self) -> &str {
        self.namespace.name()
    }

    fn sources(&self) -> String {
        format!("/apis/{SOURCES}/namespaces/{}/gitrepositories", self.namespace.name())
    }

    /// Where the Kustomization is.
    pub(super) fn kustomizations(&self) -> String {
        format!("/apis/{KUSTOMIZATIONS}/namespaces/{}/kustomizations", self.namespace.name())
    }

    /// Commits files, and nothing but these.
    pub(super) fn commit(
        &mut self,
        message: &str,
        files: impl IntoIterator<Item = (String, String)>,
    ) -> Result<()> {
        let commit = self.repository.replace("main", message, files)?;
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
    pub(super) async fn ready(&self) -> Result<Value> {
        let what = format!("is ready at {}", self.revision);
        let ready = |object: &Value| is_ready_at(object, &self.revision);
        self.admin.until(&self.kustomizations(), NAME, &what, LIMIT, ready).await
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
    pub(super) async fn resume_controller(&mut self) -> Result<()> {
        self.kustomize = Some(self.controller.start(&self.namespace).await?);
        Ok(())
    }

    /// `kill -9` of the kustomize-controller.
    pub(super) async fn kill(&mut self) -> Result<()> {
        let running = self.kustomize.take().context("the kustomize-controller does not run")?;
        running.process.kill().await.map(drop)
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

/// Whether the object says, for its present spec, that this revision is applied.
pub(super) fn is_ready_at(object: &Value, revision: &str) -> bool {
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
