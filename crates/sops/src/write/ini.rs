//! INI files: equals signs aligned within a section, a blank line between sections, comments before what they are about.

use std::collections::HashMap;

use zeroize::Zeroizing;

use super::text::{key_text, line_text};
use crate::error::EmitError;
use crate::tree::{Branch, Comment, Item, Key, Text, Value};

const DEFAULT: &str = "DEFAULT";

struct Section<'a> {
    name: &'a str,
    comment: Option<&'a Comment>,
    keys: Vec<(&'a str, Text, Option<&'a Comment>)>,
    places: HashMap<&'a str, usize>,
}

pub(super) fn write(branches: &[Branch]) -> Result<Zeroizing<Vec<u8>>, EmitError> {
    let sections = sections(branches)?;
    let mut out = Zeroizing::new(Vec::new());
    for (i, section) in sections.iter().enumerate() {
        if let Some(text) = section.comment {
            comment(&mut out, text);
        }
        // Keys of the first section may stand without a head.
        if i > 0 || !section.name.eq_ignore_ascii_case(DEFAULT) {
            out.extend_from_slice(format!("[{}]\n", section.name).as_bytes());
        } else if section.keys.is_empty() {
            continue;
        }
        let width = section.keys.iter().map(|(name, ..)| quoted_key(name).len()).max().unwrap_or_default();
        for (name, value, text) in &section.keys {
            if let Some(text) = text {
                comment(&mut out, text);
            }
            let name = quoted_key(name);
            out.extend_from_slice(name.as_bytes());
            out.extend(std::iter::repeat_n(b' ', width - name.len()));
            out.extend_from_slice(b" = ");
            quoted_value(&mut out, value);
            out.push(b'\n');
        }
        if i + 1 < sections.len() {
            out.push(b'\n');
        }
    }
    Ok(out)
}

fn sections(branches: &[Branch]) -> Result<Vec<Section<'_>>, EmitError> {
    let mut sections = Vec::new();
    for item in branches.iter().flatten() {
        let Item::Entry(name, value) = item else { continue };
        let name = key_text(name);
        let Value::Map(items) = value else { return Err(EmitError::Section(name.to_owned())) };
        let (comment, items) = match items.as_slice() {
            [Item::Comment(comment), rest @ ..] => (Some(comment), rest),
            items => (None, items),
        };
        let mut section = Section { name, comment, keys: Vec::new(), places: HashMap::new() };
        for item in items {
            match item {
                Item::Comment(comment) => {
                    if let Some(last) = section.keys.last_mut() {
                        last.2 = Some(comment);
                    }
                }
                Item::Entry(key, value) => {
                    let text = line_text(value).ok_or_else(|| not_a_line(key, value))?;
                    set(&mut section, key, text);
                }
            }
        }
        sections.push(section);
    }
    Ok(sections)
}

fn set<'a>(section: &mut Section<'a>, key: &'a Key, text: Text) {
    let name = key_text(key);
    let place = *section.places.entry(name).or_insert(section.keys.len());
    match section.keys.get_mut(place) {
        Some(old) => old.1 = text,
        None => section.keys.push((name, text, None)),
    }
}

/// Go would print its own form of a map or list here, which nobody reads back.
fn not_a_line(key: &Key, value: &Value) -> EmitError {
    match value {
        Value::Comment(_) => EmitError::Comment,
        _ => EmitError::Section(key_text(key).to_owned()),
    }
}

fn comment(out: &mut Vec<u8>, comment: &Comment) {
    for line in comment.text.split(|b| *b == b'\n') {
        let (mark, text) = match line {
            [mark @ (b'#' | b';'), rest @ ..] => (*mark, rest),
            line => (b';', line),
        };
        out.extend_from_slice(&[mark, b' ']);
        out.extend_from_slice(text.trim_ascii());
        out.push(b'\n');
    }
}

fn quoted_key(name: &str) -> String {
    if name.contains(['"', '=', ':']) {
        format!("`{name}`")
    } else if name.contains('`') {
        format!("\"\"\"{name}\"\"\"")
    } else {
        name.to_owned()
    }
}

fn quoted_value(out: &mut Vec<u8>, value: &[u8]) {
    let quote: &[u8] = if value.iter().any(|b| matches!(b, b'\n' | b'`')) {
        b"\"\"\""
    } else if value.iter().any(|b| matches!(b, b'#' | b';')) {
        b"`"
    } else if value.trim_ascii().len() != value.len() {
        b"\""
    } else {
        b""
    };
    out.extend_from_slice(quote);
    out.extend_from_slice(value);
    out.extend_from_slice(quote);
}
