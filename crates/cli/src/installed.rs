//! The controllers of a cluster, ours and Flux's, as their Deployments tell of them: whose, which version, what they
//! watch. Nothing is asked of the API server here.

mod applying;
mod flags;
mod image;
mod maker;
mod scope;
mod selector;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use api::labels;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Container;
use serde::Serialize;

pub(crate) use applying::Applying;
use flags::Flags;
pub(crate) use maker::Maker;
pub(crate) use scope::Scope;

/// The label selector of every Deployment that `flux` and we know.
pub(crate) const SELECTOR: &str = "app.kubernetes.io/part-of=flux";

/// One Deployment of a controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Controller {
    /// What it is: `source-controller`, also where the Deployment is called `source-controller-shard1`.
    pub(crate) name: String,
    /// The Deployment's namespace.
    pub(crate) namespace: String,
    /// The Deployment's name.
    pub(crate) deployment: String,
    /// Whose it is.
    pub(crate) maker: Maker,
    /// The tag of the image, or the version that the labels name.
    pub(crate) version: Option<String>,
    /// The image as the Deployment has it.
    pub(crate) image: String,
    /// How many replicas there are to be.
    pub(crate) desired: i32,
    /// How many are ready.
    pub(crate) ready: i32,
    /// Which objects it works on.
    pub(crate) scope: Scope,
    /// The Lease that its replicas lead by; none without leader election.
    pub(crate) lease: Option<String>,
    /// How kustomize-controller applies, by its flags.
    #[serde(skip)]
    pub(crate) applying: Applying,
    /// Labels of its Pods.
    #[serde(skip)]
    pub(crate) pod_labels: BTreeMap<String, String>,
}

impl Controller {
    /// What a Deployment says.
    pub(crate) fn of(deployment: &Deployment) -> Self {
        let metadata = &deployment.metadata;
        let spec = &deployment.spec;
        let pod = spec.template.spec.as_ref();
        let containers = pod.map(|pod| pod.containers.as_slice()).unwrap_or_default();
        let manager: Option<&Container> =
            containers.iter().find(|container| container.name == "manager").or(containers.first());
        let image = manager.and_then(|manager| manager.image.clone()).unwrap_or_default();
        let label = |key: &str| metadata.labels.as_ref().and_then(|labels| labels.get(key)).cloned();
        let deployed = metadata.name.clone().unwrap_or_default();
        let name = label(labels::COMPONENT)
            .or_else(|| image::name(&image).filter(|name| name.ends_with("-controller")).map(str::to_owned))
            .unwrap_or_else(|| deployed.clone());
        let namespace = metadata.namespace.clone().unwrap_or_default();
        let flags = Flags::of(manager, &namespace);
        let scope = Scope::of(&flags, &namespace);
        let maker = maker(&image, label("helm.sh/chart").as_deref());
        Self {
            lease: flags.is_on("enable-leader-election").then(|| lease_name(&name, &scope)),
            applying: Applying::of(&flags, maker),
            maker,
            version: image::tag(&image).map(str::to_owned).or_else(|| label(labels::VERSION)),
            desired: spec.replicas.unwrap_or(1),
            ready: deployment.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0),
            pod_labels: spec.selector.match_labels.clone().unwrap_or_default(),
            deployment: deployed,
            name,
            namespace,
            image,
            scope,
        }
    }

    /// Whether any of its replicas is meant to run.
    pub(crate) const fn is_switched_on(&self) -> bool {
        self.desired > 0
    }

    /// How the Deployment is called in findings.
    pub(crate) fn object(&self) -> String {
        format!("Deployment {}/{}", self.namespace, self.deployment)
    }
}

/// An image in the organisation's own path, also behind a mirror; else what the chart says.
fn maker(image: &str, chart: Option<&str>) -> Maker {
    let has = |segment: &str| image::path(image).any(|part| part == segment);
    if has("flyball") || chart.is_some_and(|chart| chart.starts_with("flyball-")) {
        Maker::Flyball
    } else if has("fluxcd") || has("flux") {
        Maker::Flux
    } else {
        Maker::Unknown
    }
}

/// The name that Flux's controllers and ours give their Lease (contracts/source-controller.md 15).
fn lease_name(controller: &str, scope: &Scope) -> String {
    match scope.selector.as_deref() {
        None => format!("{controller}-leader-election"),
        Some(selector) => {
            let digest = manifest::digest::sha256_hex(selector.as_bytes());
            format!("{controller}-leader-election-{}", digest.get(..8).unwrap_or(&digest))
        }
    }
}
