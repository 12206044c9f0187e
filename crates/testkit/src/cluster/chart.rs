//! The chart's CRDs and rights, applied without Helm: the files hold no expression but the release's namespace.
//! Deployments are not made; tests run the binaries themselves.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use manifest::yaml::{Dialect, read_all};
use serde_json::Value;

use super::objects::Objects;
use super::plane::{CONTROLLERS, ControlPlane};
use crate::binaries;

const LIMIT: Duration = Duration::from_secs(30);
const RELEASE_NAMESPACE: &str = "flyball-system";
const RBAC: &str = "rbac.authorization.k8s.io/v1";

impl ControlPlane {
    /// Installs the CRDs and the cluster-wide part of the chart's rights, once per process.
    pub async fn prepare(&self) -> Result<()> {
        self.prepared.get_or_try_init(|| prepare(self)).await?;
        Ok(())
    }
}

/// CRDs, and the rights for the identities that the control plane was started with.
async fn prepare(plane: &ControlPlane) -> Result<()> {
    let objects = Objects::new(plane.client().await?, RELEASE_NAMESPACE);
    for file in yaml_files("charts/flyball/crds")? {
        for applied in objects.apply(&read(&file)?).await? {
            let name = applied["metadata"]["name"].as_str().context("a CRD's name")?;
            let wait = objects.wait_condition(
                "apiextensions.k8s.io/v1",
                "CustomResourceDefinition",
                name,
                ("Established", "True"),
                LIMIT,
            );
            wait.await?;
        }
    }
    objects
        .apply(&format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {RELEASE_NAMESPACE}}}\n"))
        .await?;
    grant(&objects, RELEASE_NAMESPACE).await?;
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
    let mut rights = Vec::new();
    for controller in CONTROLLERS {
        let file = binaries::root().join(format!("charts/flyball/templates/{controller}/rbac.yaml"));
        let text = read(&file)?.replace("{{ .Release.Namespace }}", namespace);
        for mut object in read_all(&text, Dialect::V2).with_context(|| file.display().to_string())? {
            let release = namespace != RELEASE_NAMESPACE;
            match object["kind"].as_str() {
                // They are the same in every release, and there already.
                Some("ClusterRole") if release => continue,
                Some("ClusterRoleBinding") if release => {
                    let name =
                        format!("{}-{namespace}", object["metadata"]["name"].as_str().unwrap_or_default());
                    object["metadata"]["name"] = Value::String(name);
                }
                _ => {}
            }
            rights.push(object);
        }
    }
    Ok(rights)
}

fn yaml_files(folder: &str) -> Result<Vec<PathBuf>> {
    let folder = binaries::root().join(folder);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &std::path::Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}
