//! Leader election with two and three candidates, and with whole processes that are stopped while they lead.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use cluster::Fence;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client};
use reconcile_core::Error;
use reconcile_core::args::Election;
use reconcile_core::lease::{Leadership, run};
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, Mark, Requests, TestNamespace};
use testkit::stack::{Controller, Running};
use testkit::wait::{Look, until};
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
    fence: Fence,
}

fn candidate(client: &Client, namespace: &str, me: &'static str, release: bool) -> Candidate {
    let stop = CancellationToken::new();
    let (sender, leadership) = watch::channel(Leadership::Waiting);
    let (client, namespace, token) = (client.clone(), namespace.to_owned(), stop.clone());
    let fence = Fence::default();
    let gate = fence.clone();
    let task =
        tokio::spawn(
            async move { run(client, &election(release), &namespace, me, sender, &gate, &token).await },
        );
    Candidate { stop, leadership, task, fence }
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

    fn may_write(&self) -> bool {
        self.fence.check(Fence::clock()).is_ok()
    }

    fn waits(&self) -> bool {
        !self.may_write() && *self.leadership.borrow() == Leadership::Waiting
    }
}

async fn holder(client: &Client, namespace: &str) -> Result<String> {
    let lease = Api::<Lease>::namespaced(client.clone(), namespace).get("core-test").await?;
    Ok(lease.spec.and_then(|spec| spec.holder_identity).unwrap_or_default())
}

#[tokio::test]
async fn a_released_lease_is_taken_at_once_and_a_dead_holders_after_its_time() -> Result<()> {
    let plane = ControlPlane::shared().await?;
    let namespace = plane.namespace("core-lease").await?;
    let connector = connector(kubeconfig(&plane), None).await?;
    let client = connector.client_without_retries()?;

    let mut first = candidate(&client, namespace.name(), "first", true);
    let number = first.leads().await?;
    let mut second = candidate(&client, namespace.name(), "second", false);
    // It has looked, and holds back, for longer than a few periods.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(second.waits(), "the holder renews");
    assert!(first.may_write());
    assert_eq!(holder(&client, namespace.name()).await?, "first");

    first.stop.cancel();
    first.task.await??;
    assert!(first.fence.check(Fence::clock()).is_err(), "what was given back is not written under");
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
    let plane = ControlPlane::shared().await?;
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
    assert!(first.fence.check(Fence::clock()).is_err());
    second.leads().await?;
    Ok(())
}

#[tokio::test]
async fn a_holder_that_meets_anothers_record_has_lost_at_once() -> Result<()> {
    let plane = ControlPlane::shared().await?;
    let namespace = plane.namespace("core-taken").await?;
    let client = connector(kubeconfig(&plane), None).await?.client_without_retries()?;
    let mut first = candidate(&client, namespace.name(), "first", true);
    first.leads().await?;
    let leases: Api<Lease> = Api::namespaced(client.clone(), namespace.name());
    let other = json!({"spec": {"holderIdentity": "other", "leaseTransitions": 7}});
    leases.patch("core-test", &PatchParams::default(), &Patch::Merge(&other)).await?;
    let ended = tokio::time::timeout(Duration::from_secs(1), first.task).await.context("it goes on")??;
    assert!(matches!(ended, Err(Error::LeaseLost)), "{ended:?}");
    assert!(first.fence.check(Fence::clock()).is_err());
    assert_eq!(holder(&client, namespace.name()).await?, "other", "and it takes nothing back");
    Ok(())
}

#[tokio::test]
async fn what_others_wrote_on_a_lease_does_not_end_its_holder() -> Result<()> {
    let plane = ControlPlane::shared().await?;
    let namespace = plane.namespace("core-label").await?;
    let client = connector(kubeconfig(&plane), None).await?.client_without_retries()?;
    let mut first = candidate(&client, namespace.name(), "first", true);
    let number = first.leads().await?;
    let leases: Api<Lease> = Api::namespaced(client.clone(), namespace.name());
    for round in 0..5 {
        let label = json!({"metadata": {"labels": {"round": round.to_string()}}});
        leases.patch("core-test", &PatchParams::default(), &Patch::Merge(&label)).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(first.may_write(), "round {round}");
    }
    let spec = leases.get("core-test").await?.spec.context("a spec")?;
    assert_eq!((spec.holder_identity.as_deref(), spec.lease_transitions), (Some("first"), Some(number)));
    Ok(())
}

/// Two health-controllers of one namespace that compete for a lease, each as a user of its own.
struct Pair {
    ns: TestNamespace,
    /// The names are the service accounts', in the order in which they lead.
    first: Running,
    second: Running,
    writer: JoinHandle<Result<()>>,
}

/// One of them, that renews often and writes as its own service account.
async fn competitor(ns: &TestNamespace, account: &str) -> Result<Running> {
    let identity = ns.service_account(account).await?;
    let mut controller = Controller::new("health-controller")
        .flag("--enable-leader-election=true")
        .flag("--leader-election-lease-duration=4s")
        .flag("--leader-election-renew-deadline=3s")
        .flag("--leader-election-retry-period=500ms");
    controller
        .environment
        .push(("KUBECONFIG".to_owned(), identity.kubeconfig().to_string_lossy().into_owned()));
    controller.start(ns).await
}

/// Gives the service account what health-controller may do.
async fn entitle(ns: &TestNamespace, account: &str) -> Result<()> {
    for kind in ["RoleBinding", "ClusterRoleBinding"] {
        let api = ns.api("rbac.authorization.k8s.io/v1", kind).await?;
        for binding in api.list(&kube::api::ListParams::default()).await?.items {
            let mut binding = serde_json::to_value(binding)?;
            let named =
                |subject: &Value| subject["name"] == "health-controller" && subject["namespace"] == ns.name();
            let subjects = binding["subjects"].as_array().cloned().unwrap_or_default();
            if !subjects.iter().any(named) {
                continue;
            }
            let name = binding["metadata"]["name"].as_str().context("a binding's name")?.to_owned();
            // What a list has in it does not say what it is.
            binding["apiVersion"] = json!("rbac.authorization.k8s.io/v1");
            binding["kind"] = json!(kind);
            binding["metadata"] = json!({"name": format!("{name}-{account}")});
            binding["subjects"] =
                json!([{"kind": "ServiceAccount", "name": account, "namespace": ns.name()}]);
            ns.apply_value(binding).await?;
        }
    }
    Ok(())
}

/// Makes work for whoever leads: an object's status that changes all the time.
async fn keep_busy(client: Client, namespace: String) -> Result<()> {
    let gvk = GroupVersionKind::gvk("kustomize.toolkit.fluxcd.io", "v1", "Kustomization");
    let resource = ApiResource::from_gvk_with_plural(&gvk, "kustomizations");
    let api: Api<DynamicObject> = Api::namespaced_with(client, &namespace, &resource);
    let object = json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "busy"}, "spec": {"interval": "1h", "prune": true,
        "sourceRef": {"kind": "GitRepository", "name": "none"}}});
    api.patch("busy", &PatchParams::apply("core-test").force(), &Patch::Apply(&object)).await?;
    for number in 0_u64.. {
        let ready = json!([{"type": "Ready", "status": "False", "reason": "BuildFailed",
            "message": format!("number {number}"), "lastTransitionTime": "2026-11-25T10:00:00Z"}]);
        let status = json!({"status": {"observedGeneration": 1, "conditions": ready}});
        api.patch_status("busy", &PatchParams::default(), &Patch::Merge(&status)).await?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

impl Pair {
    async fn start(prefix: &str) -> Result<Self> {
        let ns = ControlPlane::shared().await?.namespace(prefix).await?;
        for account in ["leader-one", "leader-two"] {
            ns.service_account(account).await?;
            entitle(&ns, account).await?;
        }
        let client = ns.plane().client().await?;
        let writer = tokio::spawn(keep_busy(client, ns.name().to_owned()));
        let first = competitor(&ns, "leader-one").await?;
        let mark = ns.plane().requests()?.mark()?;
        wait_for_writes(&ns, &mark, "leader-one").await?;
        let second = competitor(&ns, "leader-two").await?;
        Ok(Self { ns, first, second, writer })
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.writer.abort();
    }
}

/// What a user has written and was not refused, beside leases and events.
fn writes(requests: &Requests) -> Requests {
    requests.filter(|request| {
        let is_write =
            ["create", "update", "patch", "delete", "deletecollection"].contains(&request.verb.as_str());
        is_write && !request.is_lease() && !request.is_event()
    })
}

async fn wait_for_writes(ns: &TestNamespace, mark: &Mark, account: &str) -> Result<()> {
    let (log, user) = (ns.plane().requests()?, ns.user(account));
    until(&format!("{account} writes"), SOON, || async {
        let found = writes(&log.now(mark, &user)?);
        Ok(if found.is_empty() { Look::Not("nothing yet".to_owned()) } else { Look::Found(()) })
    })
    .await
}

/// Stops the leader until the other one leads, and lets it go on: nothing that it writes may arrive after that.
async fn overtake(prefix: &str) -> Result<()> {
    let pair = Pair::start(prefix).await?;
    let ns = &pair.ns;
    let log = ns.plane().requests()?;
    pair.first.process.freeze()?;
    let stopped = log.mark()?;
    wait_for_writes(ns, &stopped, "leader-two").await?;
    let taken = log.mark()?;
    pair.first.process.thaw()?;
    let exit = pair.first.process.wait(SOON).await?;
    ensure!(exit.code == 1, "a leader that has lost its lease ends with an error: {exit:?}");
    let late = writes(&log.since(&taken, &ns.user("leader-one")).await?);
    ensure!(late.is_empty(), "written after another led: {late}");
    let log = pair.first.process.log()?;
    ensure!(log.contains("leader election lost"), "{}", pair.first.process.log_tail());
    ensure!(pair.second.process.exited().is_none(), "the second goes on");
    Ok(())
}

#[tokio::test]
async fn a_leader_that_was_stopped_writes_nothing_once_another_leads() -> Result<()> {
    overtake("core-stop").await
}

/// `cargo xtask test --e2e leases -- --ignored`: the same two hundred times, eight beside each other.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes several minutes"]
async fn two_hundred_stopped_leaders_write_nothing_once_another_leads() -> Result<()> {
    let rounds = (0..200).map(|number| async move {
        overtake(&format!("core-stop-{number}")).await.with_context(|| format!("round {number}"))
    });
    stream::iter(rounds).buffer_unordered(8).try_collect::<Vec<()>>().await?;
    Ok(())
}
