//! When corrections are a fight, and when it is over.

use super::super::bounds::{CORRECTIONS, WINDOW};
use super::Fights;
use crate::samples::id;
use api::drift_report::{FieldDrift, Fight, MAX_FIGHTS};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn path(path: &str, live: &str) -> FieldDrift {
    FieldDrift {
        path: path.to_owned(),
        desired: Some("\"ours\"".to_owned()),
        live: Some(live.to_owned()),
        manager: Some("rival".to_owned()),
        changed_at: None,
    }
}

fn told(fights: &Fights, second: i64) -> Vec<String> {
    let line = |fight: &Fight| {
        let seconds = |time: &Timestamp| time.duration_since(at(0)).as_secs();
        let retry = fight.retry_at.as_ref().map_or("-".to_owned(), |time| seconds(&time.0).to_string());
        format!(
            "{} {} {}x since {} retry {retry}",
            fight.id,
            fight.path,
            fight.corrections,
            seconds(&fight.since.0)
        )
    };
    fights.told(at(second)).iter().map(line).collect()
}

#[test]
fn three_corrections_of_one_field_in_ten_minutes_are_a_fight() {
    let mut fights = Fights::default();
    assert!(!fights.corrected(&id("a"), &[path("/x", "1"), path("/y", "1")], at(0)));
    assert!(!fights.corrected(&id("a"), &[path("/x", "2")], at(300)));
    assert!(fights.told(at(300)).is_empty() && fights.next_end().is_none());
    assert!(fights.corrected(&id("a"), &[path("/x", "3")], at(599)));
    assert_eq!(told(&fights, 599), ["ns_a__ConfigMap /x 3x since 0 retry -"]);
    assert_eq!(fights.told(at(599))[0].live.as_deref(), Some("3"), "the last that was said");
    // Too far apart.
    let mut slow = Fights::default();
    for n in 0..10 {
        assert!(!slow.corrected(&id("a"), &[path("/x", "1")], at(n * 301)), "{n}");
    }
}

#[test]
fn a_fight_is_over_when_it_was_quiet_for_ten_minutes() {
    let mut fights = Fights::default();
    for second in [0, 1, 2] {
        fights.corrected(&id("a"), &[path("/x", "1")], at(second));
    }
    assert_eq!(fights.next_end(), Some(at(602)));
    // Once more, and it lasts; how many there were is counted over the window before.
    assert!(fights.corrected(&id("a"), &[path("/x", "1")], at(601)));
    assert_eq!(told(&fights, 601), ["ns_a__ConfigMap /x 2x since 0 retry -"]);
    assert!(!fights.expire(at(1200)));
    assert!(fights.expire(at(1201)));
    assert!(fights.is_empty());
}

#[test]
fn what_the_brake_holds_is_not_quiet() {
    let mut fights = Fights::default();
    fights.corrected(&id("a"), &[path("/x", "1")], at(0));
    assert!(
        fights.braked(&id("a"), &[path("/x", "2")], at(3600), at(5)),
        "the brake knows a fight when it sees one"
    );
    assert_eq!(told(&fights, 5), ["ns_a__ConfigMap /x 1x since 0 retry 3600"]);
    assert!(!fights.braked(&id("a"), &[], at(3600), at(9)), "the same again");
    assert!(!fights.expire(at(3600 + 599)));
    assert!(fights.corrected(&id("a"), &[path("/x", "3")], at(3601)));
    assert_eq!(told(&fights, 3601), ["ns_a__ConfigMap /x 1x since 0 retry -"]);
    assert_eq!(fights.next_end(), Some(at(3601 + 600)));
    // Of an object of which no correction is known.
    let mut fights = Fights::default();
    fights.braked(&id("b"), &[], at(10), at(5));
    assert_eq!(told(&fights, 5), ["ns_b__ConfigMap  0x since 5 retry 10"]);
}

#[test]
fn deletions_count_as_the_whole_object() {
    let mut fights = Fights::default();
    for second in [0, 1, 2] {
        fights.corrected(&id("a"), &[], at(second));
    }
    assert_eq!(told(&fights, 2), ["ns_a__ConfigMap  3x since 0 retry -"]);
    assert!(fights.keep(&|_| false) && fights.is_empty());
}

#[test]
fn what_was_written_before_has_to_be_quiet_from_now_on() {
    let mut written = Fights::default();
    for second in [0, 1, 2] {
        written.corrected(&id("a"), &[path("/x", "1")], at(second));
    }
    let mut fights = Fights::default();
    fights.restore(&written.told(at(3)), at(1000));
    assert_eq!(told(&fights, 1000), ["ns_a__ConfigMap /x 3x since 0 retry -"]);
    assert_eq!(fights.next_end(), Some(at(1600)));
    assert!(fights.corrected(&id("a"), &[path("/x", "1")], at(1001)));
}

#[test]
fn few_are_told_and_not_all_are_counted() {
    let mut fights = Fights::default();
    for n in 0..2000 {
        for second in [0, 1, 2] {
            fights.corrected(&id(&format!("o{n}")), &[path("/x", "1")], at(second));
        }
    }
    assert_eq!((fights.told(at(3)).len(), fights.count()), (MAX_FIGHTS, 1000));
}

/// An element of a list that went and one that came may have the same pointer, and so may long keys that are cut.
#[test]
fn what_is_put_back_at_once_is_one_correction() {
    let mut fights = Fights::default();
    for second in [0, 300] {
        let gone = path("/metadata/finalizers/0", "1");
        assert!(!fights.corrected(&id("a"), &[gone.clone(), gone.clone(), gone], at(second)), "{second}");
    }
    assert!(fights.told(at(300)).is_empty());
}

#[test]
fn a_field_that_is_quiet_is_not_fought_over_because_another_one_is_not() {
    let mut fights = Fights::default();
    for second in [0, 1, 2] {
        fights.corrected(&id("a"), &[path("/x", "1"), path("/y", "1")], at(second));
    }
    for second in [300, 601] {
        fights.corrected(&id("a"), &[path("/z", "1")], at(second));
    }
    assert_eq!(told(&fights, 601), ["ns_a__ConfigMap /x 3x since 0 retry -"]);
    assert_eq!(fights.next_end(), Some(at(602)));
    assert!(told(&fights, 602).is_empty());
    assert!(fights.expire(at(602)), "the end is told");
    assert_eq!(fights.count(), 0);
    // What was counted within the window still counts.
    assert!(fights.corrected(&id("a"), &[path("/z", "1")], at(650)));
    assert_eq!(told(&fights, 650), ["ns_a__ConfigMap /z 3x since 300 retry -"]);
}

#[test]
fn old_corrections_leave_room_for_new_ones() {
    let mut fights = Fights::default();
    for second in 0..100 {
        fights.corrected(&id("a"), &[path(&format!("/{second:03}"), "1")], at(second * 60));
    }
    for second in [6000, 6001, 6002] {
        fights.corrected(&id("a"), &[path("/x", "1")], at(second));
    }
    assert_eq!(told(&fights, 6002), ["ns_a__ConfigMap /x 3x since 6000 retry -"]);
}

#[test]
fn that_one_is_over_is_news_whatever_is_told_of_others() {
    let mut fights = Fights::default();
    for second in [0, 1, 2] {
        fights.corrected(&id("a"), &[path("/x", "1")], at(second));
    }
    fights.braked(&id("b"), &[], at(3000), at(100));
    assert!(fights.braked(&id("b"), &[], at(3000), at(700)), "the fight for a is over");
    assert_eq!(told(&fights, 700), ["ns_b__ConfigMap  0x since 100 retry 3000"]);
}

/// The end of a delay is worked out from two clocks, and cut to seconds.
#[test]
fn the_end_of_a_delay_does_not_flicker() {
    let mut fights = Fights::default();
    fights.braked(&id("a"), &[], at(3000), at(5));
    assert!(!fights.braked(&id("a"), &[], at(3001), at(6)));
    assert!(!fights.braked(&id("a"), &[], at(2999), at(7)));
    assert_eq!(told(&fights, 7), ["ns_a__ConfigMap  0x since 5 retry 3000"]);
    assert!(fights.braked(&id("a"), &[], at(3010), at(8)));
}

proptest! {
    /// A field is fought over from its third correction within a window on, and until a window has passed without one.
    #[test]
    fn fights_are_by_the_window(gaps in prop::collection::vec(1..900_i64, 1..40)) {
        let (mut fights, mut times, mut now) = (Fights::default(), Vec::new(), 0);
        let mut fighting = false;
        for gap in gaps {
            fighting &= gap < WINDOW.as_secs();
            prop_assert_eq!(fights.told(at(now + gap)).len(), usize::from(fighting));
            now += gap;
            times.push(now);
            fights.corrected(&id("a"), &[path("/x", "1")], at(now));
            let recent = times.iter().filter(|time| now - **time < WINDOW.as_secs()).count();
            fighting |= recent >= CORRECTIONS;
            prop_assert_eq!(fights.count(), usize::from(fighting));
            if fighting {
                let end = at(now).checked_add(SignedDuration::from_mins(10)).unwrap();
                prop_assert_eq!(fights.next_end(), Some(end));
            }
        }
    }
}
