//! How watches are counted through their lives.

use prometheus::Registry;

use super::{WatchId, WatchState, Watches};

fn id(kind: &str) -> WatchId {
    WatchId { kind: kind.to_owned(), pool: 1, number: 1 }
}

fn states(watches: &Watches) -> [i64; 3] {
    WatchState::ALL.map(|state| watches.states.with_label_values(&[state.label()]).get())
}

#[test]
fn a_watch_is_in_one_state_until_it_ends() {
    let watches = Watches::new(&Registry::new());
    assert_eq!(states(&watches), [0, 0, 0]);
    watches.set(&id("a"), WatchState::Starting);
    watches.set(&id("b"), WatchState::Starting);
    watches.set(&id("a"), WatchState::Synced);
    assert_eq!(states(&watches), [1, 1, 0]);
    watches.set(&id("a"), WatchState::Failing);
    assert_eq!(states(&watches), [1, 0, 1]);
    watches.ended(&id("a"));
    watches.ended(&id("a"));
    assert_eq!(states(&watches), [1, 0, 0]);
}

#[test]
fn of_one_kind_two_pools_have_two_watches() {
    let watches = Watches::new(&Registry::new());
    let other = WatchId { pool: 2, ..id("a") };
    watches.set(&id("a"), WatchState::Synced);
    watches.set(&other, WatchState::Synced);
    assert_eq!(states(&watches), [0, 2, 0]);
    watches.ended(&id("a"));
    assert_eq!(states(&watches), [0, 1, 0]);
}

#[test]
fn only_a_further_list_is_a_restart() {
    let watches = Watches::new(&Registry::new());
    let restarts = || watches.restarts.with_label_values(&["a"]).get();
    watches.set(&id("a"), WatchState::Failing);
    watches.set(&id("a"), WatchState::Synced);
    assert_eq!(restarts(), 0);
    watches.set(&id("a"), WatchState::Failing);
    watches.set(&id("a"), WatchState::Synced);
    watches.set(&id("a"), WatchState::Synced);
    assert_eq!(restarts(), 2);
}
