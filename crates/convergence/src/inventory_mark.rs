//! What kustomize-controller last applied to an object, as the object's own managedFields tell: the signal by which
//! drift is seen (decisions 6.1). Pure.

use api::labels::APPLY_MANAGER;
use api::managed_fields;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use serde_json::{Value, json};

/// kustomize-controller's Apply entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Hash of the entry's apiVersion and fields. Its time and the object's uid are not in it: a heal moves them.
    pub fields: [u8; 16],
    /// How many paths the entry has. Others can only take paths away.
    pub size: usize,
    /// When the entry was last written, in whole seconds. Somebody who takes a field away does not move it.
    pub time: Option<Timestamp>,
}

/// The mark of an object; `None` when kustomize-controller has applied nothing to it.
#[must_use]
pub fn of(entries: &[ManagedFieldsEntry]) -> Option<Mark> {
    let entry = managed_fields::applied_by(entries, APPLY_MANAGER)?;
    let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
    Some(Mark {
        fields: manifest::digest::of(&json!([entry.api_version, fields])),
        size: fields.map_or(0, size),
        time: entry.time.as_ref().map(|time| time.0),
    })
}

fn size(fields: &Value) -> usize {
    match fields {
        Value::Object(map) => map.values().map(size).fold(map.len(), usize::saturating_add),
        _ => 0,
    }
}

/// What an object looked like after it was last applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Baseline {
    /// The mark after the last apply, or that none is known although the object differs from it.
    mark: Option<Mark>,
    /// The object was different already when it was first seen.
    differed: bool,
}

impl Baseline {
    /// Begins with what is there. `drifted`: an earlier process saw that the object had been changed.
    pub(crate) const fn begin(mark: Option<Mark>, drifted: bool) -> Self {
        Self { mark, differed: drifted }
    }

    /// Takes in the present mark; true when the object was changed by somebody else. A mark with another time is a
    /// new apply, and the new baseline; so is one of the same second that has gained paths, since others only take
    /// paths away.
    pub(crate) fn drifted(&mut self, seen: Option<Mark>) -> bool {
        let (Some(known), Some(now)) = (self.mark, seen) else {
            // An entry that vanished is drift; one that appears is an apply.
            if seen.is_some() {
                *self = Self::begin(seen, false);
            }
            return self.differed || (self.mark.is_some() && seen.is_none());
        };
        if known.time != now.time || (known.fields != now.fields && known.size <= now.size) {
            *self = Self::begin(seen, false);
        }
        self.differed || self.mark.is_some_and(|mark| mark.fields != now.fields)
    }

    /// A run has ended well: what is there is what was applied, also if it was applied twice within one second.
    pub(crate) fn renew(&mut self, seen: Option<Mark>) {
        *self = Self::begin(seen, false);
    }
}

#[cfg(test)]
mod tests;
