//! Whose archive is known, and how many.

use artifact::pack::{Contents, Entry, EntryKind, Packer, Pieces};
use artifact::store::{Store, Stored};
use artifact::{Algorithm, Digest};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{Artifact, Formers, OBJECT};

struct Nothing;

impl Contents for Nothing {
    type Error = std::io::Error;

    fn size(&self, _: usize) -> std::io::Result<u64> {
        Ok(0)
    }

    fn read(&self, _: usize, _: &mut dyn FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
        Ok(())
    }

    fn taken(&self, _: u64) -> std::io::Result<()> {
        Ok(())
    }
}

fn pieces() -> Pieces {
    let mut packer = Packer::new(Vec::new()).unwrap();
    packer.segment(&[Entry { path: b"a", kind: EntryKind::Dir }], &Nothing).unwrap();
    packer.finish_with_pieces().unwrap().1
}

fn stored(name: &str) -> Stored {
    let digest = Digest::of(Algorithm::Sha256, name.as_bytes());
    Stored { path: format!("gitrepository/ns/{name}/x.tar.gz"), digest, size: 1 }
}

fn artifact(name: &str) -> Artifact {
    let Stored { path, digest, .. } = stored(name);
    Artifact {
        path,
        url: String::new(),
        revision: String::new(),
        digest: digest.to_string(),
        last_update_time: Time(Timestamp::UNIX_EPOCH),
        size: None,
        metadata: std::collections::BTreeMap::new(),
    }
}

#[test]
fn only_the_archive_that_the_status_names_is_of_use() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Store::open(folder.path(), Algorithm::Sha256).unwrap();
    let formers = Formers::default();
    formers.keep("uid", &stored("a"), pieces());
    assert!(formers.of("uid", &artifact("a"), &storage).unwrap().file.ends_with("ns/a/x.tar.gz"));
    assert!(formers.of("other", &artifact("a"), &storage).is_none());
    assert!(formers.of("uid", &artifact("b"), &storage).is_none());
    let altered = Artifact { digest: artifact("b").digest, ..artifact("a") };
    assert!(formers.of("uid", &altered, &storage).is_none());
    // One whose pieces are not known takes its place, and so does none.
    formers.keep("uid", &stored("a"), Pieces::default());
    assert!(formers.of("uid", &artifact("a"), &storage).is_none());
    formers.keep("uid", &stored("a"), pieces());
    formers.forget("uid");
    assert!(formers.of("uid", &artifact("a"), &storage).is_none());
    assert_eq!(formers.shelf.lock().cost, 0);
}

#[test]
fn those_that_were_not_used_for_longest_make_room() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Store::open(folder.path(), Algorithm::Sha256).unwrap();
    let one = OBJECT + pieces().cost();
    let formers = Formers::within(2 * one);
    let is_known = |name: &str| formers.of(name, &artifact(name), &storage).is_some();
    formers.keep("a", &stored("a"), pieces());
    formers.keep("b", &stored("b"), pieces());
    assert!(is_known("a"));
    formers.keep("c", &stored("c"), pieces());
    assert!(is_known("a") && is_known("c") && !is_known("b"));
    assert_eq!(formers.shelf.lock().cost, 2 * one);
    Formers::within(1).keep("a", &stored("a"), pieces());
}
