//! Revisions and bounds.

use artifact::ignore::Rules;
use artifact::{Algorithm, Digest};
use manifest::budget::Budget;

use super::{Index, Most, State, wanted};
use crate::bucket::Failure;
use crate::bucket::page::Item;

const MOST: Most = Most { objects: 3, bytes: (10, 15), memory: 1 << 20 };

fn item(key: &str, etag: &str, size: u64) -> Item {
    Item { key: key.into(), etag: etag.into(), size, ..Item::default() }
}

#[test]
fn the_revision_is_of_keys_and_etags_in_order() {
    let mut index = Index::default();
    assert_eq!(index.revision(Algorithm::Sha256), Digest::of(Algorithm::Sha256, b""));
    index.add(item("b", "2", 1), &MOST).unwrap();
    index.add(item("a", "1", 1), &MOST).unwrap();
    let revision = index.revision(Algorithm::Sha256);
    assert_eq!(revision, Digest::of(Algorithm::Sha256, b"a 1\nb 2\n"));
    let news = |known: Option<&str>| index.news(known, Algorithm::Sha256);
    assert_eq!(news(Some(&revision.to_string())), None);
    let other = index.revision(Algorithm::Blake3).to_string();
    assert_eq!(news(Some(&other)), None, "whatever the algorithm was");
    assert_eq!((news(None), news(Some("x"))), (Some(revision.clone()), Some(revision)));
    index.change("a", State { etag: "3".into(), ..State::default() }, &MOST).unwrap();
    index.change("gone", State::default(), &MOST).unwrap();
    index.remove("b");
    assert_eq!(index.revision(Algorithm::Sha256), Digest::of(Algorithm::Sha256, b"a 3\n"));
}

#[test]
fn what_is_left_out() {
    let mut rules = Rules::none();
    rules.add("*.md\n", "").unwrap();
    let keys = ["a", "d/", ".sourceignore", "x.md", "d/.sourceignore", "p.png"];
    let items = keys.iter().map(|key| item(key, "", 0)).collect();
    let kept = wanted(items, &rules, &Budget::default()).unwrap();
    let kept: Vec<_> = kept.iter().map(|item| item.key.as_str()).collect();
    assert_eq!(kept, ["a", "d/.sourceignore", "p.png"]);
}

#[test]
fn bounds() {
    let mut index = Index::default();
    assert!(matches!(index.add(item("a", "", 11), &MOST), Err(Failure::Excess(_))));
    for key in ["a", "b", "c"] {
        index.add(item(key, "", 6), &MOST).unwrap();
    }
    assert_eq!(index.check(&MOST).unwrap_err().to_string(), "the objects have 18 bytes in all, more than 15");
    assert_eq!(index.add(item("d", "", 1), &MOST).unwrap_err().to_string(), "there are more than 3 objects");
    let most = Most { memory: 100, ..MOST };
    assert_eq!(Index::default().add(item("a", "", 1), &most), Err(Failure::Memory));
}

#[test]
fn etags_are_bounded_whenever_they_come() {
    let mut index = Index::default();
    let long = "e".repeat(1025);
    assert!(matches!(index.add(item("a", &long, 1), &MOST), Err(Failure::Excess(_))));
    let most = Most { memory: 600, ..MOST };
    index.add(item("a", "", 1), &most).unwrap();
    index.add(item("b", "", 1), &most).unwrap();
    let state = |etag: &str| State { etag: etag.into(), ..State::default() };
    assert!(matches!(index.change("a", state(&long), &most), Err(Failure::Excess(_))));
    index.change("a", state(&"e".repeat(20)), &most).unwrap();
    index.change("a", state(&"f".repeat(20)), &most).unwrap();
    assert_eq!(index.change("b", state(&"e".repeat(1000)), &most), Err(Failure::Memory));
}

#[test]
fn errors_say_nothing_that_a_terminal_obeys() {
    let told = Index::default().add(item("\u{9b}31m", "", 11), &MOST).unwrap_err().to_string();
    assert!(!told.contains(['\u{9b}', '\0']) && told.contains("31m"), "{told:?}");
}
