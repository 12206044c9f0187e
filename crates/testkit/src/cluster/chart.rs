//! The installation's CRDs and rights, applied from what is rendered of the chart, without Helm.
//! Deployments are not made; tests run the binaries themselves.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::objects::Objects;
use super::plane::ControlPlane;
use crate::rendered::Rendered;

const LIMIT: Duration = Duration::from_secs(30);
const RBAC: &str = "rbac.authorization.k8s.io/v1";
const CRD: &str = "CustomResourceDefinition";

impl ControlPlane {
    /// Installs the CRDs and the cluster-wide part of the chart's rights, once per process.
    pub async fn prepare(&self) -> Result<()> {
        self.prepared.get_or_try_init(|| prepare(self)).await?;
        Ok(())
    }
}

/// CRDs, and the rights for the identities that the control plane was started with.
async fn prepare(plane: &ControlPlane) -> Result<()> {
    let installation = Rendered::installation()?;
    let objects = Objects::new(plane.client().await?, installation.namespace());
    for definition in installation.of_kind(CRD) {
        let applied = objects.apply_value(definition.clone()).await?;
        let name = applied["metadata"]["name"].as_str().context("a CRD's name")?;
        let established = ("Established", "True");
        objects.wait_condition("apiextensions.k8s.io/v1", CRD, name, established, LIMIT).await?;
    }
    let namespace = serde_json::json!({ "apiVersion": "v1", "kind": "Namespace",
        "metadata": { "name": installation.namespace() } });
    objects.apply_value(namespace).await?;
    grant(&objects, installation.namespace()).await?;
    // kube-controller-manager fills the rules of aggregated roles.
    let filled = |role: &Value| role["rules"].as_array().is_some_and(|rules| !rules.is_empty());
    objects.wait_for(RBAC, "ClusterRole", "flyball-health-reader", LIMIT, filled).await?;
    Ok(())
}

/// The chart's service accounts, roles and bindings, as if released in `namespace`. Bindings that are cluster-wide
/// get the namespace in their name, so that releases stand beside each other.
pub(super) async fn grant(objects: &Objects, namespace: &str) -> Result<()> {
    for object in rights(namespace)? {
        objects.apply_value(object).await?;
    }
    Ok(())
}

/// Removes the cluster-wide bindings of [`grant`].
pub(super) async fn revoke(objects: &Objects, namespace: &str) -> Result<()> {
    for object in rights(namespace)? {
        if object["kind"] == "ClusterRoleBinding" {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            objects.delete(RBAC, "ClusterRoleBinding", name).await?;
        }
    }
    Ok(())
}

fn rights(namespace: &str) -> Result<Vec<Value>> {
    let installation = Rendered::installation()?;
    let mut rights = installation.rights_in(namespace);
    if namespace != installation.namespace() {
        // Cluster-wide roles are the same in every release, and there already.
        rights.retain(|object| object["kind"] != "ClusterRole");
        for object in rights.iter_mut().filter(|object| object["kind"] == "ClusterRoleBinding") {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            object["metadata"]["name"] = Value::from(format!("{name}-{namespace}"));
        }
    }
    Ok(rights)
}
