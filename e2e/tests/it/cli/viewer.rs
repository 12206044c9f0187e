//! Somebody who has the role `view` in one namespace and nothing else: everything but Secrets may be read there.

use anyhow::Result;
use serde_json::json;
use testkit::cluster::Identity;

use crate::kustomize::rig::Rig;

/// A new one in the rig's namespace; the right comes a moment later.
pub(crate) async fn viewer(rig: &Rig) -> Result<Identity> {
    let viewer = rig.ns.service_account("viewer").await?;
    rig.ns
        .apply_value(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "viewer"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": viewer.user()}]}))
        .await?;
    Ok(viewer)
}
