//! Which kinds have runs, and what their objects say of being suspended and of their source. Pure.

use api::labels;
use health::wording::{quoted, word};
use serde_json::Value;

#[cfg(test)]
mod tests;

/// The groups whose kinds are reconciled by Flux's controllers and ours end in this.
const TOOLKIT: &str = ".toolkit.fluxcd.io";

/// Kinds of these groups that nobody reconciles: they are read by others.
const STATIC: [&str; 3] = ["Alert", "Provider", "ExternalArtifact"];

/// Whether an object can be asked for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It can.
    Runs,
    /// Its runs are switched off: by whom and why, as far as it says.
    Suspended(String),
    /// It is being deleted.
    Leaving,
    /// It has no runs, and why.
    Static(&'static str),
}

/// What an object says.
pub(crate) fn standing(object: &Value) -> Standing {
    let kind = kind(object);
    if !is_of_toolkit(object) {
        return Standing::Static(
            "only kinds of Flux's groups (*.toolkit.fluxcd.io) are reconciled on request",
        );
    }
    if STATIC.contains(&kind) {
        return Standing::Static(
            "objects of this kind are not reconciled: others read them when they need them",
        );
    }
    if kind == "HelmRepository" && object.pointer("/spec/type").and_then(Value::as_str) == Some("oci") {
        return Standing::Static(
            "a HelmRepository of type oci is not reconciled: HelmCharts read it when they need it",
        );
    }
    if object.pointer("/metadata/deletionTimestamp").is_some() {
        return Standing::Leaving;
    }
    if is_suspended(object) {
        return Standing::Suspended(suspension(object));
    }
    Standing::Runs
}

/// Whether an object is switched off.
pub(crate) fn is_suspended(object: &Value) -> bool {
    object.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true)
}

/// Whether objects of its kind can be switched off: also of some that have no runs.
///
/// # Errors
/// They cannot, and why.
pub(crate) fn can_be_suspended(object: &Value) -> Result<(), &'static str> {
    if !is_of_toolkit(object) {
        return Err("only objects of Flux's groups (*.toolkit.fluxcd.io) can be suspended");
    }
    if kind(object) == "ExternalArtifact" {
        return Err("an ExternalArtifact cannot be suspended: suspend what writes it");
    }
    Ok(())
}

fn kind(object: &Value) -> &str {
    object.get("kind").and_then(Value::as_str).unwrap_or_default()
}

fn is_of_toolkit(object: &Value) -> bool {
    let api_version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    api_version.split_once('/').is_some_and(|(group, _)| group.ends_with(TOOLKIT))
}

/// Who suspended an object, since when and why: ` by jane since 2026-01-01T00:00:00Z: moving the database`; empty where
/// nothing is noted.
pub(crate) fn suspension(object: &Value) -> String {
    let note = |key: &str| {
        let annotations = object.pointer("/metadata/annotations")?;
        annotations.get(key)?.as_str().filter(|text| !text.trim().is_empty())
    };
    let by = note(labels::SUSPENDED_BY).map(|by| format!(" by {}", word(by))).unwrap_or_default();
    let since = note(labels::SUSPENDED_AT).map(|at| format!(" since {}", word(at))).unwrap_or_default();
    let why = note(labels::SUSPEND_REASON).map(|why| format!(": {}", quoted(why))).unwrap_or_default();
    format!("{by}{since}{why}")
}

/// The source of an object: kind, namespace and name.
///
/// # Errors
/// The object has none, in words.
pub(crate) fn source_of(object: &Value) -> Result<(String, String, String), String> {
    let text = |at: &Value, field: &str| at.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let kind = text(object, "kind");
    let own = object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    let pointers: &[&str] = match kind.as_str() {
        "Kustomization" | "HelmChart" => &["/spec/sourceRef"],
        "HelmRelease" => &["/spec/chartRef", "/spec/chart/spec/sourceRef"],
        _ => &[],
    };
    let Some(reference) = pointers.iter().find_map(|pointer| object.pointer(pointer)) else {
        return Err(format!("{kind} names no source: leave out --with-source"));
    };
    let namespace = Some(text(reference, "namespace")).filter(|namespace| !namespace.is_empty());
    Ok((text(reference, "kind"), namespace.unwrap_or_else(|| own.to_owned()), text(reference, "name")))
}
