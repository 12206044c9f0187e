//! JSON patches with the deviations of the library that upstream uses.

use manifest::yaml::{Dialect, Map, Node, Scalar, Seq, Tag, go_float, resolve, style_v3, to_value_v3};
use serde_json::Value;

use crate::decode::json_kind;
use crate::error::{Error, Result};
use crate::json_text;
use crate::kustomization::first_document;
use crate::work::Work;

mod growth;

use growth::Growing;

/// Elements of a list that are moved for one step.
const MOVED_PER_STEP: usize = 64;
/// Bytes that one letter of JSON becomes at most: a list of one-letter numbers.
const VALUE_PER_LETTER: usize = 32;

/// A decoded patch.
#[derive(Debug, Clone)]
pub(crate) struct JsonPatch {
    operations: Vec<Value>,
    /// Whether it was written in JSON.
    raw: bool,
}

impl JsonPatch {
    /// Reads a patch: JSON when it begins with `[`, else YAML 1.1.
    pub(crate) fn read(text: &str, work: &Work) -> Result<Self> {
        if text.is_empty() {
            return Err(Error::input("empty json patch operations"));
        }
        let raw = text.starts_with('[');
        let value = if raw {
            work.step(text.len() / 8)?;
            // A value for each letter, until it is weighed by whoever keeps it.
            let _values = work.held(text.len().saturating_mul(VALUE_PER_LETTER))?;
            serde_json::from_str(text).map_err(|error| {
                Error::input(format!("invalid JSON in line {}, column {}", error.line(), error.column()))
            })?
        } else {
            first_document(text, work)?
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

    /// What its operations weigh.
    pub(crate) fn weight(&self) -> usize {
        self.operations.iter().map(crate::weight).sum()
    }

    /// Applies the patch to an object, which goes through JSON.
    pub(crate) fn apply(&self, node: &Node, work: &Work) -> Result<Node> {
        let mut document = to_value_v3(node)?;
        let growth = Growing::new(&document, work)?;
        for operation in &self.operations {
            work.step(1)?;
            Operation { fields: operation, raw: self.raw, growth: &growth }.run(&mut document)?;
            growth.settle(&document)?;
        }
        if !document.is_object() {
            return Err(Error::input(
                "json: cannot unmarshal array into Go value of type map[string]interface {}",
            ));
        }
        Ok(from_json(&document))
    }
}

/// One operation of a patch.
struct Operation<'a> {
    fields: &'a Value,
    growth: &'a Growing<'a>,
    /// Whether the patch was JSON, whose scalars `test` compares as they are written.
    raw: bool,
}

impl Operation<'_> {
    fn run(&self, document: &mut Value) -> Result<()> {
        let kind = self.fields.get("op").and_then(Value::as_str).unwrap_or("unknown");
        for field in ["path", "from"] {
            let path = self.fields.get(field).and_then(Value::as_str).unwrap_or_default();
            // Every part of a path is copied.
            self.growth.work.step(path.len() / 16)?;
        }
        match kind {
            "add" => {
                let path = self.path("add")?;
                let (container, key) = find(document, path).ok_or_else(|| {
                    missing(format!("add operation does not apply: doc is missing path: \"{path}\""))
                })?;
                self.moving(container)?;
                insert(container, key, self.value(path)?)
                    .map_err(|error| error.within(format!("error in add for path: '{path}'")))
            }
            "remove" => {
                let path = self.path("remove")?;
                let (container, key) = find(document, path).ok_or_else(|| {
                    missing(format!("remove operation does not apply: doc is missing path: \"{path}\""))
                })?;
                self.moving(container)?;
                take(container, &key)
                    .map(drop)
                    .map_err(|error| error.within(format!("error in remove for path: '{path}'")))
            }
            "replace" => self.replace(document),
            "test" => self.test(document),
            "move" | "copy" => self.carry(document, kind),
            _ if known_word(kind) => Err(Error::input(format!("Unexpected kind: {kind}"))),
            _ => Err(Error::input("Unexpected kind")),
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

    /// A copy of the operation's value, which goes below the path.
    fn value(&self, path: &str) -> Result<Value> {
        let value = self.fields.get("value").unwrap_or(&Value::Null);
        self.growth.add(value, path)?;
        Ok(value.clone())
    }

    /// Charges that an element is put into a list or taken out: those behind it move.
    fn moving(&self, container: &Value) -> Result<()> {
        let length = match container {
            Value::Array(items) => items.len(),
            _ => 0,
        };
        self.growth.work.step(length / MOVED_PER_STEP)
    }

    /// A member may be missing, an element of a list not. An empty path means the whole document.
    fn replace(&self, document: &mut Value) -> Result<()> {
        let path = self.path("replace")?;
        if path.is_empty() {
            let value = self.value(path)?;
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
                map.insert(key, self.value(path)?);
            }
            other => {
                let slot = element(other, &key).map_err(|_| {
                    missing(format!("replace operation does not apply: doc is missing key: {path}"))
                })?;
                *slot = self.value(path)?;
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
        self.moving(container)?;
        let path = self.path(kind);
        let below = path.as_deref().unwrap_or_default();
        let value = if moves {
            take(container, &key).map_err(|error| error.within(format!("error in move for path: '{key}'")))?
        } else {
            let value = match container {
                Value::Object(map) => map.get(&key).unwrap_or(&Value::Null),
                other => element(other, &key)
                    .map_err(|error| error.within(format!("error in copy for from: '{from}'")))?,
            };
            self.growth.add(value, below)?;
            value.clone()
        };
        if moves {
            self.growth.deeper(below);
        }
        let path = path?;
        let (container, key) = find(document, path).ok_or_else(|| {
            missing(format!("{kind} operation does not apply: doc is missing destination path: {path}"))
        })?;
        self.moving(container)?;
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
        self.growth.work.walk(crate::weight::weight(self.fields))?;
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

/// Whether an operation's name may be shown: a word, and no value that got there.
fn known_word(kind: &str) -> bool {
    const WORDS: [&str; 7] = ["add", "remove", "replace", "move", "copy", "test", "unknown"];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(kind))
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
