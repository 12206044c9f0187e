//! What an apply takes away beyond what its dry-run shows: fields that kubectl, or another earlier applier, set and no
//! manifest names any more. Their entries are taken over before the apply (contracts/kustomize-controller.md 12.2.5), so
//! that they go with it. Pure.

use apply::cleanup;
use serde_json::{Map, Value};

use crate::pointer::remove;

#[cfg(test)]
mod tests;

type Fields = Map<String, Value>;

/// The dry-run's answer without what the apply behind the take-over will not leave. `None` where nothing is taken over.
pub(super) fn after(
    desired: &Value,
    live: &Value,
    answer: &Value,
    manager: &str,
    overrides: &[String],
) -> Option<Value> {
    let patch = cleanup::patch(desired, live, manager, overrides)?;
    let operations = patch.as_array().cloned().unwrap_or_default();
    let mut left = answer.clone();
    for operation in &operations {
        let text = |field: &str| operation.get(field).and_then(Value::as_str).unwrap_or_default();
        if text("op") == "remove" {
            remove(&mut left, text("path"));
        }
        if text("path") == "/metadata/managedFields"
            && let Some(Value::Array(entries)) = operation.get("value")
        {
            let fields = |ours: bool| {
                let is = move |entry: &&Value| is_ours(entry, manager) == ours;
                entries.iter().filter(is).filter_map(|entry| entry.get("fieldsV1")?.as_object())
            };
            let others: Vec<&Fields> = fields(false).collect();
            for ours in fields(true) {
                strip(ours, &mut left, Some(desired), &others);
            }
        }
    }
    Some(left)
}

fn is_ours(entry: &Value, manager: &str) -> bool {
    let text = |field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default();
    text("manager") == manager && text("operation") == "Apply" && text("subresource").is_empty()
}

/// Takes out what is ours alone and not desired.
fn strip(ours: &Fields, answer: &mut Value, desired: Option<&Value>, others: &[&Fields]) {
    let mut gone = Vec::new();
    for (key, below) in ours {
        let Some(place) = place(key, answer) else { continue };
        let wanted =
            desired.and_then(|desired| self::place(key, desired).and_then(|place| at(desired, &place)));
        let owners: Vec<&Fields> = others.iter().filter_map(|fields| fields.get(key)?.as_object()).collect();
        if wanted.is_none() && owners.is_empty() {
            gone.push(place);
        } else if let (Some(below), Some(inner)) = (below.as_object(), at_mut(answer, &place)) {
            strip(below, inner, wanted, &owners);
        }
    }
    // From the back, so that indices stay right.
    gone.sort_by(|one, other| other.cmp(one));
    for place in gone {
        match (answer as &mut Value, place) {
            (Value::Object(map), Place::Field(name)) => drop(map.remove(&name)),
            (Value::Array(list), Place::Index(index)) if index < list.len() => drop(list.remove(index)),
            _ => {}
        }
    }
}

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Field(String),
    Index(usize),
}

/// Where a key of `fieldsV1` leads to in a value.
fn place(key: &str, value: &Value) -> Option<Place> {
    let (how, rest) = key.split_once(':')?;
    match (how, value) {
        ("f", Value::Object(map)) => map.contains_key(rest).then(|| Place::Field(rest.to_owned())),
        ("k", Value::Array(list)) => {
            let keys: Fields = serde_json::from_str(rest).ok()?;
            let is_it = |element: &Value| keys.iter().all(|(key, value)| element.get(key) == Some(value));
            list.iter().position(is_it).map(Place::Index)
        }
        ("v", Value::Array(list)) => {
            let wanted: Value = serde_json::from_str(rest).ok()?;
            list.iter().position(|element| *element == wanted).map(Place::Index)
        }
        ("i", Value::Array(list)) => rest.parse().ok().filter(|index| *index < list.len()).map(Place::Index),
        _ => None,
    }
}

fn at<'v>(value: &'v Value, place: &Place) -> Option<&'v Value> {
    match place {
        Place::Field(name) => value.get(name),
        Place::Index(index) => value.get(*index),
    }
}

fn at_mut<'v>(value: &'v mut Value, place: &Place) -> Option<&'v mut Value> {
    match place {
        Place::Field(name) => value.get_mut(name),
        Place::Index(index) => value.get_mut(*index),
    }
}
