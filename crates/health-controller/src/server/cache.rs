//! Answers that hold for a short while, of which so many are kept. Pure; whose answers they are is the caller's.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

#[cfg(test)]
mod tests;

/// See the module.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    most: usize,
    lifetime: Duration,
    entries: HashMap<K, (V, Instant)>,
}

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    /// Keeps each answer for `lifetime`, and `most` at a time.
    pub(super) fn new(most: usize, lifetime: Duration) -> Self {
        Self { most, lifetime, entries: HashMap::new() }
    }

    /// The answer, if it still holds.
    pub(super) fn get(&self, key: &K, now: Instant) -> Option<V> {
        let (value, until) = self.entries.get(key)?;
        (now < *until).then(|| value.clone())
    }

    /// Keeps an answer that was given now.
    pub(super) fn put(&mut self, key: K, value: V, now: Instant) {
        if self.entries.len() >= self.most && !self.entries.contains_key(&key) {
            self.make_room(now);
        }
        // A time that no clock can show has passed already.
        let until = now.checked_add(self.lifetime).unwrap_or(now);
        self.entries.insert(key, (value, until));
    }

    /// Forgets an answer.
    pub(super) fn forget(&mut self, key: &K) {
        self.entries.remove(key);
    }

    /// Forgets what holds no longer; if that is nothing, the older half, because to sort for each new one would cost
    /// more than to ask again.
    fn make_room(&mut self, now: Instant) {
        self.entries.retain(|_, (_, until)| now < *until);
        if self.entries.len() < self.most {
            return;
        }
        let mut ends: Vec<Instant> = self.entries.values().map(|(_, until)| *until).collect();
        ends.sort_unstable();
        if let Some(middle) = ends.get(ends.len() / 2).copied() {
            self.entries.retain(|_, (_, until)| *until > middle);
        }
    }
}
