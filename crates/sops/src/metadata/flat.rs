//! Metadata of formats without nesting: `age__list_0__map_recipient` is the way to a value.

use std::collections::BTreeMap;

use crate::Limits;
use crate::error::LoadError;
use crate::limits::Spent;
use crate::tree::{Item, Key, Value};

const MAP: &str = "__map_";
const LIST: &str = "__list_";

#[derive(Default)]
struct Node {
    value: Option<Value>,
    fields: BTreeMap<String, Self>,
    items: BTreeMap<usize, Self>,
}

enum Step {
    Field(String),
    Place(usize),
}

/// Puts flattened metadata together again. Its order is that of its keys.
pub(super) fn unflatten(items: Vec<Item>, limits: &Limits) -> Result<Vec<Item>, LoadError> {
    let mut root = Node::default();
    let mut spent = Spent::new(limits);
    for item in items {
        let Item::Entry(Key::Text(key), value) = item else { continue };
        let problem = |problem| LoadError::Metadata { field: key.clone(), problem };
        let mut node = &mut root;
        for (depth, step) in steps(&key).enumerate() {
            spent.node(depth)?;
            node = match step {
                Some(Step::Field(name)) => node.fields.entry(name).or_default(),
                Some(Step::Place(place)) => node.items.entry(place).or_default(),
                None => return Err(problem("it names no place in a list")),
            };
        }
        if node.value.replace(value).is_some() {
            return Err(problem("it stands twice"));
        }
    }
    let Value::Map(items) = root.into_value("")? else { return Err(LoadError::NoMetadata) };
    Ok(items)
}

/// The steps of a key, found as they are asked for: a key can have more than anybody wants.
fn steps(key: &str) -> impl Iterator<Item = Option<Step>> {
    let mut rest = Some(key);
    let mut in_list = false;
    std::iter::from_fn(move || {
        let text = rest?;
        let next = text.bytes().enumerate().filter(|(_, byte)| *byte == b'_').find_map(|(at, _)| {
            let (part, after) = text.split_at_checked(at)?;
            let mark = [MAP, LIST].into_iter().find(|mark| after.starts_with(mark))?;
            Some((part, mark, after.strip_prefix(mark)?))
        });
        let was_list = in_list;
        let part = match next {
            Some((part, mark, after)) => {
                (in_list, rest) = (mark == LIST, Some(after));
                part
            }
            None => {
                rest = None;
                text
            }
        };
        Some(if was_list { part.parse().ok().map(Step::Place) } else { Some(Step::Field(part.to_owned())) })
    })
}

impl Node {
    /// As deep as a way has steps, which were counted.
    fn into_value(self, path: &str) -> Result<Value, LoadError> {
        let problem = |problem| LoadError::Metadata { field: path.to_owned(), problem };
        let kinds = usize::from(self.value.is_some())
            + usize::from(!self.fields.is_empty())
            + usize::from(!self.items.is_empty());
        if kinds > 1 {
            return Err(problem("it is a value, a list and a mapping at once"));
        }
        if let Some(value) = self.value {
            return Ok(value);
        }
        if !self.items.is_empty() {
            let mut values = Vec::with_capacity(self.items.len());
            for (expected, (place, node)) in self.items.into_iter().enumerate() {
                if place != expected {
                    return Err(problem("the list has holes"));
                }
                values.push(node.into_value(path)?);
            }
            return Ok(Value::Seq(values));
        }
        let mut items = Vec::with_capacity(self.fields.len());
        for (name, node) in self.fields {
            let value = node.into_value(&name)?;
            items.push(Item::Entry(Key::Text(name), value));
        }
        Ok(Value::Map(items))
    }
}
