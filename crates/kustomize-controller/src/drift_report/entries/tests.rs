//! What is told of objects that differ and of those that were put back, in which order, and for how long.

use super::super::finding::{Fields, Finding};
use super::{BYTES, Entries, HEALED_KEPT, OPEN_WITH_FIELDS};
use crate::samples::id;
use api::drift_report::DriftState::{Drifted, Failed, Healed};
use api::drift_report::{DriftState, DriftedObject, FieldDrift, MAX_DRIFTED};
use jiff::Timestamp;
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn path(path: &str, value: &str) -> FieldDrift {
    FieldDrift {
        path: path.to_owned(),
        desired: Some(value.to_owned()),
        live: Some("\"2\"".to_owned()),
        manager: Some("somebody".to_owned()),
        changed_at: None,
    }
}

fn finding(paths: &[&str]) -> Finding {
    let paths = paths.iter().map(|name| path(name, "\"1\"")).collect();
    Finding { deleted: false, fields: Some(Fields { paths, omitted: 0 }) }
}

fn unread() -> Finding {
    Finding { deleted: false, fields: None }
}

fn told(entries: &Entries, second: i64) -> Vec<String> {
    let objects = entries.told(at(second)).objects;
    objects
        .iter()
        .map(|object: &DriftedObject| {
            let name = object.id.split('_').nth(1).unwrap_or_default();
            let paths: Vec<&str> = object.paths.iter().map(|path| path.path.as_str()).collect();
            let since = object.since.0.duration_since(at(0)).as_secs();
            let gone = if object.deleted { " deleted" } else { "" };
            format!("{name} {:?}{gone} {} since {since}", object.state, paths.join(","))
        })
        .collect()
}

#[test]
fn what_differs_comes_first_then_what_was_healed_last() {
    let mut entries = Entries::default();
    assert!(entries.healed(&id("early"), &finding(&["/a"]), at(1), at(2)));
    assert!(entries.healed(&id("late"), &finding(&["/a"]), at(1), at(3)));
    assert!(entries.drifted(&id("z"), &finding(&["/a"]), Drifted, None, at(4)));
    assert!(entries.drifted(&id("b"), &Finding::of_deleted(), Failed, Some("no\nway"), at(5)));
    assert_eq!(
        told(&entries, 6),
        [
            "b Failed deleted  since 5",
            "z Drifted /a since 4",
            "late Healed /a since 1",
            "early Healed /a since 1",
        ]
    );
    assert_eq!(entries.told(at(6)).objects[0].message.as_deref(), Some("no\u{fffd}way"));
    let counted = entries.told(at(6));
    assert_eq!((counted.open, counted.healed, counted.omitted), (2, 2, 0));
    // An hour after they were healed nothing is said of them, and that is no news.
    assert_eq!(
        told(&entries, 3602),
        ["b Failed deleted  since 5", "z Drifted /a since 4", "late Healed /a since 1"]
    );
    entries.expire(at(3603));
    assert_eq!(entries.0.len(), 2);
}

#[test]
fn the_same_again_is_no_news() {
    let mut entries = Entries::default();
    assert!(entries.drifted(&id("a"), &finding(&["/a"]), Drifted, None, at(1)));
    assert!(!entries.drifted(&id("a"), &finding(&["/a"]), Drifted, None, at(9)));
    assert!(!entries.drifted(&id("a"), &unread(), Drifted, None, at(9)), "what was known stays known");
    assert!(entries.drifted(&id("a"), &finding(&["/b"]), Drifted, None, at(9)));
    assert!(!entries.refused(&id("b"), "no"), "nothing is known of it");
    assert!(entries.refused(&id("a"), "no"));
    assert!(!entries.refused(&id("a"), "no"));
    assert_eq!(told(&entries, 9), ["a Failed /b since 1"]);
    assert!(!entries.equal(&id("b")) && entries.equal(&id("a")));
    assert!(entries.is_empty());
}

#[test]
fn a_new_drift_begins_anew_and_a_heal_ends_it() {
    let mut entries = Entries::default();
    entries.drifted(&id("a"), &finding(&["/a"]), Failed, Some("no"), at(1));
    entries.healed(&id("a"), &unread(), at(5), at(6));
    assert_eq!(told(&entries, 6), ["a Healed /a since 1"]);
    assert!(!entries.equal(&id("a")), "what was healed is told for a while");
    entries.drifted(&id("a"), &unread(), Drifted, None, at(8));
    assert_eq!(told(&entries, 8), ["a Drifted  since 8"]);
    assert!(entries.overwritten(&id("a"), at(9)) && !entries.overwritten(&id("a"), at(9)));
    assert_eq!(entries.count(Healed), 1);
    assert!(!entries.all_equal());
    entries.drifted(&id("b"), &unread(), Drifted, None, at(8));
    assert!(entries.keep(&|kept| *kept != id("b")));
    assert_eq!(told(&entries, 9), ["a Healed  since 8"]);
}

#[test]
fn what_was_written_before_is_taken_in() {
    let mut written = Entries::default();
    written.drifted(&id("open"), &finding(&["/a"]), Drifted, None, at(1));
    written.drifted(&id("again"), &finding(&["/a"]), Failed, Some("no"), at(2));
    written.healed(&id("healed"), &Finding::of_deleted(), at(3), at(4));
    let objects = written.told(at(5)).objects;
    let mut entries = Entries::default();
    entries.drifted(&id("again"), &finding(&["/b"]), Drifted, None, at(9));
    let mut late = entries.clone();
    entries.restore(&objects, false);
    assert_eq!(
        told(&entries, 9),
        ["again Drifted /b since 2", "open Drifted /a since 1", "healed Healed deleted  since 3"]
    );
    late.restore(&objects, true);
    assert_eq!(
        told(&late, 9),
        ["again Drifted /b since 2", "healed Healed deleted  since 3"],
        "a run knows what differs"
    );
    let mut bad = objects;
    bad[0].id = "no id".to_owned();
    Entries::default().restore(&bad, false);
}

#[test]
fn everything_is_bounded() {
    let mut entries = Entries::default();
    let many: Vec<String> = (0..20).map(|n| format!("/{n:02}/{}", "p".repeat(200))).collect();
    let wide = Finding {
        deleted: false,
        fields: Some(Fields {
            paths: many.iter().map(|name| path(name, &"v".repeat(128))).collect(),
            omitted: 5,
        }),
    };
    for n in 0..1000 {
        entries.drifted(&id(&format!("open{n:04}")), &wide, Drifted, None, at(1));
        entries.healed(&id(&format!("healed{n:04}")), &wide, at(1), at(n));
    }
    let told = entries.told(at(1000));
    assert_eq!((told.objects.len(), told.open, told.healed), (MAX_DRIFTED, 1000, HEALED_KEPT));
    assert_eq!(told.omitted, 1000 + HEALED_KEPT - MAX_DRIFTED);
    assert!(serde_json::to_vec(&told.objects).unwrap().len() < BYTES * 2);
    assert_eq!(told.objects[0].omitted_paths, Some(5));
    assert_eq!(told.objects[99].omitted_paths, Some(25));
    let with_fields = entries.0.values().filter(|entry| !entry.fields.paths.is_empty()).count();
    assert_eq!(with_fields, OPEN_WITH_FIELDS + HEALED_KEPT);
}

/// As every full pass does in mode `Report`.
#[test]
fn looking_again_does_not_make_it_more() {
    let mut entries = Entries::default();
    for _ in 0..3 {
        for n in 0..1000 {
            entries.drifted(&id(&format!("o{n:04}")), &finding(&["/a"]), Drifted, None, at(1));
        }
    }
    let with_fields =
        |entries: &Entries| entries.0.values().filter(|entry| !entry.fields.paths.is_empty()).count();
    assert_eq!(with_fields(&entries), OPEN_WITH_FIELDS);
    // There is room again for others once some are as they should be.
    for n in 0..100 {
        entries.equal(&id(&format!("o{n:04}")));
    }
    entries.drifted(&id("o0999"), &finding(&["/a"]), Drifted, None, at(1));
    assert_eq!(with_fields(&entries), OPEN_WITH_FIELDS - 99);
}

/// Of a clock that is set back, or of an earlier process on another node.
#[test]
fn nothing_is_healed_before_it_drifted() {
    let mut entries = Entries::default();
    entries.drifted(&id("a"), &unread(), Drifted, None, at(100));
    entries.drifted(&id("b"), &unread(), Drifted, None, at(100));
    entries.overwritten(&id("a"), at(50));
    entries.healed(&id("b"), &unread(), at(60), at(50));
    assert_eq!(told(&entries, 50), ["a Healed  since 50", "b Healed  since 50"]);
}

#[derive(Clone, Debug)]
enum Op {
    Drifted(u8, DriftState),
    Healed(u8),
    Overwritten(u8),
    Equal(u8),
    Refused(u8),
    Expire,
}

fn op() -> impl Strategy<Value = Op> {
    let name = || 0..4_u8;
    prop_oneof![
        (name(), prop_oneof![Just(Drifted), Just(Failed)]).prop_map(|(name, state)| Op::Drifted(name, state)),
        name().prop_map(Op::Healed),
        name().prop_map(Op::Overwritten),
        name().prop_map(Op::Equal),
        name().prop_map(Op::Refused),
        Just(Op::Expire),
    ]
}

proptest! {
    /// What is told changes exactly when that is said to be news, but for what grows old.
    #[test]
    fn news_is_what_changes_what_is_told(ops in prop::collection::vec(op(), 1..60)) {
        let mut entries = Entries::default();
        for (second, op) in (0_i64..).zip(ops) {
            let (now, before) = (at(second), told(&entries, second));
            let name = |name: u8| id(&format!("o{name}"));
            let paths = finding(&["/a"]);
            let news = match op {
                Op::Drifted(object, state) => entries.drifted(&name(object), &paths, state, None, now),
                Op::Healed(object) => entries.healed(&name(object), &paths, now, now),
                Op::Overwritten(object) => entries.overwritten(&name(object), now),
                Op::Equal(object) => entries.equal(&name(object)),
                Op::Refused(object) => entries.refused(&name(object), "no"),
                Op::Expire => { entries.expire(now); false }
            };
            let changed = told(&entries, second) != before;
            // That an object was healed again, or refused, shows in its time or message, which is not compared here.
            prop_assert!(!changed || news);
            for object in entries.told(now).objects {
                prop_assert_eq!(object.healed_at.is_some(), object.state == Healed);
                prop_assert!(object.healed_at.is_none_or(|healed| healed >= object.since));
            }
        }
    }
}
