//! What tests of several modules share: states of one object, manifests, Kustomizations. The rest of a run's surroundings
//! stands in the files below.

mod clouds;
mod control;
mod fixture;
mod script;
mod stored;

pub(crate) use clouds::Clouds;
pub(crate) use control::Lent;
pub(crate) use fixture::{Fixture, kind_watches, options};
pub(crate) use script::{Reply, Script, Sent, applied};
pub(crate) use stored::{Stored, merge};

use crate::drift::Live;
use crate::memory::Input;
use crate::target::TargetObject;
use ::apply::inventory::Ids;
use ::apply::{Action, Baseline, Change, Fingerprint};
use api::Artifact;
use api::kustomization::Kustomization;
use cluster::TargetId;
use manifest::{Manifest, ObjectId};
use reconcile_core::ObjectKey;
use serde_json::{Value, json};
use std::sync::Arc;

/// A baseline of one uid.
pub(crate) fn baseline(version: u64, mark: u8) -> Baseline {
    Baseline {
        uid: "u".into(),
        resource_version: version,
        fingerprint: Some(Fingerprint([mark; 16])),
        content: None,
    }
}

/// As the watch tells of it.
pub(crate) fn present(version: u64, mark: u8) -> Live {
    Live::Present { baseline: baseline(version, mark), ignored: false, foreign_owner: None, departing: false }
}

/// As the watch tells of it, with the labels of another Kustomization in the same namespace.
pub(crate) fn owned_by(name: &str, version: u64, mark: u8) -> Live {
    let foreign_owner = Some(Box::new(key(name)));
    Live::Present { baseline: baseline(version, mark), ignored: false, foreign_owner, departing: false }
}

/// Deleted by somebody.
pub(crate) fn absent(uid: &str) -> Live {
    Live::Absent { uid: uid.into(), missed: false, by_design: false }
}

/// The key of a Kustomization in the namespace of all samples.
pub(crate) fn key(name: &str) -> ObjectKey {
    ObjectKey::new("ns", name)
}

/// A ConfigMap's id.
pub(crate) fn id(name: &str) -> ObjectId {
    config_map(name).id()
}

/// A ConfigMap in the own cluster.
pub(crate) fn local(name: &str) -> TargetObject {
    TargetObject::new(&TargetId::Local, id(name))
}

/// Ids of ConfigMaps, as an inventory.
pub(crate) fn ids(names: &[&str]) -> Ids {
    let mut ids = Ids::default();
    for name in names {
        ids.insert(&id(name), "v1");
    }
    ids
}

/// A ConfigMap.
pub(crate) fn config_map(name: &str) -> Manifest {
    object("v1", "ConfigMap", name, &json!({}))
}

/// An object in the namespace of all samples; `more` is merged into its root.
pub(crate) fn object(api_version: &str, kind: &str, name: &str, more: &Value) -> Manifest {
    let mut object =
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "ns"}});
    merge(&mut object, more);
    Manifest::new(object).unwrap()
}

/// A live ConfigMap of this resourceVersion with the owner labels of a Kustomization.
pub(crate) fn live(name: &str, owner: &str, version: u64) -> Value {
    let labels = json!({api::labels::OWNER_NAME: owner, api::labels::OWNER_NAMESPACE: "ns"});
    let mut live = applied(config_map(name).value(), version);
    live["metadata"]["labels"] = labels;
    live
}

/// What an apply came to.
pub(crate) fn change(name: &str, action: Action) -> Change {
    Change { id: id(name), version: "v1".into(), action, baseline: Some(baseline(5, 1)), object: None }
}

/// The Kustomization `ns/app` with our finalizer; `more` is merged into it.
pub(crate) fn kustomization(more: &Value) -> Kustomization {
    let mut object = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {
            "name": "app", "namespace": "ns", "uid": "k", "resourceVersion": "1", "generation": 3,
            "finalizers": [api::labels::FINALIZER],
        },
        "spec": {"interval": "10m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
    });
    merge(&mut object, more);
    serde_json::from_value(object).unwrap()
}

/// The artifact of one revision, `main@sha1:<revision>`.
pub(crate) fn artifact(revision: &str) -> Artifact {
    serde_json::from_value(json!({
        "path": "p", "url": "http://source.test/p", "revision": format!("main@sha1:{revision}"),
        "digest": format!("sha256:{revision:0>64}"), "lastUpdateTime": "2026-01-01T00:00:00Z",
    }))
    .unwrap()
}

/// What a build was made of.
pub(crate) fn input() -> Input {
    Input {
        artifact_digest: artifact("1").digest,
        spec_digest: [1; 32],
        versions: Default::default(),
        accessed: Arc::default(),
        content_digest: [2; 32],
        rendered_digest: "sha256:rendered".into(),
    }
}
