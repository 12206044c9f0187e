//! What the files of `flyball build -o DIRECTORY` are called, one per object. Writing them is not done here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::error::CliError;
use crate::output::is_active;

#[cfg(test)]
mod tests;

/// `<group>_<version>_<kind>_<name>.yaml` in lower case; if the objects are in several namespaces, those of a namespace
/// have it in front. Every name is one of a file in the directory, whatever the objects say.
///
/// # Errors
/// An object whose file would be hidden, or would be the directory itself or the one above it; two objects whose files
/// would be one, of which kustomize keeps any.
pub(super) fn file_names(objects: &[Value]) -> Result<Vec<(String, &Value)>, CliError> {
    let namespaces: Vec<Option<&str>> = objects.iter().map(namespace).collect();
    let several = namespaces.iter().flatten().collect::<BTreeSet<_>>().len() > 1;
    let named = objects.iter().zip(namespaces).map(|(object, namespace)| {
        let prefix =
            namespace.filter(|_| several).map(|namespace| format!("{namespace}_")).unwrap_or_default();
        let name = one_segment(&format!("{prefix}{}.yaml", base_name(object)).to_lowercase());
        if name.starts_with('.') {
            let (kind, of) = (text(object, "/kind"), text(object, "/metadata/name"));
            return Err(CliError::file_name(&name, kind, of));
        }
        Ok((name, object))
    });
    let named: Vec<(String, &Value)> = named.collect::<Result<_, CliError>>()?;
    let mut taken = BTreeMap::new();
    for (name, object) in &named {
        if let Some(first) = taken.insert(name, object) {
            return Err(CliError::same_file(name, [&shown(first), &shown(object)]));
        }
    }
    Ok(named)
}

/// How an object is called in an error: `ConfigMap 'web/a'`.
fn shown(object: &Value) -> String {
    let namespace = text(object, "/metadata/namespace");
    let slash = if namespace.is_empty() { "" } else { "/" };
    format!("{} '{namespace}{slash}{}'", text(object, "/kind"), text(object, "/metadata/name"))
}

/// The whole name, with every character that separates paths or acts on a terminal replaced.
fn one_segment(name: &str) -> String {
    let fits = |c: char| !matches!(c, '/' | '\n' | '\t') && !is_active(c);
    name.chars().map(|c| if fits(c) { c } else { '_' }).collect()
}

fn base_name(object: &Value) -> String {
    let (group, version) = match text(object, "/apiVersion").split_once('/') {
        Some((group, version)) => (group, version),
        None => ("", text(object, "/apiVersion")),
    };
    let parts = [group, version, text(object, "/kind")].into_iter().filter(|part| !part.is_empty());
    parts.chain([text(object, "/metadata/name")]).collect::<Vec<_>>().join("_")
}

/// The namespace that files are grouped by: none for kinds that are certainly cluster-scoped.
fn namespace(object: &Value) -> Option<&str> {
    if kustomize_engine::is_cluster_scoped(text(object, "/apiVersion"), text(object, "/kind")) {
        return None;
    }
    Some(text(object, "/metadata/namespace")).map(|name| if name.is_empty() { "default" } else { name })
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
