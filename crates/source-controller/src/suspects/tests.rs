//! Lives and deaths of a process, on a clock of the test.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::FutureExt as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Marked, Suspects, Waits};

/// A storage that outlives its processes.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("marks")
    }

    /// A process that is in the middle of these objects, and is killed.
    async fn dies_at(&self, uids: &[&str]) {
        let process = self.starts();
        for uid in uids {
            killed(work(&process, uid).await);
        }
    }

    fn starts(&self) -> Suspects {
        Suspects::open(self.folder(), Waits::default())
    }

    fn marks(&self) -> Vec<String> {
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            format!("{name}: {}", std::fs::read_to_string(&path).unwrap().trim())
        };
        let mut marks: Vec<_> = std::fs::read_dir(self.folder()).unwrap().map(name).collect();
        marks.sort();
        marks
    }
}

async fn work(process: &Suspects, uid: &str) -> Marked {
    process.begin(uid, &CancellationToken::new()).await.unwrap()
}

/// Leaves the mark as it is.
fn killed(marked: Marked) {
    let _killed = std::mem::ManuallyDrop::new(marked);
}

/// Whether work on the object could begin at once.
fn begins(process: &Suspects, uid: &str) -> bool {
    process.begin(uid, &CancellationToken::new()).now_or_never().flatten().is_some()
}

fn said(process: &Suspects, uid: &str) -> String {
    process.suspicion(uid).map(|why| why.to_string()).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_mark_stands_while_an_object_is_worked_on() {
    let machine = Machine::new();
    let process = machine.starts();
    let (one, two) = (work(&process, "one").await, work(&process, "two").await);
    assert_eq!(machine.marks(), ["one: running 0", "two: running 0"]);
    drop(one);
    assert_eq!(machine.marks(), ["two: running 0"]);
    drop(two);
    assert!(machine.marks().is_empty());
    assert!(machine.starts().suspicion("one").is_none(), "a process that ended well leaves no suspect");
}

#[tokio::test(start_paused = true)]
async fn the_object_that_was_worked_on_goes_last() {
    let machine = Machine::new();
    machine.dies_at(&["culprit"]).await;
    let process = machine.starts();
    assert_eq!(machine.marks(), ["culprit: waiting 1"]);
    assert!(
        said(&process, "culprit").contains("ended unexpectedly once while"),
        "{}",
        said(&process, "culprit")
    );
    assert!(process.suspicion("other").is_none() && begins(&process, "other"));
    let other = work(&process, "other").await;
    let token = CancellationToken::new();
    let mut trying = std::pin::pin!(process.begin("culprit", &token));
    assert!(
        tokio::time::timeout(Duration::from_secs(20), trying.as_mut()).await.is_err(),
        "not before the other"
    );
    drop(other);
    let tried = trying.await.unwrap();
    assert_eq!(machine.marks(), ["culprit: running 1"]);
    drop(tried);
    assert!(machine.marks().is_empty());
    assert!(process.suspicion("culprit").is_none() && begins(&process, "culprit"), "it is cleared");
}

#[tokio::test(start_paused = true)]
async fn one_that_never_ends_keeps_no_suspect_for_ever() {
    let machine = Machine::new();
    machine.dies_at(&["culprit"]).await;
    let (process, begun) = (machine.starts(), Instant::now());
    let _endless = work(&process, "endless").await;
    drop(work(&process, "culprit").await);
    assert_eq!(begun.elapsed(), Duration::from_secs(31));
}

#[tokio::test(start_paused = true)]
async fn who_waited_to_lead_lets_the_others_go_first_all_the_same() {
    let machine = Machine::new();
    machine.dies_at(&["culprit"]).await;
    let process = machine.starts();
    tokio::time::advance(Duration::from_secs(7200)).await;
    process.starts();
    assert!(!begins(&process, "culprit") && begins(&process, "other"));
    let begun = Instant::now();
    drop(work(&process, "culprit").await);
    assert_eq!(begun.elapsed(), Waits::default().settle);
}

#[tokio::test(start_paused = true)]
async fn suspects_are_tried_one_at_a_time() {
    let machine = Machine::new();
    machine.dies_at(&["one", "two"]).await;
    let process = machine.starts();
    let one = work(&process, "one").await;
    let token = CancellationToken::new();
    let mut two = std::pin::pin!(process.begin("two", &token));
    assert!(tokio::time::timeout(Duration::from_secs(3600), two.as_mut()).await.is_err());
    drop(one);
    assert!(two.await.is_some());
}

#[tokio::test(start_paused = true)]
async fn each_death_is_the_suspects_alone_and_makes_it_wait_longer() {
    let machine = Machine::new();
    machine.dies_at(&["culprit"]).await;
    for (deaths, wait) in [(2, 60), (3, 120), (4, 240)] {
        // While the culprit is tried others are worked on, and are not suspected for it.
        machine.dies_at(&["innocent", "culprit"]).await;
        assert_eq!(
            machine.marks(),
            ["culprit: running ".to_owned() + &(deaths - 1).to_string(), "innocent: running 0".into()]
        );
        let (process, begun) = (machine.starts(), Instant::now());
        assert_eq!(machine.marks(), [format!("culprit: waiting {deaths}")]);
        assert!(said(&process, "culprit").contains(&format!("{deaths} times while")));
        assert!(said(&process, "culprit").contains(&format!("tried {wait}s after the start")));
        killed(work(&process, "culprit").await);
        assert_eq!(begun.elapsed(), Duration::from_secs(wait));
        // As it was, for the next round.
        std::fs::write(machine.folder().join("culprit"), format!("waiting {deaths}")).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_suspect_that_waits_is_not_blamed_for_the_next_death() {
    let machine = Machine::new();
    machine.dies_at(&["first"]).await;
    machine.dies_at(&["second"]).await;
    drop(machine.starts());
    assert_eq!(machine.marks(), ["first: waiting 1", "second: waiting 1"]);
}

#[tokio::test(start_paused = true)]
async fn who_is_cancelled_waits_no_longer_and_stays_a_suspect() {
    let machine = Machine::new();
    machine.dies_at(&["culprit"]).await;
    let (process, token) = (machine.starts(), CancellationToken::new());
    let mut waiting = std::pin::pin!(process.begin("culprit", &token));
    assert!(waiting.as_mut().now_or_never().is_none());
    token.cancel();
    assert!(waiting.await.is_none());
    assert!(process.suspicion("culprit").is_some());
    assert_eq!(machine.marks(), ["culprit: waiting 1"]);
}

#[tokio::test(start_paused = true)]
async fn objects_that_are_gone_are_forgotten() {
    let machine = Machine::new();
    machine.dies_at(&["one", "two", "three"]).await;
    let process = machine.starts();
    process.forget("one");
    process.keep_only(&HashSet::from(["two".to_owned(), "other".to_owned()]));
    assert_eq!(machine.marks(), ["two: waiting 1"]);
    assert!(process.suspicion("one").is_none() && process.suspicion("three").is_none());
    let running = work(&process, "other").await;
    process.forget("other");
    assert_eq!(machine.marks().len(), 2, "who is not suspected keeps the mark of its run");
    drop(running);
}

#[tokio::test(start_paused = true)]
async fn without_a_disk_nobody_is_suspected_and_all_is_worked_on() {
    let process = Suspects::open(Path::new("/dev/null/marks").to_owned(), Waits::default());
    assert!(process.suspicion("one").is_none());
    assert!(begins(&process, "one") && begins(&process, ""));
}
