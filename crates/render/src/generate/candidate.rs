//! Says what is wrong with a file that a generated kustomization file lists, in upstream's words. It runs only after a build
//! has failed: a good build has read every such file already.

use manifest::budget::{Budget, Exceeded};
use manifest::yaml::{self, Dialect, Limits};
use serde_json::Value;

use crate::work::WEIGHT_PER_STEP;

/// Why the file is no Kubernetes YAML; nothing if it is.
pub(super) fn problem(content: &[u8], budget: &Budget) -> Result<Option<String>, Exceeded> {
    let Ok(text) = str::from_utf8(content) else {
        return Ok(Some("MalformedYAMLError: yaml: invalid leading UTF-8 octet".to_owned()));
    };
    for document in documents(text) {
        let problem = document_problem(document, budget)?;
        if problem.is_some() {
            return Ok(problem);
        }
    }
    Ok(None)
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

fn document_problem(text: &str, budget: &Budget) -> Result<Option<String>, Exceeded> {
    let nodes = match yaml::read_nodes_in(text, Dialect::V3, &Limits::default(), budget) {
        Ok(nodes) => nodes,
        Err(manifest::Error::Exceeded(exceeded)) => return Err(exceeded),
        Err(error @ manifest::Error::Yaml { .. }) => return Ok(Some(format!("MalformedYAMLError: {error}"))),
        Err(error) => return Ok(Some(error.to_string())),
    };
    // Each node becomes a value, too.
    let weight = nodes.iter().map(|node| node.weight() as u64).sum::<u64>().saturating_mul(2);
    budget.step(weight / WEIGHT_PER_STEP)?;
    budget.hold(weight)?;
    budget.release(weight);
    Ok(nodes.iter().filter_map(|node| yaml::to_value_v3(node).ok()).find_map(|value| incomplete(&value)))
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
                // Values may be a Secret's, whatever the key says.
                let value = if value.as_str() == Some("") { "" } else { "***" };
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
