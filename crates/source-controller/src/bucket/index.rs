//! The objects of a bucket that are wanted, by key, and the revision that they are (contracts/source-controller.md 8).
//! Pure. Asking for them is `bucket`'s.

use std::collections::BTreeMap;

use artifact::digest::{Algorithm, Digest, Hasher};
use artifact::ignore::{FILE_NAME, Rules};
use manifest::budget::{Budget, Exceeded};

use super::failure::Failure;
use super::key_text::shown;
use super::page::{Item, check_etag};

#[cfg(test)]
mod tests;

/// Bytes of memory that an object takes beside its key and ETag.
const ENTRY: u64 = 256;

/// What an object is at the moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) etag: String,
    pub(super) generation: String,
    pub(super) size: u64,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    objects: BTreeMap<String, State>,
    held: u64,
}

/// What an index may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    /// Objects.
    pub(super) objects: usize,
    /// Their bytes, of each and in all.
    pub(super) bytes: (u64, u64),
    /// Memory.
    pub(super) memory: u64,
}

/// Those of a page that are wanted.
pub(super) fn wanted(items: Vec<Item>, rules: &Rules, budget: &Budget) -> Result<Vec<Item>, Exceeded> {
    let mut kept = Vec::new();
    for item in items {
        budget.step(1)?;
        let is_other = item.key.ends_with('/') || item.key == FILE_NAME || item.key.is_empty();
        if !is_other && !rules.is_ignored(&item.key, false, budget)? {
            kept.push(item);
        }
    }
    Ok(kept)
}

impl Index {
    /// Adds an object.
    pub(super) fn add(&mut self, item: Item, most: &Most) -> Result<(), Failure> {
        let Item { key, etag, generation, size } = item;
        check_etag(&etag)?;
        if size > most.bytes.0 {
            let (key, limit) = (shown(&key), most.bytes.0);
            return Err(Failure::Excess(format!("'{key}' has {size} bytes, more than {limit}")));
        }
        let state = State { etag, generation, size };
        self.held += weight(&key, &state);
        if self.held > most.memory {
            return Err(Failure::Memory);
        }
        self.objects.insert(key, state);
        if self.objects.len() > most.objects {
            return Err(Failure::Excess(format!("there are more than {} objects", most.objects)));
        }
        Ok(())
    }

    /// An object is something else by now.
    pub(super) fn change(&mut self, key: &str, state: State, most: &Most) -> Result<(), Failure> {
        check_etag(&state.etag)?;
        if let Some(known) = self.objects.get_mut(key) {
            self.held = (self.held + weight(key, &state)).saturating_sub(weight(key, known));
            *known = state;
        }
        if self.held > most.memory { Err(Failure::Memory) } else { Ok(()) }
    }

    /// An object is gone by now.
    pub(super) fn remove(&mut self, key: &str) {
        self.objects.remove(key);
    }

    /// The bytes of all objects, as the list has it.
    pub(super) fn check(&self, most: &Most) -> Result<(), Failure> {
        let total = self.objects.values().fold(0u64, |total, state| total.saturating_add(state.size));
        if total > most.bytes.1 {
            let text = format!("the objects have {total} bytes in all, more than {}", most.bytes.1);
            return Err(Failure::Excess(text));
        }
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.objects.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &State)> {
        self.objects.iter().map(|(key, state)| (key.as_str(), state))
    }

    /// The revision: a hash over key and ETag of each, in order.
    pub(super) fn revision(&self, algorithm: Algorithm) -> Digest {
        let mut hasher = Hasher::new(algorithm);
        for (key, state) in &self.objects {
            for part in [key, " ", &state.etag, "\n"] {
                hasher.update(part.as_bytes());
            }
        }
        hasher.finish()
    }

    /// The revision; none if it is the one that was known, whatever the algorithm was then.
    pub(super) fn news(&self, known: Option<&str>, algorithm: Algorithm) -> Option<Digest> {
        let revision = self.revision(algorithm);
        let known = known.and_then(|known| Digest::parse(known).ok());
        let is_known = known.is_some_and(|known| match known.algorithm() {
            own if own == algorithm => known == revision,
            other => known == self.revision(other),
        });
        (!is_known).then_some(revision)
    }
}

/// Memory that an object takes.
fn weight(key: &str, state: &State) -> u64 {
    ENTRY + 2 * (key.len() + state.etag.len() + state.generation.len()) as u64
}
