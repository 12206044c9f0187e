//! Objects that differ, and those that were put back of late.

use super::bounds::{BYTES, HEALED, HEALED_KEPT, MESSAGE, OPEN_WITH_FIELDS};
use super::finding::{Fields, Finding};
use api::drift_report::{DriftState, DriftedObject, FieldDrift, MAX_DRIFTED};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use manifest::ObjectId;
use manifest::foreign::line;
use std::collections::BTreeMap;

/// One object.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    state: DriftState,
    deleted: bool,
    fields: Fields,
    message: Option<String>,
    since: Timestamp,
    healed_at: Option<Timestamp>,
}

impl Entry {
    const fn is_open(&self) -> bool {
        !matches!(self.state, DriftState::Healed)
    }

    const fn has_fields(&self) -> bool {
        !self.fields.paths.is_empty()
    }

    /// Whether it is told of at a time.
    fn is_told(&self, now: Timestamp) -> bool {
        self.healed_at.is_none_or(|healed| now.duration_since(healed) < HEALED)
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries(BTreeMap<ObjectId, Entry>);

/// What a report tells of them.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) objects: Vec<DriftedObject>,
    pub(super) omitted: usize,
    pub(super) open: usize,
    pub(super) healed: usize,
}

impl Entries {
    /// An object differs. True when that is news, as with all that follow.
    pub(super) fn drifted(
        &mut self,
        id: &ObjectId,
        finding: &Finding,
        state: DriftState,
        message: Option<&str>,
        since: Timestamp,
    ) -> bool {
        let known = self.0.get(id).filter(|entry| entry.is_open());
        let fields = match &finding.fields {
            Some(fields) => fields.clone(),
            // What is not known now may have been known before.
            None => known
                .filter(|known| known.deleted == finding.deleted)
                .map(|known| known.fields.clone())
                .unwrap_or_default(),
        };
        let since = known.map_or(since, |known| known.since.min(since));
        let message = message.map(|message| line(message, MESSAGE).into_owned());
        let mut entry = Entry { state, deleted: finding.deleted, fields, message, since, healed_at: None };
        if !known.is_some_and(Entry::has_fields) && self.open_with_fields() >= OPEN_WITH_FIELDS {
            entry.fields = Fields::default();
        }
        self.put(id, entry)
    }

    /// An object was put back.
    pub(super) fn healed(
        &mut self,
        id: &ObjectId,
        finding: &Finding,
        since: Timestamp,
        now: Timestamp,
    ) -> bool {
        let known = self.0.get(id).filter(|entry| entry.is_open());
        let fields = match (&finding.fields, known) {
            (Some(fields), _) => fields.clone(),
            (None, Some(known)) if known.deleted == finding.deleted => known.fields.clone(),
            (None, _) => Fields::default(),
        };
        // The clock may have been set back.
        let since = known.map_or(since, |known| known.since.min(since)).min(now);
        let entry = Entry {
            state: DriftState::Healed,
            deleted: finding.deleted,
            fields,
            message: None,
            since,
            healed_at: Some(now),
        };
        let changed = self.put(id, entry);
        self.evict();
        changed
    }

    /// An object that differed was written for another reason.
    pub(super) fn overwritten(&mut self, id: &ObjectId, now: Timestamp) -> bool {
        let Some(entry) = self.0.get_mut(id).filter(|entry| entry.is_open()) else { return false };
        (entry.state, entry.message, entry.healed_at) = (DriftState::Healed, None, Some(now));
        entry.since = entry.since.min(now);
        self.evict();
        true
    }

    /// An object does not differ, and nobody put it back.
    pub(super) fn equal(&mut self, id: &ObjectId) -> bool {
        self.0.get(id).is_some_and(Entry::is_open) && self.0.remove(id).is_some()
    }

    /// What is still open of all is not.
    pub(super) fn all_equal(&mut self) -> bool {
        let before = self.0.len();
        self.0.retain(|_, entry| !entry.is_open());
        self.0.len() != before
    }

    /// What was tried again and refused.
    pub(super) fn refused(&mut self, id: &ObjectId, message: &str) -> bool {
        let Some(entry) = self.0.get_mut(id).filter(|entry| entry.is_open()) else { return false };
        let message = Some(line(message, MESSAGE).into_owned());
        let changed = entry.state != DriftState::Failed || entry.message != message;
        (entry.state, entry.message) = (DriftState::Failed, message);
        changed
    }

    /// Objects that are not the Kustomization's any more are not told of.
    pub(super) fn keep(&mut self, is_known: &dyn Fn(&ObjectId) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|id, entry| !entry.is_open() || is_known(id));
        self.0.len() != before
    }

    /// What is too old to be told is forgotten. No news: it stays where it is written.
    pub(super) fn expire(&mut self, now: Timestamp) {
        self.0.retain(|_, entry| entry.is_told(now));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are in a state.
    pub(super) fn count(&self, state: DriftState) -> usize {
        self.0.values().filter(|entry| entry.state == state).count()
    }

    fn open_with_fields(&self) -> usize {
        let with_fields = self.0.values().filter(|entry| entry.is_open() && entry.has_fields());
        with_fields.take(OPEN_WITH_FIELDS).count()
    }

    fn put(&mut self, id: &ObjectId, entry: Entry) -> bool {
        let before = self.0.insert(id.clone(), entry.clone());
        before != Some(entry)
    }

    /// Forgets who was put back first where too many were.
    fn evict(&mut self) {
        let mut healed: Vec<(Timestamp, ObjectId)> =
            self.0.iter().filter_map(|(id, entry)| Some((entry.healed_at?, id.clone()))).collect();
        healed.sort_unstable();
        for (_, id) in healed.iter().take(healed.len().saturating_sub(HEALED_KEPT)) {
            self.0.remove(id);
        }
    }

    /// What is told at a time.
    pub(super) fn told(&self, now: Timestamp) -> Told {
        let mut all: Vec<(&ObjectId, &Entry)> =
            self.0.iter().filter(|(_, entry)| entry.is_told(now)).collect();
        let open = all.iter().filter(|(_, entry)| entry.is_open()).count();
        all.sort_by_key(|(id, entry)| (entry.healed_at.map(std::cmp::Reverse), *id));
        let healed = all.len() - open;
        let mut bytes = BYTES;
        let objects: Vec<DriftedObject> =
            all.iter().take(MAX_DRIFTED).map(|(id, entry)| object(id, entry, &mut bytes)).collect();
        Told { omitted: all.len() - objects.len(), objects, open, healed }
    }

    /// Takes in what an earlier process wrote, where nothing is known yet. After a run what differs is known.
    pub(super) fn restore(&mut self, written: &[DriftedObject], ran: bool) {
        for object in written {
            let Ok(id) = ObjectId::from_inventory(&object.id) else { continue };
            let since = object.since.0;
            let fields = Fields {
                paths: object.paths.clone(),
                omitted: object
                    .omitted_paths
                    .and_then(|omitted| usize::try_from(omitted).ok())
                    .unwrap_or_default(),
            };
            let restored = Entry {
                state: object.state,
                deleted: object.deleted,
                fields,
                message: object.message.clone(),
                since,
                healed_at: object.healed_at.as_ref().map(|time| time.0),
            };
            match self.0.get_mut(&id) {
                Some(known) if restored.is_open() => known.since = known.since.min(since),
                Some(_) => {}
                None if ran && restored.is_open() => {}
                None => drop(self.0.insert(id, restored)),
            }
        }
    }
}

fn object(id: &ObjectId, entry: &Entry, bytes: &mut usize) -> DriftedObject {
    let mut paths = Vec::with_capacity(entry.fields.paths.len());
    for path in &entry.fields.paths {
        let Some(left) = bytes.checked_sub(size(path)) else { break };
        *bytes = left;
        paths.push(path.clone());
    }
    let omitted = entry.fields.omitted + entry.fields.paths.len() - paths.len();
    DriftedObject {
        id: id.to_inventory(),
        state: entry.state,
        deleted: entry.deleted,
        paths,
        omitted_paths: i64::try_from(omitted).ok().filter(|omitted| *omitted > 0),
        message: entry.message.clone(),
        since: Time(entry.since),
        healed_at: entry.healed_at.map(Time),
    }
}

fn size(path: &FieldDrift) -> usize {
    let texts = [path.desired.as_ref(), path.live.as_ref(), path.manager.as_ref()];
    path.path.len() + texts.into_iter().flatten().map(String::len).sum::<usize>() + 100
}

#[cfg(test)]
mod tests;
