//! What retention lets go, by table, and which files count.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, SystemTime};

use super::{Kept, Others, Record, Retention, TICK, artifacts_in, beside_kept, garbage, time_of_publication};

fn ages(now: SystemTime, ages: &[(&str, u64)]) -> Vec<Record> {
    ages.iter()
        .map(|(name, age)| Record {
            name: (*name).to_owned(),
            modified: now - Duration::from_secs(*age),
            size: 10,
        })
        .collect()
}

#[test]
fn retention_by_age_then_by_count_never_the_current() {
    let now = SystemTime::now();
    let retention = Retention::default();
    let check = |records: &[(&str, u64)], current: &str, expected: &[&str]| {
        assert_eq!(garbage(ages(now, records), &[current], &retention, now), expected, "{records:?}");
    };
    check(&[("a", 10), ("b", 5)], "b", &[]);
    check(&[("a", 61), ("b", 5)], "b", &["a"]);
    check(&[("a", 600)], "a", &[]);
    check(&[("a", 600), ("b", 5)], "a", &[]);
    check(&[("a", 30), ("b", 20), ("c", 10)], "c", &["a"]);
    check(&[("a", 30), ("b", 20), ("c", 10)], "a", &["b"]);
    check(&[("a", 90), ("b", 80), ("c", 10), ("d", 5)], "d", &["a", "b"]);
    check(&[("a", 30), ("b", 20), ("c", 10), ("d", 5)], "d", &["a", "b"]);
}

#[test]
fn neither_of_two_that_may_be_the_current_one_goes() {
    let now = SystemTime::now();
    let retention = Retention { records: 1, ..Retention::default() };
    let records = ages(now, &[("a", 900), ("b", 600), ("c", 10)]);
    assert_eq!(garbage(records, &["b", "c"], &retention, now), ["a"]);
}

#[test]
fn the_age_at_which_a_file_goes_is_exact_and_a_file_from_the_future_is_young() {
    let now = SystemTime::now();
    let retention = Retention { ttl: Duration::from_secs(60), records: 9 };
    assert!(garbage(ages(now, &[("a", 60)]), &[], &retention, now).is_empty(), "not older than the limit");
    let later = now + Duration::from_nanos(1);
    assert_eq!(garbage(ages(now, &[("a", 60)]), &[], &retention, later), ["a"]);
    let future = Record { name: "f".to_owned(), modified: now + Duration::from_secs(3600), size: 1 };
    assert!(garbage(vec![future], &[], &retention, now).is_empty());
}

#[test]
fn files_of_one_time_go_in_the_order_of_their_names() {
    let now = SystemTime::now();
    let retention = Retention { records: 1, ..Retention::default() };
    let records = ages(now, &[("b", 5), ("c", 5), ("a", 5)]);
    assert_eq!(garbage(records, &["c"], &retention, now), ["a", "b"]);
}

#[test]
fn a_count_of_nothing_still_keeps_what_is_published() {
    let now = SystemTime::now();
    let retention = Retention { records: 0, ..Retention::default() };
    assert_eq!(garbage(ages(now, &[("a", 5), ("b", 1)]), &["b"], &retention, now), ["a"]);
    assert!(garbage(Vec::new(), &["b"], &retention, now).is_empty());
}

#[test]
fn links_locks_folders_and_hidden_files_are_not_artifacts() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.tar.gz", "a.tar.gz.lock", ".tmp-1"] {
        fs::write(folder.path().join(name), b"").unwrap();
    }
    fs::create_dir(folder.path().join("folder")).unwrap();
    std::os::unix::fs::symlink("a.tar.gz", folder.path().join("latest.tar.gz")).unwrap();
    let names: Vec<String> = artifacts_in(folder.path()).unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["a.tar.gz"]);
    assert!(artifacts_in(&folder.path().join("absent")).unwrap().is_empty());
    assert!(artifacts_in(&folder.path().join("a.tar.gz")).is_err(), "a file is not a folder");
}

#[test]
fn a_publication_is_later_than_all_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let now = SystemTime::now();
    assert_eq!(time_of_publication(folder.path(), now), now, "nothing is there");
    let path = folder.path().join("a");
    fs::write(&path, b"").unwrap();
    let set = |time| fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    set(now - Duration::from_secs(60));
    assert_eq!(time_of_publication(folder.path(), now), now);
    set(now + Duration::from_secs(60));
    let modified = path.metadata().unwrap().modified().unwrap();
    assert_eq!(time_of_publication(folder.path(), now), modified + TICK);
}

#[test]
fn what_somebody_runs_stays_within_the_bound_the_newest_first() {
    let now = SystemTime::now();
    let retention = Retention { ttl: Duration::from_secs(60), records: 2 };
    let all = [("a", 900), ("b", 800), ("c", 700), ("d", 600), ("e", 5)];
    let gone = |needed: &str, others: Others, records: usize, bytes: u64| {
        let needed = needed.chars().map(String::from).collect();
        let kept = Kept { needed, others, records, bytes };
        garbage(beside_kept(ages(now, &all), &["e"], &kept), &["e"], &retention, now).concat()
    };
    assert_eq!(gone("", Others::Free, 9, 900), "abcd");
    assert_eq!(gone("be", Others::Free, 9, 900), "acd");
    assert_eq!(gone("abd", Others::Free, 2, 900), "ac", "two places");
    assert_eq!(gone("abe", Others::Free, 2, 900), "cd", "what is published takes none");
    assert_eq!(gone("abd", Others::Free, 9, 20), "ac", "twenty bytes");
    assert_eq!(gone("abd", Others::Free, 9, 19), "abc");
    assert_eq!(gone("abd", Others::Free, 0, 900), "abcd", "off");
    assert_eq!(gone("", Others::Doubtful, 3, 900), "a");
    assert_eq!(gone("a", Others::Doubtful, 3, 900), "b", "what is known to be needed goes first");
    assert_eq!(gone("", Others::Unknown, 1, 1), "", "soon it is known");
}

#[test]
fn what_is_kept_crowds_nothing_else_out() {
    let now = SystemTime::now();
    let retention = Retention { ttl: Duration::from_secs(60), records: 2 };
    let all = [("a", 900), ("b", 30), ("c", 5)];
    let needed = BTreeSet::from(["a".to_owned()]);
    let kept = Kept { needed, others: Others::Free, records: 1, bytes: 10 };
    let rest = beside_kept(ages(now, &all), &["c"], &kept);
    assert!(garbage(rest, &["c"], &retention, now).is_empty(), "b is in its grace");
}
