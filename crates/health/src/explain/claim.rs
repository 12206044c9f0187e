//! Why a PersistentVolumeClaim has no volume.

use std::time::Duration;

use serde_json::Value;

use super::event;
use super::explanation::Explanation;
use super::scene::Scene;
use crate::beside::Kin;
use crate::kstatus::text;
use crate::wording;

/// Annotations by which a StorageClass is the default, the present one first.
const DEFAULT: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

/// So many seconds a volume may take although an attempt to make it has failed.
const PATIENCE: i64 = 300;

pub(crate) fn explain(object: &Value, scene: &Scene<'_>) -> Explanation {
    let name = wording::word(text(object, &["metadata", "name"]).unwrap_or("NAME"));
    if text(object, &["status", "phase"]) == Some("Lost") {
        return Explanation::stuck("VolumeLost", "the volume that it was bound to no longer exists")
            .hint("its volume is gone: restore the volume, or delete the claim and make a new one");
    }
    let class = text(object, &["spec", "storageClassName"]).filter(|class| !class.is_empty());
    let shown = class.map(wording::word);
    let classes = scene.beside.list(Kin::StorageClass, "");
    let describe = format!("{} describe pvc {name}", scene.kubectl());
    if let (Some(class), Some(classes)) = (class, &classes) {
        let found = classes.iter().find(|known| text(known, &["metadata", "name"]) == Some(class));
        let Some(found) = found else {
            let class = wording::word(class);
            return Explanation::stuck("StorageClassMissing", format!("its StorageClass {class} does not exist"))
                .evidence(format!("spec.storageClassName: {class}"))
                .hint(format!("create StorageClass {class}, or correct spec.storageClassName; those that exist: kubectl get storageclasses"));
        };
        if text(found, &["volumeBindingMode"]) == Some("WaitForFirstConsumer") && !is_assigned(object) {
            return Explanation::new(
                "WaitForFirstConsumer",
                "it waits for its first consumer, a Pod that uses it",
            )
            .hint("it is bound when a Pod uses it: nothing is wrong with the claim");
        }
    }
    // An empty class asks for a volume that somebody makes by hand.
    let is_named = text(object, &["spec", "storageClassName"]).is_some();
    let no_default =
        !is_named && classes.is_some_and(|classes| !classes.iter().any(|class| is_default(class)));
    let message = match shown {
        Some(class) => format!("no volume is bound to it yet (storage class {class})"),
        None => "no volume is bound to it yet (no storage class is set)".to_owned(),
    };
    let warnings = event::about(object, "PersistentVolumeClaim", scene);
    let failed = warnings
        .iter()
        .find(|warning| matches!(warning.reason.as_str(), "ProvisioningFailed" | "FailedBinding"));
    if let Some(warning) = failed {
        let said = wording::quoted(&warning.message);
        let told = Explanation::stuck(warning.reason.clone(), format!("{message}: {said}"));
        return given_time(told, object, scene)
            .evidence(warning.shown())
            .hint(format!("see whether the provisioner of the class runs and has room, or make a volume that fits: {describe}"));
    }
    if no_default && text(object, &["spec", "volumeName"]).is_none() {
        return Explanation::stuck("NoStorageClass", "it names no StorageClass, and none is the default")
            .hint("set spec.storageClassName, or make a class the default: kubectl get storageclasses");
    }
    Explanation::new("NotBound", message).hint(format!(
        "a class that waits for the first consumer binds when a Pod uses the claim; otherwise: {describe}"
    ))
}

/// A provisioner fails and tries again while its storage is slow or it starts itself.
fn given_time(told: Explanation, object: &Value, scene: &Scene<'_>) -> Explanation {
    let age = text(object, &["metadata", "creationTimestamp"]).and_then(|time| scene.seconds_since(time));
    match age.map(|age| PATIENCE.saturating_sub(age)) {
        Some(left) if left > 0 => {
            let left = u64::try_from(left).ok().map(Duration::from_secs);
            Explanation { stuck: false, changes_in: left, ..told }
        }
        _ => told,
    }
}

/// A node was chosen for the Pod that uses it, so that the volume is being made.
fn is_assigned(object: &Value) -> bool {
    object.pointer("/metadata/annotations/volume.kubernetes.io~1selected-node").is_some()
}

fn is_default(class: &Value) -> bool {
    let annotations = class.pointer("/metadata/annotations");
    DEFAULT
        .iter()
        .any(|name| annotations.and_then(|all| all.get(*name)).and_then(Value::as_str) == Some("true"))
}

#[cfg(test)]
mod tests;
