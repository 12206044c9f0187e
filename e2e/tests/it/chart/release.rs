//! A control plane for one test, with nothing installed, where a person with helm and kubectl works; and the
//! controllers of what they have installed, as processes. kwok says that the Pods run, which is not believed here.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use testkit::cluster::{ControlPlane, Objects, Place};
use testkit::stack::{Controller, Running};
use testkit::tool::Terminal;

/// Where the chart is installed, as in the documents.
pub(crate) const NAMESPACE: &str = "flyball-system";

/// The kind of the definitions.
pub(crate) const CRD: (&str, &str) = ("apiextensions.k8s.io/v1", "CustomResourceDefinition");

pub(crate) struct Cluster {
    pub(crate) terminal: Terminal,
    pub(crate) objects: Objects,
    plane: ControlPlane,
    folder: tempfile::TempDir,
}

impl Cluster {
    pub(crate) async fn start() -> Result<Self> {
        let plane = ControlPlane::start(&["nobody"]).await?;
        let folder = tempfile::tempdir()?;
        let terminal = Terminal::open(folder.path(), &plane.description().kubeconfig)?;
        let objects = Objects::new(plane.client().await?, NAMESPACE);
        Ok(Self { terminal, objects, plane, folder })
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Runs helm, which must succeed.
    pub(crate) async fn helm(&self, words: &str) -> Result<String> {
        self.terminal.ok("helm", &words.split(' ').collect::<Vec<_>>()).await
    }

    /// Objects as they are found now; what was learnt of kinds before a change of definitions is forgotten.
    pub(crate) async fn now(&self, namespace: &str) -> Result<Objects> {
        Ok(Objects::new(self.plane.client().await?, namespace))
    }

    /// The Deployments of the release.
    pub(crate) async fn deployments(&self) -> Result<Vec<Value>> {
        self.objects.list("apps/v1", "Deployment", "app.kubernetes.io/part-of=flux").await
    }

    /// Starts what the installed Deployments say, with the rights that were installed.
    pub(crate) async fn start_controllers(&self) -> Result<Vec<Running>> {
        let place = Place {
            plane: &self.plane,
            objects: &self.objects,
            namespace: NAMESPACE,
            folder: self.folder.path(),
        };
        let mut running = Vec::new();
        for deployment in self.deployments().await? {
            let account = &deployment["spec"]["template"]["spec"]["serviceAccountName"];
            let name = account.as_str().context("a service account")?;
            running.push(Controller::new(name).start_deployed(&deployment, &place).await?);
        }
        Ok(running)
    }

    /// The names of our definitions that are in the cluster.
    pub(crate) async fn definitions(&self) -> Result<Vec<String>> {
        let all = self.objects.list(CRD.0, CRD.1, "").await?;
        let names = all.iter().filter_map(|found| found["metadata"]["name"].as_str());
        let ours =
            names.filter(|name| name.ends_with(".toolkit.fluxcd.io") || name.ends_with(".flyball.dev"));
        Ok(ours.map(str::to_owned).collect())
    }
}

/// Ends processes as a Pod's are ended.
pub(crate) async fn stop(running: Vec<Running>) -> Result<()> {
    for controller in running {
        controller.process.terminate(Duration::from_secs(30)).await?;
    }
    Ok(())
}

/// What is compared: the same object, never written since.
pub(crate) fn version(object: &Value) -> (String, String) {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    (text("uid"), text("resourceVersion"))
}
