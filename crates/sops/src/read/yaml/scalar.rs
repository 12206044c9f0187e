//! Scalars and keys of YAML as sops has them from go-yaml v3.

use manifest::yaml::{Dialect, Resolved, Scalar, Tag, resolve, timestamp};

use super::merges::MERGE;
use crate::base64;
use crate::error::LoadError;
use crate::tree::{Key, Value};

/// The value of a scalar by its tag, or by its text where it has none.
pub(super) fn scalar(scalar: &Scalar) -> Result<Value, LoadError> {
    let text = scalar.text.as_str();
    let line = scalar.line as usize;
    let fail = |problem| LoadError::Syntax { line, problem };
    Ok(match scalar.tag {
        Tag::Str | Tag::Merge | Tag::Other => Value::str(text),
        Tag::Null => Value::Null,
        Tag::Time => Value::Time(timestamp(text).ok_or_else(|| fail("a time is not in its form"))?),
        Tag::Binary => Value::Str(base64::standard(text).ok_or_else(|| fail("binary data is no base64"))?),
        Tag::None | Tag::Int | Tag::Float | Tag::Bool => {
            match resolve(text, Dialect::V3, scalar.tag == Tag::None) {
                Resolved::Null => Value::Null,
                Resolved::Bool(value) => Value::Bool(value),
                Resolved::Int(int) if scalar.tag == Tag::Float => Value::Float(as_float(int)),
                Resolved::Int(int) => Value::Int(int),
                Resolved::Float(float) => Value::Float(float),
                Resolved::Uint(_) => {
                    return Err(fail("an integer needs more than 63 bits, which sops cannot hold"));
                }
                Resolved::Time(text) => Value::Time(text),
                Resolved::Merge | Resolved::Str => Value::str(text),
            }
        }
    })
}

#[expect(clippy::cast_precision_loss, reason = "the author asked for a float")]
fn as_float(int: i64) -> f64 {
    int as f64
}

pub(super) fn key(node: &Scalar) -> Result<Key, LoadError> {
    if node.tag == Tag::Other && node.text.is_empty() {
        return Ok(Key::Other("sops.TreeBranch"));
    }
    Ok(match scalar(node)? {
        Value::Str(text) if *text == MERGE.as_bytes() => Key::Text("<<".to_owned()),
        Value::Str(text) => Key::Text(String::from_utf8_lossy(&text).into_owned()),
        other => Key::Other(other.go_type()),
    })
}
