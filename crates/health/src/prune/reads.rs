//! Which fields of an object are kept, as a tree of their names: however many rules read an object, it is walked once.

use std::collections::BTreeMap;

use serde_json::Value;

/// Fields that are read, of one set of rules or of several together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// All of it, whatever stands below.
    whole: bool,
    /// Of a map: these fields, each as far as it is read.
    fields: BTreeMap<Box<str>, Self>,
    /// Of a list: this of each item. A list that is read as something else leaves an empty one.
    items: Option<Box<Self>>,
}

impl Reads {
    /// Keeps what a path names, too: `status.conditions`, `status.containerStatuses[].name`,
    /// `metadata.annotations["a.b/c"]`. What is below it is kept whole.
    pub(crate) fn keep(&mut self, path: &str) {
        let Some((name, of_items, rest)) = first(path) else { return };
        let field = self.fields.entry(name.into()).or_default();
        let below = if of_items { field.items.get_or_insert_default() } else { field };
        match rest {
            Some(rest) => below.keep(rest),
            None => below.whole = true,
        }
    }

    /// Keeps the field that these names lead to, too.
    pub(crate) fn keep_fields(&mut self, path: &[Box<str>]) {
        let Some((name, rest)) = path.split_first() else { return };
        let field = self.fields.entry(name.clone()).or_default();
        if rest.is_empty() {
            field.whole = true;
        } else {
            field.keep_fields(rest);
        }
    }

    /// Keeps what others read, too.
    pub fn join(&mut self, others: &Self) {
        self.whole |= others.whole;
        for (name, field) in &others.fields {
            self.fields.entry(name.clone()).or_default().join(field);
        }
        if let Some(items) = &others.items {
            self.items.get_or_insert_default().join(items);
        }
    }

    /// Whether all that others read is among it.
    #[must_use]
    pub fn cover(&self, others: &Self) -> bool {
        let has = |name: &str, field: &Self| self.fields.get(name).is_some_and(|known| known.cover(field));
        let has_items = |items: &Self| self.items.as_ref().is_some_and(|known| known.cover(items));
        self.whole
            || (!others.whole
                && others.fields.iter().all(|(name, field)| has(name, field))
                && others.items.as_deref().is_none_or(has_items))
    }

    /// What is left of a value.
    pub(super) fn cut(&self, value: Value) -> Value {
        if self.whole {
            return value;
        }
        match (value, &self.items) {
            (Value::Object(map), _) => {
                let kept = map.into_iter().filter_map(|(name, value)| {
                    let value = self.fields.get(name.as_str())?.cut(value);
                    Some((name, value))
                });
                Value::Object(kept.collect())
            }
            (Value::Array(items), Some(reads)) => items.into_iter().map(|item| reads.cut(item)).collect(),
            // What is of the wrong type stays, because it is an error to the judge; of a list only that it is one.
            (Value::Array(_), None) => Value::Array(Vec::new()),
            (scalar, _) => scalar,
        }
    }
}

/// The first field of a path, whether the rest is about the items of its list, and the rest.
fn first(path: &str) -> Option<(&str, bool, Option<&str>)> {
    if let Some(quoted) = path.strip_prefix("[\"") {
        let (name, rest) = quoted.split_once("\"]")?;
        return Some((name, false, rest.strip_prefix('.').filter(|rest| !rest.is_empty())));
    }
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (name, rest) = path.split_at_checked(end)?;
    if let Some(rest) = rest.strip_prefix("[].") {
        return Some((name, true, Some(rest)));
    }
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    Some((name, false, Some(rest).filter(|rest| !rest.is_empty())))
}
