//! For how long a verdict waits, and what a Kustomization begins with.

use std::time::{Duration, Instant};

use super::Held;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_verdict_waits_for_watches_but_not_for_ever() {
    let (mut held, begun) = (Held::default(), Instant::now());
    assert_eq!(held.put_off(true, begun, begun), Some(seconds(3)));
    // It is tried again before the time is over, when another watch delivers.
    let later = begun + seconds(2);
    assert_eq!(held.put_off(true, later, later), Some(seconds(1)));
    assert!(!held.has_waited(later));
    let late = begun + seconds(3);
    assert!(held.has_waited(late));
    assert_eq!(held.put_off(true, late, late), None, "what is known is told");
    assert_eq!(held.put_off(true, late + seconds(60), late + seconds(60)), None, "and from now on");
}

#[test]
fn what_has_been_delivered_may_be_waited_for_again() {
    let (mut held, begun) = (Held::default(), Instant::now());
    held.put_off(true, begun, begun);
    let later = begun + seconds(10);
    assert_eq!(held.put_off(false, later, later), None);
    assert_eq!(held.put_off(true, later, later + seconds(1)), Some(seconds(2)), "what the look took counts");
}

#[test]
fn nothing_is_known_and_watched_at_first() {
    let held = Held::default();
    assert!(held.memory.is_none() && held.source.is_none());
    assert!(held.kinds.is_empty() && held.left.is_empty() && held.beside.is_empty());
    assert!(held.quarrels.is_none() && held.probes.is_empty());
    assert_eq!(held.refusals.failures(), 0);
}
