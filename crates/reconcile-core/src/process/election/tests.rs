//! Who runs the body, and why a process ends. The lease itself is `lease`'s, and e2e's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt as _;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Candidate, attend, cause, lead, namespace};
use crate::Error;
use crate::lease::Leadership;
use crate::process::tests::{process, process_of};

#[test]
fn the_lease_lives_where_the_controller_runs() {
    assert_eq!(namespace(Some("flux-system"), "from-kubeconfig"), "flux-system");
    assert_eq!(namespace(None, "from-kubeconfig"), "from-kubeconfig");
}

#[tokio::test]
async fn whatever_ends_the_elector_ends_the_process_with_an_error() {
    assert!(matches!(cause(Ok(Ok(()))), Error::LeaseLost));
    assert!(matches!(cause(Ok(Err(Error::LeaseLost))), Error::LeaseLost));
    assert!(matches!(cause(Ok(Err(Error::Ended("x")))), Error::Ended("x")));
    let panicked = tokio::spawn(async { panic!("the elector") }).await;
    assert!(matches!(cause(panicked), Error::Ended("leader election")));
}

/// A candidate whose elector does nothing but wait to be released.
fn candidate() -> (Candidate, watch::Sender<Leadership>, Arc<AtomicBool>) {
    let (sender, leadership) = watch::channel(Leadership::Waiting);
    let release = CancellationToken::new();
    let (token, released) = (release.clone(), Arc::new(AtomicBool::new(false)));
    let done = Arc::clone(&released);
    let elector = tokio::spawn(async move {
        token.cancelled().await;
        done.store(true, Ordering::SeqCst);
        Ok(())
    });
    (Candidate { elector, leadership, release }, sender, released)
}

#[tokio::test]
async fn a_candidate_waits_until_it_leads() {
    let (mut candidate, leadership, _) = candidate();
    assert!(candidate.wait().now_or_never().is_none());
    leadership.send_replace(Leadership::Leading { transitions: 3 });
    assert!(matches!(candidate.wait().now_or_never(), Some(Ok(()))));
}

#[tokio::test]
async fn a_candidate_whose_elector_is_gone_does_not_wait_for_ever() {
    let (mut candidate, leadership, _) = candidate();
    drop(leadership);
    assert!(matches!(candidate.wait().await, Err(Error::Ended("leader election"))));
}

#[tokio::test]
async fn to_resign_is_to_give_the_lease_back_and_to_wait_for_that() {
    let (candidate, _leadership, released) = candidate();
    candidate.resign().await;
    assert!(released.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_candidate_is_ready_and_ends_well_without_having_led() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = process(folder.path(), &["--enable-leader-election"]).await.expect("started");
    let (ready, stop, metrics) =
        (Arc::clone(&process.ready), process.stop.clone(), Arc::clone(&process.metrics));
    let ran = Arc::new(AtomicBool::new(false));
    let body = Arc::clone(&ran);
    let led = tokio::spawn(lead(process, (), move |_, ()| async move {
        body.store(true, Ordering::SeqCst);
        Ok(())
    }));
    while !ready.load(Ordering::Acquire) {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    assert!(matches!(led.await, Ok(Ok(()))));
    assert!(!ran.load(Ordering::SeqCst), "nobody answered about the lease");
    let text = metrics.render();
    assert!(
        text.contains("leader_election_master_status{name=\"test-controller-leader-election\"} 0"),
        "{text}"
    );
}

#[tokio::test]
async fn a_body_that_begins_at_once_is_told_when_it_leads() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut process = process(folder.path(), &[]).await.expect("started");
    assert!(process.led().await, "without an election");
    let (sender, leadership) = watch::channel(Leadership::Waiting);
    process.leadership = Some(leadership);
    assert!(process.led().now_or_never().is_none());
    sender.send_replace(Leadership::Leading { transitions: 1 });
    assert_eq!(process.led().now_or_never(), Some(true));
    process.stop.cancel();
    assert_eq!(process.led().now_or_never(), Some(false), "nobody begins to work at the end");
}

#[tokio::test]
async fn a_body_that_begins_at_once_ends_well_without_having_led() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = process(folder.path(), &["--enable-leader-election"]).await.expect("started");
    let (stop, ready) = (process.stop.clone(), Arc::clone(&process.ready));
    let began = Arc::new(tokio::sync::Notify::new());
    let begins = Arc::clone(&began);
    let attended = tokio::spawn(attend(process, (), move |process, ()| async move {
        begins.notify_one();
        assert!(!process.led().await, "nobody answered about the lease");
        Ok(())
    }));
    began.notified().await;
    assert!(!ready.load(Ordering::Acquire), "it says so itself");
    stop.cancel();
    assert!(matches!(attended.await, Ok(Ok(()))));
}

#[tokio::test]
async fn a_body_that_cannot_work_yet_leaves_the_lease_to_others() {
    let (folder, server) =
        (tempfile::tempdir().expect("a folder"), std::net::TcpListener::bind("127.0.0.1:0"));
    let server = server.expect("a port");
    server.set_nonblocking(true).expect("a flag");
    let address = server.local_addr().expect("an address").to_string();
    let process = process_of(folder.path(), &address, &["--enable-leader-election"]).await.expect("started");
    let attended = attend(process, (), |process, ()| async move {
        // This thread is the only one: what else could run has had its turns by then.
        let is_asked = async || {
            for _ in 0..1000 {
                tokio::task::yield_now().await;
                if server.accept().is_ok() {
                    return true;
                }
            }
            false
        };
        assert!(!is_asked().await, "it cannot work yet");
        process.stand_for_election();
        assert!(is_asked().await);
        Ok(())
    });
    assert!(matches!(attended.await, Ok(())));
}
