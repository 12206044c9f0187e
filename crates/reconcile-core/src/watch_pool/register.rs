//! Which kinds are watched, by how many, in what state, and what a new watch has to wait for. No requests and no clock.

use std::collections::HashMap;

use kube::core::GroupVersionKind;
use tokio_util::sync::CancellationToken;

use crate::watch::Wake;

/// A group, version and kind.
pub type WatchedKind = GroupVersionKind;

/// What is known of a kind's watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not watched.
    Absent,
    /// The first list is under way.
    Starting,
    /// Up to date.
    Synced,
    /// Fails at present.
    Failing,
}

struct Watch {
    users: usize,
    state: State,
    stop: CancellationToken,
    wake: Wake,
    /// Tells a watch from its successor: the old one's task may have a word to say after the new one is there.
    number: u64,
}

/// The youngest watch of a kind that has not said its last word.
struct Tail {
    number: u64,
    over: CancellationToken,
}

/// What a new watch needs.
pub(super) struct Begin {
    pub(super) number: u64,
    pub(super) stop: CancellationToken,
    pub(super) wake: Wake,
    /// Cancelled once the predecessor has said its last word; nothing is said before.
    pub(super) after: Option<CancellationToken>,
    /// To be cancelled after the own last word.
    pub(super) over: CancellationToken,
}

/// See the module.
#[derive(Default)]
pub(super) struct Register {
    watches: HashMap<WatchedKind, Watch>,
    tails: HashMap<WatchedKind, Tail>,
    numbers: u64,
}

impl Register {
    /// Counts a user in; what to begin if it is the first one.
    pub(super) fn acquire(&mut self, kind: &WatchedKind, parent: &CancellationToken) -> Option<Begin> {
        if let Some(watch) = self.watches.get_mut(kind) {
            watch.users += 1;
            return None;
        }
        self.numbers += 1;
        let (number, stop, wake) = (self.numbers, parent.child_token(), Wake::default());
        let over = CancellationToken::new();
        let after = self.tails.insert(kind.clone(), Tail { number, over: over.clone() });
        let watch =
            Watch { users: 1, state: State::Starting, stop: stop.clone(), wake: wake.clone(), number };
        self.watches.insert(kind.clone(), watch);
        Some(Begin { number, stop, wake, after: after.map(|tail| tail.over), over })
    }

    /// Counts a user out; the number of the watch if that was the last one.
    pub(super) fn release(&mut self, kind: &WatchedKind) -> Option<u64> {
        let watch = self.watches.get_mut(kind)?;
        watch.users = watch.users.saturating_sub(1);
        (watch.users == 0).then_some(watch.number)
    }

    /// Ends this watch if nobody uses it. One that was left, used again and left again may end before its time is over,
    /// which harms nobody: it has no user.
    pub(super) fn end_idle(&mut self, kind: &WatchedKind, number: u64) {
        let idle = self.watches.get(kind).is_some_and(|watch| watch.users == 0 && watch.number == number);
        if idle && let Some(watch) = self.watches.remove(kind) {
            watch.stop.cancel();
        }
    }

    /// This watch has said its last word.
    pub(super) fn ended(&mut self, kind: &WatchedKind, number: u64) {
        if self.tails.get(kind).is_some_and(|tail| tail.number == number) {
            self.tails.remove(kind);
        }
    }

    pub(super) fn state(&self, kind: &WatchedKind) -> State {
        self.watches.get(kind).map_or(State::Absent, |watch| watch.state)
    }

    /// Ignored when the watch has been replaced: its successor has a state of its own.
    pub(super) fn set_state(&mut self, kind: &WatchedKind, number: u64, state: State) {
        if let Some(watch) = self.watches.get_mut(kind).filter(|watch| watch.number == number) {
            watch.state = state;
        }
    }

    pub(super) fn wake(&self, kind: &WatchedKind) {
        if let Some(watch) = self.watches.get(kind) {
            watch.wake.now();
        }
    }

    pub(super) fn list_again(&self, kind: &WatchedKind) {
        if let Some(watch) = self.watches.get(kind) {
            watch.wake.again();
        }
    }

    pub(super) fn kinds(&self) -> Vec<WatchedKind> {
        self.watches.keys().cloned().collect()
    }
}
