//! What a look at the disk finds, and what it means.

use std::time::Duration;

use artifact::store::gc::{Kept, Retention};
use artifact::{Algorithm, Digest, StoreError};

use super::{Looked, look, settle};
use crate::published::{Published, Verdict};
use crate::reconcile::notice::Notice;
use crate::samples::{Disk, lines, stored};
use crate::status::Status;

const KEEP: Retention = Retention { ttl: Duration::from_secs(3600), records: 2 };

fn settled(status: &mut Status, looked: Option<Looked>) -> Vec<String> {
    let line = |Notice { severity, reason, message }| format!("{severity:?} {reason}: {message}");
    settle(status, looked, "http://new", 2).into_iter().map(line).collect()
}

#[test]
fn an_artifact_that_is_there_gets_the_current_address() {
    let mut status = stored("main@sha1:aa");
    let before = lines(&status);
    let events =
        settled(&mut status, Some(Looked { verdict: Verdict::Intact, is_restored: false, collected: Ok(0) }));
    assert_eq!(events, [""; 0]);
    assert_eq!(status.artifact.as_ref().unwrap().url, "http://new/gitrepository/ns/app/a.tar.gz");
    assert_eq!(lines(&status), before);
}

#[test]
fn an_artifact_that_is_lost_is_built_again() {
    let mut status = stored("main@sha1:aa");
    let events = settled(
        &mut status,
        Some(Looked { verdict: Verdict::Missing, is_restored: false, collected: Ok(0) }),
    );
    assert_eq!(events, [""; 0]);
    assert_eq!(status.artifact, None);
    insta::assert_snapshot!(lines(&status), @r"
    Reconciling=True Progressing: building artifact: disappeared from storage
    Ready=Unknown Progressing: building artifact: disappeared from storage
    ");
    let mut first = Status::default();
    assert_eq!(settled(&mut first, None), [""; 0]);
    insta::assert_snapshot!(lines(&first), @r"
    Reconciling=True Progressing: building artifact
    Ready=Unknown Progressing: building artifact
    ");
}

#[test]
fn an_artifact_that_was_altered_is_reported_and_built_again() {
    let mut status = stored("main@sha1:aa");
    let actual = Digest::of(Algorithm::Sha1, b"");
    let events = settled(
        &mut status,
        Some(Looked { verdict: Verdict::Differs(actual), is_restored: false, collected: Ok(0) }),
    );
    insta::assert_snapshot!(events.join("\n"), @"Error ArtifactVerificationFailed: failed to verify integrity of artifact: computed digest 'sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709' doesn't match 'sha256:aa'");
    assert_eq!(status.artifact, None);
}

#[test]
fn an_artifact_that_somebody_else_had_stays_in_the_status() {
    let mut status = stored("main@sha1:aa");
    let before = lines(&status);
    let brought = |verdict| Some(Looked { verdict, is_restored: true, collected: Ok(0) });
    assert_eq!(settled(&mut status, brought(Verdict::Missing)), [""; 0]);
    assert!(status.artifact.is_some());
    assert_eq!(lines(&status), before);
    let actual = Digest::of(Algorithm::Sha1, b"");
    let events = settled(&mut status, brought(Verdict::Differs(actual)));
    assert!(events.concat().starts_with("Error ArtifactVerificationFailed"), "{events:?}");
    assert!(status.artifact.is_some());
}

#[test]
fn collecting_garbage_is_reported_and_fails_nothing() {
    let mut status = stored("main@sha1:aa");
    let events =
        settled(&mut status, Some(Looked { verdict: Verdict::Intact, is_restored: false, collected: Ok(2) }));
    insta::assert_snapshot!(events.join("\n"), @"Trace GarbageCollectionSucceeded: garbage collected 2 artifacts");
    let collected = Err(StoreError::InvalidPath("x".to_owned()));
    let events =
        settled(&mut status, Some(Looked { verdict: Verdict::Intact, is_restored: false, collected }));
    assert!(
        events[0].starts_with("Error GarbageCollectionFailed: garbage collection of artifacts failed: "),
        "{events:?}"
    );
    assert!(status.artifact.is_some());
}

#[test]
fn what_is_intact_missing_or_altered() {
    let (disk, published) = (Disk::new(), Published::default());
    let stored = disk.publish(&published, "a.tar.gz", b"content");
    let look = |path: &str, digest: &str| {
        look(&disk.storage, &published, &disk.place, path, digest, (&KEEP, &Kept::default())).unwrap().verdict
    };
    let digest = stored.digest.to_string();
    assert_eq!(look(&stored.path, &digest), Verdict::Intact);
    for (path, digest) in [
        (stored.path.as_str(), "no digest"),
        ("gitrepository/ns/app/b.tar.gz", digest.as_str()),
        ("gitrepository/ns/other/a.tar.gz", digest.as_str()),
        ("a.tar.gz", digest.as_str()),
    ] {
        assert_eq!(look(path, digest), Verdict::Missing, "{path} {digest}");
    }
    assert!(disk.has(&stored));
    std::fs::write(disk.storage.locate(&stored.path).unwrap(), b"altered").unwrap();
    assert!(matches!(look(&stored.path, &digest), Verdict::Differs(_)));
    assert!(!disk.has(&stored), "it is not left for anybody to fetch");
}

#[test]
fn a_status_that_is_older_than_its_file_does_not_take_the_file_away() {
    let (disk, published) = (Disk::new(), Published::default());
    let old = disk.publish(&published, "a.tar.gz", b"one set of ignore rules");
    let new = disk.publish(&published, "a.tar.gz", b"another");
    let digest = old.digest.to_string();
    let looked =
        look(&disk.storage, &published, &disk.place, &old.path, &digest, (&KEEP, &Kept::default())).unwrap();
    assert_eq!(looked.verdict, Verdict::Missing);
    assert!(disk.has(&new));
}

#[test]
fn garbage_is_forgotten_and_what_is_kept_is_not() {
    let (disk, published) = (Disk::new(), Published::default());
    let [first, second, third] =
        ["1", "2", "3"].map(|name| disk.publish(&published, &format!("{name}.tar.gz"), name.as_bytes()));
    let digest = third.digest.to_string();
    let looked =
        look(&disk.storage, &published, &disk.place, &third.path, &digest, (&KEEP, &Kept::default()))
            .unwrap();
    assert_eq!((looked.verdict, looked.collected.unwrap()), (Verdict::Intact, 1));
    assert!(!disk.has(&first) && disk.has(&second) && disk.has(&third));
    assert_eq!(published.expected(&first.path), None, "or the digests of all revisions add up");
    assert_eq!(published.expected(&second.path), Some(second.digest), "it is served still");
}

#[test]
fn neither_the_stated_nor_the_newest_file_is_garbage() {
    let (disk, published) = (Disk::new(), Published::default());
    let [stated, between, newest] =
        ["1", "2", "3"].map(|name| disk.publish(&published, &format!("{name}.tar.gz"), name.as_bytes()));
    let none = Retention { ttl: Duration::ZERO, records: 1 };
    let digest = stated.digest.to_string();
    let looked =
        look(&disk.storage, &published, &disk.place, &stated.path, &digest, (&none, &Kept::default()))
            .unwrap();
    assert_eq!(looked.collected.unwrap(), 1);
    assert!(disk.has(&stated) && !disk.has(&between) && disk.has(&newest));
}
