//! What is known of published files, and what of them is served, while they change.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use artifact::Algorithm;
use artifact::store::{Place, Store, Stored};

use crate::published::{Published, Verdict};
use crate::serve::Server;

struct Disk {
    _folder: tempfile::TempDir,
    storage: Store,
    place: Place,
    published: Arc<Published>,
}

fn disk() -> Disk {
    let folder = tempfile::tempdir().unwrap();
    let storage = Store::open(&folder.path().join("data"), Algorithm::Sha256).unwrap();
    let place = Place::new("gitrepository", "ns", "app").unwrap();
    Disk { _folder: folder, storage, place, published: Arc::default() }
}

impl Disk {
    fn publish(&self, name: &str, content: &[u8]) -> Stored {
        let mut draft = self.storage.begin(&self.place).unwrap();
        draft.write_all(content).unwrap();
        self.published.publish(draft, name).unwrap()
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
    disk.published.forget("gitrepository/ns/app", Some(&old.path));
    assert_eq!(disk.published.latest(&old.path), Some(again));
    disk.published.forget("gitrepository/ns/app", None);
    assert_eq!(disk.published.latest(&old.path), None);
}

#[test]
fn what_is_served_is_what_was_looked_at() {
    let disk = disk();
    let stored = disk.publish("a.tar.gz", b"before");
    let server = Server::new(disk.storage.clone(), Arc::clone(&disk.published), |_| {});
    let mut found = server.find(&stored.path).unwrap().expect("it is there");
    // The same commit with other ignore rules has the same name.
    disk.publish("a.tar.gz", b"after");
    let mut content = String::new();
    found.file.read_to_string(&mut content).unwrap();
    assert_eq!(content, "before", "its tag is that of these bytes");
}
