//! Leader election with two and three candidates.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Client};
use reconcile_core::Error;
use reconcile_core::args::Election;
use reconcile_core::lease::{Leadership, run};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::proxy::Proxy;
use super::{SOON, connector, kubeconfig};

fn election(release: bool) -> Election {
    Election {
        enabled: true,
        release_on_cancel: release,
        lease_duration: Duration::from_secs(3),
        renew_deadline: Duration::from_secs(2),
        retry_period: Duration::from_millis(300),
        lease: "core-test".to_owned(),
    }
}

struct Candidate {
    stop: CancellationToken,
    leadership: watch::Receiver<Leadership>,
    task: JoinHandle<Result<(), Error>>,
}

fn candidate(client: &Client, namespace: &str, me: &'static str, release: bool) -> Candidate {
    let stop = CancellationToken::new();
    let (sender, leadership) = watch::channel(Leadership::Waiting);
    let (client, namespace, token) = (client.clone(), namespace.to_owned(), stop.clone());
    let task =
        tokio::spawn(async move { run(client, &election(release), &namespace, me, sender, &token).await });
    Candidate { stop, leadership, task }
}

impl Candidate {
    /// Waits until it leads; the fencing number.
    async fn leads(&mut self) -> Result<i32> {
        let led = self.leadership.wait_for(|state| matches!(state, Leadership::Leading { .. }));
        match &*tokio::time::timeout(SOON, led).await.context("no leader in time")?? {
            Leadership::Leading { transitions } => Ok(*transitions),
            other => anyhow::bail!("{other:?}"),
        }
    }

    fn waits(&self) -> bool {
        *self.leadership.borrow() == Leadership::Waiting
    }
}

async fn holder(client: &Client, namespace: &str) -> Result<String> {
    let lease = Api::<Lease>::namespaced(client.clone(), namespace).get("core-test").await?;
    Ok(lease.spec.and_then(|spec| spec.holder_identity).unwrap_or_default())
}

#[tokio::test]
async fn a_released_lease_is_taken_at_once_and_a_dead_holders_after_its_time() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-lease").await?;
    let connector = connector(kubeconfig(&plane), None).await?;
    let client = connector.client_without_retries()?;

    let mut first = candidate(&client, namespace.name(), "first", true);
    let number = first.leads().await?;
    let mut second = candidate(&client, namespace.name(), "second", false);
    // It has looked, and holds back, for longer than a few periods.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(second.waits(), "the holder renews");
    assert_eq!(holder(&client, namespace.name()).await?, "first");

    first.stop.cancel();
    first.task.await??;
    let released = Instant::now();
    assert_eq!(second.leads().await?, number + 1, "the fencing number grows");
    assert!(
        released.elapsed() < Duration::from_secs(2),
        "a released lease needs no waiting: {:?}",
        released.elapsed()
    );

    // kill -9: nobody releases.
    second.task.abort();
    let died = Instant::now();
    let mut third = candidate(&client, namespace.name(), "third", false);
    assert_eq!(third.leads().await?, number + 2);
    assert!(died.elapsed() >= Duration::from_secs(2), "too early: {:?}", died.elapsed());

    // Without release-on-cancel it keeps the name.
    third.stop.cancel();
    third.task.await??;
    assert_eq!(holder(&client, namespace.name()).await?, "third");
    Ok(())
}

#[tokio::test]
async fn a_holder_that_cannot_renew_gives_up_before_others_may_take_over() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-lost").await?;
    let proxy = Proxy::before(&kubeconfig(&plane)).await?;
    let cut_off = connector(proxy.kubeconfig(), None).await?.client_without_retries()?;
    let client = connector(kubeconfig(&plane), None).await?.client_without_retries()?;

    let mut first = candidate(&cut_off, namespace.name(), "first", true);
    first.leads().await?;
    let mut second = candidate(&client, namespace.name(), "second", true);
    proxy.down();
    let ended = tokio::time::timeout(SOON, first.task).await.context("still trying")??;
    assert!(matches!(ended, Err(Error::LeaseLost)), "{ended:?}");
    assert!(second.waits(), "given up only after another could take over");
    assert_eq!(*first.leadership.borrow(), Leadership::Lost);
    second.leads().await?;
    Ok(())
}
