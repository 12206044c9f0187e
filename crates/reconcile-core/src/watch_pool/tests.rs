//! A watch and its successor: neither is taken for the other.

use tokio_util::sync::CancellationToken;

use super::register::Register;
use super::{State, WatchedKind};

fn kind() -> WatchedKind {
    WatchedKind::gvk("", "v1", "ConfigMap")
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
fn a_lease_taken_in_time_keeps_the_watch() {
    let (mut register, parent) = (Register::default(), CancellationToken::new());
    let first = register.acquire(&kind(), &parent).unwrap();
    assert!(register.acquire(&kind(), &parent).is_none());
    assert_eq!(register.release(&kind()), None);
    assert_eq!(register.release(&kind()), Some(first.number));
    assert!(register.acquire(&kind(), &parent).is_none(), "it lingers");
    register.end_idle(&kind(), first.number);
    assert!(!first.stop.is_cancelled());
}
