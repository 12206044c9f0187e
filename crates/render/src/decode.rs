//! From what the build printed to objects (contracts/kustomize-controller.md 8, 11): lists are expanded, what is no
//! Kubernetes object is dropped. It changes no object.

use serde_json::Value;

use crate::error::RenderError;

/// Every object that the build made must name itself; a build that fails this has no digest.
pub(crate) fn check(built: &[Value]) -> Result<(), RenderError> {
    let named = |value: &Value| match value.pointer("/metadata/name") {
        Some(Value::String(name)) => !name.is_empty(),
        Some(Value::Number(_) | Value::Bool(_)) => true,
        _ => false,
    };
    for value in built {
        if !named(value) || text(value, "kind").is_empty() || text(value, "apiVersion").is_empty() {
            let name = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            let words = [text(value, "apiVersion"), text(value, "kind"), name];
            let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
            return Err(RenderError::Incomplete(words.join(" ")));
        }
    }
    Ok(())
}

/// The objects among the documents, in order.
pub(crate) fn decode(built: Vec<Value>) -> Result<Vec<Value>, RenderError> {
    let mut objects = Vec::with_capacity(built.len());
    for mut document in built {
        if let Some(Value::Array(items)) = document.get_mut("items") {
            if !items.iter().all(Value::is_object) {
                return Err(RenderError::ListItem);
            }
            objects.append(items);
        } else if is_object(&document) && !is_kustomization(&document) {
            objects.push(document);
        }
    }
    Ok(objects)
}

fn is_object(document: &Value) -> bool {
    let name = document.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    !name.is_empty() && !text(document, "kind").is_empty() && !text(document, "apiVersion").is_empty()
}

fn is_kustomization(document: &Value) -> bool {
    text(document, "kind").eq_ignore_ascii_case("kustomization")
        && text(document, "apiVersion").starts_with("kustomize.config.k8s.io/")
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
