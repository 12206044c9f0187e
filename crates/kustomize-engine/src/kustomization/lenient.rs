//! Reads the root kustomization file as Flux does before it adds the spec to it: unknown fields vanish, numbers and
//! booleans in string fields become strings (contracts/kustomize-controller.md 7.1). Applies nothing of the spec; the
//! build reads what comes out strictly, and files below the root it reads itself.

use serde_json::{Map, Number, Value};

use crate::decode::{json_kind, same_name};
use crate::error::{Error, Result};
use crate::shape::{Shape, Struct};

/// What the file says, written back from the fields of its type; nothing for an empty one.
pub(super) fn rewrite(file: &Shape, value: Value) -> Result<Map<String, Value>> {
    let kept = if value.is_null() { None } else { convert(file, value, None, "")? };
    Ok(object(kept))
}

/// Fields in byte order, names in any case: of several spellings the last wins, structs and maps are merged.
fn merge_struct(
    struct_type: &Struct,
    fields: Map<String, Value>,
    out: &mut Map<String, Value>,
    path: &str,
) -> Result<()> {
    for (key, value) in fields {
        let Some((name, shape)) = field(struct_type, &key) else { continue };
        if value.is_null() {
            continue;
        }
        let at = if path.is_empty() { (*name).to_owned() } else { format!("{path}.{name}") };
        let before = out.remove(*name);
        if let Some(after) = convert(shape, value, before, &at)? {
            out.insert((*name).to_owned(), after);
        }
    }
    Ok(())
}

/// An exact name first, as Go's decoder does, then one that differs in case only.
fn field(struct_type: &Struct, key: &str) -> Option<&'static (&'static str, Shape)> {
    let fields = struct_type.fields;
    fields
        .iter()
        .find(|(name, _)| *name == key)
        .or_else(|| fields.iter().find(|(name, _)| same_name(name, key)))
}

/// The value as Go would write it back; nothing for what `omitempty` leaves out.
fn convert(shape: &Shape, value: Value, before: Option<Value>, path: &str) -> Result<Option<Value>> {
    match shape {
        Shape::Any => Ok(Some(value)),
        Shape::Text => Ok(text(value, path)?.filter(|text| !text.is_empty()).map(Value::String)),
        Shape::TextPointer => Ok(text(value, path)?.map(Value::String)),
        Shape::Flag => match value {
            Value::Bool(false) => Ok(None),
            Value::Bool(true) => Ok(Some(value)),
            other => Err(mismatch(&other, "bool", path)),
        },
        Shape::Whole => match &value {
            Value::Number(number) if number.is_i64() => Ok(Some(value)),
            other => Err(mismatch(other, "int64", path)),
        },
        Shape::TextMap => map(value, before, path).map(Some),
        Shape::List(item) => list(item, value, path),
        Shape::Struct(struct_type) => {
            let Value::Object(fields) = value else {
                return Err(mismatch(&value, &format!("types.{}", struct_type.name), path));
            };
            let mut out = object(before);
            merge_struct(struct_type, fields, &mut out, path)?;
            Ok(Some(Value::Object(out)))
        }
    }
}

fn list(item: &Shape, value: Value, path: &str) -> Result<Option<Value>> {
    let Value::Array(items) = value else {
        return Err(mismatch(&value, "[]string", path));
    };
    if items.is_empty() {
        return Ok(None);
    }
    let zero = || match item {
        Shape::Struct(_) => Value::Object(Map::new()),
        _ => Value::String(String::new()),
    };
    let mut out = Vec::with_capacity(items.len());
    for value in items {
        let kept = if value.is_null() { None } else { convert(item, value, None, path)? };
        out.push(kept.unwrap_or_else(zero));
    }
    Ok(Some(Value::Array(out)))
}

fn map(value: Value, before: Option<Value>, path: &str) -> Result<Value> {
    let Value::Object(entries) = value else {
        return Err(mismatch(&value, "map[string]string", path));
    };
    let mut out = object(before);
    for (key, value) in entries {
        let value = Value::String(text(value, path)?.unwrap_or_default());
        out.insert(key, value);
    }
    Ok(Value::Object(out))
}

fn object(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// The string that sigs.k8s.io/yaml hands to a string field.
fn text(value: Value, path: &str) -> Result<Option<String>> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Bool(flag) => Ok(Some(flag.to_string())),
        Value::Number(number) => Ok(Some(number_text(&number))),
        other => Err(mismatch(&other, "string", path)),
    }
}

/// Whole numbers in full, others as Go's `FormatFloat(x, 'g', -1, 32)`: with single precision and an exponent
/// below 1e-4 and from 1e6 on.
fn number_text(number: &Number) -> String {
    if number.is_i64() || number.is_u64() {
        return number.to_string();
    }
    #[expect(clippy::cast_possible_truncation, reason = "the original narrows to single precision, too")]
    let value = number.as_f64().unwrap_or_default() as f32;
    if value == 0.0 {
        return if value.is_sign_negative() { "-0".to_owned() } else { "0".to_owned() };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    value.to_string()
}

/// In Go's words, which name the way to the field from the file's root.
fn mismatch(value: &Value, wanted: &str, path: &str) -> Error {
    let found = json_kind(value);
    let place = if path.is_empty() {
        "Go value of type ".to_owned()
    } else {
        format!("Go struct field Kustomization.{path} of type ")
    };
    Error::input(format!(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into {place}{wanted}"
    ))
}

#[cfg(test)]
mod tests;
