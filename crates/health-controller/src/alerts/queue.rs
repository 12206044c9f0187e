//! What a receiver has not taken yet: so many alerts, so many bytes, and for an hour. Pure; the time is the caller's.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reconcile_core::ObjectKey;

use super::message::Message;

#[cfg(test)]
pub(crate) mod tests;

/// How many wait at most.
pub(super) const MOST: usize = 1000;
/// What they have at most.
pub(super) const MOST_BYTES: usize = 1 << 20;
/// For how long one waits.
pub(super) const LONGEST: Duration = Duration::from_secs(3600);

/// One that waits.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Tells it from others.
    pub(super) id: u64,
    pub(super) message: Arc<Message>,
    bytes: usize,
    since: Instant,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Queue {
    items: VecDeque<Item>,
    bytes: usize,
    next_id: u64,
}

impl Queue {
    /// Takes one in; how many had to go for it. Of a commit only the last word counts. Where there is no room, an older one
    /// of the same Kustomization goes, or else the oldest.
    pub(super) fn push(&mut self, message: Arc<Message>, now: Instant) -> usize {
        let bytes = message.size();
        if matches!(*message, Message::Commit(_)) {
            while self.take_older(message.key(), |item| matches!(*item.message, Message::Commit(_))) {}
        }
        let mut gone = 0;
        while !self.items.is_empty() && (self.items.len() >= MOST || self.bytes + bytes > MOST_BYTES) {
            gone += 1;
            if !self.take_older(message.key(), |_| true) {
                self.remove(0);
            }
        }
        let id = self.next_id;
        self.next_id += 1;
        self.bytes += bytes;
        self.items.push_back(Item { id, message, bytes, since: now });
        gone
    }

    /// The one that has waited longest.
    pub(super) fn first(&self) -> Option<&Item> {
        self.items.front()
    }

    /// It was taken, or is not wanted.
    pub(super) fn done(&mut self, id: u64) {
        if let Some(at) = self.items.iter().position(|item| item.id == id) {
            self.remove(at);
        }
    }

    /// Lets go of what has waited for too long; how many that are.
    pub(super) fn expire(&mut self, now: Instant) -> usize {
        let mut gone = 0;
        while self.items.front().is_some_and(|item| now.saturating_duration_since(item.since) >= LONGEST) {
            self.remove(0);
            gone += 1;
        }
        gone
    }

    /// When the first of them has waited for too long.
    pub(super) fn expires(&self) -> Option<Instant> {
        self.items.front()?.since.checked_add(LONGEST)
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    fn take_older(&mut self, key: &ObjectKey, is_it: impl Fn(&Item) -> bool) -> bool {
        let found = self.items.iter().position(|item| item.message.key() == key && is_it(item));
        if let Some(at) = found {
            self.remove(at);
        }
        found.is_some()
    }

    fn remove(&mut self, at: usize) {
        if let Some(item) = self.items.remove(at) {
            self.bytes -= item.bytes;
        }
    }
}
