//! Publishing, verification, retention and removal on a real disk.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime};

use super::gc::{Kept, Retention};
use super::{Check, Place, Store};
use crate::digest::{Algorithm, Digest};
use crate::error::StoreError;

fn store() -> (tempfile::TempDir, Store, Place) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("data"), Algorithm::Sha256).unwrap();
    (folder, store, Place::new("gitrepository", "ns", "app").unwrap())
}

fn publish(store: &Store, place: &Place, name: &str, content: &[u8]) -> crate::store::Stored {
    let mut draft = store.begin(place).unwrap();
    draft.write_all(content).unwrap();
    draft.publish(name).unwrap()
}

#[test]
fn a_file_is_there_whole_or_not_at_all() {
    let (_folder, store, place) = store();
    let stored = publish(&store, &place, "a.tar.gz", b"content");
    assert_eq!(stored.path, "gitrepository/ns/app/a.tar.gz");
    assert_eq!(stored.digest, Digest::of(Algorithm::Sha256, b"content"));
    assert_eq!(stored.size, 7);
    let path = store.locate(&stored.path).unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);

    let mut draft = store.begin(&place).unwrap();
    draft.write_all(b"half").unwrap();
    drop(draft);
    let names: Vec<_> =
        path.parent().unwrap().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["a.tar.gz"]);

    let again = publish(&store, &place, "a.tar.gz", b"other");
    assert_eq!(std::fs::read(&path).unwrap(), b"other");
    assert_ne!(again.digest, stored.digest);
}

#[test]
fn alterations_are_seen_and_unchanged_files_are_not_read_again() {
    let (_folder, store, place) = store();
    let stored = publish(&store, &place, "a", b"content");
    let Check::Intact(identity) = store.check(&stored.path, &stored.digest, None).unwrap() else { panic!() };
    // Not even another digest is noticed while the file is the one that was read.
    let other = Digest::of(Algorithm::Sha256, b"other");
    assert_eq!(store.check(&stored.path, &other, Some(&identity)).unwrap(), Check::Intact(identity));

    let path = store.locate(&stored.path).unwrap();
    let modified = path.metadata().unwrap().modified().unwrap();
    std::fs::write(&path, b"altered").unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    let check = store.check(&stored.path, &stored.digest, Some(&identity)).unwrap();
    assert_eq!(check, Check::Differs(Digest::of(Algorithm::Sha256, b"altered")));
    store.remove(&stored.path).unwrap();
    assert_eq!(store.check(&stored.path, &stored.digest, Some(&identity)).unwrap(), Check::Missing);
    store.remove(&stored.path).unwrap();
}

#[test]
fn paths_are_four_plain_names() {
    let (_folder, store, _) = store();
    for path in [
        "",
        "a",
        "a/b/c",
        "a/b/c/d/e",
        "../b/c/d",
        "a/b/c/..",
        "a/b/c/.x",
        ".clones/a/b/c",
        "a//c/d",
        "/a/b/c/d",
        "a/b/c/d\0",
    ] {
        assert!(matches!(store.locate(path), Err(StoreError::InvalidPath(_))), "{path:?}");
    }
    assert!(store.locate("ocirepository/ns/app/sha256:abc.tar.gz").is_ok());
    assert!(Place::new("gitrepository", "..", "app").is_err());
}

#[test]
fn what_a_killed_process_left_is_swept() {
    let (_folder, store, place) = store();
    let stored = publish(&store, &place, "a", b"content");
    let folder = store.locate(&stored.path).unwrap().parent().unwrap().to_owned();
    std::fs::write(folder.join(".tmp-1234"), b"half").unwrap();
    std::fs::create_dir_all(store.root().join(".clones/x")).unwrap();
    std::fs::write(store.root().join(".clones/x/.tmp-kept"), b"").unwrap();
    store.sweep().unwrap();
    assert!(!folder.join(".tmp-1234").exists() && folder.join("a").exists());
    assert!(store.root().join(".clones/x/.tmp-kept").exists());
}

#[test]
fn everything_of_an_object_goes_links_uncounted() {
    let (_folder, store, place) = store();
    for name in ["one", "two"] {
        publish(&store, &place, name, name.as_bytes());
    }
    link_latest(&store, "two");
    assert_eq!(store.remove_all(&place).unwrap(), 2);
    assert_eq!(store.remove_all(&place).unwrap(), 0);
}

/// As Flux does it; we make no such link.
fn link_latest(store: &Store, name: &str) {
    let target = store.locate(&format!("gitrepository/ns/app/{name}")).unwrap();
    std::os::unix::fs::symlink(&target, target.with_file_name("latest.tar.gz")).unwrap();
}

#[test]
fn files_are_in_the_order_of_publication_whatever_the_clock_says() {
    let (_folder, store, place) = store();
    let stored = publish(&store, &place, "z", b"1");
    let path = store.locate(&stored.path).unwrap();
    // As if the clock had been set back by an hour since then.
    let ahead = SystemTime::now() + Duration::from_secs(3600);
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(ahead).unwrap();
    publish(&store, &place, "y", b"2");
    publish(&store, &place, "x", b"3");
    let folder = path.parent().unwrap();
    let time = |name: &str| folder.join(name).metadata().unwrap().modified().unwrap();
    assert!(time("z") < time("y") && time("y") < time("x"));
    let retention = Retention { records: 2, ..Retention::default() };
    assert_eq!(store.collect(&place, &["x"], &retention, &Kept::default(), SystemTime::now()).unwrap(), 1);
    assert!(folder.join("y").exists(), "the one before the current one stays");
}

#[test]
fn a_file_that_was_just_changed_is_not_known_by_its_stamps() {
    let (_folder, store, place) = store();
    let stored = publish(&store, &place, "a", b"content");
    let Check::Intact(identity) = store.check(&stored.path, &stored.digest, None).unwrap() else { panic!() };
    let now = SystemTime::now();
    assert!(!identity.is_settled(now));
    assert!(!identity.is_settled(now + Duration::from_secs(1)));
    assert!(identity.is_settled(now + Duration::from_secs(5)));
    assert!(!identity.is_settled(now - Duration::from_secs(3600)), "the clock was set back");
}

#[test]
fn collecting_keeps_links_and_takes_locks_along() {
    let (_folder, store, place) = store();
    for name in ["one", "two", "three"] {
        publish(&store, &place, name, name.as_bytes());
    }
    link_latest(&store, "three");
    let folder = store.locate("gitrepository/ns/app/three").unwrap().parent().unwrap().to_owned();
    std::fs::write(folder.join("one.lock"), b"").unwrap();
    let later = SystemTime::now() + Duration::from_secs(3600);
    assert_eq!(store.collect(&place, &["three"], &Retention::default(), &Kept::default(), later).unwrap(), 2);
    let mut names: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["latest.tar.gz", "three"]);
}
