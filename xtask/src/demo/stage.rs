//! Where the demo plays: a control plane, a Git server with one repository, and the three controllers.
//! testkit starts and ends them; this only says what the story needs of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use kube::Client;
use kube::api::{Api, DynamicObject, PostParams};
use kube::core::ApiResource;
use serde_json::Value;
use testkit::binaries;
use testkit::cluster::{CONTROLLERS, ControlPlane, Mark, TestNamespace};
use testkit::git::{GitServer, Repository};
use testkit::process::Process;
use testkit::stack::Flyball;

use super::manifests::File;
use super::options::Options;
use crate::progress;
use crate::workspace::{self, complain, say};

/// How long a controller may take to end by itself.
const END_LIMIT: Duration = Duration::from_secs(10);

/// Everything that runs while the story is told.
pub(super) struct Stage {
    plane: Arc<ControlPlane>,
    client: Client,
    namespace: TestNamespace,
    // Only held: the server ends with it.
    _server: GitServer,
    repository: Repository,
    flyball: Flyball,
    files: Mutex<BTreeMap<String, String>>,
}

/// Builds our controllers and the control plane, if that has not been done.
pub(super) fn build(options: &Options) -> Result<()> {
    say("Building the controllers ...");
    let packages = CONTROLLERS.iter().flat_map(|name| ["--package", name]);
    let args: Vec<&str> = ["build", "--quiet", "--bins"].into_iter().chain(packages).collect();
    workspace::cargo_aloud(&workspace::root(), &args)?;
    // The control plane's program also watches over the controllers, so it is needed on any cluster.
    for program in [binaries::CONTROL_PLANE, binaries::KWOK].into_iter().take(if options.context.is_some() {
        1
    } else {
        2
    }) {
        progress::during(&format!("building {}", program.name), || program.build(&say))?;
    }
    Ok(())
}

impl Stage {
    /// Starts everything.
    pub(super) async fn set(options: &Options) -> Result<Self> {
        let plane = match &options.context {
            Some(context) => ControlPlane::existing(context)?,
            None => {
                say("Starting etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok ...");
                ControlPlane::start(&CONTROLLERS).await?
            }
        };
        let plane = Arc::new(plane);
        let client = plane.client().await?;
        let namespace = plane.namespace("demo").await?;
        let server = GitServer::start().await?;
        let repository = server.repository("demo")?;
        say("Starting source-controller, kustomize-controller and health-controller ...");
        let flyball = Flyball::start(&namespace).await?;
        let files = Mutex::new(BTreeMap::new());
        Ok(Self { plane, client, namespace, _server: server, repository, flyball, files })
    }

    /// Access as administrator.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Where the demo's objects are.
    pub(super) fn namespace(&self) -> &str {
        self.namespace.name()
    }

    /// Where the repository is served.
    pub(super) fn url(&self) -> String {
        self.repository.url().to_owned()
    }

    /// Commits changes of some files to the branch `main` and returns the revision in Flux's form.
    pub(super) fn commit(&self, message: &str, changes: &[File]) -> Result<String> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.extend(changes.iter().cloned());
        let all = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        let commit = self.repository.commit("main", message, all)?;
        Ok(format!("main@sha1:{commit}"))
    }

    /// Creates objects of our kinds.
    pub(super) async fn create(&self, objects: &[Value]) -> Result<()> {
        for object in objects {
            let object: DynamicObject = serde_json::from_value(object.clone())?;
            let types = object.types.clone().context("apiVersion and kind")?;
            let (group, version) = types.api_version.split_once('/').context("group and version")?;
            let gvk = kube::core::GroupVersionKind::gvk(group, version, &types.kind);
            let resource = ApiResource::from_gvk(&gvk);
            let api: Api<DynamicObject> =
                Api::namespaced_with(self.client().clone(), self.namespace(), &resource);
            api.create(&PostParams::default(), &object).await.with_context(|| types.kind.clone())?;
        }
        Ok(())
    }

    /// A place in the log of requests; none on a cluster whose log cannot be read.
    pub(super) fn mark(&self) -> Result<Option<Mark>> {
        if self.plane.is_existing_cluster() {
            return Ok(None);
        }
        Ok(Some(self.plane.requests()?.mark()?))
    }

    /// How many requests kustomize-controller has sent since then, once it is quiet; leases and discovery apart.
    pub(super) async fn requests_since(&self, mark: Option<&Mark>) -> Result<Option<usize>> {
        let Some(mark) = mark else { return Ok(None) };
        let user = self.namespace.user("kustomize-controller");
        Ok(Some(self.plane.requests()?.since(mark, &user).await?.counted().len()))
    }

    /// Resident memory of a controller in bytes.
    pub(super) fn rss(&self, controller: &str) -> Result<u64> {
        self.process(controller)?.rss()
    }

    fn process(&self, controller: &str) -> Result<&Process> {
        let running = [&self.flyball.source, &self.flyball.kustomize, &self.flyball.health];
        let found =
            running.into_iter().map(|running| &running.process).find(|process| process.name() == controller);
        found.with_context(|| format!("{controller} does not run"))
    }

    /// The last lines that each controller wrote, for a story that ended badly.
    pub(super) fn show_logs(&self) {
        for controller in CONTROLLERS {
            if let Ok(process) = self.process(controller) {
                complain(&format!("--- {controller}\n{}", process.log_tail()));
            }
        }
    }

    /// How to look around while everything is running.
    pub(super) fn invitation(&self) -> String {
        format!(
            "Everything is still running. Look around:\n\n  export KUBECONFIG={}\n  kubectl --namespace {} get \
             gitrepositories,kustomizations,convergences\n\nCtrl-C ends it.",
            self.plane.description().kubeconfig.display(),
            self.namespace()
        )
    }

    /// Ends everything.
    pub(super) async fn strike(self) -> Result<()> {
        for controller in CONTROLLERS {
            self.process(controller)?.terminate(END_LIMIT).await?;
        }
        self.namespace.dispose().await
    }
}
