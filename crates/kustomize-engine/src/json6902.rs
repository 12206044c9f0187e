//! JSON patches with the deviations of the library that upstream uses.

use manifest::yaml::{Dialect, Map, Node, Scalar, Seq, Tag, go_float, resolve, style_v3, to_value_v3};
use serde_json::Value;

use crate::edit::{MAX_DEPTH, MAX_WEIGHT, NODE_WEIGHT};
use crate::error::{Error, Result};
use crate::kustomization::first_document;

/// A decoded patch.
#[derive(Debug, Clone)]
pub(crate) struct JsonPatch {
    operations: Vec<Value>,
}

impl JsonPatch {
    /// Reads a patch: JSON when it begins with `[`, else YAML 1.1.
    pub(crate) fn read(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Err(Error::input("empty json patch operations"));
        }
        let value = if text.starts_with('[') {
            serde_json::from_str(text).map_err(|error| Error::input(error.to_string()))?
        } else {
            first_document(text)?
        };
        let operations = match value {
            Value::Null => Vec::new(),
            Value::Array(operations) => operations,
            _ => {
                return Err(Error::input(
                    "json: cannot unmarshal object into Go value of type jsonpatch.Patch",
                ));
            }
        };
        if let Some(bad) = operations.iter().find(|operation| !operation.is_object() && !operation.is_null())
        {
            return Err(Error::input(format!(
                "json: cannot unmarshal {} into Go value of type jsonpatch.Operation",
                if bad.is_array() { "array" } else { "string" }
            )));
        }
        Ok(Self { operations })
    }

    pub(crate) fn len(&self) -> usize {
        self.operations.len()
    }

    /// Applies the patch to an object, which goes through JSON.
    pub(crate) fn apply(&self, node: &Node) -> Result<Node> {
        let mut document = to_value_v3(node)?;
        for operation in &self.operations {
            run(&mut document, operation)?;
            let grows = operation.get("value").is_none_or(|value| value.is_object() || value.is_array());
            if grows {
                let mut left = MAX_WEIGHT;
                weigh(&document, 0, &mut left)?;
            }
        }
        if !document.is_object() {
            return Err(Error::input("json: cannot unmarshal patched document into an object"));
        }
        Ok(from_json(&document))
    }
}

/// Fails when a document has grown out of bounds.
fn weigh(value: &Value, depth: usize, left: &mut usize) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::Budget { what: "nested levels in an object", limit: MAX_DEPTH });
    }
    let cost = NODE_WEIGHT + value.as_str().map_or(0, str::len);
    *left = left.checked_sub(cost).ok_or(Error::Budget { what: "bytes in an object", limit: MAX_WEIGHT })?;
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| weigh(item, depth + 1, left)),
        Value::Object(map) => map.values().try_for_each(|value| weigh(value, depth + 1, left)),
        _ => Ok(()),
    }
}

fn run(document: &mut Value, operation: &Value) -> Result<()> {
    let text = |field: &str| operation.get(field).and_then(Value::as_str);
    let kind = text("op").unwrap_or("unknown");
    if !matches!(kind, "add" | "remove" | "replace" | "move" | "copy" | "test") {
        return Err(Error::input(format!("Unexpected kind: {kind}")));
    }
    let path = text("path").ok_or_else(|| Error::input(format!("{kind} operation failed to decode path")))?;
    let value = || operation.get("value").cloned().unwrap_or(Value::Null);
    match kind {
        "add" => add(document, path, value(), kind),
        "remove" => remove(document, path, kind).map(drop),
        "replace" => replace(document, path, value()),
        "test" => test(document, path, &value()),
        _ => {
            let from = text("from")
                .ok_or_else(|| Error::input(format!("{kind} operation failed to decode from")))?;
            let moved = if kind == "move" {
                remove(document, from, kind)?
            } else {
                let (container, key) = find(document, from, kind)?;
                get(container, &key, kind, from)?.cloned().unwrap_or(Value::Null)
            };
            add(document, path, moved, kind)
        }
    }
}

fn missing(kind: &str, path: &str) -> Error {
    Error::input(format!("{kind} operation does not apply: doc is missing path: \"{path}\": missing value"))
}

/// The container that a path ends in, and the last part of the path.
fn find<'a>(document: &'a mut Value, path: &str, kind: &str) -> Result<(&'a mut Value, String)> {
    let mut parts = path.split('/');
    // Whatever stands before the first slash is ignored.
    parts.next();
    let parts: Vec<String> = parts.map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let Some((last, parents)) = parts.split_last() else { return Err(missing(kind, path)) };
    let mut container = document;
    for part in parents {
        container = match container {
            Value::Object(map) => map.get_mut(part),
            Value::Array(items) => index_of(part, items.len()).and_then(|index| items.get_mut(index)),
            _ => None,
        }
        .ok_or_else(|| missing(kind, path))?;
    }
    if !container.is_object() && !container.is_array() {
        return Err(missing(kind, path));
    }
    Ok((container, last.clone()))
}

/// An array index; a negative one counts from the end.
fn index_of(part: &str, length: usize) -> Option<usize> {
    let index: i64 = part.parse().ok()?;
    if index < 0 {
        let back = usize::try_from(index.unsigned_abs()).ok()?;
        length.checked_sub(back)
    } else {
        usize::try_from(index).ok()
    }
}

fn out_of_bounds(kind: &str, path: &str, key: &str) -> Error {
    Error::input(format!(
        "error in {kind} for path: '{path}': Unable to access invalid index: {key}: invalid index referenced"
    ))
}

fn get<'a>(container: &'a Value, key: &str, kind: &str, path: &str) -> Result<Option<&'a Value>> {
    match container {
        Value::Object(map) => Ok(map.get(key)),
        Value::Array(items) => match index_of(key, items.len()).and_then(|index| items.get(index)) {
            Some(item) => Ok(Some(item)),
            None => Err(out_of_bounds(kind, path, key)),
        },
        _ => Ok(None),
    }
}

fn add(document: &mut Value, path: &str, value: Value, kind: &str) -> Result<()> {
    let (container, key) = find(document, path, kind)?;
    match container {
        Value::Object(map) => {
            map.insert(key, value);
        }
        Value::Array(items) if key == "-" => items.push(value),
        Value::Array(items) => match index_of(&key, items.len() + 1) {
            Some(index) if index <= items.len() => items.insert(index, value),
            _ => return Err(out_of_bounds(kind, path, &key)),
        },
        _ => {}
    }
    Ok(())
}

fn remove(document: &mut Value, path: &str, kind: &str) -> Result<Value> {
    let (container, key) = find(document, path, kind)?;
    match container {
        Value::Object(map) => map.remove(&key).ok_or_else(|| {
            Error::input(format!(
                "error in remove for path: '{path}': Unable to remove nonexistent key: {key}: missing value"
            ))
        }),
        Value::Array(items) => match index_of(&key, items.len()) {
            Some(index) if index < items.len() => Ok(items.remove(index)),
            _ => Err(out_of_bounds(kind, path, &key)),
        },
        _ => Ok(Value::Null),
    }
}

fn replace(document: &mut Value, path: &str, value: Value) -> Result<()> {
    let (container, key) = find(document, path, "replace")?;
    match container {
        Value::Object(map) => {
            map.insert(key, value);
        }
        Value::Array(items) => match index_of(&key, items.len()).and_then(|index| items.get_mut(index)) {
            Some(item) => *item = value,
            None => return Err(out_of_bounds("replace", path, &key)),
        },
        _ => {}
    }
    Ok(())
}

fn test(document: &mut Value, path: &str, wanted: &Value) -> Result<()> {
    let (container, key) = find(document, path, "test")?;
    let found = match container {
        Value::Object(map) => map.get(&key),
        Value::Array(items) => {
            let found = index_of(&key, items.len()).and_then(|index| items.get(index));
            if found.is_none() {
                return Err(out_of_bounds("test", path, &key));
            }
            found
        }
        _ => None,
    };
    if equal(found.unwrap_or(&Value::Null), wanted) {
        return Ok(());
    }
    Err(Error::input(format!("testing value {path} failed: test failed")))
}

/// Equality of JSON values; numbers by value.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

/// A node as writing a JSON value by go-yaml v3 and reading it again gives it; every number is a float on the way.
pub(crate) fn from_json(value: &Value) -> Node {
    match value {
        Value::Null => Node::Scalar(Scalar::typed("null", Tag::Null)),
        Value::Bool(bool) => Node::Scalar(Scalar::typed(bool.to_string(), Tag::Bool)),
        Value::Number(number) => {
            let text = go_float(number.as_f64().unwrap_or_default());
            let tag = resolve(&text, Dialect::V3, true).tag();
            Node::Scalar(Scalar::typed(text, tag))
        }
        Value::String(text) => Node::Scalar(written(text)),
        Value::Array(items) => {
            Node::Seq(Seq { items: items.iter().map(from_json).collect(), flow: items.is_empty() })
        }
        Value::Object(map) => {
            let entries: Vec<_> = map.iter().map(|(key, value)| (written(key), from_json(value))).collect();
            Node::Map(Map { flow: entries.is_empty(), entries })
        }
    }
}

fn written(text: &str) -> Scalar {
    Scalar { style: style_v3(text), ..Scalar::string(text) }
}
