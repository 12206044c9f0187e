//! Paths into objects as replacements and vars write them: fields, indexes, `[key=value]`, `*` and `-`.

use manifest::yaml::{Dialect, Map, Node, Scalar, Seq, Style, Tag, resolve, to_value_v3};

use crate::edit;
use crate::error::{Error, Result};
use crate::pattern::Search;
use crate::work::Work;

/// Elements of a list that are compared for one step.
const ELEMENTS_PER_STEP: usize = 4;

/// Splits a dotted path; what stands in brackets may hold dots.
pub(crate) fn split(path: &str) -> Vec<String> {
    let parts = edit::split_path(path, '.');
    let mut result = Vec::new();
    let mut parts = parts.into_iter();
    while let Some(part) = parts.next() {
        if !part.starts_with('[') || part.ends_with(']') {
            result.push(part);
            continue;
        }
        let mut joined = part;
        for more in parts.by_ref() {
            joined.push('.');
            joined.push_str(&more);
            if more.ends_with(']') {
                break;
            }
        }
        if joined.contains('=') {
            result.push(joined);
        } else {
            result.push(joined.trim_matches(['[', ']']).to_owned());
        }
    }
    result
}

fn is_list_index(part: &str) -> bool {
    part.starts_with('[') && part.ends_with(']')
}

fn index(part: &str) -> Option<usize> {
    part.parse::<i64>().ok().and_then(|index| usize::try_from(index).ok())
}

/// Key and value of `[key=value]`.
fn key_value(part: &str) -> Result<(&str, &str)> {
    let inside = part.strip_suffix(']').unwrap_or(part);
    let inside = inside.strip_prefix('[').unwrap_or(inside);
    inside.split_once('=').ok_or_else(|| {
        Error::input("list path element must contain fieldName=fieldValue for element to match")
    })
}

/// The elements of a list; none of a null.
fn elements(node: &Node) -> Result<&[Node]> {
    match node {
        Node::Seq(seq) => Ok(&seq.items),
        Node::Scalar(scalar) if scalar.is_null() => Ok(&[]),
        other => Err(edit::wrong_kind("SequenceNode", other)),
    }
}

/// The node at a path that names one place; list elements match exactly.
pub(crate) fn lookup<'a>(node: &'a Node, path: &[String]) -> Result<Option<&'a Node>> {
    let mut found = node;
    for part in path.iter().map(|part| part.trim()).filter(|part| !part.is_empty()) {
        let next = if let Ok(index) = part.parse::<i64>() {
            let Ok(index) = usize::try_from(index) else {
                return Err(Error::input(format!("array index {index} cannot be negative")));
            };
            elements(found)?.get(index)
        } else if part == "-" {
            let last = elements(found)?.last();
            if last.is_none() {
                return Err(Error::input("no last element in an empty list"));
            }
            last
        } else if part == "*" {
            return Err(Error::input("wildcard is not supported in PathGetter"));
        } else if is_list_index(part) {
            let (key, value) = key_value(part)?;
            elements(found)?.iter().find(|element| match element {
                Node::Map(map) if !key.is_empty() => {
                    map.get(key).is_some_and(|v| v.text().unwrap_or_default() == value)
                }
                element if key.is_empty() => element.text().unwrap_or_default() == value,
                _ => false,
            })
        } else {
            match found {
                Node::Map(map) => map.get(part),
                Node::Scalar(scalar) if scalar.is_null() => None,
                other => return Err(edit::wrong_kind("MappingNode", other)),
            }
        };
        match next {
            Some(next) => found = next,
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// As [`lookup`], to change the node.
pub(crate) fn lookup_mut<'a>(node: &'a mut Node, path: &[String]) -> Result<Option<&'a mut Node>> {
    if lookup(node, path)?.is_none() {
        return Ok(None);
    }
    let mut found = node;
    for part in path.iter().map(|part| part.trim()).filter(|part| !part.is_empty()) {
        let next = match found {
            Node::Map(map) => map.get_mut(part),
            Node::Seq(seq) => {
                let position = match (part, index(part)) {
                    ("-", _) => seq.items.len().checked_sub(1),
                    (_, Some(index)) => Some(index),
                    _ => {
                        let (key, value) = key_value(part)?;
                        seq.items.iter().position(|element| {
                            let field = if key.is_empty() { Some(element) } else { element.get(key) };
                            field.is_some_and(|field| field.text().unwrap_or_default() == value)
                        })
                    }
                };
                position.and_then(|position| seq.items.get_mut(position))
            }
            Node::Scalar(_) => None,
        };
        match next {
            Some(next) => found = next,
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// The scalar at a path, maps and list elements made where they are missing.
pub(crate) fn lookup_create_scalar<'a>(node: &'a mut Node, path: &[String]) -> Result<Option<&'a mut Node>> {
    let parts: Vec<&str> = path.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    let mut found = node;
    for (i, part) in parts.iter().enumerate() {
        let next = parts.get(i + 1).copied();
        found = if part.parse::<i64>().is_ok() || *part == "-" || *part == "*" {
            match lookup_mut(found, &[(*part).to_owned()])? {
                Some(found) => found,
                None => return Ok(None),
            }
        } else if is_list_index(part) {
            let (key, value) = key_value(part)?;
            elements(found)?;
            let Node::Seq(seq) = found else { return Ok(None) };
            let position = seq.items.iter().position(|element| {
                let field = if key.is_empty() { Some(element) } else { element.get(key) };
                field.is_some_and(|field| field.text().unwrap_or_default() == value)
            });
            let position = position.unwrap_or_else(|| {
                seq.items.push(new_element(key, value));
                seq.items.len() - 1
            });
            match seq.items.get_mut(position) {
                Some(found) => found,
                None => return Ok(None),
            }
        } else {
            let Some(map) = edit::expect_map(found)? else { return Ok(None) };
            edit::child_or_insert(map, part, New::Scalar.node(next))
        };
    }
    Ok(Some(found))
}

fn new_element(key: &str, value: &str) -> Node {
    if key.is_empty() {
        return Node::Scalar(Scalar::untyped(value));
    }
    let entries = vec![(Scalar::untyped(key), Node::Scalar(Scalar::untyped(value)))];
    Node::Map(Map { entries, flow: false })
}

/// What is made at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum New {
    /// A scalar without type.
    Scalar,
    /// A map.
    Map,
    /// A list.
    Seq,
}

impl New {
    /// The kind of a value.
    pub(crate) fn of(node: &Node) -> Self {
        match node {
            Node::Scalar(_) => Self::Scalar,
            Node::Map(_) => Self::Map,
            Node::Seq(_) => Self::Seq,
        }
    }

    fn node(self, next: Option<&str>) -> Node {
        match (next, self) {
            (Some(part), _) if is_list_index(part) || index(part).is_some() => Node::Seq(Seq::default()),
            (Some(part), _) if !part.is_empty() => Node::map(),
            (_, Self::Scalar) => Node::Scalar(Scalar::default()),
            (_, Self::Map) => Node::map(),
            (_, Self::Seq) => Node::Seq(Seq::default()),
        }
    }
}

/// Calls `set` for every node that a path matches, making what is missing when asked to. Gives the number of matches.
pub(crate) fn visit(
    node: &mut Node,
    path: &[String],
    create: Option<New>,
    work: &Work,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<usize> {
    work.step(1)?;
    let Some((part, rest)) = path.split_first() else {
        set(node)?;
        return Ok(1);
    };
    if let Some(index) = index(part) {
        return visit_index(node, index, rest, create, work, set);
    }
    if is_list_index(part) {
        return visit_matching(node, part, rest, create, work, set);
    }
    if part == "*" {
        elements(node)?;
        let Node::Seq(seq) = node else { return Ok(0) };
        let mut count = 0;
        for item in &mut seq.items {
            count += visit(item, rest, create, work, set)?;
        }
        return Ok(count);
    }
    visit_field(node, part, rest, create, work, set)
}

fn visit_index(
    node: &mut Node,
    index: usize,
    rest: &[String],
    create: Option<New>,
    work: &Work,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<usize> {
    let count = elements(node)?.len();
    if let (Node::Seq(seq), Some(new)) = (&mut *node, create)
        && count == index
    {
        seq.items.push(new.node(rest.first().map(String::as_str)));
    }
    let item = match node {
        Node::Seq(seq) => seq.items.get_mut(index),
        _ => None,
    };
    match item {
        Some(item) => visit(item, rest, create, work, set),
        None => Err(Error::input(format!("index {index} specified but only {count} elements found"))),
    }
}

fn visit_matching(
    node: &mut Node,
    part: &str,
    rest: &[String],
    create: Option<New>,
    work: &Work,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<usize> {
    let (key, value) = key_value(part)?;
    elements(node)?;
    let Node::Seq(seq) = node else { return Ok(0) };
    let search =
        if seq.items.is_empty() && create.is_none() { None } else { Some(Search::new(value, work)?) };
    for attempt in 0..2 {
        let mut count = 0;
        work.step(seq.items.len() / ELEMENTS_PER_STEP)?;
        for item in &mut seq.items {
            let text = if key.is_empty() {
                text_of(item, work)?
            } else {
                match item.get(key) {
                    Some(field) => text_of(field, work)?,
                    None => continue,
                }
            };
            let found = search.as_ref().map(|search| search.matches(text.trim(), work)).transpose()?;
            if found == Some(true) {
                if key.is_empty() {
                    // Elements that are plain values end the path, whatever follows.
                    set(item)?;
                    count += 1;
                } else {
                    count += visit(item, rest, create, work, set)?;
                }
            }
        }
        if count > 0 || create.is_none() || attempt > 0 {
            return Ok(count);
        }
        seq.items.push(new_element(key, value));
    }
    Ok(0)
}

fn visit_field(
    node: &mut Node,
    part: &str,
    rest: &[String],
    create: Option<New>,
    work: &Work,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<usize> {
    let next = rest.first().map(String::as_str);
    let map = match node {
        Node::Map(map) => map,
        Node::Scalar(scalar) if scalar.is_null() => {
            // What is made below a null is never written.
            return match create {
                Some(new) => visit(&mut new.node(next), rest, create, work, set),
                None => Ok(0),
            };
        }
        other => return Err(edit::wrong_kind("MappingNode", other)),
    };
    if map.get(part).is_none() {
        let Some(new) = create else { return Ok(0) };
        edit::put_field(map, part, new.node(next), Style::Plain);
    }
    let Some(field) = map.get_mut(part) else { return Ok(0) };
    if let Node::Scalar(scalar) = field
        && !rest.is_empty()
    {
        // A copy of what the text holds is changed, in vain.
        return visit(&mut parse_text(&scalar.text, work)?, rest, create, work, set);
    }
    visit(field, rest, create, work, set)
}

/// The YAML that a scalar's text holds.
pub(crate) fn parse_text(text: &str, work: &Work) -> Result<Node> {
    let node = work.read(text, Dialect::V3)?;
    node.ok_or_else(|| Error::input("wrong node kind: expected MappingNode but got 0"))
}

/// A node as YAML text, quotes included.
fn text_of(node: &Node, work: &Work) -> Result<String> {
    work.walk(node.weight())?;
    let Node::Scalar(scalar) = node else { return Ok(manifest::yaml::write(&to_value_v3(node)?)) };
    Ok(match scalar.style {
        Style::Single => format!("'{}'", scalar.text.replace('\'', "''")),
        Style::Double => format!("\"{}\"", scalar.text.replace('\\', "\\\\").replace('"', "\\\"")),
        Style::Literal => format!("|-\n  {}", scalar.text),
        Style::Folded => format!(">-\n  {}", scalar.text),
        Style::Plain => {
            let typed = resolve(&scalar.text, Dialect::V3, true).tag() != Tag::Str;
            if scalar.tag == Tag::Str && typed {
                format!("\"{}\"", scalar.text)
            } else {
                scalar.text.to_string()
            }
        }
    })
}
