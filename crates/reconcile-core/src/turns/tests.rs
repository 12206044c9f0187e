//! Whose turn it is: examples, and what holds for any order of arrivals, departures and ends.

use std::pin::Pin;
use std::sync::Arc;

use futures::FutureExt as _;
use proptest::prelude::*;

use super::{Place, Turns};

type Taking = Pin<Box<dyn Future<Output = Place> + Send>>;

fn group(name: &str) -> Arc<str> {
    Arc::from(name)
}

/// In line, unless a place is free.
fn ask(turns: &Arc<Turns>, name: &str) -> (Option<Place>, Taking) {
    let (turns, group) = (Arc::clone(turns), group(name));
    let mut taking: Taking = Box::pin(async move { turns.take(&group).await });
    (taking.as_mut().now_or_never(), taking)
}

fn now(turns: &Arc<Turns>, name: &str) -> Place {
    ask(turns, name).0.expect("one is free")
}

fn line(turns: &Arc<Turns>, name: &str) -> Taking {
    let (place, taking) = ask(turns, name);
    assert!(place.is_none(), "{name} has to wait");
    taking
}

#[test]
fn a_crowd_costs_another_group_one_turn() {
    let turns = Turns::new(1, 1);
    let held = now(&turns, "crowd");
    let mut crowd: Vec<Taking> = (0..100).map(|_| line(&turns, "crowd")).collect();
    let mut other = line(&turns, "other");
    drop(held);
    // The crowd asked first, and had its turn before the other one came.
    let first = crowd.remove(0).now_or_never().expect("its turn");
    assert!(other.as_mut().now_or_never().is_none());
    drop(first);
    assert!(other.now_or_never().is_some());
}

#[test]
fn who_holds_fewest_goes_first() {
    let turns = Turns::new(3, 3);
    let mut crowd: Vec<Place> = (0..3).map(|_| now(&turns, "crowd")).collect();
    let (mut more, mut other) = (line(&turns, "crowd"), line(&turns, "other"));
    drop(crowd.pop());
    assert!(more.as_mut().now_or_never().is_none(), "the crowd has two already");
    let place = other.as_mut().now_or_never().expect("it has none");
    drop((place, crowd.pop()));
    assert!(more.now_or_never().is_some());
}

#[test]
fn a_group_takes_no_more_than_its_share() {
    let turns = Turns::new(4, 1);
    let held = now(&turns, "crowd");
    let mut more = line(&turns, "crowd");
    let other = now(&turns, "other");
    drop(other);
    assert!(more.as_mut().now_or_never().is_none(), "a place of others is not one of the crowd's");
    drop(held);
    assert!(more.now_or_never().is_some());
}

#[test]
fn who_stops_waiting_takes_nothing_along() {
    let turns = Turns::new(1, 1);
    let held = now(&turns, "a");
    let (first, second) = (line(&turns, "b"), line(&turns, "b"));
    drop(second);
    assert_eq!(turns.waiting(), 1);
    drop(held);
    // The place is on its way to the first, which never looks.
    assert_eq!(turns.waiting(), 0);
    drop(first);
    drop(now(&turns, "c"));
    assert!(turns.inner.lock().lines.is_empty() && turns.inner.lock().held.is_empty());
}

#[derive(Clone, Debug)]
enum Act {
    Ask(u8),
    /// Who waits as the n-th gives up.
    Leave(usize),
    /// Who works as the n-th ends.
    End(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0_u8..5).prop_map(Act::Ask),
        1 => any::<usize>().prop_map(Act::Leave),
        2 => any::<usize>().prop_map(Act::End),
    ]
}

proptest! {
    #[test]
    fn places_are_never_exceeded_lost_or_idle(
        places in 1_usize..4, each in 1_usize..4, acts in proptest::collection::vec(act(), 0..80),
    ) {
        let turns = Turns::new(places, each);
        let mut working: Vec<(u8, Place)> = Vec::new();
        let mut waiting: Vec<(u8, Taking)> = Vec::new();
        for act in acts {
            match act {
                Act::Ask(who) => match ask(&turns, &who.to_string()) {
                    (Some(place), _) => working.push((who, place)),
                    (None, taking) => waiting.push((who, taking)),
                },
                Act::Leave(at) if !waiting.is_empty() => drop(waiting.remove(at % waiting.len())),
                Act::End(at) if !working.is_empty() => drop(working.swap_remove(at % working.len())),
                Act::Leave(_) | Act::End(_) => {}
            }
            let mut still = Vec::new();
            for (who, mut taking) in waiting {
                match taking.as_mut().now_or_never() {
                    Some(place) => working.push((who, place)),
                    None => still.push((who, taking)),
                }
            }
            waiting = still;
            prop_assert!(working.len() <= places);
            let holds = |who: u8| working.iter().filter(|(other, _)| *other == who).count();
            prop_assert!((0..5).all(|who| holds(who) <= each));
            let idle = working.len() < places && waiting.iter().any(|(who, _)| holds(*who) < each);
            prop_assert!(!idle, "a place is free and somebody may have it");
        }
        working.clear();
        waiting.clear();
        let inner = turns.inner.lock();
        prop_assert_eq!((inner.free, inner.lines.len(), inner.held.len()), (places, 0, 0));
    }

    /// Each of the others has its turn once before a group has its second, however many stand in each line.
    #[test]
    fn no_group_has_a_second_turn_before_every_other_had_its_first(
        lines in proptest::collection::vec(1_usize..20, 2..6),
    ) {
        let turns = Turns::new(1, 1);
        let mut held = Some(now(&turns, "before"));
        let mut waiting: Vec<(usize, Taking)> = Vec::new();
        for (who, count) in lines.iter().enumerate() {
            waiting.extend((0..*count).map(|_| (who, line(&turns, &who.to_string()))));
        }
        let mut order = Vec::new();
        while !waiting.is_empty() {
            drop(held.take());
            let mut still = Vec::new();
            for (who, mut taking) in waiting {
                match taking.as_mut().now_or_never() {
                    Some(place) => {
                        order.push(who);
                        held = Some(place);
                    }
                    None => still.push((who, taking)),
                }
            }
            waiting = still;
        }
        let mut first = order[..lines.len()].to_vec();
        first.sort_unstable();
        prop_assert_eq!(first, (0..lines.len()).collect::<Vec<_>>());
    }
}
