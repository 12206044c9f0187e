//! From content to a published file, and every way in which that fails.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use artifact::store::Draft;
use artifact::{Algorithm, Digest};
use jiff::Timestamp;
use manifest::budget::Limits;
use reconcile_core::gate::{MemoryGate, Reservation};
use tokio_util::sync::CancellationToken;

use super::{LEAST_TIME, Packed, Patience, Setback, Settings, more, pack, publish, record};
use crate::fault::Fault;
use crate::published::Published;
use crate::samples::{Disk, stored};
use crate::status::Status;
use crate::upstream::{Content, FetchError, Means, PackError};
use crate::verify::signature::{Keys, Mode, Signed, Trust};
use crate::verify::{Evidence, Policy, Verified, verify};

/// Content that does as the test wants.
enum Puppet {
    Text(&'static str),
    Fails(fn() -> PackError),
    Panics,
    /// Needs so many bytes.
    Needs(u64),
    /// Goes on until it is cancelled.
    Endless,
}

impl Content for Puppet {
    fn pack(&self, ignore: Option<&str>, means: &Means, out: &mut dyn Write) -> Result<(), PackError> {
        match self {
            Self::Text(text) => Ok(write!(out, "{text} without {}", ignore.unwrap_or("-"))?),
            Self::Fails(error) => Err(error()),
            Self::Panics => panic!("the tree bites"),
            Self::Needs(bytes) => {
                means.budget(Limits::NONE).hold(*bytes).map_err(|_| PackError::Memory)?;
                Ok(write!(out, "large")?)
            }
            Self::Endless => {
                while !means.cancel.is_cancelled() {
                    std::thread::yield_now();
                }
                Err(PackError::Cancelled)
            }
        }
    }
}

async fn setback(disk: &Disk, content: Puppet) -> Setback {
    packed(disk, content, None).await.err().unwrap()
}

async fn packed(disk: &Disk, content: Puppet, ignore: Option<String>) -> Result<Draft, Setback> {
    let token = CancellationToken::new();
    let patience = Patience::of(LEAST_TIME, &token);
    match pack(&disk.storage, &disk.place, content, ignore, patience, memory().await, None).await? {
        Packed::Whole(draft, _) => Ok(*draft),
        Packed::Starved { .. } => panic!("there is enough memory"),
    }
}

/// Enough for everything here.
async fn memory() -> Reservation {
    MemoryGate::new(1 << 30).enter("ns", 1 << 20).await.unwrap()
}

fn not_archived(cause: &str) -> Setback {
    let message = format!("unable to archive artifact to storage: {cause}");
    Setback::Failed(Fault::storage("ArchiveOperationFailed", message))
}

#[tokio::test]
async fn content_becomes_a_file_under_its_name() {
    let (disk, published) = (Disk::new(), Arc::new(Published::default()));
    let draft = packed(&disk, Puppet::Text("all"), Some("*.md".into())).await.unwrap();
    let stored = publish(&published, draft, "abc").await.unwrap();
    assert_eq!(stored.path, "gitrepository/ns/app/abc.tar.gz");
    assert_eq!(stored.digest, Digest::of(Algorithm::Sha256, b"all without *.md"));
    assert_eq!(published.latest(&stored.path), Some(stored.clone()), "whoever serves it knows");
    assert!(disk.has(&stored));
}

#[tokio::test]
async fn what_needs_more_memory_than_there_is_gives_all_back_and_gets_more() {
    let (disk, token, gate) = (Disk::new(), CancellationToken::new(), MemoryGate::new(8 << 20));
    let mut content = Puppet::Needs(3 << 20);
    let other = gate.enter("other", 6 << 20).await.unwrap();
    let mut bytes = 1 << 20;
    let (mut tries, mut other) = (0, Some(other));
    loop {
        let memory = gate.enter("ns", bytes).await.unwrap();
        tries += 1;
        let patience = Patience::of(LEAST_TIME, &token);
        let packed = pack(&disk.storage, &disk.place, content, None, patience, memory, None).await.unwrap();
        let Packed::Starved { content: same, had } = packed else { break };
        assert_eq!((gate.reserved(), had), (6 << 20, 1 << 20), "it holds nothing while it waits");
        (content, bytes) = (same, more(had, gate.limit()).unwrap());
        drop(other.take());
    }
    assert_eq!(tries, 2);
    assert_eq!(gate.reserved(), 0);
}

#[test]
fn what_needs_more_than_there_is_at_all_is_refused() {
    assert_eq!(more(1, 100), Ok(4));
    assert_eq!(more(50, 100), Ok(100));
    let fault = more(100, 100).unwrap_err().into_fault();
    assert!(fault.excess && fault.message.contains("more than the 100 bytes"), "{fault:?}");
    assert!(fault.message.contains("--memory-gate"), "{fault:?}");
}

#[tokio::test]
async fn what_is_broken_is_fetched_again_and_what_is_refused_is_not() {
    let disk = Disk::new();
    let broken = setback(&disk, Puppet::Fails(|| PackError::Broken("rot".into()))).await;
    assert_eq!(broken, Setback::Broken("rot".into()));
    let refused = setback(&disk, Puppet::Fails(|| PackError::Refused("too large".into()))).await;
    let message = "unable to archive artifact to storage: too large";
    let fault = Fault::excess("StorageOperationFailed", "ArchiveOperationFailed", message);
    assert_eq!(refused, Setback::Failed(fault));
    let full = setback(&disk, Puppet::Fails(|| PackError::Write(io::Error::other("disk full")))).await;
    assert_eq!(full, not_archived("disk full"));
    assert_eq!(setback(&disk, Puppet::Panics).await, Setback::Broken("the tree bites".into()));
    let folder = disk.storage.root().join("gitrepository/ns/app");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0, "nothing half written stays");
}

/// How work that never ends by itself ended.
async fn ended(time: Duration, cancelled: bool) -> Fault {
    let (disk, token) = (Disk::new(), CancellationToken::new());
    if cancelled {
        token.cancel();
    }
    let patience = Patience { time, cancelled: &token };
    let setback = pack(&disk.storage, &disk.place, Puppet::Endless, None, patience, memory().await, None)
        .await
        .err()
        .unwrap();
    let folder = disk.storage.root().join("gitrepository/ns/app");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0, "nobody writes any more");
    setback.into_fault()
}

#[tokio::test]
async fn an_archive_ends_with_its_run() {
    assert!(ended(Duration::MAX, true).await.cancelled);
}

#[tokio::test]
async fn an_archive_ends_with_its_time() {
    let fault = ended(Duration::ZERO, false).await;
    assert!(fault.excess && !fault.stalling && !fault.cancelled, "{fault:?}");
    assert!(
        fault.message.starts_with("unable to archive artifact to storage: it took longer than 0s; "),
        "{fault:?}"
    );
}

#[tokio::test]
async fn work_that_nobody_waits_for_ends() {
    let (disk, token) = (Disk::new(), CancellationToken::new());
    let patience = Patience { time: Duration::MAX, cancelled: &token };
    let mut work =
        Box::pin(pack(&disk.storage, &disk.place, Puppet::Endless, None, patience, memory().await, None));
    assert!(futures::poll!(work.as_mut()).is_pending());
    // Or the runtime of this test waits for its thread for ever.
    drop(work);
}

#[test]
fn an_archive_has_a_minute_whatever_servers_have() {
    let token = CancellationToken::new();
    for (timeout, time) in [(0, 60), (5, 60), (60, 60), (600, 600)] {
        let patience = Patience::of(Duration::from_secs(timeout), &token);
        assert_eq!(patience.time, Duration::from_secs(time));
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_refused() {
    let (disk, published) = (Disk::new(), Arc::new(Published::default()));
    let draft = packed(&disk, Puppet::Text("all"), None).await.unwrap();
    let fault = publish(&published, draft, "../x").await.unwrap_err();
    assert_eq!(fault.reason, "ArchiveOperationFailed");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made() {
    let disk = Disk::new();
    std::fs::write(disk.storage.root().join("gitrepository"), "in the way").unwrap();
    let Setback::Failed(fault) = setback(&disk, Puppet::Text("all")).await else { unreachable!("a fault") };
    assert_eq!(fault.reason, "DirectoryCreationFailed");
    assert!(fault.message.starts_with("failed to create artifact directory: "), "{}", fault.message);
}

#[test]
fn whose_fault_a_fetch_is() {
    let explain = |error: &str| Fault::retry("FetchFailed", "Because", error.to_owned());
    let broken = Setback::of_fetch(FetchError::<&str>::Broken("rot".into()), explain);
    assert_eq!(broken.clone(), Setback::Broken("rot".into()));
    assert_eq!(broken.into_fault(), Fault::storage("ArchiveOperationFailed", "rot".into()));
    let upstream = Setback::of_fetch(FetchError::Upstream("no route"), explain);
    assert_eq!(upstream.into_fault(), explain("no route"));
}

#[test]
fn the_status_says_what_is_published() {
    let disk = Disk::new();
    let file = disk.publish(&Published::default(), "abc.tar.gz", b"bytes");
    let verified = verified(&Policy::None);
    let observed = |value: serde_json::Value| value.as_object().cloned().unwrap();
    let old = serde_json::json!({"observedInclude": [1], "sourceVerificationMode": "HEAD"});
    let mut status = Status { observed: observed(old), ..stored("main@sha1:aa") };
    status.outdated("new upstream revision 'main@sha1:bb'", 2);
    let now: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
    let new = serde_json::json!({"observedSparseCheckout": ["a"]});
    let settings = Settings { ignore: Some(String::new()), observed: observed(new), ..Settings::default() };
    record(&mut status, file.clone(), &verified, settings, "http://host", now);
    let artifact = status.artifact.clone().unwrap();
    assert_eq!(artifact.url, "http://host/gitrepository/ns/app/abc.tar.gz");
    assert_eq!((artifact.path, artifact.revision.as_str()), (file.path, "main@sha1:bb"));
    assert_eq!((artifact.digest, artifact.size), (file.digest.to_string(), Some(5)));
    assert_eq!(artifact.last_update_time.0.to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(status.observed_ignore.as_deref(), Some(""));
    let expected = serde_json::json!({"observedSparseCheckout": ["a"]});
    assert_eq!(serde_json::Value::Object(status.observed.clone()), expected, "nothing of it was verified");
    assert!(!status.is_true("ArtifactOutdated"));
}

/// A revision that fits the policy.
fn verified(policy: &Policy) -> Verified {
    let commit = include_bytes!("../../../testdata/signatures/pgp-one.commit").to_vec();
    let signed = Signed { id: "bb".into(), commit, tag: None };
    let evidence = Evidence { digest: "sha1:bb".into(), signed: Some(Box::new(signed)), attested: None };
    // The beginning of 2027, when the key is good.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_798_761_600);
    verify("main@sha1:bb", &evidence, policy, now).unwrap()
}

#[test]
fn what_was_verified_counts_once_it_is_stored() {
    let ring = include_bytes!("../../../testdata/signatures/one.asc").to_vec();
    let keys = Keys::of(&[("one.asc".to_owned(), ring)].into());
    let fingerprint = keys.fingerprint();
    let verified = verified(&Policy::Git(Trust { mode: Mode::Head, keys }.into()));
    let mut status = stored("main@sha1:aa");
    status.verified(verified.proof(), 2);
    assert!(status.is_true("SourceVerified"));
    assert!(status.observed.is_empty(), "what is stored is the older one, of which nothing is known");
    let disk = Disk::new();
    let file = disk.publish(&Published::default(), "abc.tar.gz", b"bytes");
    record(&mut status, file, &verified, Settings::default(), "http://host", Timestamp::UNIX_EPOCH);
    let expected = serde_json::json!({"sourceVerificationMode": "HEAD",
        "sourceVerificationFingerprint": fingerprint});
    assert_eq!(serde_json::Value::Object(status.observed), expected);
}
