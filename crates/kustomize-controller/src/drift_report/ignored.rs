//! Ignored fields that differ, per object: what was seen when the object was compared last.

use super::bounds::IGNORED_KEPT;
use api::drift_report::{IgnoredField, MAX_IGNORED};
use apply::LeftAlone;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use manifest::ObjectId;
use std::collections::BTreeMap;

/// Characters of a value.
const LONGEST: usize = 128;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Ignored(BTreeMap<ObjectId, Vec<IgnoredField>>);

impl Ignored {
    /// All of one object, as it was found just now. True when that is news.
    pub(super) fn found(&mut self, id: &ObjectId, left: &[LeftAlone], now: Timestamp) -> bool {
        let known = self.0.get(id).map(Vec::as_slice).unwrap_or_default();
        let room = IGNORED_KEPT.saturating_sub(self.count() - known.len());
        let fields: Vec<IgnoredField> =
            left.iter().take(room).map(|left| field(id, left, known, now)).collect();
        if fields == known {
            return false;
        }
        if fields.is_empty() {
            self.0.remove(id);
        } else {
            self.0.insert(id.clone(), fields);
        }
        true
    }

    /// Objects that are not the Kustomization's any more are not told of.
    pub(super) fn keep(&mut self, is_known: &dyn Fn(&ObjectId) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|id, _| is_known(id));
        self.0.len() != before
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// What is told, by id and then as it was found.
    pub(super) fn told(&self) -> Vec<IgnoredField> {
        self.0.values().flatten().take(MAX_IGNORED).cloned().collect()
    }

    /// Takes in what an earlier process wrote, where nothing is known yet.
    pub(super) fn restore(&mut self, written: &[IgnoredField]) {
        let mut restored: BTreeMap<ObjectId, Vec<IgnoredField>> = BTreeMap::new();
        for field in written {
            if let Ok(id) = ObjectId::from_inventory(&field.id) {
                restored.entry(id).or_default().push(field.clone());
            }
        }
        for (id, fields) in restored {
            match self.0.get_mut(&id) {
                None => drop(self.0.insert(id, fields)),
                Some(known) => known.iter_mut().for_each(|known| {
                    if let Some(before) =
                        fields.iter().find(|before| is_same(before, &known.path, &known.rule))
                    {
                        known.since = before.since.clone();
                    }
                }),
            }
        }
    }
}

fn is_same(field: &IgnoredField, path: &str, rule: &str) -> bool {
    field.path == path && field.rule == rule
}

fn field(id: &ObjectId, left: &LeftAlone, known: &[IgnoredField], now: Timestamp) -> IgnoredField {
    let (desired, live) = left.field.excerpts(LONGEST);
    let path = left.field.pointer.clone();
    let before = known.iter().find(|known| is_same(known, &path, &left.rule));
    IgnoredField {
        id: id.to_inventory(),
        rule: left.rule.clone(),
        desired,
        live,
        manager: left.field.manager.clone(),
        since: before.map_or(Time(now), |before| before.since.clone()),
        path,
    }
}

#[cfg(test)]
mod tests;
