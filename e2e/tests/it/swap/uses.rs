//! What the Kustomizations of the swapped fleet use of Flux, beside what all of them do.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use testkit::cluster::TestNamespace;

use super::NUMBER;
use crate::kustomize::clusters::Remote;

/// A ConfigMap that the real `sops` encrypted, and its key.
const ENCRYPTED: &str = include_str!("../../../../crates/sops/tests/vectors/manifests/config-map.yaml");
const AGE: &str = include_str!("../../../../crates/sops/tests/vectors/keys/one.agekey");

/// Kustomizations of each use but the first.
const EACH: usize = 5;
/// What all of them make: two objects, and where something is encrypted a third.
pub(super) const OBJECTS: usize = 2 * NUMBER + EACH;

/// One use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Nothing,
    Substitution,
    Sops,
    Cluster,
    Account,
}

impl Use {
    /// Of the Kustomization with that number.
    pub(super) const fn of(number: usize) -> Self {
        match (NUMBER - 1 - number) / EACH {
            0 => Self::Account,
            1 => Self::Cluster,
            2 => Self::Sops,
            3 => Self::Substitution,
            _ => Self::Nothing,
        }
    }

    /// More lines of its objects' `data`.
    pub(super) const fn data(self) -> &'static str {
        match self {
            Self::Substitution => "  own: ${own:=none}\n  city: ${city}\n  token: ${token}\n",
            _ => "",
        }
    }

    /// One more file.
    pub(super) const fn file(self) -> Option<&'static str> {
        match self {
            Self::Sops => Some(ENCRYPTED),
            _ => None,
        }
    }

    /// Adds it to a spec.
    pub(super) fn ask(self, name: &str, spec: &mut Value) {
        let more = match self {
            Self::Nothing => json!({}),
            Self::Substitution => json!({ "postBuild": { "substitute": { "own": name }, "substituteFrom": [
                { "kind": "ConfigMap", "name": "vars" }, { "kind": "Secret", "name": "vars" } ] } }),
            Self::Sops => json!({ "namePrefix": format!("{name}-"),
                "decryption": { "provider": "sops", "secretRef": { "name": "keys" } } }),
            Self::Cluster => json!({ "kubeConfig": { "secretRef": { "name": "there" } } }),
            Self::Account => json!({ "serviceAccountName": "tenant" }),
        };
        if let (Some(spec), Value::Object(more)) = (spec.as_object_mut(), more) {
            spec.extend(more);
        }
    }
}

/// What the Kustomizations refer to.
pub(super) async fn prepare(ns: &TestNamespace, remote: &Remote) -> Result<()> {
    let secret = |name: &str, key: &str, value: &str| {
        json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name },
            "data": { key: STANDARD.encode(value) } })
    };
    let rights =
        json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin" });
    for object in [
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "vars" },
            "data": { "city": "Marseille" } }),
        secret("vars", "token", "tok-from-a-secret"),
        secret("keys", "one.agekey", AGE),
        secret("there", "value", &remote.kubeconfig("deployer")?),
        json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "tenant" } }),
        json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": { "name": "tenant" },
            "roleRef": rights, "subjects": [{ "kind": "ServiceAccount", "name": "tenant", "namespace": ns.name() }] }),
    ] {
        ns.apply_value(object).await?;
    }
    Ok(())
}
