//! Marks as they are read and written, and who is blamed.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use super::{Mark, Marks, blame, wait};

const fn running(deaths: u32) -> Mark {
    Mark { running: true, deaths }
}

const fn waiting(deaths: u32) -> Mark {
    Mark { running: false, deaths }
}

fn blamed(marks: &[(&str, Mark)]) -> Vec<(String, u32)> {
    let marks = marks.iter().map(|(uid, mark)| ((*uid).to_owned(), *mark)).collect();
    let mut blamed: Vec<_> = blame(marks).into_iter().collect();
    blamed.sort();
    blamed
}

fn of(uid: &str, deaths: u32) -> (String, u32) {
    (uid.to_owned(), deaths)
}

#[test]
fn who_is_to_blame() {
    assert_eq!(blamed(&[]), []);
    assert_eq!(blamed(&[("a", running(0)), ("b", running(0))]), [of("a", 1), of("b", 1)]);
    assert_eq!(blamed(&[("a", running(0)), ("b", running(1))]), [of("b", 2)], "the suspect alone");
    assert_eq!(blamed(&[("a", running(0)), ("b", waiting(3))]), [of("a", 1), of("b", 3)]);
    assert_eq!(blamed(&[("a", waiting(0)), ("b", running(u32::MAX))]), [of("b", u32::MAX)]);
}

#[test]
fn how_long_a_suspect_waits() {
    let seconds = |deaths| wait(deaths, Duration::from_secs(60), Duration::from_secs(3600)).as_secs();
    assert_eq!([0, 1, 2, 3, 4, 7, 8, u32::MAX].map(seconds), [0, 0, 60, 120, 240, 1920, 3600, 3600]);
}

#[test]
fn marks_are_read_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let marks = Marks::open(folder.path().join("a/b"));
    let uid = "0b1c3d5e-7f90-4a1b-8c2d-3e4f5a6b7c8d";
    marks.write(uid, running(7));
    marks.write("other", waiting(1));
    assert_eq!(marks.read(), HashMap::from([(uid.to_owned(), running(7)), ("other".to_owned(), waiting(1))]));
    marks.remove(uid);
    marks.remove(uid);
    marks.replace(&HashMap::from([("third".to_owned(), 2)]));
    assert_eq!(marks.read(), HashMap::from([("third".to_owned(), waiting(2))]));
}

#[test]
fn no_uid_leads_out_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let marks = Marks::open(folder.path().join("marks"));
    fs::write(folder.path().join("x"), "keep").unwrap();
    for uid in ["../x", "", ".", "..", "a/b", "ü", &"a".repeat(65)] {
        marks.write(uid, running(0));
        marks.remove(uid);
    }
    assert!(marks.read().is_empty());
    assert_eq!(fs::read_to_string(folder.path().join("x")).unwrap(), "keep");
}

#[test]
fn what_does_not_read_as_a_mark_is_not_heeded() {
    let folder = tempfile::tempdir().unwrap();
    let marks = Marks::open(folder.path().to_owned());
    for (name, text) in [
        ("a", "running"),
        ("b", "running x"),
        ("c", "walking 1"),
        ("d", "running -1"),
        (".hidden", "running 1"),
        ("begun", ""),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    fs::create_dir(folder.path().join("folder")).unwrap();
    assert_eq!(
        marks.read(),
        HashMap::from([("begun".to_owned(), running(0))]),
        "killed while it was written"
    );
}
