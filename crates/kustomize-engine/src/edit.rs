//! Looking up and setting fields with upstream's side effects on quoting and type. No knowledge of Kubernetes.

use std::collections::HashMap;

use manifest::budget::{self, Budget, Cancel};
use manifest::yaml::{Dialect, Limits, Map, Node, Resolved, Scalar, Style, Tag, read_first_node_in, resolve};

use crate::error::{Error, Result};

/// Whether a YAML 1.1 reader takes the text for anything but a string.
pub(crate) fn reads_as_non_string(text: &str) -> bool {
    if text.is_empty() || text.contains('\n') {
        return false;
    }
    match resolve(text, Dialect::V2, true) {
        Resolved::Str | Resolved::Time(_) | Resolved::Merge => {}
        _ => return true,
    }
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'/' | b'_' | b'-');
    if !text.starts_with('-') && text.as_bytes().iter().all(plain) {
        return false;
    }
    let structured = text.contains(": ")
        || text.ends_with(':')
        || text.contains(" #")
        || text.starts_with([
            '[', '{', '-', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '?', '`', ' ', '\t',
        ]);
    if !structured {
        return false;
    }
    let bounds = budget::Limits { steps: u64::MAX, bytes: MAX_WEIGHT as u64 };
    let budget = Budget::new(bounds, Cancel::default());
    match read_first_node_in(text, Dialect::V2, &Limits::default(), &budget) {
        // Only lists and maps come to so much.
        Err(manifest::Error::Exceeded(_)) => true,
        Ok(Some(Node::Scalar(scalar))) => !matches!(scalar.tag, Tag::Str | Tag::Time | Tag::Other),
        Ok(_) => true,
        Err(_) => false,
    }
}

/// Whether a scalar counts as a string: tagged so, or without a type.
pub(crate) fn is_string(scalar: &Scalar) -> bool {
    matches!(scalar.tag, Tag::Str | Tag::None)
}

/// "wrong node kind" unless the node is a map or null.
pub(crate) fn expect_map(node: &mut Node) -> Result<Option<&mut Map>> {
    match node {
        Node::Map(map) => Ok(Some(map)),
        Node::Scalar(scalar) if scalar.is_null() => Ok(None),
        other => Err(wrong_kind("MappingNode", other)),
    }
}

/// The error of an operation that met the wrong kind of node.
pub(crate) fn wrong_kind(wanted: &str, node: &Node) -> Error {
    let got = match node {
        Node::Scalar(_) => "ScalarNode",
        Node::Map(_) => "MappingNode",
        Node::Seq(_) => "SequenceNode",
    };
    Error::input(format!("wrong node kind: expected {wanted} but got {got}"))
}

/// Writes a scalar over another in place: the old quoting and the bond with other scalars stay.
pub(crate) fn overwrite(old: &mut Scalar, mut new: Scalar) {
    new.style = old.style;
    new.tagged = old.tagged;
    new.line = old.line;
    new.share = old.share;
    new.stamp = old.stamp + 1;
    *old = new;
}

/// Sets a scalar node. A null value changes nothing; onto a map or list it is an error.
pub(crate) fn set_scalar(node: &mut Node, value: Scalar) -> Result<()> {
    let Node::Scalar(old) = node else { return Err(wrong_kind("ScalarNode", node)) };
    if !value.is_null() {
        overwrite(old, value);
    }
    Ok(())
}

/// What becomes of quoting when a value is set: plain text that reads as something else is quoted.
pub(crate) fn quote_if_needed(value: &mut Node) {
    if let Node::Scalar(scalar) = value
        && is_string(scalar)
        && scalar.style == Style::Plain
        && !scalar.tagged
        && reads_as_non_string(&scalar.text)
    {
        scalar.style = Style::Double;
    }
}

/// Sets, or with nothing or a null removes, the first field of that name.
pub(crate) fn set_field(map: &mut Map, name: &str, value: Option<Node>) {
    set_field_styled(map, name, value, Style::Plain);
}

/// As [`set_field`]; a key that has to be added takes the style.
pub(crate) fn set_field_styled(map: &mut Map, name: &str, value: Option<Node>, key_style: Style) {
    match value {
        Some(value) if !value.is_null() => {
            put_field(map, name, value, key_style);
        }
        _ => {
            map.remove(name);
        }
    }
}

/// Sets a field to a value that may be a null that stays. Tells whether the key was added.
pub(crate) fn put_field(map: &mut Map, name: &str, mut value: Node, key_style: Style) -> bool {
    quote_if_needed(&mut value);
    match map.get_mut(name) {
        Some(old) => {
            replace(old, value);
            false
        }
        None => {
            map.entries.push((Scalar { style: key_style, ..Scalar::untyped(name) }, value));
            true
        }
    }
}

/// Adds a field that is known to be new.
pub(crate) fn push_field(map: &mut Map, name: &str, mut value: Node) {
    quote_if_needed(&mut value);
    map.entries.push((Scalar::untyped(name), value));
}

/// Puts a node in the place of another, which leaves its style behind.
pub(crate) fn replace(old: &mut Node, mut new: Node) {
    match (&mut *old, &mut new) {
        (Node::Scalar(old), Node::Scalar(new)) => {
            overwrite(old, std::mem::take(new));
            return;
        }
        (Node::Map(Map { flow, .. }), Node::Map(new)) => new.flow = *flow,
        (Node::Seq(old), Node::Seq(new)) => new.flow = old.flow,
        (_, Node::Map(new)) => new.flow = false,
        (_, Node::Seq(new)) => new.flow = false,
        (_, Node::Scalar(new)) => (new.style, new.tagged) = (Style::Plain, false),
    }
    *old = new;
}

/// Sets a string without type at a path of keys, creating maps; what is in the way and no map is an error.
pub(crate) fn set_at(node: &mut Node, path: &[&str], value: Option<Scalar>) -> Result<()> {
    let Some((last, parents)) = path.split_last() else { return Ok(()) };
    let mut node = node;
    for key in parents {
        let Some(map) = expect_map(node)? else { return Ok(()) };
        node = child_or_insert(map, key, Node::map());
    }
    if let Some(map) = expect_map(node)? {
        set_field(map, last, value.map(Node::Scalar));
    }
    Ok(())
}

/// The value of a key, added when missing.
pub(crate) fn child_or_insert<'a>(map: &'a mut Map, key: &str, value: Node) -> &'a mut Node {
    let position = match map.position(key) {
        Some(position) => position,
        None => {
            map.entries.push((Scalar::untyped(key), value));
            map.entries.len() - 1
        }
    };
    #[expect(clippy::indexing_slicing, reason = "found or pushed just above")]
    &mut map.entries[position].1
}

/// Whether it is absent, null, `{}` or `[]`.
pub(crate) fn is_nil_or_empty(node: Option<&Node>) -> bool {
    match node {
        None => true,
        Some(Node::Scalar(scalar)) => scalar.is_null(),
        Some(Node::Map(map)) => map.entries.is_empty(),
        Some(Node::Seq(seq)) => seq.items.is_empty(),
    }
}

/// Splits a path at a separator that a backslash can escape; one leading separator is ignored.
pub(crate) fn split_path(path: &str, separator: char) -> Vec<String> {
    split_path_keep_empty(path.strip_prefix(separator).unwrap_or(path), separator)
}

/// Makes scalars that are one node of the original equal again after one of them changed.
pub(crate) fn settle_shares(root: &mut Node) {
    let mut changed: HashMap<u32, Scalar> = HashMap::new();
    note_changed(root, &mut changed);
    if !changed.is_empty() {
        settle(root, &changed);
    }
}

/// Gathers the newest of the changed scalars of each share.
fn note_changed(node: &Node, changed: &mut HashMap<u32, Scalar>) {
    match node {
        Node::Scalar(scalar) => {
            if scalar.share > 0 && scalar.stamp > 0 {
                let known = changed.entry(scalar.share).or_insert_with(|| scalar.clone());
                if known.stamp <= scalar.stamp {
                    known.clone_from(scalar);
                }
            }
        }
        Node::Seq(seq) => seq.items.iter().for_each(|item| note_changed(item, changed)),
        Node::Map(map) => map.entries.iter().for_each(|(_, value)| note_changed(value, changed)),
    }
}

fn settle(node: &mut Node, changed: &HashMap<u32, Scalar>) {
    match node {
        Node::Scalar(scalar) => {
            if scalar.share > 0
                && let Some(value) = changed.get(&scalar.share)
            {
                *scalar = Scalar { stamp: 0, ..value.clone() };
            }
        }
        Node::Seq(seq) => seq.items.iter_mut().for_each(|item| settle(item, changed)),
        Node::Map(map) => map.entries.iter_mut().for_each(|(_, value)| settle(value, changed)),
    }
}

/// Splits a path at a separator that a backslash can escape; nothing else is special.
pub(crate) fn split_path_keep_empty(path: &str, separator: char) -> Vec<String> {
    let mut result: Vec<String> = Vec::new();
    for part in path.split(separator) {
        match result.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(separator);
                last.push_str(part);
            }
            _ => result.push(part.to_owned()),
        }
    }
    result
}

/// Deepest nesting of an object that patches and replacements may make.
pub(crate) const MAX_DEPTH: usize = 256;
/// Most bytes that an object may grow to by patches, replacements and variables.
pub(crate) const MAX_WEIGHT: usize = 32 << 20;
/// What a node counts for beside its text.
pub(crate) const NODE_WEIGHT: usize = 64;

/// Fails when an object has grown out of bounds: copies of copies grow without end.
pub(crate) fn check_growth(node: &Node) -> Result<()> {
    let mut left = MAX_WEIGHT;
    weigh(node, 0, &mut left)
}

fn weigh(node: &Node, depth: usize, left: &mut usize) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::Budget { what: "nested levels in an object", limit: MAX_DEPTH });
    }
    let cost = NODE_WEIGHT + node.text().map_or(0, str::len);
    *left = left.checked_sub(cost).ok_or(Error::Budget { what: "bytes in an object", limit: MAX_WEIGHT })?;
    match node {
        Node::Scalar(_) => Ok(()),
        Node::Seq(seq) => seq.items.iter().try_for_each(|item| weigh(item, depth + 1, left)),
        Node::Map(map) => map.entries.iter().try_for_each(|(key, value)| {
            *left = left
                .checked_sub(key.text.len())
                .ok_or(Error::Budget { what: "bytes in an object", limit: MAX_WEIGHT })?;
            weigh(value, depth + 1, left)
        }),
    }
}

/// Refuses a path with more parts than an object may have levels.
pub(crate) fn check_path(parts: usize) -> Result<()> {
    if parts > MAX_DEPTH {
        return Err(Error::Budget { what: "parts of a field path", limit: MAX_DEPTH });
    }
    Ok(())
}
