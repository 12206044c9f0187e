//! The state of each watch, as numbers: how many are in which, and how often one failed or began again.

use std::collections::HashMap;

use parking_lot::Mutex;
use prometheus::{IntCounterVec, IntGaugeVec, Registry};

use super::bounded::Bounded;
use super::register::{counters, gauges};
use super::table::own;

/// Kinds with series of their own.
const KINDS: usize = 100;

/// A watch of a process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WatchId {
    /// What is watched.
    pub(crate) kind: String,
    /// Tells it from another pool's watch of the same kind.
    pub(crate) pool: u64,
    /// Tells it from another watch of the same kind in its pool.
    pub(crate) number: u64,
}

/// How a watch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WatchState {
    /// Its first list is under way.
    Starting,
    /// It is up to date.
    Synced,
    /// It fails at present.
    Failing,
}

impl WatchState {
    const ALL: [Self; 3] = [Self::Starting, Self::Synced, Self::Failing];

    const fn label(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Synced => "synced",
            Self::Failing => "failing",
        }
    }
}

struct Watch {
    state: WatchState,
    /// It has been up to date before.
    listed: bool,
}

/// All watches.
pub(super) struct Watches {
    states: IntGaugeVec,
    failures: IntCounterVec,
    restarts: IntCounterVec,
    kinds: Bounded,
    known: Mutex<HashMap<WatchId, Watch>>,
}

impl Watches {
    pub(super) fn new(r: &Registry) -> Self {
        let states = gauges(r, &own::WATCHES);
        for state in WatchState::ALL {
            states.with_label_values(&[state.label()]).set(0);
        }
        Self {
            states,
            failures: counters(r, &own::WATCH_FAILURES),
            restarts: counters(r, &own::WATCH_RESTARTS),
            kinds: Bounded::new(KINDS),
            known: Mutex::default(),
        }
    }

    fn count(&self, state: WatchState, by: i64) {
        self.states.with_label_values(&[state.label()]).add(by);
    }

    pub(super) fn set(&self, id: &WatchId, state: WatchState) {
        let mut known = self.known.lock();
        let is_new = !known.contains_key(id);
        let watch = known.entry(id.clone()).or_insert(Watch { state, listed: false });
        if !is_new {
            self.count(watch.state, -1);
        }
        self.count(state, 1);
        watch.state = state;
        if state == WatchState::Synced && std::mem::replace(&mut watch.listed, true) {
            self.restarts.with_label_values(&[self.kinds.label(&id.kind)]).inc();
        }
    }

    pub(super) fn failed(&self, kind: &str, class: &str) {
        self.failures.with_label_values(&[self.kinds.label(kind), class]).inc();
    }

    pub(super) fn ended(&self, id: &WatchId) {
        if let Some(watch) = self.known.lock().remove(id) {
            self.count(watch.state, -1);
        }
    }
}

#[cfg(test)]
mod tests;
