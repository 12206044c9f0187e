//! Turns and shares, without tasks: somebody who waits is a number.

use std::collections::HashMap;

use proptest::prelude::*;

use super::Line;

fn admitted(line: &mut Line<u32>) -> Vec<u32> {
    line.admit().into_iter().map(|turn| turn.waiter).collect()
}

#[test]
fn namespaces_take_turns_and_within_one_the_first_is_first() {
    let mut line = Line::new(10);
    line.enter("busy", 5, 0);
    assert_eq!(admitted(&mut line), [0]);
    for waiter in 1..4 {
        line.enter("busy", 5, waiter);
    }
    line.enter("quiet", 5, 10);
    assert_eq!(admitted(&mut line), [10], "the other half is for others");
    line.end("busy", 5);
    assert_eq!(admitted(&mut line), [1]);
    line.end("busy", 5);
    line.enter("quiet", 5, 11);
    line.end("quiet", 5);
    assert_eq!(admitted(&mut line), [2, 11], "in the order of turns");
}

#[test]
fn a_large_one_is_not_overtaken_for_ever() {
    let mut line = Line::new(10);
    line.enter("a", 4, 0);
    assert_eq!(admitted(&mut line), [0]);
    line.enter("large", 10, 1);
    line.enter("b", 1, 2);
    assert!(admitted(&mut line).is_empty(), "there is room for the small one, but it is not its turn");
    line.end("a", 4);
    assert_eq!(admitted(&mut line), [1]);
    line.end("large", 10);
    assert_eq!(admitted(&mut line), [2]);
}

#[test]
fn one_reservation_may_take_all_and_several_of_one_namespace_half() {
    let mut line = Line::new(10);
    line.enter("a", 2, 0);
    assert_eq!(admitted(&mut line), [0]);
    assert!(line.grow("a", 8) && !line.grow("a", 1));
    line.shrink("a", 8);
    line.enter("a", 2, 1);
    assert_eq!(admitted(&mut line), [1]);
    assert!(line.grow("a", 1) && !line.grow("a", 1), "half of ten is five");
    assert_eq!(line.held(), 5);
}

#[test]
fn who_leaves_makes_way() {
    let mut line = Line::new(10);
    line.enter("a", 6, 0);
    assert_eq!(admitted(&mut line), [0]);
    let large = line.enter("b", 9, 1);
    line.enter("c", 4, 2);
    assert!(admitted(&mut line).is_empty());
    assert_eq!(line.leave("b", large), Some(1));
    assert_eq!(line.leave("b", large), None, "once");
    assert_eq!(admitted(&mut line), [2]);
    line.end("a", 6);
    line.end("c", 4);
    assert!(line.namespaces.is_empty() && line.turns.is_empty(), "nothing is remembered of who is gone");
}

#[derive(Clone, Debug)]
enum Act {
    Enter(u8, u64),
    Leave(usize),
    Grow(usize, u64),
    End(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..4_u8, 0..=100_u64).prop_map(|(namespace, bytes)| Act::Enter(namespace, bytes)),
        any::<prop::sample::Index>().prop_map(|at| Act::Leave(at.index(1000))),
        (0..1000_usize, 0..60_u64).prop_map(|(at, bytes)| Act::Grow(at, bytes)),
        (0..1000_usize).prop_map(Act::End),
    ]
}

proptest! {
    /// The sum is that of the reservations and never beyond the limit, and when all have ended, all have entered.
    #[test]
    fn accounts_are_right(acts in prop::collection::vec(act(), 0..200)) {
        let mut line: Line<u64> = Line::new(100);
        let (mut holds, mut waits) = (Vec::<(u64, u8, u64)>::new(), HashMap::<u64, u8>::new());
        let (mut entered, mut left, mut next) = (0, 0, 0);
        for act in acts {
            match act {
                Act::Enter(namespace, bytes) => {
                    let id = line.enter(&namespace.to_string(), bytes, next);
                    prop_assert_eq!(id, next);
                    waits.insert(id, namespace);
                    next += 1;
                }
                Act::Leave(at) => {
                    let id = at as u64 % next.max(1);
                    if let Some(namespace) = waits.remove(&id) {
                        prop_assert_eq!(line.leave(&namespace.to_string(), id), Some(id));
                        left += 1;
                    }
                }
                Act::Grow(at, more) if !holds.is_empty() => {
                    let at = at % holds.len();
                    let namespace = holds[at].1.to_string();
                    if line.grow(&namespace, more) {
                        holds[at].2 += more;
                    }
                }
                Act::End(at) if !holds.is_empty() => {
                    let (_, namespace, bytes) = holds.remove(at % holds.len());
                    line.end(&namespace.to_string(), bytes);
                }
                Act::Grow(..) | Act::End(_) => {}
            }
            for turn in line.admit() {
                waits.remove(&turn.waiter);
                holds.push((turn.waiter, turn.namespace.parse().unwrap(), turn.bytes));
                entered += 1;
            }
            prop_assert_eq!(line.held(), holds.iter().map(|hold| hold.2).sum::<u64>());
            prop_assert!(line.held() <= 100);
        }
        while let Some((_, namespace, bytes)) = holds.pop() {
            line.end(&namespace.to_string(), bytes);
            for turn in line.admit() {
                holds.push((turn.waiter, turn.namespace.parse().unwrap(), turn.bytes));
                entered += 1;
            }
        }
        prop_assert_eq!(entered + left, next);
        prop_assert_eq!(line.held(), 0);
    }
}
