//! Who enters the gate next. Pure: it knows neither threads nor tasks, and what waits is its caller's.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// What is held, and who waits for more.
pub(super) struct Line<W> {
    limit: u64,
    held: u64,
    namespaces: HashMap<Arc<str>, Namespace<W>>,
    /// Namespaces in which somebody waits, the next to be served first.
    turns: VecDeque<Arc<str>>,
    next_id: u64,
}

struct Namespace<W> {
    held: u64,
    reservations: usize,
    waiting: VecDeque<Waiting<W>>,
}

struct Waiting<W> {
    id: u64,
    bytes: u64,
    waiter: W,
}

/// Somebody whose turn it is; what they asked for is held from now on.
pub(super) struct Turn<W> {
    pub(super) namespace: Arc<str>,
    pub(super) bytes: u64,
    pub(super) waiter: W,
}

impl<W> Namespace<W> {
    /// One reservation may be as large as the gate; several of one namespace have half of it.
    fn may_hold(&self, reservations: usize, more: u64, limit: u64) -> bool {
        reservations == 0 || self.held.saturating_add(more) <= limit / 2
    }
}

impl<W> Line<W> {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, held: 0, namespaces: HashMap::new(), turns: VecDeque::new(), next_id: 0 }
    }

    pub(super) const fn held(&self) -> u64 {
        self.held
    }

    fn fits(&self, bytes: u64) -> bool {
        self.held.checked_add(bytes).is_some_and(|sum| sum <= self.limit)
    }

    /// Puts somebody at the end of their namespace's line; [`Self::admit`] lets them in.
    pub(super) fn enter(&mut self, namespace: &str, bytes: u64, waiter: W) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let name = match self.namespaces.get_key_value(namespace) {
            Some((name, _)) => Arc::clone(name),
            None => Arc::from(namespace),
        };
        let fresh = || Namespace { held: 0, reservations: 0, waiting: VecDeque::new() };
        let entry = self.namespaces.entry(Arc::clone(&name)).or_insert_with(fresh);
        if entry.waiting.is_empty() {
            self.turns.push_back(name);
        }
        entry.waiting.push_back(Waiting { id, bytes, waiter });
        id
    }

    /// Takes somebody out of the line. `None` when they are no longer in it.
    pub(super) fn leave(&mut self, namespace: &str, id: u64) -> Option<W> {
        let entry = self.namespaces.get_mut(namespace)?;
        let at = entry.waiting.iter().position(|waiting| waiting.id == id)?;
        let left = entry.waiting.remove(at)?;
        if entry.waiting.is_empty() {
            self.turns.retain(|name| &**name != namespace);
        }
        self.forget(namespace);
        Some(left.waiter)
    }

    /// All who may enter now. The first who may and for whom there is no room is waited for: were smaller ones let past,
    /// a large one would never enter.
    pub(super) fn admit(&mut self) -> Vec<Turn<W>> {
        let mut admitted = Vec::new();
        while let Some(at) = self.turns.iter().position(|name| self.has_its_share_left(name)) {
            let Some(name) = self.turns.get(at).cloned() else { break };
            let Some(entry) = self.namespaces.get_mut(&name) else { break };
            let Some(first) = entry.waiting.front() else { break };
            if self.held.saturating_add(first.bytes) > self.limit {
                break;
            }
            let Some(Waiting { bytes, waiter, .. }) = entry.waiting.pop_front() else { break };
            entry.held += bytes;
            entry.reservations += 1;
            let more = !entry.waiting.is_empty();
            self.held += bytes;
            self.turns.remove(at);
            if more {
                self.turns.push_back(Arc::clone(&name));
            }
            admitted.push(Turn { namespace: name, bytes, waiter });
        }
        admitted
    }

    fn has_its_share_left(&self, name: &str) -> bool {
        self.namespaces.get(name).is_some_and(|entry| {
            let first = entry.waiting.front();
            first.is_some_and(|first| entry.may_hold(entry.reservations, first.bytes, self.limit))
        })
    }

    /// Adds to a reservation, at once or not at all.
    pub(super) fn grow(&mut self, namespace: &str, bytes: u64) -> bool {
        if !self.fits(bytes) {
            return false;
        }
        let limit = self.limit;
        let Some(entry) = self.namespaces.get_mut(namespace) else { return false };
        if !entry.may_hold(entry.reservations.saturating_sub(1), bytes, limit) {
            return false;
        }
        entry.held += bytes;
        self.held += bytes;
        true
    }

    /// Takes from a reservation.
    pub(super) fn shrink(&mut self, namespace: &str, bytes: u64) {
        if let Some(entry) = self.namespaces.get_mut(namespace) {
            entry.held -= bytes;
            self.held -= bytes;
        }
    }

    /// Ends a reservation of so many bytes.
    pub(super) fn end(&mut self, namespace: &str, bytes: u64) {
        self.shrink(namespace, bytes);
        if let Some(entry) = self.namespaces.get_mut(namespace) {
            entry.reservations -= 1;
        }
        self.forget(namespace);
    }

    fn forget(&mut self, namespace: &str) {
        let idle = |entry: &Namespace<W>| entry.reservations == 0 && entry.waiting.is_empty();
        if self.namespaces.get(namespace).is_some_and(idle) {
            self.namespaces.remove(namespace);
        }
    }
}
