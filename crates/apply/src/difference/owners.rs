//! Who owns what a path leads to, step by step along `fieldsV1`: `f:name` in a map, `k:{keys}`, `v:value` or `i:index` in
//! a list. Where an entry ends, everything below is its manager's.

use api::labels::APPLY_MANAGER;
use api::managed_fields::is_applied_by;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{FieldsV1, ManagedFieldsEntry};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

type Fields = Map<String, Value>;

/// How the elements of a list are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListKind {
    /// By these fields of theirs.
    Keyed(Vec<String>),
    /// By what they are.
    Set,
    /// They are not: the list is one value.
    Atomic,
}

/// The entries that own something at a place, or below it.
#[derive(Clone, Debug, Default)]
pub(super) struct Owners<'a>(Vec<(&'a ManagedFieldsEntry, &'a Fields)>);

impl<'a> Owners<'a> {
    /// Of a whole object.
    pub(super) fn of(entries: &'a [ManagedFieldsEntry]) -> Self {
        let fields = |entry: &'a ManagedFieldsEntry| match &entry.fields_v1 {
            Some(FieldsV1(Value::Object(fields))) if !fields.is_empty() => Some((entry, fields)),
            _ => None,
        };
        Self(entries.iter().filter_map(fields).collect())
    }

    /// Of a field of a map.
    pub(super) fn field(&self, name: &str) -> Self {
        let key = format!("f:{name}");
        self.below(|fields| fields.get(&key))
    }

    /// Of an element of a list whose elements are told by their place.
    pub(super) fn element(&self, index: usize) -> Self {
        let key = format!("i:{index}");
        self.below(|fields| fields.get(&key))
    }

    /// Of all elements of a list that are told apart by their keys or by what they are: for one after the other, without
    /// looking at all of them for each.
    pub(super) fn elements(&self) -> Elements<'a> {
        Elements(self.0.iter().map(|(entry, fields)| Shelf::of(entry, fields)).collect())
    }

    fn below(&self, find: impl Fn(&'a Fields) -> Option<&'a Value>) -> Self {
        let step = |(entry, fields): &(&'a ManagedFieldsEntry, &'a Fields)| {
            if fields.is_empty() {
                return Some((*entry, *fields));
            }
            Some((*entry, find(fields)?.as_object()?))
        };
        Self(self.0.iter().filter_map(step).collect())
    }

    /// How the list at this place is told, if somebody owns an element of it.
    pub(super) fn list_kind(&self) -> ListKind {
        let keys = || self.0.iter().flat_map(|(_, fields)| fields.keys());
        let keyed = keys().find_map(|key| serde_json::from_str::<Fields>(key.strip_prefix("k:")?).ok());
        if let Some(keyed) = keyed {
            return ListKind::Keyed(keyed.keys().cloned().collect::<BTreeSet<_>>().into_iter().collect());
        }
        if keys().any(|key| key.starts_with("v:")) { ListKind::Set } else { ListKind::Atomic }
    }

    /// Whether we own what is here as one value. Whoever changes it takes it out of our entry: it is what we applied last,
    /// however the API server writes that, or whether it leaves it out.
    pub(super) fn is_ours(&self) -> bool {
        self.0.iter().any(|(entry, fields)| fields.is_empty() && is_applied_by(entry, APPLY_MANAGER))
    }

    /// The one who set what is here: of others the one who wrote last, and ourselves where nobody else owns it.
    pub(super) fn setter(&self) -> Option<Writer<'a>> {
        let writers = || self.0.iter().map(|(entry, _)| Writer::of(entry));
        let newest = |of_others: bool| {
            writers().filter(|writer| writer.is_other == of_others).max_by_key(|writer| writer.time)
        };
        newest(true).or_else(|| newest(false))
    }
}

/// See [`Owners::elements`].
pub(super) struct Elements<'a>(Vec<Shelf<'a>>);

/// The elements of a list that one entry owns, by what they have at their keys.
struct Shelf<'a> {
    entry: &'a ManagedFieldsEntry,
    fields: &'a Fields,
    /// Every set of keys by which an element is named; in nearly all lists one.
    key_sets: BTreeSet<Vec<String>>,
    by_keys: HashMap<BTreeMap<String, String>, &'a Value>,
    by_value: HashMap<String, &'a Value>,
}

impl<'a> Shelf<'a> {
    fn of(entry: &'a ManagedFieldsEntry, fields: &'a Fields) -> Self {
        let (by_keys, by_value) = (HashMap::new(), HashMap::new());
        let mut shelf = Self { entry, fields, key_sets: BTreeSet::new(), by_keys, by_value };
        for (key, below) in fields {
            match key.split_once(':') {
                Some(("k", text)) => {
                    let Ok(keys) = serde_json::from_str::<BTreeMap<String, Value>>(text) else { continue };
                    shelf.key_sets.insert(keys.keys().cloned().collect());
                    let keys = keys.into_iter().map(|(key, value)| (key, value.to_string())).collect();
                    shelf.by_keys.insert(keys, below);
                }
                Some(("v", text)) => {
                    let Ok(value) = serde_json::from_str::<Value>(text) else { continue };
                    shelf.by_value.insert(value.to_string(), below);
                }
                _ => {}
            }
        }
        shelf
    }

    fn find(&self, element: &Value) -> Option<&'a Value> {
        let by_keys = |keys: &Vec<String>| {
            let said = |key: &String| Some((key.clone(), element.get(key)?.to_string()));
            self.by_keys.get(&keys.iter().map(said).collect::<Option<BTreeMap<_, _>>>()?).copied()
        };
        let by_value = || self.by_value.get(&element.to_string()).copied();
        self.key_sets.iter().find_map(by_keys).or_else(by_value)
    }
}

impl<'a> Elements<'a> {
    /// Of one element.
    pub(super) fn of(&self, element: &Value) -> Owners<'a> {
        let step = |shelf: &Shelf<'a>| {
            if shelf.fields.is_empty() {
                return Some((shelf.entry, shelf.fields));
            }
            Some((shelf.entry, shelf.find(element)?.as_object()?))
        };
        Owners(self.0.iter().filter_map(step).collect())
    }
}

/// A field manager, and when it last wrote the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Writer<'a> {
    pub(super) manager: &'a str,
    pub(super) time: Option<Timestamp>,
    /// It is not kustomize-controller by its applies.
    is_other: bool,
}

impl<'a> Writer<'a> {
    fn of(entry: &'a ManagedFieldsEntry) -> Self {
        Self {
            manager: entry.manager.as_deref().unwrap_or_default(),
            time: entry.time.as_ref().map(|time| time.0),
            is_other: !is_applied_by(entry, APPLY_MANAGER),
        }
    }

    /// The other manager that wrote last, if that was not before our last apply: who took a field away leaves no trace
    /// where it was. Writers of status do not count.
    pub(super) fn last_after_ours(entries: &'a [ManagedFieldsEntry]) -> Option<Self> {
        let ours =
            entries.iter().map(Self::of).filter(|writer| !writer.is_other).filter_map(|writer| writer.time);
        let ours = ours.max();
        entries
            .iter()
            .filter(|entry| entry.subresource.as_deref() != Some("status"))
            .map(Self::of)
            .filter(|writer| writer.is_other && writer.time.is_some() && writer.time >= ours)
            .max_by_key(|writer| writer.time)
    }
}

#[cfg(test)]
mod tests;
