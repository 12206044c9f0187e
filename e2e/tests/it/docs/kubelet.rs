//! What a kubelet does for the controllers' Deployments: a process runs while the Deployment wants a replica, with the
//! arguments, the environment and the account that its template says, and is started anew when that changes. The Pods
//! themselves are kwok's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Api, ListParams};
use serde_json::Value;
use testkit::binaries::{FLUX_KUSTOMIZE_CONTROLLER, FLUX_SOURCE_CONTROLLER};
use testkit::cluster::{ControlPlane, Objects, Place};
use testkit::stack::{Controller, Running};

const END: Duration = Duration::from_secs(30);
const COMPONENT: &str = "app.kubernetes.io/component";

/// The processes, by namespace and name of their Deployments.
pub(super) struct Kubelet {
    running: BTreeMap<(String, String), (Value, Running)>,
    plane: Arc<ControlPlane>,
    folder: PathBuf,
}

impl Kubelet {
    pub(super) fn new(plane: Arc<ControlPlane>, folder: &Path) -> Self {
        Self { running: BTreeMap::new(), plane, folder: folder.to_owned() }
    }

    /// Ends what no Deployment wants any more, and starts what one wants.
    pub(super) async fn look(&mut self) -> Result<()> {
        let wanted = self.wanted().await?;
        let is_wanted = |key: &(String, String), template: &Value| {
            wanted.get(key).is_some_and(|deployment| deployment["spec"]["template"] == *template)
        };
        let gone: Vec<_> = self
            .running
            .iter()
            .filter(|(key, (template, _))| !is_wanted(key, template))
            .map(|(key, _)| key.clone())
            .collect();
        for key in gone {
            if let Some((_, running)) = self.running.remove(&key) {
                let ended = running.process.terminate(END).await;
                ended.with_context(|| running.process.log().unwrap_or_default())?;
            }
        }
        for (key, deployment) in wanted {
            if !self.running.contains_key(&key) {
                let running = self.start(&key, &deployment).await;
                let running = running.with_context(|| format!("{}/{}", key.0, key.1))?;
                self.running.insert(key, (deployment["spec"]["template"].clone(), running));
            }
        }
        Ok(())
    }

    async fn wanted(&self) -> Result<BTreeMap<(String, String), Value>> {
        let deployments: Api<Deployment> = Api::all(self.plane.client().await?);
        let ours = ListParams::default().labels("app.kubernetes.io/part-of=flux");
        let mut wanted = BTreeMap::new();
        for deployment in deployments.list(&ours).await? {
            let metadata = &deployment.metadata;
            let key =
                (metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default());
            let replicas = deployment.spec.replicas.unwrap_or(1);
            if replicas > 0 && metadata.deletion_timestamp.is_none() {
                wanted.insert(key, serde_json::to_value(&deployment)?);
            }
        }
        Ok(wanted)
    }

    async fn start(&self, (namespace, name): &(String, String), deployment: &Value) -> Result<Running> {
        // A shard's Deployment has another name than its program, and a folder of its own.
        let folder = self.folder.join(namespace).join(name);
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let objects = Objects::new(self.plane.client().await?, namespace);
        let place = Place { plane: &self.plane, objects: &objects, namespace, folder: &folder };
        let program = deployment["metadata"]["labels"][COMPONENT].as_str().context("the component")?;
        let mut controller = Controller::new(program);
        let image = deployment["spec"]["template"]["spec"]["containers"][0]["image"].as_str();
        if image.is_some_and(|image| image.contains("/fluxcd/")) {
            let flux = if program == "source-controller" {
                FLUX_SOURCE_CONTROLLER
            } else {
                FLUX_KUSTOMIZE_CONTROLLER
            };
            controller.binary = Some(flux.built()?);
        }
        controller.start_deployed(deployment, &place).await
    }
}
