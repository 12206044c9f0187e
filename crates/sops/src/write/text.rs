//! Keys and scalars as text, where formats agree on it.

use zeroize::Zeroizing;

use crate::tree::{Item, Key, Value, plain_float};

/// A scalar as formats of lines have it: sops' `ValToString`.
pub(super) fn line_text(value: &Value) -> Option<Zeroizing<Vec<u8>>> {
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
pub(super) fn key_text(key: &Key) -> &str {
    match key {
        Key::Text(text) => text,
        Key::Other(name) => name,
    }
}

pub(super) fn is_complex(item: &Item) -> bool {
    matches!(item, Item::Entry(_, Value::Map(_) | Value::Seq(_)))
}
