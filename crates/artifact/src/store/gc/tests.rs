//! What retention lets go, by table, and which files count.

use std::fs;
use std::time::{Duration, SystemTime};

use super::{Record, Retention, TICK, artifacts_in, garbage, time_of_publication};

fn ages(now: SystemTime, ages: &[(&str, u64)]) -> Vec<Record> {
    ages.iter()
        .map(|(name, age)| Record { name: (*name).to_owned(), modified: now - Duration::from_secs(*age) })
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
    let future = Record { name: "f".to_owned(), modified: now + Duration::from_secs(3600) };
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
