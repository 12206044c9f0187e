//! JSON as Go writes it: order kept, one tab for each level, `<`, `>` and `&` escaped, a line break at the end. No comments.

use zeroize::Zeroizing;

use super::text::key_text;
use crate::base64;
use crate::error::EmitError;
use crate::tree::{Item, Value};

pub(super) fn write(items: &[Item]) -> Result<Zeroizing<Vec<u8>>, EmitError> {
    let mut out = Zeroizing::new(Vec::new());
    map(&mut out, items, 0)?;
    out.push(b'\n');
    Ok(out)
}

fn line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.extend(std::iter::repeat_n(b'\t', depth));
}

/// As deep as what was read.
fn map(out: &mut Vec<u8>, items: &[Item], depth: usize) -> Result<(), EmitError> {
    out.push(b'{');
    let mut empty = true;
    for item in items {
        let Item::Entry(key, value) = item else { continue };
        if !empty {
            out.push(b',');
        }
        empty = false;
        line(out, depth + 1);
        string(out, key_text(key).as_bytes());
        out.extend_from_slice(b": ");
        one(out, value, depth + 1)?;
    }
    if !empty {
        line(out, depth);
    }
    out.push(b'}');
    Ok(())
}

fn list(out: &mut Vec<u8>, items: &[Value], depth: usize) -> Result<(), EmitError> {
    out.push(b'[');
    let mut empty = true;
    for item in items {
        if matches!(item, Value::Comment(_)) {
            continue;
        }
        if !empty {
            out.push(b',');
        }
        empty = false;
        line(out, depth + 1);
        one(out, item, depth + 1)?;
    }
    if !empty {
        line(out, depth);
    }
    out.push(b']');
    Ok(())
}

fn one(out: &mut Vec<u8>, value: &Value, depth: usize) -> Result<(), EmitError> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(int) => out.extend_from_slice(int.to_string().as_bytes()),
        Value::Float(float) if float.is_finite() => {
            out.extend_from_slice(manifest::yaml::json_float(*float).as_bytes());
        }
        Value::Float(_) => return Err(EmitError::Json),
        Value::Time(text) => string(out, text.as_bytes()),
        Value::Str(text) => string(out, text),
        Value::Bytes(bytes) => string(out, base64::to_standard(bytes).as_bytes()),
        Value::Comment(_) => return Err(EmitError::Comment),
        Value::Map(items) => map(out, items, depth)?,
        Value::Seq(items) => list(out, items, depth)?,
    }
    Ok(())
}

/// A text in quotes; bytes that are no UTF-8 become replacement characters.
fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            character(out, c);
        }
        // Go replaces every bad byte by one.
        for _ in chunk.invalid() {
            out.extend_from_slice(b"\\ufffd");
        }
    }
    out.push(b'"');
}

fn character(out: &mut Vec<u8>, c: char) {
    let short: &[u8] = match c {
        '"' => b"\\\"",
        '\\' => b"\\\\",
        '\n' => b"\\n",
        '\r' => b"\\r",
        '\t' => b"\\t",
        '\u{8}' => b"\\b",
        '\u{c}' => b"\\f",
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
            out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
            return;
        }
        other => {
            out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
            return;
        }
    };
    out.extend_from_slice(short);
}
