//! Who owns what a path leads to, step by step along `fieldsV1`: `f:name` in a map, `k:{keys}`, `v:value` or `i:index` in
//! a list. Where an entry ends, everything below is its manager's.

use api::labels::APPLY_MANAGER;
use api::managed_fields::is_applied_by;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{FieldsV1, ManagedFieldsEntry};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

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

    /// Of an element of a list.
    pub(super) fn element(&self, element: &Value, index: usize) -> Self {
        let at = index.to_string();
        let is_it = |key: &str| match key.split_once(':') {
            Some(("k", keys)) => serde_json::from_str::<Fields>(keys)
                .is_ok_and(|keys| keys.iter().all(|(key, value)| element.get(key) == Some(value))),
            Some(("v", text)) => serde_json::from_str::<Value>(text).is_ok_and(|value| value == *element),
            Some(("i", index)) => index == at,
            _ => false,
        };
        self.below(|fields| fields.iter().find(|(key, _)| is_it(key)).map(|(_, fields)| fields))
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

    /// The one who set what is here: of others the one who wrote last, and ourselves where nobody else owns it.
    pub(super) fn setter(&self) -> Option<Writer<'a>> {
        let writers = || self.0.iter().map(|(entry, _)| Writer::of(entry));
        let newest = |of_others: bool| {
            writers().filter(|writer| writer.is_other == of_others).max_by_key(|writer| writer.time)
        };
        newest(true).or_else(|| newest(false))
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
