//! Says what is wrong with a file that a generated kustomization file lists, in upstream's words. It runs only after a build
//! has failed: a good build has read every such file already.

use manifest::labels::KUBECTL_LAST_APPLIED;
use manifest::yaml::{self, Dialect, Limits};
use serde_json::Value;

/// Why the file is no Kubernetes YAML; nothing if it is.
pub(super) fn problem(content: &[u8]) -> Option<String> {
    let Ok(text) = str::from_utf8(content) else {
        return Some("MalformedYAMLError: yaml: invalid leading UTF-8 octet".to_owned());
    };
    documents(text).find_map(document_problem)
}

/// The text between separators. Lines in problems count within one document, as upstream reads each on its own.
fn documents(text: &str) -> impl Iterator<Item = &str> {
    let mut left = Some(text.strip_prefix("---\n").unwrap_or(text));
    std::iter::from_fn(move || {
        let text = left?;
        let Some((document, rest)) = text.split_once("\n---") else {
            left = None;
            return Some(text);
        };
        // What stands on the line of the separator is a comment or an error of its own.
        left = Some(rest.split_once('\n').map_or("", |(_, next)| next));
        Some(document)
    })
}

fn document_problem(text: &str) -> Option<String> {
    let nodes = match yaml::read_nodes(text, Dialect::V3, &Limits::default()) {
        Ok(nodes) => nodes,
        Err(error @ manifest::Error::Yaml { .. }) => return Some(format!("MalformedYAMLError: {error}")),
        Err(error) => return Some(error.to_string()),
    };
    nodes.iter().filter_map(|node| yaml::to_value_v3(node).ok()).find_map(|value| incomplete(&value))
}

/// Kind and name are needed, but for lists; empty documents do not count.
fn incomplete(document: &Value) -> Option<String> {
    let kind_of_node = match document {
        Value::Null => return None,
        Value::Object(fields) if fields.is_empty() => return None,
        Value::Object(_) => None,
        Value::Array(_) => Some("SequenceNode"),
        _ => Some("ScalarNode"),
    };
    if let Some(found) = kind_of_node {
        return Some(format!("wrong node kind: expected MappingNode but got {found}"));
    }
    let kind = text(document.get("kind"));
    if kind.is_empty() {
        return Some(format!("missing kind in object {}", described(document)));
    }
    if kind.ends_with("List") || !text(document.pointer("/metadata/name")).is_empty() {
        return None;
    }
    Some(format!("missing metadata.name in object {}", described(document)))
}

/// As Go prints the metadata of an object. No other field is shown, it may be a Secret.
fn described(document: &Value) -> String {
    let at = |path: &str| text(document.pointer(path));
    let map = |path: &str| {
        let entries = document.pointer(path).and_then(Value::as_object).into_iter().flatten();
        let entries: Vec<String> = entries
            .map(|(key, value)| {
                let value = if key == KUBECTL_LAST_APPLIED { "***".to_owned() } else { text(Some(value)) };
                format!("{key}:{value}")
            })
            .collect();
        format!("map[{}]", entries.join(" "))
    };
    format!(
        "{{{{{} {}}} {{{{{} {}}} {} {}}}}}",
        at("/apiVersion"),
        at("/kind"),
        at("/metadata/name"),
        at("/metadata/namespace"),
        map("/metadata/labels"),
        map("/metadata/annotations")
    )
}

fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
        _ => String::new(),
    }
}
