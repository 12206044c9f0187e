//! From the text of a file to objects: documents, lists and the checks every object must pass.

use manifest::yaml::{Dialect, Map, Node, Scalar, Seq, Style, Tag, json_float, to_value_v3_direct};
use serde_json::Value;

use crate::edit;
use crate::error::{Error, Result};
use crate::shown;
use crate::work::{Held, Work};

/// An object, and what it weighs.
#[derive(Debug)]
pub(crate) struct Weighed {
    pub(crate) node: Node,
    pub(crate) weight: usize,
}

impl From<Node> for Weighed {
    fn from(node: Node) -> Self {
        Self { weight: node.weight(), node }
    }
}

/// Reads the objects of a resource file or patch. They are the caller's to hold.
pub(crate) fn parse(text: &str, work: &Work) -> Result<Vec<Weighed>> {
    let mut held = work.nothing();
    let documents = read_documents(text, work, &mut held)?;
    let nodes = check_all(documents)?;
    expand_lists(nodes, work, &mut held)
}

/// Splits at separator lines, reads each document's first object, and unwraps a sole `List`.
fn read_documents(text: &str, work: &Work, held: &mut Held) -> Result<Vec<Weighed>> {
    let text =
        if text.contains("\r\n") { std::borrow::Cow::Owned(text.replace("\r\n", "\n")) } else { text.into() };
    let documents = split(&text)?;
    let sole = documents.len() == 1;
    let mut result = Vec::new();
    for document in documents {
        work.step(1)?;
        let Some(node) = read_first(document, work)? else { continue };
        let weight = node.weight();
        held.add(weight)?;
        let kind = node.get("kind").and_then(Node::text).unwrap_or_default();
        let wraps = node.get("items").is_some() || node.get("functionConfig").is_some();
        if sole && matches!(kind, "List" | "ResourceList") && wraps {
            let Node::Map(mut map) = node else { continue };
            match map.remove("items") {
                Some(Node::Seq(seq)) => result.extend(seq.items.into_iter().map(Weighed::from)),
                // The original takes the keys for objects.
                Some(Node::Map(items)) if !items.entries.is_empty() => {
                    return Err(Error::input("missing Resource metadata"));
                }
                _ => {}
            }
            continue;
        }
        result.push(Weighed { node, weight });
    }
    Ok(result)
}

/// The first document of a piece of text, as go-yaml's decoder gives it; nothing when there is none or a null.
fn read_first(text: &str, work: &Work) -> Result<Option<Node>> {
    match work.read(text, Dialect::V3) {
        Ok(node) => Ok(node.filter(|node| !node.is_null())),
        Err(manifest::Error::Exceeded(exceeded)) => Err(exceeded.into()),
        Err(error) => Err(Error::input(format!("MalformedYAMLError: {error}"))),
    }
}

/// Splits at lines that begin with `---`.
fn split(text: &str) -> Result<Vec<&str>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    // Most files hold one document; this search is the faster one.
    if !text.contains("\n---") {
        return Ok(vec![text]);
    }
    let mut documents = Vec::new();
    let mut start = 0;
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find("\n---")) {
        let at = from + found;
        let Some(length) = text.get(at + 1..).and_then(|rest| rest.find('\n')) else { break };
        let end = at + 1 + length + 1;
        let after = text.get(at + 4..end).unwrap_or_default().trim();
        if !(after.is_empty() || after.starts_with('#')) {
            let line = text.get(..=at).unwrap_or_default().matches('\n').count() + 1;
            return Err(Error::input(format!("invalid document separator in line {line}")));
        }
        // The line break in front belongs to the document: literal texts count it.
        documents.push(text.get(start..=at).unwrap_or_default());
        start = end;
        // A separator takes the line break behind it, so that the next one needs its own.
        from = end;
    }
    documents.push(text.get(start..).unwrap_or_default());
    Ok(documents)
}

/// What every object must have.
pub(crate) fn check(node: &Node) -> Result<()> {
    let Node::Map(_) = node else {
        return Err(Error::input("missing Resource metadata"));
    };
    fn scalar(node: Option<&Node>) -> &str {
        match node {
            Some(Node::Scalar(scalar)) if !scalar.is_null() => &scalar.text,
            _ => "",
        }
    }
    let metadata = node.get("metadata");
    let meta = |field: &str| scalar(metadata.and_then(|metadata| metadata.get(field)));
    let texts = |field: &str| {
        let mut pairs: Vec<String> = metadata
            .and_then(|metadata| metadata.get(field))
            .and_then(Node::as_map)
            .into_iter()
            .flat_map(|map| &map.entries)
            .map(|(key, value)| {
                // Our own annotations hold names; what others hold may be a Secret's.
                let own = key.text.starts_with("internal.config.kubernetes.io/");
                format!("{}:{}", key.text, if own { scalar(Some(value)) } else { "***" })
            })
            .collect();
        pairs.sort();
        pairs.join(" ")
    };
    let (api_version, kind) = (scalar(node.get("apiVersion")), scalar(node.get("kind")));
    if api_version.is_empty() && kind.is_empty() && edit::is_nil_or_empty(metadata) {
        return Err(Error::input("missing Resource metadata"));
    }
    let name = meta("name");
    let describe = || {
        let namespace = meta("namespace");
        format!(
            "{{{{{api_version} {kind}}} {{{{{name} {namespace}}} map[{}] map[{}]}}}}",
            texts("labels"),
            texts("annotations")
        )
    };
    if kind.is_empty() {
        return Err(Error::input(format!("missing kind in object {}", describe())));
    }
    if kind.ends_with("List") {
        return Ok(());
    }
    if name.is_empty() {
        return Err(Error::input(format!("missing metadata.name in object {}", describe())));
    }
    Ok(())
}

fn check_all(objects: Vec<Weighed>) -> Result<Vec<Weighed>> {
    let mut result = objects;
    result.retain(|object| !edit::is_nil_or_empty(Some(&object.node)));
    result.iter().try_for_each(|object| check(&object.node))?;
    Ok(result)
}

/// Replaces every list by its items, which move behind all other objects.
fn expand_lists(objects: Vec<Weighed>, work: &Work, held: &mut Held) -> Result<Vec<Weighed>> {
    let is_list = |node: &Node| {
        let kind = node.get("kind").and_then(Node::text).unwrap_or_default();
        kind.ends_with("List") && node.get("items").is_some()
    };
    if !objects.iter().any(|object| is_list(&object.node)) {
        return Ok(objects);
    }
    let mut result = Vec::with_capacity(objects.len());
    let mut queue = std::collections::VecDeque::from(objects);
    while let Some(object) = queue.pop_front() {
        let Weighed { node, weight } = &object;
        if !is_list(node) {
            result.push(object);
            continue;
        }
        let kind = node.get("kind").and_then(Node::text).unwrap_or_default();
        // A value is made of it, and nodes of that again.
        work.walk(2 * weight)?;
        held.add(2 * weight)?;
        let value = to_value_v3_direct(node)
            .map_err(|error| Error::input(format!("trouble expanding list of {kind}; {error}")))?;
        match value.get("items") {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) => {
                let items = items.iter().map(from_json_text).filter(|node| !node.is_null());
                queue.extend(check_all(items.map(Weighed::from).collect())?);
            }
            Some(other) => {
                let found = match other {
                    Value::Bool(_) => "bool",
                    Value::Number(number) if number.is_f64() => "float64",
                    Value::Number(_) => "int",
                    Value::Object(_) => "map[string]interface {}",
                    _ => "string",
                };
                return Err(Error::input(format!("expected array in {kind}/items, but found {found}")));
            }
        }
    }
    Ok(result)
}

/// A node as reading the JSON text of a value gives it: everything in flow style, strings in double quotes.
pub(crate) fn from_json_text(value: &Value) -> Node {
    match value {
        Value::String(text) => Node::Scalar(Scalar { style: Style::Double, ..Scalar::string(text.as_str()) }),
        Value::Array(items) => {
            Node::Seq(Seq { items: items.iter().map(from_json_text).collect(), flow: true })
        }
        Value::Object(map) => Node::Map(Map {
            entries: map
                .iter()
                .map(|(key, value)| {
                    let key = Scalar { style: Style::Double, ..Scalar::string(key.as_str()) };
                    (key, from_json_text(value))
                })
                .collect(),
            flow: true,
        }),
        Value::Null => Node::Scalar(Scalar::typed("null", Tag::Null)),
        Value::Bool(bool) => Node::Scalar(Scalar::typed(bool.to_string(), Tag::Bool)),
        Value::Number(number) => {
            let text = match number.as_f64() {
                Some(float) if number.is_f64() => json_float(float),
                _ => number.to_string(),
            };
            let tag = manifest::yaml::resolve(&text, Dialect::V3, true).tag();
            Node::Scalar(Scalar::typed(text, tag))
        }
    }
}

/// The same for a file that is no text.
pub(crate) fn in_text(error: Error, path: &str) -> Error {
    match error {
        Error::Input(message) if message.starts_with("yaml: ") => {
            Error::input(format!("MalformedYAMLError: {message} in File: {}", shown::file(path)))
        }
        other => other,
    }
}

/// Names the file in an error about its syntax.
pub(crate) fn in_file(error: Error, path: &str) -> Error {
    if error.is_malformed_yaml() {
        Error::input(format!("{error} in File: {}", shown::file(path)))
    } else {
        error
    }
}
