//! Looks up fields the way kstatus does: a value of the wrong type is an error where it is strict, and absent where
//! it is lenient. Judges nothing.

use serde_json::Value;

use crate::Error;

/// What kstatus reads of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Condition<'a> {
    pub(crate) type_: &'a str,
    pub(crate) status: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) message: &'a str,
}

/// A text field; absent when it is anything else.
pub(crate) fn text<'a>(object: &'a Value, path: &[&str]) -> Option<&'a str> {
    at(object, path)?.as_str()
}

/// An integer field; absent when it is anything else, a float included.
pub(crate) fn int(object: &Value, path: &[&str]) -> Option<i64> {
    at(object, path)?.as_i64()
}

/// A truth value; absent when it is anything else.
pub(super) fn flag(object: &Value, path: &[&str]) -> Option<bool> {
    at(object, path)?.as_bool()
}

/// A text field of `metadata` or `status`, which must be a text when it is there.
pub(super) fn strict_text<'a>(
    object: &'a Value,
    [parent, field]: [&str; 2],
    path: &'static str,
) -> Result<Option<&'a str>, Error> {
    match strict(object, parent, field, path)? {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or_else(|| wrong(path, value, "a string")),
    }
}

/// An integer field of `metadata` or `status`, which must be an integer when it is there.
pub(super) fn strict_int(
    object: &Value,
    [parent, field]: [&str; 2],
    path: &'static str,
) -> Result<Option<i64>, Error> {
    match strict(object, parent, field, path)? {
        None => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| wrong(path, value, "an integer")),
    }
}

/// Group and kind of an object that carries them; empty where it does not.
pub(crate) fn group_kind(object: &Value) -> (&str, &str) {
    let version = text(object, &["apiVersion"]).unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    (group, text(object, &["kind"]).unwrap_or_default())
}

/// `status.conditions`, in list order; empty when there are none.
pub(crate) fn conditions(object: &Value) -> Result<Vec<Condition<'_>>, Error> {
    let status = match object.get("status") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(status)) => status,
        Some(other) => return Err(wrong("status", other, "a map")),
    };
    let list = match status.get("conditions") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(other) => return Err(wrong("status.conditions", other, "a list")),
    };
    list.iter().map(condition).collect()
}

fn condition(item: &Value) -> Result<Condition<'_>, Error> {
    if !matches!(item, Value::Object(_) | Value::Null) {
        return Err(wrong("status.conditions[]", item, "a map"));
    }
    let field = |name: &str, path| match item.get(name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(other) => Err(wrong(path, other, "a string")),
    };
    Ok(Condition {
        type_: field("type", "status.conditions[].type")?,
        status: field("status", "status.conditions[].status")?,
        reason: field("reason", "status.conditions[].reason")?,
        message: field("message", "status.conditions[].message")?,
    })
}

/// A list below `status`, which must be a list when it is there.
pub(super) fn status_list<'a>(
    object: &'a Value,
    field: &str,
    path: &'static str,
) -> Result<&'a [Value], Error> {
    match strict(object, "status", field, path)? {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(other) => Err(wrong(path, other, "a list")),
    }
}

pub(super) fn wrong(path: &'static str, value: &Value, expected: &'static str) -> Error {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    };
    Error::WrongType { path, found, expected }
}

fn at<'a>(object: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, key| value.get(key))
}

fn strict<'a>(
    object: &'a Value,
    parent: &str,
    field: &str,
    path: &'static str,
) -> Result<Option<&'a Value>, Error> {
    match object.get(parent) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(map.get(field)),
        Some(other) => Err(wrong(path, other, "a map above it")),
    }
}
