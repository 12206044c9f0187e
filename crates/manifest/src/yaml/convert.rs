//! From nodes to JSON values, by the rules of each dialect. What v3 does here is what kustomize's output goes through: node, text, generic
//! data, JSON.

use std::borrow::Cow;

use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};
use serde_json::{Map as JsonMap, Number, Value};

use super::number::go_float32;
use super::quoting::style_allowed;
use super::{Dialect, Map, Node, Resolved, Scalar, Style, Tag, json_float, refold, resolve};
use crate::Error;

/// The value of a node by go-yaml v2: of duplicate keys the last wins, keys become text, dates stay text.
///
/// # Errors
/// A null as key, infinities, or a tag that does not fit its text.
pub fn to_value_v2(node: &Node) -> Result<Value, Error> {
    Ok(match node {
        Node::Scalar(scalar) => scalar_v2(scalar)?,
        Node::Seq(seq) => Value::Array(seq.items.iter().map(to_value_v2).collect::<Result<_, _>>()?),
        Node::Map(map) => {
            let mut object = JsonMap::new();
            for (key, value) in &map.entries {
                object.insert(key_v2(key)?.into_owned(), to_value_v2(value)?);
            }
            Value::Object(object)
        }
    })
}

/// The value of a node by go-yaml v3 as kustomize writes it out.
///
/// # Errors
/// Duplicate keys, keys that are not strings, infinities, or a tag that does not fit its text.
pub fn to_value_v3(node: &Node) -> Result<Value, Error> {
    object_v3(node, Through::Text { flow: false })
}

/// The value of a node by go-yaml v3 without writing it out first: what that changes stays as it is.
///
/// # Errors
/// As [`to_value_v3`].
pub fn to_value_v3_direct(node: &Node) -> Result<Value, Error> {
    object_v3(node, Through::Nothing)
}

/// Whether nodes are written and read again on the way, and whether that happens inside `{}` or `[]`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Through {
    Nothing,
    Text { flow: bool },
}

impl Through {
    fn inside(self, flow: bool) -> Self {
        match self {
            Self::Text { flow: outer } => Self::Text { flow: outer || flow },
            Self::Nothing => Self::Nothing,
        }
    }
}

fn object_v3(node: &Node, through: Through) -> Result<Value, Error> {
    match node {
        Node::Map(map) => Ok(Value::Object(map_v3(map, through.inside(map.flow), true)?)),
        _ => value_v3(node, through),
    }
}

fn value_v3(node: &Node, flow: Through) -> Result<Value, Error> {
    Ok(match node {
        Node::Scalar(scalar) => scalar_v3(scalar, flow)?,
        Node::Seq(seq) => {
            let flow = flow.inside(seq.flow);
            Value::Array(seq.items.iter().map(|item| value_v3(item, flow)).collect::<Result<_, _>>()?)
        }
        Node::Map(map) => Value::Object(map_v3(map, flow.inside(map.flow), false)?),
    })
}

/// The outermost keys go into a Go map of texts, which takes every scalar's text but a null's; inner ones have to be texts.
fn map_v3(map: &Map, flow: Through, outermost: bool) -> Result<JsonMap<String, Value>, Error> {
    let mut object = JsonMap::new();
    for (key, value) in &map.entries {
        if key.tag == Tag::None && key.style == Style::Plain && !key.tagged && key.text == "<<" {
            let message = "map merge requires map or sequence of maps as the value";
            return Err(error(key, message.to_owned()));
        }
        let text = match scalar_v3(key, flow)? {
            // A key with a tag of its own is not a text to the original.
            Value::String(text) if !is_time(key) && (!key.tagged || key.tag == Tag::Str) => text,
            Value::Null => return Err(error(key, format!("invalid map key: {}", key.text))),
            // Without text it stands for a map or list as key.
            _ if outermost && !(key.tag == Tag::Other && key.text.is_empty()) => key.text.to_string(),
            _ => return Err(error(key, format!("invalid map key: {}", key.text))),
        };
        let value = value_v3(value, flow)?;
        if object.insert(text, value).is_some() {
            return Err(error(key, format!("mapping key {:?} already defined", key.text)));
        }
    }
    Ok(object)
}

/// Whether a scalar is written as a block.
fn is_block(scalar: &Scalar) -> bool {
    let style = match scalar.style {
        Style::Plain if scalar.text.contains('\n') => Style::Literal,
        style => style,
    };
    matches!(style, Style::Literal | Style::Folded)
        && matches!(style_allowed(&scalar.text, style, false, false), Style::Literal | Style::Folded)
}

/// Whether a scalar is a date, which as a key is not a string.
fn is_time(scalar: &Scalar) -> bool {
    match scalar.tag {
        Tag::Time => true,
        Tag::None => {
            scalar.style == Style::Plain
                && !scalar.tagged
                && matches!(resolve(&scalar.text, Dialect::V3, true), Resolved::Time(_))
        }
        _ => false,
    }
}

fn scalar_v2(scalar: &Scalar) -> Result<Value, Error> {
    if !matches!(scalar.tag, Tag::Binary) && !scalar.tagged && scalar.style != Style::Plain {
        return Ok(Value::from(scalar.text.as_str()));
    }
    match scalar.tag {
        Tag::Binary => binary(scalar),
        Tag::Str | Tag::Other | Tag::Merge | Tag::Time => Ok(Value::from(scalar.text.as_str())),
        _ => typed(scalar, Dialect::V2),
    }
}

fn key_v2(key: &Scalar) -> Result<Cow<'_, str>, Error> {
    if matches!(key.tag, Tag::Str | Tag::Merge | Tag::Time | Tag::Other) {
        return Ok(Cow::Borrowed(&key.text));
    }
    if key.tag == Tag::Float
        && let Resolved::Float(float) = resolve(&key.text, Dialect::V2, false)
    {
        return Ok(Cow::Owned(go_float32(float)));
    }
    match scalar_v2(key)? {
        Value::String(text) => Ok(Cow::Owned(text)),
        Value::Bool(bool) => Ok(Cow::Borrowed(if bool { "true" } else { "false" })),
        Value::Number(number) => Ok(Cow::Owned(number.to_string())),
        _ => Err(error(key, "unsupported map key of type: null".to_owned())),
    }
}

fn scalar_v3(scalar: &Scalar, flow: Through) -> Result<Value, Error> {
    // In flow style it is written in double quotes.
    let refolds = scalar.style == Style::Folded && flow == (Through::Text { flow: false });
    if flow == (Through::Text { flow: false }) && scalar.text.starts_with('\t') && is_block(scalar) {
        let message = "found a tab character where an indentation space is expected";
        return Err(error(scalar, message.to_owned()));
    }
    if !scalar.tagged {
        if scalar.tag == Tag::Str && scalar.style != Style::Folded {
            return Ok(Value::from(scalar.text.as_str()));
        }
        if scalar.style != Style::Plain {
            // The tag is dropped in front of a quoted text when the text would give it anyway.
            let implied = resolve(&scalar.text, Dialect::V3, true).tag();
            if scalar.tag == Tag::None || scalar.tag == Tag::Str || scalar.tag == implied {
                return Ok(Value::from(if refolds {
                    refold::refold(&scalar.text)
                } else {
                    Cow::Borrowed(scalar.text.as_str())
                }));
            }
        } else if flow == (Through::Text { flow: true })
            && scalar.text.is_empty()
            && matches!(scalar.tag, Tag::None | Tag::Null)
        {
            return Ok(Value::from(""));
        } else if flow == (Through::Text { flow: true })
            && matches!(scalar.tag, Tag::None | Tag::Time)
            && scalar.text.contains(':')
        {
            // The colon is quoted there, and what is quoted is not a date.
            return Ok(Value::from(scalar.text.as_str()));
        }
    }
    match scalar.tag {
        Tag::Binary => binary(scalar),
        Tag::Str | Tag::Other if refolds => Ok(Value::from(refold::refold(&scalar.text))),
        Tag::Str | Tag::Other => Ok(Value::from(scalar.text.as_str())),
        _ => typed(scalar, Dialect::V3),
    }
}

/// Resolves the text and holds it against the tag.
fn typed(scalar: &Scalar, dialect: Dialect) -> Result<Value, Error> {
    let time = matches!(scalar.tag, Tag::None | Tag::Time);
    let resolved = resolve(&scalar.text, dialect, time);
    let found = resolved.tag();
    let resolved = match (scalar.tag, found) {
        (Tag::Float, Tag::Int) => match resolved {
            Resolved::Int(int) => Resolved::Float(int_to_float(int)),
            _ => return Err(mismatch(scalar, "int")),
        },
        (Tag::None, _) => resolved,
        (wanted, found) if wanted == found => resolved,
        _ => return Err(mismatch(scalar, tag_name(found))),
    };
    Ok(match resolved {
        Resolved::Null => Value::Null,
        Resolved::Bool(bool) => Value::Bool(bool),
        Resolved::Int(int) => Value::from(int),
        Resolved::Uint(int) => Value::from(int),
        Resolved::Float(float) => float_value(float)
            .ok_or_else(|| error(scalar, format!("json: unsupported value: {}", go_special(float))))?,
        Resolved::Time(text) if dialect == Dialect::V3 => Value::String(text),
        Resolved::Time(_) | Resolved::Merge | Resolved::Str => Value::from(scalar.text.as_str()),
    })
}

/// A float after Go's JSON and the reading of it: whole numbers within 64 bits become integers.
fn float_value(float: f64) -> Option<Value> {
    if !float.is_finite() {
        return None;
    }
    match resolve(&json_float(float), Dialect::V2, false) {
        Resolved::Int(int) => Some(Value::from(int)),
        Resolved::Uint(int) => Some(Value::from(int)),
        _ => Number::from_f64(float).map(Value::Number),
    }
}

#[expect(clippy::cast_precision_loss, reason = "Go's float64(v) rounds the same way")]
fn int_to_float(int: i64) -> f64 {
    int as f64
}

fn go_special(float: f64) -> &'static str {
    if float.is_nan() {
        "NaN"
    } else if float > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    }
}

/// As Go decodes: bits behind the last byte are not looked at.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

fn binary(scalar: &Scalar) -> Result<Value, Error> {
    let compact: String = scalar.text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    let bytes = BASE64
        .decode(compact)
        .map_err(|_| error(scalar, "!!binary value contains invalid base64 data".to_owned()))?;
    Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned()))
}

/// The original quotes the text, which may be a Secret's.
fn mismatch(scalar: &Scalar, found: &str) -> Error {
    error(scalar, format!("cannot decode a !!{found} as a !!{}", tag_name(scalar.tag)))
}

fn tag_name(tag: Tag) -> &'static str {
    match tag {
        Tag::Int => "int",
        Tag::Float => "float",
        Tag::Bool => "bool",
        Tag::Null => "null",
        Tag::Time => "timestamp",
        Tag::Binary => "binary",
        Tag::Merge => "merge",
        Tag::None | Tag::Str | Tag::Other => "str",
    }
}

fn error(scalar: &Scalar, message: String) -> Error {
    Error::Yaml { document: 0, line: scalar.line, message }
}

#[cfg(test)]
mod tests;
