//! From a tree to the text of a file, as sops prints what it decrypted.

mod dotenv;
mod ini;
mod json;
mod yaml;

use zeroize::Zeroizing;

use crate::Format;
use crate::error::EmitError;
use crate::tree::{Branch, Item, Key, Value, plain_float};

/// Writes a file. Formats that hold one document take the first.
pub(crate) fn write(branches: &[Branch], format: Format) -> Result<Zeroizing<Vec<u8>>, EmitError> {
    let first = branches.first().map(Vec::as_slice).unwrap_or_default();
    match format {
        Format::Yaml => yaml::write(branches),
        Format::Json => json::write(first),
        Format::Dotenv => dotenv::write(first),
        Format::Ini => ini::write(branches),
        Format::Binary => binary(branches),
    }
}

fn binary(branches: &[Branch]) -> Result<Zeroizing<Vec<u8>>, EmitError> {
    let [branch] = branches else { return Err(EmitError::Binary("there must be exactly one tree branch")) };
    match branch.iter().find_map(|item| item.with_key("data")) {
        Some(Value::Str(text)) => Ok(text.clone()),
        Some(_) => Err(EmitError::Binary("'data' key in tree does not have a string value")),
        None => Err(EmitError::Binary("no binary data found in tree")),
    }
}

/// A scalar as formats of lines have it: sops' `ValToString`.
fn line_text(value: &Value) -> Option<Zeroizing<Vec<u8>>> {
    let text = match value {
        Value::Str(text) => return Some(text.clone()),
        Value::Null => "<nil>".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Float(float) => capital_float(*float),
        Value::Time(text) => text.clone(),
        Value::Bytes(bytes) => {
            format!("[{}]", bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(" "))
        }
        Value::Comment(_) | Value::Map(_) | Value::Seq(_) => return None,
    };
    Some(Zeroizing::new(text.into_bytes()))
}

/// Go's format `G`, with a point at least.
fn capital_float(float: f64) -> String {
    if !float.is_finite() {
        return plain_float(float);
    }
    let text = manifest::yaml::go_float(float).to_ascii_uppercase();
    if text.contains(['.', 'E']) { text } else { format!("{float:.1}") }
}

/// The text of a key. Others were refused when the tree was decrypted.
fn key_text(key: &Key) -> &str {
    match key {
        Key::Text(text) => text,
        Key::Other(name) => name,
    }
}

fn is_complex(item: &Item) -> bool {
    matches!(item, Item::Entry(_, Value::Map(_) | Value::Seq(_)))
}
