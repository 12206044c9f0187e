//! Who gets a place, at times of our own.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tokio::time::Instant;

use super::{Bounds, Placed, Places};

fn peer(number: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, number).into()
}

/// Places for three, two of one peer.
fn places() -> (Places, Instant) {
    let bounds = Bounds { connections: 3, per_peer: 2, ..Bounds::default() };
    (Places::new(bounds), Instant::now())
}

fn later(now: Instant, milliseconds: u64) -> Instant {
    now + Duration::from_millis(milliseconds)
}

fn taken(places: &mut Places, number: u8, now: Instant) -> Placed {
    places.take(peer(number), now).expect("a place")
}

#[test]
fn a_peer_has_a_share_of_the_places() {
    let (mut places, now) = places();
    let first = taken(&mut places, 1, now);
    let _second = taken(&mut places, 1, now);
    assert!(places.take(peer(1), now).is_none());
    let _other = taken(&mut places, 2, now);
    assert!(places.take(peer(3), now).is_none(), "all are taken");
    places.leave(first.id);
    places.leave(first.id);
    let _third = taken(&mut places, 3, now);
    assert!(places.take(peer(1), now).is_none());
}

#[test]
fn who_is_silent_gives_way_after_a_while() {
    let (mut places, now) = places();
    let (first, second) = (taken(&mut places, 1, now), taken(&mut places, 1, later(now, 1)));
    assert!(places.take(peer(1), later(now, 4_999)).is_none());
    let _third = taken(&mut places, 1, later(now, 5_000));
    assert!(first.give_way.is_cancelled() && !second.give_way.is_cancelled(), "the one that waited longest");
    places.leave(first.id);
    assert!(places.take(peer(1), later(now, 5_000)).is_none(), "its place is not given twice");
}

#[test]
fn who_does_not_read_gives_way_and_who_is_answered_does_not() {
    let (mut places, now) = places();
    let (stuck, busy) = (taken(&mut places, 1, now), taken(&mut places, 1, now));
    let answering = busy.activity.answering();
    stuck.activity.blocked(now);
    assert!(places.take(peer(1), later(now, 999)).is_none());
    let fresh = taken(&mut places, 1, later(now, 1_000));
    assert!(stuck.give_way.is_cancelled());
    let _fresh = fresh.activity.answering();
    assert!(places.take(peer(1), later(now, 100_000)).is_none(), "both have an answer in the making");
    drop(answering);
    assert!(!busy.give_way.is_cancelled());
}

#[test]
fn the_peer_with_most_connections_gives_way() {
    let (mut places, now) = places();
    let few = taken(&mut places, 1, now);
    let (many, _many) = (taken(&mut places, 2, later(now, 1)), taken(&mut places, 2, later(now, 2)));
    let _new = taken(&mut places, 3, later(now, 10_000));
    assert!(many.give_way.is_cancelled() && !few.give_way.is_cancelled());
}
