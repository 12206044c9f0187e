//! Values while an expression is evaluated: JSON is borrowed as it is, only what is made is owned.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value as Json;

use crate::civil::Timestamp;
use crate::work::Failure;

/// A value. Copies share what is large.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Text<'a>),
    Bytes(Rc<[u8]>),
    List(List<'a>),
    Map(Map<'a>),
    Timestamp(Timestamp),
    /// Nanoseconds.
    Duration(i64),
    Type(&'static str),
    Optional(Option<Rc<Self>>),
}

/// A string.
#[derive(Clone, Debug)]
pub(crate) enum Text<'a> {
    Borrowed(&'a str),
    Made(Rc<str>),
}

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Made(text) => text,
        }
    }
}

/// A list.
#[derive(Clone, Debug)]
pub(crate) enum List<'a> {
    Json(&'a [Json]),
    Made(Rc<[Value<'a>]>),
}

impl<'a> List<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Json(items) => items.len(),
            Self::Made(items) => items.len(),
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Json(items) => items.get(index).map(Value::of),
            Self::Made(items) => items.get(index).cloned(),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Value<'a>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

/// A map.
#[derive(Clone, Debug)]
pub(crate) enum Map<'a> {
    Json(&'a serde_json::Map<String, Json>),
    Made(Rc<BTreeMap<Key, Value<'a>>>),
}

/// A key of a map that was made. Keys of JSON are strings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Bool(bool),
    Int(i64),
    Uint(u64),
    String(Rc<str>),
}

impl Key {
    pub(crate) fn of(value: &Value<'_>) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Uint(value) => Self::Uint(*value),
            Value::String(Text::Made(text)) => Self::String(Rc::clone(text)),
            Value::String(Text::Borrowed(text)) => Self::String(Rc::from(*text)),
            _ => return None,
        })
    }

    fn value<'a>(&self) -> Value<'a> {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Uint(value) => Value::Uint(*value),
            Self::String(text) => Value::String(Text::Made(Rc::clone(text))),
        }
    }
}

impl<'a> Map<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Json(map) => map.len(),
            Self::Made(map) => map.len(),
        }
    }

    pub(crate) fn field(&self, name: &str) -> Option<Value<'a>> {
        match self {
            Self::Json(map) => map.get(name).map(Value::of),
            Self::Made(map) => map.get(&Key::String(Rc::from(name))).cloned(),
        }
    }

    /// The value of a key; numbers of all types that are equal are the same key.
    pub(crate) fn get(&self, key: &Value<'_>) -> Option<Value<'a>> {
        if let Value::String(name) = key {
            return self.field(name);
        }
        let Self::Made(map) = self else { return None };
        let number = match key {
            Value::Bool(value) => return map.get(&Key::Bool(*value)).cloned(),
            Value::Int(value) => i128::from(*value),
            Value::Uint(value) => i128::from(*value),
            Value::Double(value) => whole(*value)?,
            _ => return None,
        };
        let int = || i64::try_from(number).ok().and_then(|number| map.get(&Key::Int(number)));
        let uint = || u64::try_from(number).ok().and_then(|number| map.get(&Key::Uint(number)));
        int().or_else(uint).cloned()
    }

    /// The keys, in an order that is always the same.
    pub(crate) fn keys(&self) -> Box<dyn Iterator<Item = Value<'a>> + '_> {
        match self {
            Self::Json(map) => Box::new(map.keys().map(|key| Value::String(Text::Borrowed(key)))),
            Self::Made(map) => Box::new(map.keys().map(Key::value)),
        }
    }

    pub(crate) fn entries(&self) -> Box<dyn Iterator<Item = (Value<'a>, Value<'a>)> + '_> {
        match self {
            Self::Json(map) => Box::new(
                map.iter().map(|(key, value)| (Value::String(Text::Borrowed(key)), Value::of(value))),
            ),
            Self::Made(map) => Box::new(map.iter().map(|(key, value)| (key.value(), value.clone()))),
        }
    }
}

/// A double that is a whole number, as one.
#[expect(clippy::cast_possible_truncation, reason = "the range is looked at before")]
pub(crate) fn whole(value: f64) -> Option<i128> {
    (value.fract() == 0.0 && value.abs() < 1e30).then_some(value as i128)
}

impl<'a> Value<'a> {
    /// JSON as Kubernetes' clients read it: whole numbers that fit are ints, all others doubles.
    pub(crate) fn of(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(int) => Self::Int(int),
                None => Self::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::String(Text::Borrowed(text)),
            Json::Array(items) => Self::List(List::Json(items)),
            Json::Object(map) => Self::Map(Map::Json(map)),
        }
    }

    pub(crate) fn text(text: impl Into<Rc<str>>) -> Self {
        Self::String(Text::Made(text.into()))
    }

    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::List(List::Made(items.into()))
    }

    pub(crate) fn some(value: Self) -> Self {
        Self::Optional(Some(Rc::new(value)))
    }

    /// The name of its type.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Type(_) => "type",
            Self::Optional(_) => "optional_type",
        }
    }

    /// Whether it is the zero of its type.
    pub(crate) fn is_zero(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(value) => !value,
            Self::Int(value) | Self::Duration(value) => *value == 0,
            Self::Uint(value) => *value == 0,
            Self::Double(value) => *value == 0.0,
            Self::String(text) => text.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::List(list) => list.len() == 0,
            Self::Map(map) => map.len() == 0,
            Self::Timestamp(time) => *time == Timestamp::ZERO,
            Self::Type(_) => false,
            Self::Optional(value) => value.is_none(),
        }
    }
}

/// Names of types that are values.
pub(crate) const TYPES: [&str; 11] =
    ["bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type", "optional_type"];

/// A function is not for such values.
pub(crate) fn no_overload(name: &str, arguments: &[&Value<'_>]) -> Failure {
    let types: Vec<&str> = arguments.iter().map(|argument| argument.type_name()).collect();
    Failure::no_overload(name, &types)
}
