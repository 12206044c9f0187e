//! Which events are repetitions: client-go's aggregation, as pure code.
//!
//! Two rules, as client-go's correlator: an equal event (same object, type, reason and message) counts up; when one
//! object has had more than ten different messages of one type and reason within ten minutes, further ones are folded
//! into one event whose message says so. client-go's rate filter, which drops events, is not imitated.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use super::event::Event;

#[cfg(test)]
mod tests;

/// Different messages of one object, type and reason before they are folded.
const DISTINCT: usize = 10;
const WINDOW: Duration = Duration::from_secs(600);
/// Kubernetes forgets events after an hour; an older one is created again rather than patched in vain. Only a guess that
/// saves a request: the server may have another lifetime, and this clock stands still in a suspended machine. Whether
/// the event is still there the server says, and then it is [`Series::lost`].
const LIFETIME: Duration = Duration::from_secs(50 * 60);
/// Like client-go's cache.
const MOST: usize = 4096;
const FOLDED: &str = "(combined from similar events): ";

/// What to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// A new Event object; pass its name to [`Series::created`].
    Create {
        /// Of the series.
        key: u64,
        /// With the fold's prefix if it is folded.
        message: String,
    },
    /// Count up an Event object.
    Patch {
        /// Of the series.
        key: u64,
        /// `metadata.name`.
        name: String,
        /// The new count.
        count: i32,
        /// The message, with the fold's prefix if it is folded.
        message: String,
        /// The series is folded: the message replaces the one before.
        folded: bool,
    },
}

struct Known {
    name: String,
    count: i32,
    seen: Instant,
}

struct Group {
    messages: Vec<u64>,
    seen: Instant,
}

/// What was sent recently.
#[derive(Default)]
pub(crate) struct Series {
    known: HashMap<u64, Known>,
    groups: HashMap<u64, Group>,
}

fn group_of(event: &Event) -> DefaultHasher {
    let mut hasher = DefaultHasher::new();
    let involved = &event.involved;
    (&involved.api_version, &involved.kind, &involved.namespace, &involved.name, &involved.uid)
        .hash(&mut hasher);
    (event.severity.kubernetes_type(), &event.reason).hash(&mut hasher);
    hasher
}

impl Series {
    /// Decides about one event.
    pub(crate) fn plan(&mut self, event: &Event, now: Instant) -> Plan {
        let group_hasher = group_of(event);
        let group_key = group_hasher.finish();
        let mut hasher = group_hasher;
        event.message.hash(&mut hasher);
        let message_key = hasher.finish();

        let group = self.groups.entry(group_key).or_insert(Group { messages: Vec::new(), seen: now });
        if now.duration_since(group.seen) > WINDOW {
            group.messages.clear();
        }
        group.seen = now;
        if !group.messages.contains(&message_key) && group.messages.len() < DISTINCT {
            group.messages.push(message_key);
        }
        // A message that has its own event keeps counting there; client-go folds that too.
        let folded = !group.messages.contains(&message_key);
        let key = if folded { group_key } else { message_key };
        let message = if folded { format!("{FOLDED}{}", event.message) } else { event.message.clone() };
        match self.known.get_mut(&key) {
            Some(known) if now.duration_since(known.seen) < LIFETIME => {
                known.count = known.count.saturating_add(1);
                known.seen = now;
                Plan::Patch { key, name: known.name.clone(), count: known.count, message, folded }
            }
            _ => Plan::Create { key, message },
        }
    }

    /// A `Create` was carried out.
    pub(crate) fn created(&mut self, key: u64, name: String, now: Instant) {
        self.shrink(now);
        self.known.insert(key, Known { name, count: 1, seen: now });
    }

    /// The Event object is gone; the next of the series is created again.
    pub(crate) fn lost(&mut self, key: u64) {
        self.known.remove(&key);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    fn shrink(&mut self, now: Instant) {
        if self.known.len() < MOST {
            return;
        }
        self.known.retain(|_, known| now.duration_since(known.seen) < LIFETIME);
        self.groups.retain(|_, group| now.duration_since(group.seen) <= WINDOW);
        if self.known.len() >= MOST {
            // Too many live series: forget the older half; at worst an event is created instead of counted up.
            let mut times: Vec<Instant> = self.known.values().map(|known| known.seen).collect();
            times.sort_unstable();
            if let Some(middle) = times.get(times.len() / 2).copied() {
                self.known.retain(|_, known| known.seen > middle);
            }
        }
    }
}
