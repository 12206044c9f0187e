//! The events that wait for one object, coalesced as the machine says.
//!
//! Who reads them is in `runtime`.

use std::collections::VecDeque;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::lane::Lane;

#[cfg(test)]
mod tests;

/// One thing to step on.
pub(crate) enum Entry<E> {
    /// From outside, or from a running job.
    Event(E),
    /// A job ended.
    Ended {
        /// Its lane.
        lane: Lane,
        /// Which job of that lane.
        number: u64,
        /// What it said.
        event: E,
    },
}

/// Unbounded, but coalesced; empty it holds no heap memory.
///
/// # Guarantees
/// - What is sent is taken once, by itself or as a part of the event that it was merged into.
/// - Entries are taken in the order in which they arrived, an event that was merged at the place of the older one.
/// - Nothing is merged into a barrier, nor past one into what waits before it. The end of a job is never merged.
///
/// # Assumptions
/// - One task reads.
/// - `coalesce` keeps what matters of both events, or gives the new one back.
///
/// # Caveats
/// - The end of a job is not a barrier: an event that comes after it may be merged into one that waits before it.
pub(crate) struct Mailbox<E> {
    entries: Mutex<VecDeque<Entry<E>>>,
    arrived: Notify,
    coalesce: fn(&mut E, E) -> Option<E>,
    is_barrier: fn(&E) -> bool,
}

impl<E> Mailbox<E> {
    /// `coalesce` and `is_barrier` as in `Machine`.
    pub(crate) fn new(coalesce: fn(&mut E, E) -> Option<E>, is_barrier: fn(&E) -> bool) -> Self {
        Self { entries: Mutex::new(VecDeque::new()), arrived: Notify::new(), coalesce, is_barrier }
    }

    /// Adds an event, or merges it into one that waits.
    pub(crate) fn send(&self, event: E) {
        let mut rest = Some(event);
        {
            let mut entries = self.entries.lock();
            for entry in entries.iter_mut().rev() {
                let Entry::Event(queued) = entry else { continue };
                if (self.is_barrier)(queued) {
                    break;
                }
                let Some(event) = rest.take() else { break };
                rest = (self.coalesce)(queued, event);
            }
            if let Some(event) = rest {
                entries.push_back(Entry::Event(event));
            }
        }
        self.arrived.notify_one();
    }

    /// Adds the end of a job; never merged.
    pub(crate) fn ended(&self, lane: Lane, number: u64, event: E) {
        self.entries.lock().push_back(Entry::Ended { lane, number, event });
        self.arrived.notify_one();
    }

    /// Puts events back in front, oldest first.
    pub(crate) fn restore(&self, events: Vec<E>) {
        let mut entries = self.entries.lock();
        for event in events.into_iter().rev() {
            entries.push_front(Entry::Event(event));
        }
        drop(entries);
        self.arrived.notify_one();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.lock().is_empty()
    }

    /// The oldest entry, once there is one. Safe to drop while waiting.
    pub(crate) async fn next(&self) -> Entry<E> {
        loop {
            if let Some(entry) = self.take() {
                return entry;
            }
            self.arrived.notified().await;
        }
    }

    fn take(&self) -> Option<Entry<E>> {
        let mut entries = self.entries.lock();
        let entry = entries.pop_front();
        if entries.is_empty() {
            // A burst's buffer is given back: thousands of idle objects hold none.
            *entries = VecDeque::new();
        }
        entry
    }
}
