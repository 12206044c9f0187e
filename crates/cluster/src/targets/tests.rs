//! Who is handed out, and who is let go.

use super::{IDLE, Targets};
use crate::TargetId;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn remote(mark: u8) -> TargetId {
    TargetId::remote([mark; 32], None)
}

fn get(targets: &Targets<String>, id: &TargetId, now: Instant) -> Arc<String> {
    targets.get_or_make_at(id, now, || Ok::<_, Infallible>(format!("made {id}"))).unwrap()
}

fn names(targets: &Targets<String>) -> Vec<String> {
    targets.all().iter().map(|value| value.to_string()).collect()
}

#[test]
fn the_own_cluster_is_always_there_and_never_made() {
    let targets = Targets::new("own".to_owned());
    let found = targets.get_or_make(&TargetId::Local, || Err::<String, _>("asked for"));
    assert!(Arc::ptr_eq(&found.unwrap(), targets.local()));
    assert_eq!(names(&targets), ["own"]);
}

#[test]
fn every_target_has_a_value_of_its_own() {
    let (targets, now) = (Targets::new("own".to_owned()), Instant::now());
    let (one, other) = (get(&targets, &remote(1), now), get(&targets, &remote(2), now));
    assert_ne!(one, other);
    assert!(Arc::ptr_eq(&one, &get(&targets, &remote(1), now)));
    assert_eq!(names(&targets).len(), 3);
    assert_eq!(names(&targets).first().map(String::as_str), Some("own"));
}

#[test]
fn a_target_that_nobody_holds_is_let_go_after_a_while() {
    let (targets, zero) = (Targets::new("own".to_owned()), Instant::now());
    let held = get(&targets, &remote(1), zero);
    drop(get(&targets, &remote(2), zero));
    // The look-up of a third one finds the second idle; the first is held.
    drop(get(&targets, &remote(3), zero + IDLE));
    let mut left = names(&targets);
    left.sort();
    assert_eq!(left, [format!("made {}", remote(1)), format!("made {}", remote(3)), "own".to_owned()]);
    assert!(Arc::ptr_eq(&held, &get(&targets, &remote(1), zero + IDLE)));
}

#[test]
fn what_is_asked_for_in_time_stays_the_same() {
    let (targets, zero) = (Targets::new("own".to_owned()), Instant::now());
    let first = Arc::as_ptr(&get(&targets, &remote(1), zero));
    let again = get(&targets, &remote(1), zero + IDLE + Duration::from_secs(1));
    assert_eq!(first, Arc::as_ptr(&again), "asked for again before anybody swept");
}

#[test]
fn a_target_that_cannot_be_reached_is_tried_again() {
    let targets = Targets::new("own".to_owned());
    assert_eq!(targets.get_or_make(&remote(1), || Err("no key")), Err("no key"));
    assert_eq!(names(&targets), ["own"]);
    assert_eq!(*targets.get_or_make(&remote(1), || Ok::<_, &str>("reached".to_owned())).unwrap(), "reached");
}
