//! Which watches there are, and that one is never taken for its successor.

use tokio_util::sync::CancellationToken;

use super::register::Register;
use super::{State, WatchedKind};

fn kind() -> WatchedKind {
    WatchedKind::gvk("", "v1", "ConfigMap")
}

fn other() -> WatchedKind {
    WatchedKind::gvk("apps", "v1", "Deployment")
}

#[test]
fn what_a_stopped_watch_still_says_is_not_its_successors_state() {
    let (mut register, parent) = (Register::default(), CancellationToken::new());
    let old = register.acquire(&kind(), &parent).unwrap();
    assert_eq!(register.release(&kind()), Some(old.number));
    register.end_idle(&kind(), old.number);
    assert!(old.stop.is_cancelled());
    let new = register.acquire(&kind(), &parent).unwrap();
    register.set_state(&kind(), old.number, State::Synced);
    assert_eq!(register.state(&kind()), State::Starting, "it has listed nothing yet");
    register.set_state(&kind(), new.number, State::Synced);
    assert_eq!(register.state(&kind()), State::Synced);
    register.end_idle(&kind(), old.number);
    assert_eq!(register.kinds(), [kind()]);
}

#[test]
fn a_watch_begins_after_its_predecessors_last_word() {
    let (mut register, parent) = (Register::default(), CancellationToken::new());
    let mut after = None;
    for _ in 0..3 {
        let begin = register.acquire(&kind(), &parent).unwrap();
        let waits: Option<CancellationToken> = begin.after;
        assert_eq!(waits.is_some(), after.is_some());
        if let (Some(waits), Some(over)) = (waits, after.take()) {
            let over: CancellationToken = over;
            assert!(!waits.is_cancelled());
            over.cancel();
            assert!(waits.is_cancelled(), "it waits for the one just before it");
        }
        register.release(&kind());
        register.end_idle(&kind(), begin.number);
        after = Some(begin.over);
    }
    // The last word of an older one changes nothing.
    register.ended(&kind(), 1);
    assert!(register.acquire(&kind(), &parent).unwrap().after.is_some());
    register.release(&kind());
    register.end_idle(&kind(), 4);
    register.ended(&kind(), 4);
    assert!(register.acquire(&kind(), &parent).unwrap().after.is_none(), "nobody has anything to say");
}

#[test]
fn an_interest_taken_in_time_keeps_the_watch() {
    let (mut register, parent) = (Register::default(), CancellationToken::new());
    let first = register.acquire(&kind(), &parent).unwrap();
    assert!(register.acquire(&kind(), &parent).is_none());
    assert_eq!(register.release(&kind()), None);
    assert_eq!(register.release(&kind()), Some(first.number));
    assert!(register.acquire(&kind(), &parent).is_none(), "it lingers");
    register.end_idle(&kind(), first.number);
    assert!(!first.stop.is_cancelled());
}

#[test]
fn a_kind_is_watched_by_one_watch_and_each_by_its_own() {
    let (mut register, parent) = (Register::default(), CancellationToken::new());
    let first = register.acquire(&kind(), &parent).unwrap();
    for _ in 0..3 {
        assert!(register.acquire(&kind(), &parent).is_none(), "one is enough");
    }
    let second = register.acquire(&other(), &parent).unwrap();
    assert_ne!(first.number, second.number);
    assert!(second.after.is_none(), "another kind's words are waited for by nobody");
    // A version is a kind of its own.
    assert!(register.acquire(&WatchedKind::gvk("apps", "v1beta1", "Deployment"), &parent).is_some());
    assert_eq!(register.kinds().len(), 3);
    register.release(&other());
    register.end_idle(&other(), second.number);
    assert!(second.stop.is_cancelled() && !first.stop.is_cancelled());
    assert_eq!(register.state(&other()), State::Absent);
    assert_eq!(register.state(&kind()), State::Starting);
}

#[test]
fn a_watch_with_users_does_not_end() {
    let (mut register, parent) = (Register::default(), CancellationToken::new());
    let begin = register.acquire(&kind(), &parent).unwrap();
    register.acquire(&kind(), &parent);
    register.end_idle(&kind(), begin.number);
    assert!(!begin.stop.is_cancelled(), "two use it");
    assert_eq!(register.release(&kind()), None, "one uses it still");
    register.end_idle(&kind(), begin.number);
    assert!(!begin.stop.is_cancelled());
    assert_eq!(register.release(&kind()), Some(begin.number));
    register.end_idle(&kind(), begin.number + 1);
    assert!(!begin.stop.is_cancelled(), "that was meant for another");
    register.end_idle(&kind(), begin.number);
    assert!(begin.stop.is_cancelled());
    assert_eq!(register.release(&kind()), None, "nobody can leave what is not watched");
}

#[test]
fn a_kind_left_twice_may_end_by_the_first_time() {
    let (mut register, parent) = (Register::default(), CancellationToken::new());
    let begin = register.acquire(&kind(), &parent).unwrap();
    let first = register.release(&kind()).unwrap();
    register.acquire(&kind(), &parent);
    let second = register.release(&kind()).unwrap();
    assert_eq!((first, second), (begin.number, begin.number));
    register.end_idle(&kind(), first);
    assert!(begin.stop.is_cancelled());
    // The second time has nothing left to end, and its successor is not touched.
    let successor = register.acquire(&kind(), &parent).unwrap();
    register.release(&kind());
    register.end_idle(&kind(), second);
    assert!(!successor.stop.is_cancelled());
}

#[test]
fn a_state_is_what_was_said_last() {
    let (mut register, parent) = (Register::default(), CancellationToken::new());
    assert_eq!(register.state(&kind()), State::Absent);
    register.set_state(&kind(), 1, State::Synced);
    assert_eq!(register.state(&kind()), State::Absent, "nobody watches it");
    let begin = register.acquire(&kind(), &parent).unwrap();
    for state in [State::Failing, State::Synced, State::Failing] {
        register.set_state(&kind(), begin.number, state);
        assert_eq!(register.state(&kind()), state);
    }
    register.acquire(&kind(), &parent);
    assert_eq!(register.state(&kind()), State::Failing, "another user changes nothing");
}

#[test]
fn all_watches_end_with_the_pool() {
    let (mut register, parent) = (Register::default(), CancellationToken::new());
    let (first, second) =
        (register.acquire(&kind(), &parent).unwrap(), register.acquire(&other(), &parent).unwrap());
    parent.cancel();
    assert!(first.stop.is_cancelled() && second.stop.is_cancelled());
    assert!(!first.over.is_cancelled(), "its last word is not said yet");
    assert!(register.acquire(&WatchedKind::gvk("", "v1", "Pod"), &parent).unwrap().stop.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn only_the_kind_that_is_meant_is_tried_again() {
    let (mut register, parent) = (Register::default(), CancellationToken::new());
    let (this, that) =
        (register.acquire(&kind(), &parent).unwrap(), register.acquire(&other(), &parent).unwrap());
    register.wake(&kind());
    register.wake(&WatchedKind::gvk("", "v1", "Pod"));
    let long = std::time::Duration::from_secs(60);
    let begun = tokio::time::Instant::now();
    this.wake.pause(long).await;
    assert_eq!(begun.elapsed(), std::time::Duration::ZERO);
    that.wake.pause(long).await;
    assert_eq!(begun.elapsed(), long, "it was left alone");
}
