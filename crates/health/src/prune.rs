//! Keeps of an object only what is read when it is judged or explained, so that many can be held. What that is stands
//! in the rows of the rules, and follows from the expressions of rules that are data. Data of ConfigMaps and Secrets,
//! managedFields and the copy that `kubectl apply` keeps stand in none, whatever a rule reads.

use serde_json::Value;

use crate::kstatus::group_kind;
use crate::rules::{KindRules, Rules};

/// What is kept of every object: the rules for all kinds read it, and the Pods' selectors and owners find it.
pub const EVERY: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata.creationTimestamp",
    "metadata.deletionTimestamp",
    "metadata.finalizers",
    "metadata.generation",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.suspend",
    "status.conditions",
    "status.observedGeneration",
];

/// Where `kubectl apply` keeps a copy of the manifest, values of Secrets among it.
const COPY: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The object without what no rule of its kind looks at. Judging and explaining the rest gives the same answers.
#[must_use]
pub fn pruned(object: Value, rules: &Rules) -> Value {
    let (group, kind) = group_kind(&object);
    let (group, kind) = (group.to_owned(), kind.to_owned());
    pruned_as(object, rules, &group, &kind)
}

/// As [`pruned`], for what does not carry its kind: an item of a list, or everything but apiVersion, kind and metadata.
#[must_use]
pub fn pruned_as(object: Value, rules: &Rules, group: &str, kind: &str) -> Value {
    let read = rules.reads(group, kind).map(Path::Fields);
    without_copies(object, &written(rules.of(group, kind), &[]).chain(read).collect::<Vec<_>>())
}

/// What the row of its kind reads of an object, and what these paths name.
pub(crate) fn kept(object: Value, row: &KindRules, more: &[&'static [&'static str]]) -> Value {
    without_copies(object, &written(row, more).collect::<Vec<_>>())
}

fn written<'a>(row: &'a KindRules, more: &'a [&'static [&'static str]]) -> impl Iterator<Item = Path<'a>> {
    let more = more.iter().flat_map(|paths| paths.iter());
    EVERY.iter().chain(row.keeps).chain(more).map(|path| Path::Written(path))
}

fn without_copies(object: Value, paths: &[Path<'_>]) -> Value {
    let mut kept = cut(object, paths);
    // What reads all metadata, or all annotations, means neither of these.
    if let Some(Value::Object(metadata)) = kept.get_mut("metadata") {
        metadata.remove("managedFields");
        if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
            annotations.remove(COPY);
        }
    }
    kept
}

/// A path below what is being cut.
#[derive(Clone, Copy)]
enum Path<'a> {
    /// `status.conditions`, `status.containerStatuses[].name`, `metadata.annotations["a.b/c"]`.
    Written(&'a str),
    /// Names of fields.
    Fields(&'a [Box<str>]),
}

impl<'a> Path<'a> {
    /// The first field, whether the rest is about the items of its list, and the rest.
    fn first(self) -> Option<(&'a str, bool, Option<Self>)> {
        match self {
            Self::Written(path) => {
                if let Some(quoted) = path.strip_prefix("[\"") {
                    let (name, rest) = quoted.split_once("\"]")?;
                    let rest = rest.strip_prefix('.').filter(|rest| !rest.is_empty());
                    return Some((name, false, rest.map(Self::Written)));
                }
                let end = path.find(['.', '[']).unwrap_or(path.len());
                let (name, rest) = path.split_at_checked(end)?;
                if let Some(rest) = rest.strip_prefix("[].") {
                    return Some((name, true, Some(Self::Written(rest))));
                }
                let rest = rest.strip_prefix('.').unwrap_or(rest);
                Some((name, false, Some(rest).filter(|rest| !rest.is_empty()).map(Self::Written)))
            }
            Self::Fields(path) => {
                let (name, rest) = path.split_first()?;
                Some((name, false, Some(rest).filter(|rest| !rest.is_empty()).map(Self::Fields)))
            }
        }
    }
}

/// What of a field is kept.
enum Kept<'a> {
    Nothing,
    Whole,
    Map(Vec<Path<'a>>),
    Items(Vec<Path<'a>>),
}

impl<'a> Kept<'a> {
    fn of(field: &str, paths: &[Path<'a>]) -> Self {
        let mut below = Vec::new();
        let mut of_items = false;
        for (name, items, rest) in paths.iter().filter_map(|path| path.first()) {
            if name != field {
                continue;
            }
            let Some(rest) = rest else { return Self::Whole };
            of_items |= items;
            below.push(rest);
        }
        match (below.is_empty(), of_items) {
            (true, _) => Self::Nothing,
            (false, false) => Self::Map(below),
            (false, true) => Self::Items(below),
        }
    }
}

fn cut(value: Value, paths: &[Path<'_>]) -> Value {
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
