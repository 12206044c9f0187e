//! A small cache that lets go of what nobody has used for a while. Pure: the caller says what time it is, and holds the
//! lock.
//!
//! What is kept, and what letting go of it closes, is `identity`'s and `targets`'.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

struct Entry<V> {
    value: V,
    used: Instant,
}

/// Values by key, each kept until it has been idle for a given time.
pub(crate) struct IdleCache<K, V> {
    entries: HashMap<K, Entry<V>>,
    idle: Duration,
}

impl<K: Eq + Hash + Clone, V: Clone> IdleCache<K, V> {
    /// What is not used for `idle` goes at the next [`sweep`](Self::sweep).
    pub(crate) fn new(idle: Duration) -> Self {
        Self { entries: HashMap::new(), idle }
    }

    /// The value of a key, made where there is none. A failure keeps nothing: the next call tries again.
    pub(crate) fn get_or_make<E>(
        &mut self,
        key: &K,
        now: Instant,
        make: impl FnOnce() -> Result<V, E>,
    ) -> Result<V, E> {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.used = now;
            return Ok(entry.value.clone());
        }
        let value = make()?;
        self.entries.insert(key.clone(), Entry { value: value.clone(), used: now });
        Ok(value)
    }

    /// The value of a key, if there is one; it counts as used.
    pub(crate) fn get(&mut self, key: &K, now: Instant) -> Option<V> {
        let entry = self.entries.get_mut(key)?;
        entry.used = now;
        Some(entry.value.clone())
    }

    /// Lets go of what is idle. What `is_held` counts as used at this moment, however long ago it was asked for.
    pub(crate) fn sweep(&mut self, now: Instant, is_held: impl Fn(&V) -> bool) {
        let idle = self.idle;
        self.entries.retain(|_, entry| {
            if is_held(&entry.value) {
                entry.used = now;
            }
            now.duration_since(entry.used) < idle
        });
    }

    /// All values, in no order.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.values().map(|entry| &entry.value)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests;
