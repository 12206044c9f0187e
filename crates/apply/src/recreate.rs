//! Whether an object may be deleted and made again (contracts/kustomize-controller.md 12.2.4), without reading what the API
//! server says: a manifest that is refused as an update of its object, and accepted as a new object, meets a field that
//! cannot be changed. Pure; `execute` asks both questions.
//!
//! Kubernetes has no reason or code of its own for immutable fields, and its words differ from kind to kind.

use crate::directive;
use manifest::{Gvk, Manifest};
use serde_json::Value;

/// How much of a name is kept in its stand-in: names of some kinds may have 52 characters.
const KEPT: usize = 40;

/// Kinds whose deletion takes data or other objects with it. For them `spec.force`, which is about everything that a
/// Kustomization has, is not enough.
const GUARDED: [(&str, &str); 4] = [
    ("", "PersistentVolumeClaim"),
    ("", "PersistentVolume"),
    ("", "Namespace"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
];

/// Whether somebody asked for it: the object itself, on either side, or its Kustomization where that is enough.
#[must_use]
pub(crate) fn is_asked_for(desired: &Manifest, live: &Value, force: bool) -> bool {
    let by_itself = directive::is_forced(desired.value()) || directive::is_forced(live);
    by_itself || (force && !is_guarded(&desired.gvk()))
}

fn is_guarded(gvk: &Gvk) -> bool {
    GUARDED.contains(&(gvk.group.as_str(), gvk.kind.as_str()))
}

/// The same manifest under a name that nobody has, to ask whether it would be accepted as a new object. What the live
/// object has alone in the cluster, and would keep, cannot be had twice and is left out.
#[must_use]
pub(crate) fn stand_in(desired: &Manifest, live: &Value) -> Option<Manifest> {
    let mut object = desired.value().clone();
    let suffix = manifest::digest::hex(&manifest::digest::of(live)[..4]);
    let head: String = desired.name().chars().take(KEPT).collect();
    let head = head.trim_end_matches(|last: char| !last.is_ascii_alphanumeric());
    let mut name = format!("{head}-{suffix}");
    let gvk = desired.gvk();
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        // Its name is made of two of its fields.
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            let group = object.pointer("/spec/group").and_then(Value::as_str)?.to_owned();
            let plural = format!("flyball{suffix}");
            name = format!("{plural}.{group}");
            *object.pointer_mut("/spec/names/plural")? = Value::from(plural);
        }
        ("", "Service") => {
            for field in ["clusterIP", "clusterIPs", "healthCheckNodePort"] {
                drop_if_same(object.get_mut("spec"), live.get("spec"), field);
            }
            let taken = live.pointer("/spec/ports").cloned().unwrap_or_default();
            let ports = object.pointer_mut("/spec/ports").and_then(Value::as_array_mut);
            for port in ports.into_iter().flatten() {
                let same = |live: &&Value| live.get("nodePort") == port.get("nodePort");
                let same = taken.as_array().and_then(|taken| taken.iter().find(same)).cloned();
                drop_if_same(Some(port), same.as_ref(), "nodePort");
            }
        }
        ("scheduling.k8s.io", "PriorityClass") => {
            drop_if_same(Some(&mut object), Some(live), "globalDefault");
        }
        _ => {}
    }
    *object.pointer_mut("/metadata/name")? = Value::from(name);
    Manifest::new(object).ok()
}

fn drop_if_same(object: Option<&mut Value>, live: Option<&Value>, field: &str) {
    if let Some(Value::Object(map)) = object
        && map.get(field).is_some_and(|value| live.and_then(|live| live.get(field)) == Some(value))
        // A Service without an address of its own is another kind of Service.
        && map.get(field).and_then(Value::as_str) != Some("None")
        && map.get(field) != Some(&serde_json::json!(["None"]))
    {
        map.remove(field);
    }
}

#[cfg(test)]
mod tests;
