//! What pools say and what users write, for tests of several modules.

use std::collections::BTreeMap;

use api::kustomization::Kustomization;
use kube::core::ObjectMeta;
use reconcile_core::ObjectKey;
use reconcile_core::watch::Gone;
use reconcile_core::watch_pool::{PoolEvent, Seen, WatchedKind};
use serde_json::{Value, json};

/// `apps/name`.
pub(crate) fn key(name: &str) -> ObjectKey {
    ObjectKey::new("apps", name)
}

pub(crate) fn job() -> WatchedKind {
    WatchedKind::gvk("batch", "v1", "Job")
}

pub(crate) fn pod() -> WatchedKind {
    WatchedKind::gvk("", "v1", "Pod")
}

pub(crate) fn repository() -> WatchedKind {
    WatchedKind::gvk("source.toolkit.fluxcd.io", "v1", "GitRepository")
}

/// The labels of what the Kustomization `apps/<name>` has applied.
pub(crate) fn owner_labels(name: &str) -> BTreeMap<String, String> {
    let labels = [(api::labels::OWNER_NAMESPACE, "apps"), (api::labels::OWNER_NAME, name)];
    labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

/// `apps/a` of a kind, applied by the Kustomization `apps/web`.
pub(crate) fn applied(kind: &WatchedKind, uid: &str, version: &str, body: Value) -> PoolEvent {
    let metadata = ObjectMeta {
        namespace: Some("apps".to_owned()),
        name: Some("a".to_owned()),
        uid: Some(uid.to_owned()),
        resource_version: Some(version.to_owned()),
        labels: Some(owner_labels("web")),
        ..ObjectMeta::default()
    };
    PoolEvent::Applied(Box::new(Seen { kind: kind.clone(), metadata, body }))
}

/// `apps/a` of a kind.
pub(crate) fn deleted(kind: &WatchedKind, uid: &str) -> PoolEvent {
    let gone = Gone { key: key("a"), uid: uid.to_owned(), missed: false };
    PoolEvent::Deleted { kind: kind.clone(), gone }
}

/// The kind cannot be watched, with this answer of the API server.
pub(crate) fn failed(kind: &WatchedKind, code: u16, reason: &str) -> PoolEvent {
    PoolEvent::Failed { kind: kind.clone(), error: refusal(code, reason) }
}

pub(crate) fn refusal(code: u16, reason: &str) -> cluster::Error {
    let status = json!({"status": "Failure", "code": code, "reason": reason, "message": "because"});
    serde_json::from_value::<kube::core::Status>(status).unwrap().into()
}

/// `apps/web` with this inventory and whatever else its spec and status say.
pub(crate) fn kustomization(inventory: &[(&str, &str)], spec: &Value, status: &Value) -> Kustomization {
    let entries: Vec<Value> = inventory.iter().map(|(id, version)| json!({"id": id, "v": version})).collect();
    let mut object = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "apps", "uid": "k"},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
        "status": {"inventory": {"entries": entries}},
    });
    for (part, more) in [("spec", spec), ("status", status)] {
        for (field, value) in more.as_object().unwrap() {
            object[part][field] = value.clone();
        }
    }
    serde_json::from_value(object).unwrap()
}
