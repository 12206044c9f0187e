//! Keeps of an object only what is read when it is judged or explained, so that many can be held. What that is stands
//! in the rows of the rules; data of ConfigMaps and Secrets, Pod templates, annotations and managedFields stand in none.

use serde_json::Value;

use crate::rules::{KindRules, Rules};

/// What is kept of every object: the rules for all kinds read it, and the Pods' selectors and owners find it.
pub const EVERY: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata.deletionTimestamp",
    "metadata.finalizers",
    "metadata.generation",
    "metadata.name",
    "metadata.uid",
    "spec.suspend",
    "status.conditions",
    "status.observedGeneration",
];

/// The object without what no rule of its kind looks at. Judging and explaining the rest gives the same answers.
#[must_use]
pub fn pruned(object: Value, rules: &Rules) -> Value {
    let row = rules.of_object(&object);
    pruned_by(object, row)
}

/// As [`pruned`], for what does not carry its kind: an item of a list, or everything but apiVersion, kind and metadata.
#[must_use]
pub fn pruned_by(object: Value, row: &KindRules) -> Value {
    let paths: Vec<&str> = EVERY.iter().chain(row.keeps).copied().collect();
    cut(object, &paths)
}

/// What of a field is kept.
enum Kept<'a> {
    Nothing,
    Whole,
    Map(Vec<&'a str>),
    Items(Vec<&'a str>),
}

impl<'a> Kept<'a> {
    fn of(field: &str, paths: &[&'a str]) -> Self {
        let mut below = Vec::new();
        let mut items = false;
        for path in paths {
            let (first, rest) = match path.split_once('.') {
                Some((first, rest)) => (first, Some(rest)),
                None => (*path, None),
            };
            let name = first.strip_suffix("[]").unwrap_or(first);
            if name != field {
                continue;
            }
            let Some(rest) = rest else { return Self::Whole };
            items |= name.len() != first.len();
            below.push(rest);
        }
        match (below.is_empty(), items) {
            (true, _) => Self::Nothing,
            (false, false) => Self::Map(below),
            (false, true) => Self::Items(below),
        }
    }
}

fn cut(value: Value, paths: &[&str]) -> Value {
    let Value::Object(map) = value else { return stump(value) };
    let kept = map.into_iter().filter_map(|(field, value)| {
        let value = match Kept::of(&field, paths) {
            Kept::Nothing => return None,
            Kept::Whole => value,
            Kept::Map(below) => cut(value, &below),
            Kept::Items(below) => match value {
                Value::Array(items) => items.into_iter().map(|item| cut(item, &below)).collect(),
                other => stump(other),
            },
        };
        Some((field, value))
    });
    Value::Object(kept.collect())
}

/// What is of the wrong type stays, because it is an error to the judge; of a list or a map only that it is one.
fn stump(value: Value) -> Value {
    match value {
        Value::Array(_) => Value::Array(Vec::new()),
        Value::Object(_) => Value::Object(serde_json::Map::new()),
        scalar => scalar,
    }
}
