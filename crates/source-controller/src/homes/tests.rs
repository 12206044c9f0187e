//! Bringing files from where else they are: only with the right digest, from the first that has it, one at a time.

use std::sync::Arc;

use artifact::{Algorithm, Digest};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::peers::Peers;
use super::second::tests::Shelf;
use super::{Homes, Restored, SecondHome, Wanted};
use crate::published::Published;
use crate::samples::{Disk, artifact};
use crate::serve::{self, Server, Serving};

/// A replica's folder.
pub(crate) struct Replica {
    pub(crate) disk: Disk,
    pub(crate) published: Arc<Published>,
}

impl Replica {
    pub(crate) fn new() -> Self {
        Self { disk: Disk::new(), published: Arc::default() }
    }

    pub(crate) fn publish(&self, name: &str, content: &[u8]) -> Wanted {
        let stored = self.disk.publish(&self.published, name, content);
        Wanted { path: stored.path, digest: stored.digest, size: Some(stored.size) }
    }

    /// Serves it; gives the server and its address.
    pub(crate) async fn serve(&self) -> (Serving, String) {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let server = Server::new(self.disk.storage.clone(), Arc::clone(&self.published), |_| {});
        (serve::start(&address, server, CancellationToken::new()).await.unwrap(), address)
    }

    /// What else there is for this one.
    pub(crate) fn homes(&self, peers: &[&str], shelf: Option<&Arc<Shelf>>) -> Homes {
        cluster::install_crypto();
        let peers: Vec<String> = peers.iter().map(|&peer| peer.to_owned()).collect();
        let second = shelf.map(|shelf| SecondHome::new(Arc::clone(shelf) as Arc<_>, "", None));
        Homes::new(self.disk.storage.clone(), Arc::clone(&self.published))
            .with_peers(Peers::new(&peers, "test").unwrap())
            .with_second(second)
    }

    /// What is in the folder at a path.
    pub(crate) fn content(&self, wanted: &Wanted) -> Option<String> {
        std::fs::read_to_string(self.disk.storage.locate(&wanted.path).unwrap()).ok()
    }
}

async fn restore(homes: &Homes, wanted: &Wanted) -> bool {
    homes.published.expect(&wanted.path, &wanted.digest);
    matches!(homes.restore(wanted, &CancellationToken::new()).await.unwrap(), Restored::Intact)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_gets_its_name_only_while_it_is_expected_there() {
    let (leader, other) = (Replica::new(), Replica::new());
    let wanted = leader.publish("a.tar.gz", b"content");
    let (_server, address) = leader.serve().await;
    let homes = other.homes(&[&address], None);
    let stop = CancellationToken::new();
    assert!(matches!(homes.restore(&wanted, &stop).await.unwrap(), Restored::Nowhere), "its object is gone");
    let newer = Digest::of(Algorithm::Sha256, b"newer");
    other.published.expect(&wanted.path, &newer);
    assert!(matches!(homes.restore(&wanted, &stop).await.unwrap(), Restored::Nowhere), "it is outdated");
    assert_eq!(other.content(&wanted), None);
    assert_eq!(other.published.expected(&wanted.path), Some(newer), "to look changes nothing");
    assert!(restore(&homes, &wanted).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_failed_is_asked_last_and_one_with_other_content_is_given_the_right_one() {
    let (leader, other, shelf) = (Replica::new(), Replica::new(), Arc::new(Shelf::default()));
    let wanted = leader.publish("a.tar.gz", b"content");
    let (_server, address) = leader.serve().await;
    let homes = other.homes(&[&address], Some(&shelf));
    *shelf.is_down.lock() = true;
    assert!(restore(&homes, &wanted).await, "a replica has it");
    assert_eq!(*shelf.gets.lock(), 1);
    std::fs::remove_file(other.disk.storage.locate(&wanted.path).unwrap()).unwrap();
    assert!(restore(&homes, &wanted).await);
    assert_eq!(*shelf.gets.lock(), 1, "it rests");
    *shelf.is_down.lock() = false;

    let homes = other.homes(&[&address], Some(&shelf));
    let second = homes.second().unwrap();
    assert!(second.keep(&other.disk.storage, &wanted).await.is_some());
    let key = shelf.names().concat();
    shelf.keys.lock().insert(key.clone(), (b"CONTENT".to_vec(), 0));
    std::fs::remove_file(other.disk.storage.locate(&wanted.path).unwrap()).unwrap();
    assert!(restore(&homes, &wanted).await, "a replica has it");
    assert!(second.keep(&other.disk.storage, &wanted).await.is_some());
    assert_eq!(shelf.keys.lock().get(&key).unwrap().0, b"content");
}

#[test]
fn what_a_status_names_is_a_file_of_ours_or_nothing() {
    let hex = "aa".repeat(32);
    let named = |path: &str, digest: &str| {
        let mut artifact = artifact("main@sha1:1", digest);
        path.clone_into(&mut artifact.path);
        Wanted::of(&artifact)
    };
    let digest = format!("sha256:{hex}");
    assert_eq!(named("gitrepository/ns/app/a.tar.gz", &digest).unwrap().size, Some(1));
    for (path, digest) in [
        ("gitrepository/ns/app/a.tar.gz", "none"),
        ("gitrepository/ns/a.tar.gz", digest.as_str()),
        ("gitrepository/ns/app/../a.tar.gz", digest.as_str()),
        ("gitrepository/ns/../a.tar.gz", digest.as_str()),
        ("gitrepository/ns/app/.clones", digest.as_str()),
        ("/gitrepository/ns/app", digest.as_str()),
    ] {
        assert_eq!(named(path, digest), None, "{path} {digest}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_copied_from_whichever_replica_has_it_as_it_should_be() {
    let (leader, other, altered) = (Replica::new(), Replica::new(), Replica::new());
    let wanted = leader.publish("sha256:ab+c%2e.tar.gz", b"content");
    // One has nothing, one has other content under that name, and one address leads nowhere.
    altered.publish("sha256:ab+c%2e.tar.gz", b"CONTENT");
    let (_one, nothing) = Replica::new().serve().await;
    let (_two, wrong) = altered.serve().await;
    let (_three, right) = leader.serve().await;
    let homes = other.homes(&["127.0.0.1:1", &nothing, &wrong], None);
    assert!(!restore(&homes, &wanted).await);
    assert_eq!(other.content(&wanted), None, "nothing of what was sent is there");
    let homes = other.homes(&["127.0.0.1:1", &nothing, &wrong, &right], None);
    assert!(restore(&homes, &wanted).await);
    assert_eq!(other.content(&wanted).as_deref(), Some("content"));
    assert_eq!(other.published.expected(&wanted.path), Some(wanted.digest.clone()));
    drop(_three);
    assert!(restore(&homes, &wanted).await, "it is here");
    // Altered here: taken anew, or not had.
    std::fs::write(other.disk.storage.locate(&wanted.path).unwrap(), b"x").unwrap();
    let (_four, again) = leader.serve().await;
    assert!(restore(&other.homes(&[&again], None), &wanted).await);
    assert_eq!(other.content(&wanted).as_deref(), Some("content"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_longer_than_it_says_or_of_another_algorithm() {
    let (leader, other) = (Replica::new(), Replica::new());
    let wanted = leader.publish("a.tar.gz", b"content");
    let (_server, address) = leader.serve().await;
    let homes = other.homes(&[&address], None);
    assert!(!restore(&homes, &Wanted { size: Some(6), ..wanted.clone() }).await);
    // Published under another --artifact-digest-algo.
    let digest = Digest::of(Algorithm::Blake3, b"content");
    assert!(restore(&homes, &Wanted { digest, size: None, ..wanted }).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_object_store_is_asked_first_and_is_not_believed_either() {
    let (leader, other, shelf) = (Replica::new(), Replica::new(), Arc::new(Shelf::default()));
    let wanted = leader.publish("a.tar.gz", b"content");
    let homes = leader.homes(&[], Some(&shelf));
    assert!(homes.second().unwrap().keep(&leader.disk.storage, &wanted).await.is_some());
    let key = shelf.names().concat();
    assert!(restore(&other.homes(&[], Some(&shelf)), &wanted).await);
    assert_eq!(other.content(&wanted).as_deref(), Some("content"));
    shelf.keys.lock().insert(key, (b"CONTENT".to_vec(), 0));
    let third = Replica::new();
    assert!(!restore(&third.homes(&[], Some(&shelf)), &wanted).await);
    *shelf.is_down.lock() = true;
    let (_server, address) = leader.serve().await;
    assert!(restore(&third.homes(&[&address], Some(&shelf)), &wanted).await, "a replica has it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_at_once_waits_for_one_copy_and_cancelled_ones_leave_nothing() {
    let (leader, other) = (Replica::new(), Replica::new());
    let wanted = leader.publish("a.tar.gz", &vec![7; 3 << 20]);
    let (_server, address) = leader.serve().await;
    let homes = Arc::new(other.homes(&[&address], None));
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    assert!(matches!(homes.restore(&wanted, &cancelled).await.unwrap(), Restored::Nowhere));
    assert!(other.disk.storage.files(&other.disk.place).unwrap().is_empty());
    let all = (0..8).map(|_| {
        let (homes, wanted) = (Arc::clone(&homes), wanted.clone());
        tokio::spawn(async move { restore(&homes, &wanted).await })
    });
    let all: Mutex<Vec<_>> = Mutex::new(all.collect());
    let tasks = std::mem::take(&mut *all.lock());
    for task in tasks {
        assert!(task.await.unwrap());
    }
    assert!(homes.turns.is_empty());
}
