//! How often something may be done: so often by everybody together, and so often by each. Pure.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Instant;

#[cfg(test)]
mod tests;

/// A steady rate, and how much may come at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    /// Per second.
    pub(super) steady: f64,
    /// At once.
    pub(super) burst: f64,
}

/// What is left at a time.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    const fn full(rate: Rate, now: Instant) -> Self {
        Self { left: rate.burst, at: now }
    }

    /// With what has come in since.
    fn filled(self, rate: Rate, now: Instant) -> Self {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        Self { left: (self.left + since * rate.steady).min(rate.burst), at: now.max(self.at) }
    }

    fn is_full(self, rate: Rate, now: Instant) -> bool {
        self.filled(rate, now).left >= rate.burst
    }
}

/// Limits of everybody and of each.
#[derive(Debug)]
pub(super) struct Limits<K> {
    all: Rate,
    each: Rate,
    together: Bucket,
    by_key: HashMap<K, Bucket>,
}

/// Of whom something is remembered at a time.
const MOST: usize = 1024;

impl<K: Eq + Hash + Clone> Limits<K> {
    /// Nobody has done anything yet.
    pub(super) fn new(all: Rate, each: Rate, now: Instant) -> Self {
        Self { all, each, together: Bucket::full(all, now), by_key: HashMap::new() }
    }

    /// Whether it may be done once more, which then counts. Who has had its share takes nothing from the others.
    pub(super) fn take(&mut self, key: &K, now: Instant) -> bool {
        if self.by_key.len() >= MOST && !self.by_key.contains_key(key) {
            let each = self.each;
            self.by_key.retain(|_, bucket| !bucket.is_full(each, now));
            if self.by_key.len() >= MOST {
                // More at a time than can be told apart: what they do together is limited all the same.
                self.by_key.clear();
            }
        }
        let own = self.by_key.entry(key.clone()).or_insert(Bucket::full(self.each, now));
        *own = own.filled(self.each, now);
        if own.left < 1.0 {
            return false;
        }
        self.together = self.together.filled(self.all, now);
        if self.together.left < 1.0 {
            return false;
        }
        own.left -= 1.0;
        self.together.left -= 1.0;
        true
    }
}
