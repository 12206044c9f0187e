//! JSON patches with the deviations of the library that upstream uses.

use manifest::yaml::{Dialect, Map, Node, Scalar, Seq, Tag, go_float, resolve, style_v3, to_value_v3};
use serde_json::Value;

use crate::decode::json_kind;
use crate::edit::{MAX_DEPTH, MAX_WEIGHT, NODE_WEIGHT};
use crate::error::{Error, Result};
use crate::json_text;
use crate::kustomization::first_document;

/// A decoded patch.
#[derive(Debug, Clone)]
pub(crate) struct JsonPatch {
    operations: Vec<Value>,
    /// Whether it was written in JSON.
    raw: bool,
}

impl JsonPatch {
    /// Reads a patch: JSON when it begins with `[`, else YAML 1.1.
    pub(crate) fn read(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Err(Error::input("empty json patch operations"));
        }
        let raw = text.starts_with('[');
        let value = if raw {
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
        Ok(Self { operations, raw })
    }

    pub(crate) fn len(&self) -> usize {
        self.operations.len()
    }

    /// Applies the patch to an object, which goes through JSON.
    pub(crate) fn apply(&self, node: &Node) -> Result<Node> {
        let mut document = to_value_v3(node)?;
        for operation in &self.operations {
            Operation { fields: operation, raw: self.raw }.run(&mut document)?;
            let grows = operation.get("value").is_none_or(|value| value.is_object() || value.is_array());
            if grows {
                let mut left = MAX_WEIGHT;
                weigh(&document, 0, &mut left)?;
            }
        }
        if !document.is_object() {
            return Err(Error::input(
                "json: cannot unmarshal array into Go value of type map[string]interface {}",
            ));
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

/// One operation of a patch.
struct Operation<'a> {
    fields: &'a Value,
    /// Whether the patch was JSON, whose scalars `test` compares as they are written.
    raw: bool,
}

impl Operation<'_> {
    fn run(&self, document: &mut Value) -> Result<()> {
        let kind = self.fields.get("op").and_then(Value::as_str).unwrap_or("unknown");
        match kind {
            "add" => {
                let path = self.path("add")?;
                let (container, key) = find(document, path).ok_or_else(|| {
                    missing(format!("add operation does not apply: doc is missing path: \"{path}\""))
                })?;
                insert(container, key, self.value())
                    .map_err(|error| error.within(format!("error in add for path: '{path}'")))
            }
            "remove" => {
                let path = self.path("remove")?;
                let (container, key) = find(document, path).ok_or_else(|| {
                    missing(format!("remove operation does not apply: doc is missing path: \"{path}\""))
                })?;
                take(container, &key)
                    .map(drop)
                    .map_err(|error| error.within(format!("error in remove for path: '{path}'")))
            }
            "replace" => self.replace(document),
            "test" => self.test(document),
            "move" | "copy" => self.carry(document, kind),
            _ => Err(Error::input(format!("Unexpected kind: {kind}"))),
        }
    }

    fn path(&self, kind: &str) -> Result<&str> {
        match self.fields.get("path") {
            Some(Value::String(path)) => Ok(path),
            Some(other) if !other.is_null() && !matches!(kind, "add" | "remove" | "copy") => {
                Err(mismatch(other).within(format!("{kind} operation failed to decode path")))
            }
            _ if matches!(kind, "add" | "remove" | "copy") => {
                Err(missing(format!("{kind} operation failed to decode path")))
            }
            _ => {
                Err(missing(format!("{kind} operation failed to decode path: operation missing path field")))
            }
        }
    }

    fn value(&self) -> Value {
        self.fields.get("value").cloned().unwrap_or(Value::Null)
    }

    /// A member may be missing, an element of a list not. An empty path means the whole document.
    fn replace(&self, document: &mut Value) -> Result<()> {
        let path = self.path("replace")?;
        if path.is_empty() {
            let value = self.value();
            if !value.is_object() && !value.is_array() {
                return Err(Error::input("replace operation value must be object or array: %!w(<nil>)"));
            }
            *document = value;
            return Ok(());
        }
        let (container, key) = find(document, path).ok_or_else(|| {
            missing(format!("replace operation does not apply: doc is missing path: {path}"))
        })?;
        match container {
            Value::Object(map) => {
                map.insert(key, self.value());
            }
            other => {
                let slot = element(other, &key).map_err(|_| {
                    missing(format!("replace operation does not apply: doc is missing key: {path}"))
                })?;
                *slot = self.value();
            }
        }
        Ok(())
    }

    /// `move` and `copy`.
    fn carry(&self, document: &mut Value, kind: &str) -> Result<()> {
        let from = match self.fields.get("from") {
            Some(Value::String(from)) => from,
            None | Some(Value::Null) => {
                return Err(missing(format!(
                    "{kind} operation failed to decode from: operation, missing from field"
                )));
            }
            Some(other) => {
                return Err(mismatch(other).within(format!("{kind} operation failed to decode from")));
            }
        };
        let (container, key) = find(document, from).ok_or_else(|| {
            missing(format!("{kind} operation does not apply: doc is missing from path: {from}"))
        })?;
        let moves = kind == "move";
        let value = if moves {
            take(container, &key).map_err(|error| error.within(format!("error in move for path: '{key}'")))?
        } else {
            match container {
                Value::Object(map) => map.get(&key).cloned().unwrap_or(Value::Null),
                other => element(other, &key)
                    .map_err(|error| error.within(format!("error in copy for from: '{from}'")))?
                    .clone(),
            }
        };
        let path = self.path(kind)?;
        let (container, key) = find(document, path).ok_or_else(|| {
            missing(format!("{kind} operation does not apply: doc is missing destination path: {path}"))
        })?;
        insert(container, key, value).map_err(|error| {
            error.within(if moves {
                format!("error in move for path: '{path}'")
            } else {
                "error while adding value during copy".to_owned()
            })
        })
    }

    fn test(&self, document: &mut Value) -> Result<()> {
        let path = self.path("test")?;
        let failed = || Error::input(format!("testing value {path} failed: test failed"));
        let wanted = self.fields.get("value");
        let equal = if path.is_empty() {
            self.equal(document, wanted.unwrap_or(&Value::Null))
        } else {
            let (container, key) = find(document, path)
                .ok_or_else(|| missing(format!("test operation does not apply: is missing path: {path}")))?;
            let found = match container {
                Value::Object(map) => map.get(&key),
                other => Some(
                    &*element(other, &key)
                        .map_err(|error| error.within(format!("error in test for path: '{path}'")))?,
                ),
            };
            match (found.unwrap_or(&Value::Null), wanted.unwrap_or(&Value::Null)) {
                (Value::Null, Value::Null) => true,
                (found, wanted) => self.equal(found, wanted),
            }
        };
        if equal { Ok(()) } else { Err(failed()) }
    }

    /// Equality as the original sees it: by the text of scalars. It crashes at nulls in lists, which count as different here.
    fn equal(&self, found: &Value, wanted: &Value) -> bool {
        match (found, wanted) {
            (Value::Array(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| !a.is_null() && self.equal(a, b))
            }
            (Value::Object(a), Value::Object(b)) => {
                a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| self.equal(a, b)))
            }
            (Value::Number(_), Value::Number(number)) if self.raw => {
                json_text::write(found, false) == number.to_string()
            }
            (Value::Number(_), Value::Number(_)) => {
                json_text::write(found, false) == json_text::write(wanted, false)
            }
            (Value::String(a), Value::String(b)) => {
                a == b && !(self.raw && b.contains(['<', '>', '&', '\u{2028}', '\u{2029}']))
            }
            _ => found == wanted,
        }
    }
}

fn missing(place: String) -> Error {
    Error::input(format!("{place}: missing value"))
}

fn mismatch(value: &Value) -> Error {
    Error::input(format!("json: cannot unmarshal {} into Go value of type string", json_kind(value)))
}

/// The container that a path ends in, and the last part of the path.
fn find<'a>(document: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let mut parts = path.split('/');
    // Whatever stands before the first slash is ignored.
    parts.next();
    let parts: Vec<String> = parts.map(unescape).collect();
    let (last, parents) = parts.split_last()?;
    let mut container = document;
    for part in parents {
        container = match container {
            Value::Object(map) => map.get_mut(part)?,
            other => element(other, part).ok()?,
        };
    }
    (container.is_object() || container.is_array()).then(|| (container, last.clone()))
}

/// `~1` is a slash and `~0` a tilde; in this order `~01` is `~1`.
fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

fn atoi(text: &str) -> Result<i64> {
    text.parse().map_err(|_| {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        let number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let reason = if number { "value out of range" } else { "invalid syntax" };
        Error::input(format!("strconv.Atoi: parsing {text:?}: {reason}"))
    })
}

/// A position in a list of that length; a negative one counts from the end.
fn position(key: &str, length: usize) -> Result<usize> {
    let index = atoi(key)?;
    let position = if index < 0 {
        usize::try_from(index.unsigned_abs()).ok().and_then(|back| length.checked_sub(back))
    } else {
        usize::try_from(index).ok().filter(|index| *index < length)
    };
    position.ok_or_else(|| {
        Error::input(format!("Unable to access invalid index: {index}: invalid index referenced"))
    })
}

fn element<'a>(list: &'a mut Value, key: &str) -> Result<&'a mut Value> {
    let items = list.as_array_mut().ok_or_else(|| missing("no list".to_owned()))?;
    let position = position(key, items.len())?;
    items.get_mut(position).ok_or_else(|| missing(key.to_owned()))
}

fn insert(container: &mut Value, key: String, value: Value) -> Result<()> {
    match container {
        Value::Object(map) => {
            map.insert(key, value);
        }
        Value::Array(items) if key == "-" => items.push(value),
        Value::Array(items) => {
            atoi(&key)
                .map_err(|error| error.within(format!("value was not a proper array index: '{key}'")))?;
            items.insert(position(&key, items.len() + 1)?, value);
        }
        _ => {}
    }
    Ok(())
}

fn take(container: &mut Value, key: &str) -> Result<Value> {
    match container {
        Value::Object(map) => {
            map.remove(key).ok_or_else(|| missing(format!("Unable to remove nonexistent key: {key}")))
        }
        Value::Array(items) => Ok(items.remove(position(key, items.len())?)),
        _ => Ok(Value::Null),
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
