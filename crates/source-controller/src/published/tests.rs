//! What is known of published files while they change.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use artifact::store::{Place, Stored};
use artifact::{Algorithm, Digest};

use super::{Published, Verdict};
use crate::samples::Disk;

struct Bench {
    disk: Disk,
    published: Published,
}

fn disk() -> Bench {
    Bench { disk: Disk::new(), published: Published::default() }
}

impl std::ops::Deref for Bench {
    type Target = Disk;

    fn deref(&self) -> &Disk {
        &self.disk
    }
}

impl Bench {
    fn publish(&self, name: &str, content: &[u8]) -> Stored {
        self.disk.publish(&self.published, name, content)
    }
}

#[test]
fn a_file_is_known_unread_only_once_its_stamps_tell_it_from_later_ones() {
    let disk = disk();
    let stored = disk.publish("a.tar.gz", b"content");
    let path = disk.storage.locate(&stored.path).unwrap();
    let verify = |now| disk.published.verify_at(&disk.storage, &stored.path, &stored.digest, now).unwrap();
    let now = SystemTime::now();
    assert_eq!(verify(now), Verdict::Intact);
    assert!(!disk.published.is_known(&stored.path), "it may be changed within the same tick");
    assert_eq!(verify(now + Duration::from_secs(5)), Verdict::Intact);
    assert!(disk.published.is_known(&stored.path));
    std::fs::write(&path, b"altered").unwrap();
    assert!(matches!(verify(now + Duration::from_secs(10)), Verdict::Differs(_)));
}

#[test]
fn the_last_published_is_known_until_its_object_is_gone() {
    let disk = disk();
    let old = disk.publish("old.tar.gz", b"1");
    let new = disk.publish("new.tar.gz", b"2");
    assert_eq!(disk.published.latest(&old.path), Some(new.clone()));
    let again = disk.publish("new.tar.gz", b"with other ignore rules");
    assert_ne!(disk.published.latest(&new.path), Some(new), "the same path, not the same file");
    disk.storage.remove(&old.path).unwrap();
    disk.published.forget_missing(&disk.storage, &disk.place);
    assert_eq!(
        disk.published.latest(&old.path),
        Some(again),
        "collecting garbage is not the end of the object"
    );
    disk.published.forget(&disk.place);
    assert_eq!(disk.published.latest(&old.path), None);
}

#[test]
fn what_retention_removed_is_forgotten_and_what_it_kept_is_not() {
    let disk = disk();
    let [gone, kept, current] =
        ["gone", "kept", "current"].map(|name| disk.publish(&format!("{name}.tar.gz"), name.as_bytes()));
    let other = Place::new("gitrepository", "ns", "app2").unwrap();
    let mut draft = disk.storage.begin(&other).unwrap();
    draft.write_all(b"other").unwrap();
    let other = disk.published.publish(draft, "other.tar.gz").unwrap();
    disk.storage.remove(&gone.path).unwrap();
    disk.storage.remove(&other.path).unwrap();
    disk.published.forget_missing(&disk.storage, &disk.place);
    assert_eq!(disk.published.expected(&gone.path), None);
    for still in [&kept, &current] {
        assert_eq!(disk.published.expected(&still.path).as_ref(), Some(&still.digest), "{}", still.path);
    }
    assert!(disk.published.expected(&other.path).is_some(), "another object's files are its own matter");
    disk.published.forget(&disk.place);
    assert_eq!((disk.published.expected(&kept.path), disk.published.expected(&current.path)), (None, None));
    assert!(disk.published.expected(&other.path).is_some());
}

#[test]
fn another_digest_is_read_for() {
    let disk = disk();
    let stored = disk.publish("a.tar.gz", b"content");
    let later = SystemTime::now() + Duration::from_secs(5);
    let verify =
        |digest: &Digest| disk.published.verify_at(&disk.storage, &stored.path, digest, later).unwrap();
    assert_eq!(verify(&stored.digest), Verdict::Intact);
    let other = Digest::of(Algorithm::Sha256, b"something else");
    assert_eq!(verify(&other), Verdict::Differs(stored.digest.clone()));
    assert!(!disk.published.is_known(&stored.path), "nobody knows yet whether it is what it should be now");
    assert_eq!(verify(&stored.digest), Verdict::Intact);
    disk.storage.remove(&stored.path).unwrap();
    assert_eq!(verify(&stored.digest), Verdict::Missing);
}
