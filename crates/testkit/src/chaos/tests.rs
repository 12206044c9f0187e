//! That the harness would see what it is there to see: its comparison, its generator, its quota and its guards.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::compare::{Difference, compare};
use super::content::{Declared, edition};
use super::dice::Dice;
use super::heals::{Edit, Quota};
use super::report::Part;
use super::{Paused, Report, Scenario, heals};

const SEED: u64 = 7;

fn owner() -> BTreeMap<String, String> {
    BTreeMap::from([("owner".to_owned(), "app".to_owned())])
}

/// The objects of an edition as an API server would show them.
fn live(declared: &[Declared]) -> Vec<Value> {
    let live = declared.iter().map(|declared| {
        let mut labels = declared.labels.clone();
        labels.extend(owner());
        json!({
            "metadata": {
                "name": declared.name, "uid": "1", "resourceVersion": "7",
                "labels": labels, "annotations": declared.annotations,
            },
            "data": declared.data,
        })
    });
    live.collect()
}

/// What is found after a change of the live objects: fields with expected and found.
#[track_caller]
fn check(change: impl Fn(&mut Vec<Value>), expected: &[(&str, &str, Option<&str>, Option<&str>)]) {
    let declared = edition(SEED, 3, 5);
    let mut objects = live(&declared);
    change(&mut objects);
    let found = compare(&declared, &owner(), &objects);
    let found: Vec<_> = found
        .iter()
        .map(|found: &Difference| {
            (found.object.as_str(), found.field.as_str(), found.expected.as_deref(), found.found.as_deref())
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn the_comparison_finds_every_kind_of_difference() {
    let declared = Declared::of(SEED, 1, 5);
    let value = |key: &str| Some(declared.data[key].as_str());
    check(|_| (), &[]);
    check(
        |objects| objects[1]["data"]["steady"] = json!("edited"),
        &[("chaos-00001", "data.steady", value("steady"), Some("edited"))],
    );
    check(
        |objects| drop(objects[1]["data"].as_object_mut().unwrap().remove("slow")),
        &[("chaos-00001", "data.slow", value("slow"), None)],
    );
    check(
        |objects| objects[1]["data"]["more"] = json!("than declared"),
        &[("chaos-00001", "data.more", None, Some("than declared"))],
    );
    check(|objects| drop(objects.remove(1)), &[("chaos-00001", "object", Some("present"), None)]);
    check(
        |objects| objects.push(json!({"metadata": {"name": "stranger"}})),
        &[("stranger", "object", None, Some("present"))],
    );
    check(
        |objects| objects[2]["metadata"]["labels"]["edition"] = json!("e4"),
        &[("chaos-00002", "labels.edition", Some("e5"), Some("e4"))],
    );
    check(
        |objects| drop(objects[2]["metadata"]["labels"].as_object_mut().unwrap().remove("owner")),
        &[("chaos-00002", "labels.owner", Some("app"), None)],
    );
    check(
        |objects| objects[0]["metadata"]["annotations"]["chaos/more"] = json!("x"),
        &[("chaos-00000", "annotations.chaos/more", None, Some("x"))],
    );
    check(
        |objects| objects[0]["binaryData"] = json!({"b": "eA=="}),
        &[("chaos-00000", "binaryData.b", None, Some("eA=="))],
    );
    check(
        |objects| objects[0]["data"]["empty"] = Value::Null,
        &[(
            "chaos-00000",
            "data.empty",
            Declared::of(SEED, 0, 5).data.get("empty").map(String::as_str),
            Some("null"),
        )],
    );
}

#[test]
fn the_objects_follow_from_seed_and_edition_alone() {
    assert_eq!(edition(SEED, 4, 9), edition(SEED, 4, 9));
    assert_eq!(edition(SEED, 2, 9), edition(SEED, 4, 9)[..2], "an object does not depend on the others");
    assert_ne!(edition(SEED + 1, 1, 9), edition(SEED, 1, 9));
    // A fixed value: what a seed means must not change unnoticed.
    assert_eq!(Dice::of(&[SEED]).number(), 0xb8b4_c297_7eab_ce45);
}

#[test]
fn every_edition_changes_every_object_and_keys_come_and_go() {
    let (mut came, mut went, mut stayed) = (0, 0, 0);
    for number in 0..20 {
        for object in 0..20 {
            let (before, after) =
                (Declared::of(SEED, object, number), Declared::of(SEED, object, number + 1));
            assert_eq!(before.name, after.name);
            assert_ne!(before.data["edition"], after.data["edition"]);
            assert_eq!(before.data["steady"], after.data["steady"]);
            stayed += usize::from(before.data["slow"] == after.data["slow"]);
            came += after.data.keys().filter(|key| !before.data.contains_key(*key)).count();
            went += before.labels.keys().filter(|key| !after.labels.contains_key(*key)).count();
            let parsed: Value = serde_json::from_str(&after.file().1).unwrap();
            assert_eq!(parsed["data"], json!(after.data));
        }
    }
    assert!(came > 40 && went > 40 && stayed > 200, "{came} {went} {stayed}");
}

#[test]
fn every_edit_makes_a_difference() {
    let mut dice = Dice::of(&[SEED]);
    let mut deletions = 0;
    for round in 0..500 {
        let declared = Declared::of(SEED, round, 3);
        let Edit::Patch(patch) = Edit::of(&declared, round, &mut dice) else {
            deletions += 1;
            continue;
        };
        let mut objects = live(std::slice::from_ref(&declared));
        for map in ["/data", "/metadata/labels", "/metadata/annotations"] {
            for (key, value) in patch.pointer(map).and_then(Value::as_object).into_iter().flatten() {
                let target = objects[0].pointer_mut(map).and_then(Value::as_object_mut).unwrap();
                if value.is_null() {
                    target.remove(key);
                } else {
                    target.insert(key.clone(), value.clone());
                }
            }
        }
        assert_eq!(compare(&[declared], &owner(), &objects).len(), 1, "{patch}");
    }
    assert!((50..150).contains(&deletions), "{deletions}");
}

#[test]
fn no_object_is_edited_more_than_four_times_a_minute() {
    let mut quota = Quota::new(10);
    let start = Instant::now();
    let mut now = start;
    let mut edits: Vec<Vec<Instant>> = vec![Vec::new(); 10];
    for _ in 0..30 {
        let (chosen, from) = quota.choose(5);
        assert_eq!(chosen.len(), 5);
        now = from.map_or(now, |from| from.max(now)) + Duration::from_millis(10);
        quota.edited(&chosen, now);
        for object in chosen {
            edits[object].push(now);
        }
    }
    for each in edits {
        assert_eq!(each.len(), 15, "all are edited equally often");
        assert!(each.windows(5).all(|five| five[4] - five[0] >= Duration::from_secs(60)));
    }
    assert_eq!(Quota::new(3).choose(5).0.len(), 3, "no object twice in a batch");
    assert_eq!([heals::objects(5_000), heals::objects(100)], [1_000, 50]);
}

#[test]
fn the_report_counts_objects_and_shows_fields() {
    let difference = |object: &str, field: &str| Difference {
        object: object.to_owned(),
        field: field.to_owned(),
        expected: Some("new".to_owned()),
        found: None,
    };
    let mut part = Part::new(Scenario::Changes);
    part.round(50, 1, "main@sha1:a", Vec::new());
    part.round(50, 2, "main@sha1:b", vec![difference("x", "data.a"), difference("x", "data.b")]);
    part.requests.insert("patch configmaps".to_owned(), 150);
    let report = Report { seed: SEED, paused: Paused::default(), parts: vec![part] };
    assert_eq!((report.lost(), report.parts[0].objects, report.parts[0].hit), (1, 100, 1));
    let text = report.to_string();
    assert!(text.contains("   1.500  patch configmaps"), "{text}");
    assert!(
        text.contains("commit 2 (main@sha1:b): x: data.a: expected \"new\", found nothing, and 1 more"),
        "{text}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_paused_process_goes_on_in_the_end() {
    use super::disturb::Pauses;
    let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let state = |pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit(") ").next().and_then(|rest| rest.chars().next())
    };
    let pauses = Pauses::of(child.id(), Dice::of(&[SEED])).unwrap();
    let start = Instant::now();
    while state(child.id()) != Some('T') {
        assert!(start.elapsed() < Duration::from_secs(30), "never stopped");
        std::thread::yield_now();
    }
    assert!(pauses.end().count > 0);
    assert_ne!(state(child.id()), Some('T'), "left standing");
    child.kill().unwrap();
    child.wait().unwrap();
}
