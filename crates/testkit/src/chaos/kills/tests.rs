//! That the harness would see what it is there to see, and that its commits are what they should be.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;

use super::content::{Commit, KINDS};
use super::judge::{self, Broken, Finding, Live, Seen};
use super::report::{Moment, Next, Report, Wrong};
use crate::chaos::dice::Dice;

const TEST: &str = "kills-1";

/// The objects of a commit as they are when all is well.
fn live(commit: &Commit) -> Live {
    let seen = |(id, edition): (String, u64)| (id.clone(), Seen { uid: id, edition: Some(edition) });
    commit.declared(TEST).into_iter().map(seen).collect()
}

/// What is found after a change of live objects and inventory; `x` stands for the first object.
#[track_caller]
fn check(change: impl Fn(&mut Live, &mut BTreeSet<String>, &str), expected: &[(Broken, &str)]) {
    let commit = Commit::first();
    let declared = commit.declared(TEST);
    let first = declared.keys().next().unwrap().clone();
    let (mut live, mut inventory) = (live(&commit), declared.keys().cloned().collect());
    change(&mut live, &mut inventory, &first);
    let found = judge::settled(&declared, &live, &inventory);
    let found: Vec<(Broken, &str)> = found
        .iter()
        .map(|found| (found.broken, if found.object == first { "x" } else { &found.object }))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn every_kind_of_loss_is_found() {
    check(|_, _, _| (), &[]);
    check(|live, _, x| drop(live.remove(x)), &[(Broken::Missing, "x")]);
    check(|_, inventory, x| assert!(inventory.remove(x)), &[(Broken::Forgotten, "x")]);
    check(|live, _, x| live.get_mut(x).unwrap().edition = Some(9), &[(Broken::Stale, "x")]);
    check(|live, _, x| live.get_mut(x).unwrap().edition = None, &[(Broken::Stale, "x")]);
    check(
        |live, _, x| {
            live.insert("more".to_owned(), live[x].clone());
        },
        &[(Broken::Orphan, "more")],
    );
    check(
        |_, inventory, _| {
            inventory.insert("more".to_owned());
        },
        &[(Broken::LeftOver, "more")],
    );
}

#[test]
fn what_was_made_and_not_recorded_is_found_after_a_kill() {
    let live = live(&Commit::first());
    let mut inventory: BTreeSet<String> = live.keys().cloned().collect();
    assert_eq!(judge::at_any_instant(&live, &inventory), []);
    let first = live.keys().next().unwrap();
    inventory.remove(first);
    let expected = Finding { broken: Broken::Unrecorded, object: first.clone() };
    assert_eq!(judge::at_any_instant(&live, &inventory), [expected]);
}

#[test]
fn an_object_that_stayed_declared_must_be_the_same() {
    let commit = Commit::first();
    let (before, declared) = (live(&commit), commit.declared(TEST));
    let first = before.keys().next().unwrap().clone();
    let mut recreated = before.clone();
    recreated.get_mut(&first).unwrap().uid = "another".to_owned();
    let mut gone = before.clone();
    gone.remove(&first);
    let mut not_any_more = declared.clone();
    not_any_more.remove(&first);
    for now in [recreated, gone] {
        let found = judge::deleted(&before, &now, &[&declared, &declared]);
        assert_eq!(found, [Finding { broken: Broken::Deleted, object: first.clone() }]);
        assert_eq!(judge::deleted(&before, &now, &[&declared, &not_any_more]), [], "it had to go");
    }
    assert_eq!(judge::deleted(&before, &before, &[&declared]), []);
}

#[test]
fn an_object_that_is_being_deleted_is_not_there() {
    let mut object = json!({"metadata": {"uid": "1", "labels": {"kills.flyball.dev/edition": "7"}}});
    assert_eq!(Seen::of(&object), Some(Seen { uid: "1".to_owned(), edition: Some(7) }));
    object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(Seen::of(&object), None);
}

#[test]
fn a_hundred_objects_of_which_some_change_and_some_are_renamed() {
    let first = Commit::first();
    assert_eq!((first.len(), first.declared(TEST).len()), (100, 100));
    let mut dice = Dice::of(&[7]);
    for edition in 1..50 {
        let changed = first.changed(edition, &mut dice).declared(TEST);
        assert!(changed.keys().eq(first.declared(TEST).keys()), "no name changes");
        let some = changed.values().filter(|found| **found == edition).count();
        assert!((10..=100).contains(&some), "{some}");
        let renamed = first.renamed(edition, &mut dice).declared(TEST);
        assert_eq!(renamed.len(), 100);
        let new: BTreeMap<_, _> =
            renamed.iter().filter(|(id, _)| !first.declared(TEST).contains_key(*id)).collect();
        assert!((3..95).contains(&new.len()), "{}", new.len());
        assert!(new.keys().all(|id| !id.ends_with("_Namespace") && !id.ends_with("Definition")), "{new:?}");
    }
}

#[test]
fn the_files_declare_what_the_commit_says() {
    let commit = Commit::first();
    let text: String = commit.files(TEST).into_iter().map(|(_, text)| text).collect();
    let mut ids = BTreeMap::new();
    for document in text.split("---\n").filter(|document| !document.is_empty()) {
        let object: serde_json::Value = serde_json::from_str(document).unwrap();
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
        let kind = KINDS.iter().find(|kind| kind.kind == object["kind"]).unwrap();
        let edition: u64 =
            object["metadata"]["labels"]["kills.flyball.dev/edition"].as_str().unwrap().parse().unwrap();
        ids.insert(kind.id(TEST, &text("namespace"), &text("name")), edition);
    }
    assert_eq!(ids, commit.declared(TEST));
}

#[test]
fn the_report_counts_and_names() {
    let mut report = Report { seed: 3, objects: 100, ..Report::default() };
    report.rounds.insert((Moment::During, Next::Revert), 5);
    report.rounds.insert((Moment::During, Next::Same), 2);
    report.rounds.insert((Moment::Before, Next::Same), 1);
    assert_eq!((report.count(), report.at(Moment::During), report.at(Moment::After)), (8, 7, 0));
    assert!(report.to_string().contains("no orphan, no lost id, no wrong deletion"), "{report}");
    let findings = vec![Finding { broken: Broken::Orphan, object: "a_b__ConfigMap".to_owned() }];
    let after = Duration::from_millis(250);
    report.wrong = Some(Wrong { round: 8, after, moment: Moment::During, next: Next::Revert, findings });
    let text = report.to_string();
    assert!(
        text.contains(
            "WRONG round 8, killed 250ms after the artifact, while it wrote; then revert:\n  a_b__ConfigMap is in"
        ),
        "{text}"
    );
}
