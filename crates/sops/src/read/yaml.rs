//! YAML as sops reads it with go-yaml v3. Structure and types come from `manifest`; comments, which it does not keep, are
//! looked for in the text and put back where they stood.

mod comments;
mod place;

use std::borrow::Cow;
use std::ops::Range;

use manifest::yaml::{
    Dialect, Limits as YamlLimits, Node, Resolved, Scalar, Tag, read_nodes, resolve, timestamp,
};

use crate::base64;
use crate::error::LoadError;
use crate::limits::Spent;
use crate::tree::{Branch, Key, Value};
use place::Placer;

pub(super) fn read(text: &str, spent: &mut Spent<'_>) -> Result<Vec<Branch>, LoadError> {
    let limits = spent.limits();
    let limits = YamlLimits {
        bytes: limits.bytes,
        depth: limits.depth,
        alias_nodes: limits.nodes,
        documents: limits.nodes,
    };
    let marks = comments::find(text);
    let nodes =
        read_nodes(&without_merges(text, &marks.merges), Dialect::V3, &limits).map_err(
            |error| match error {
                manifest::Error::Budget { what, limit } => LoadError::Budget { what, limit },
                other => LoadError::Yaml(other.to_string()),
            },
        )?;
    let mut documents = marks.documents.into_iter();
    let mut branches = Vec::new();
    for node in nodes {
        let mut placer = Placer::new(documents.next().unwrap_or_default(), text, spent);
        branches.push(match &node {
            Node::Map(map) => placer.document(map)?,
            // A document without content.
            Node::Scalar(scalar) if scalar.is_null() => placer.rest(),
            Node::Scalar(_) => return Err(unsupported("values")),
            Node::Seq(_) => return Err(unsupported("sequences")),
        });
    }
    Ok(branches)
}

/// What stands for `<<` as a key while the structure is read, and how that is written.
const MERGE: &str = "<<\0merge";
const WRITTEN_MERGE: &str = "\"<<\\0merge\"";

/// The text with its merge keys renamed, so that they are keys like others. Lines, and columns before them, stay.
fn without_merges<'a>(text: &'a str, merges: &[Range<usize>]) -> Cow<'a, str> {
    if merges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + WRITTEN_MERGE.len() * merges.len());
    let mut at = 0;
    for merge in merges {
        out.push_str(text.get(at..merge.start).unwrap_or_default());
        out.push_str(WRITTEN_MERGE);
        at = merge.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(out)
}

fn unsupported(what: &str) -> LoadError {
    LoadError::Yaml(format!("YAML documents that are {what} are not supported"))
}

/// The value of a scalar by its tag, or by its text where it has none.
fn scalar(scalar: &Scalar) -> Result<Value, LoadError> {
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

fn key(node: &Scalar) -> Result<Key, LoadError> {
    if node.tag == Tag::Other && node.text.is_empty() {
        return Ok(Key::Other("sops.TreeBranch"));
    }
    Ok(match scalar(node)? {
        Value::Str(text) if *text == MERGE.as_bytes() => Key::Text("<<".to_owned()),
        Value::Str(text) => Key::Text(String::from_utf8_lossy(&text).into_owned()),
        other => Key::Other(other.go_type()),
    })
}
