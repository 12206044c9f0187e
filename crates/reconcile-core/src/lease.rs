//! Leader election by a `coordination.k8s.io/v1` Lease, with client-go's rules and Flux's values (35/30/5 s).
//!
//! Expiry is judged by when this process last saw the record change, on its own clock, never by `renewTime`. What to
//! do next is `decide`'s, what to write is `object`'s; here are the requests and the waiting, and the fence is opened
//! and shut. The client must not retry by itself, and must not go through the fence.

use std::time::Duration;

use cluster::{Class, Fence};
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::PostParams;
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::args::Election;
use crate::{Error, lengthen};

pub mod decide;
mod object;
#[cfg(test)]
mod tests;
use decide::{Decision, Observed, Record, decide, validity};

/// Per cent by which a pause between attempts to acquire may be longer: client-go's jitter factor of 1.2.
const JITTER: u8 = 20;
/// Longest wait for a lease that is given back: a process ends soon that was asked to.
const RELEASE: Duration = Duration::from_secs(2);

/// Whether this process leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leadership {
    /// Somebody else does, or nobody yet.
    Waiting,
    /// This process does; the number (`leaseTransitions`) fences it in logs.
    Leading {
        /// How often the lease has changed hands.
        transitions: i32,
    },
    /// It led, and could not renew in time, or another has taken over: everything must stop.
    Lost,
}

/// Host name and a random part, as controller-runtime's identities.
pub fn identity() -> String {
    format!("{}_{}", crate::env::hostname(), uuid::Uuid::new_v4())
}

/// What came of one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tried {
    /// This process holds the lease.
    Held,
    /// It does not, or it is not known.
    Not,
    /// It held the lease, and the record is not its own any more.
    Lost,
}

struct Elector<'a> {
    api: Api<Lease>,
    election: &'a Election,
    me: &'a str,
    fence: &'a Fence,
    /// It has held the lease; to find another's record means to have lost it.
    leads: bool,
    observed: Option<Observed>,
    /// The object behind `observed`, for its resourceVersion.
    lease: Option<Lease>,
}

/// Acquires, then renews until `stop` (then releases, if the flag says so, and ends well) or until it is lost.
///
/// # Guarantees
/// - [`Leadership::Leading`] is sent only after the API server has stored this process as the holder, on top of the
///   Lease that was read: of two candidates that write at once, one is refused.
/// - A holder that cannot renew for `renew_deadline`, or finds a record that is not its own, sends [`Leadership::Lost`]
///   and ends. It never leads again.
/// - `fence` is open from a renewal's sending for nine tenths of `renew_deadline`, suspension of the machine included,
///   and shut for good when the lease is lost or given back: what goes through it is not sent after a successor may have
///   begun, wherever this process was stopped meanwhile.
/// - Somebody else's Lease is taken only after it was seen unchanged for the whole duration that it names.
///
/// # Assumptions
/// - `me` is this process's alone: a Lease with that name in it counts as held.
/// - Clocks of different processes run equally fast. They need not agree.
/// - `client` does not retry by itself: an attempt has a time-out of its own, and stale writes must not be repeated.
///
/// # Caveats
/// - A write that has been sent when the lease is lost may still arrive. Writers rely on resourceVersions and field
///   managers for that, not on the fence.
/// - As in client-go a holder gives up `retry_period + renew_deadline` after its last renewal was answered. With Flux's
///   values that is as long as the Lease lasts; the fence has closed before.
///
/// # Errors
/// [`Error::LeaseLost`]; the process has to end.
pub async fn run(
    client: Client,
    election: &Election,
    namespace: &str,
    me: &str,
    leadership: watch::Sender<Leadership>,
    fence: &Fence,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let api = Api::namespaced(client, namespace);
    let mut elector = Elector { api, election, me, fence, leads: false, observed: None, lease: None };
    loop {
        let acquired = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            acquired = elector.attempt() => acquired,
        };
        if acquired == Tried::Held {
            break;
        }
        let pause = lengthen(election.retry_period, JITTER);
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = sleep(pause) => {}
        }
    }
    let transitions = elector.observed.as_ref().map_or(0, |observed| observed.record.transitions);
    tracing::info!(lease = %election.lease, identity = %me, transitions, "successfully acquired lease");
    leadership.send_replace(Leadership::Leading { transitions });
    loop {
        tokio::select! {
            () = stop.cancelled() => {
                if election.release_on_cancel {
                    elector.release().await;
                }
                leadership.send_replace(Leadership::Waiting);
                return Ok(());
            }
            () = sleep(election.retry_period) => {}
        }
        let renewed = timeout(election.renew_deadline, elector.renew(stop)).await;
        if renewed != Ok(true) {
            fence.shut();
            leadership.send_replace(Leadership::Lost);
            tracing::error!(lease = %election.lease, identity = %me, "leader election lost");
            return Err(Error::LeaseLost);
        }
    }
}

impl Elector<'_> {
    /// Tries until the lease is renewed or nobody wants it any more (true), or it is lost. A try that was begun is ended,
    /// because what became of it has to be known to give the lease back; no other one follows a stop, because it may
    /// never succeed: who is uninstalled loses its rights first.
    async fn renew(&mut self, stop: &CancellationToken) -> bool {
        loop {
            match self.attempt().await {
                Tried::Held => return true,
                Tried::Lost => return false,
                Tried::Not => {}
            }
            tokio::select! {
                () = stop.cancelled() => return true,
                () = sleep(self.election.retry_period) => {}
            }
        }
    }

    /// One try that does not wait for ever.
    async fn attempt(&mut self) -> Tried {
        let limit = self.election.retry_period.max(Duration::from_secs(1));
        match timeout(limit, self.try_once()).await {
            Ok(Ok(tried)) => return tried,
            Ok(Err(error)) => {
                tracing::error!(error = %error, lease = %self.election.lease, "error retrieving or updating the lease");
            }
            Err(_) => {
                tracing::error!(lease = %self.election.lease, "the API server did not answer about the lease in time");
            }
        }
        // What we know may be wrong; the next attempt reads it.
        self.lease = None;
        Tried::Not
    }

    async fn try_once(&mut self) -> Result<Tried, cluster::Error> {
        // The holder renews from what it knows, in one request; everybody else reads first.
        if !self.leads || self.lease.is_none() {
            self.read().await?;
        }
        match self.write().await {
            // Somebody wrote it in between. Whether he holds it has to be known now, not after a pause.
            Err(error)
                if self.leads && matches!(error.classify(), Class::Conflict | Class::AlreadyExists) =>
            {
                self.read().await?;
                self.write().await
            }
            other => other,
        }
    }

    async fn read(&mut self) -> Result<(), cluster::Error> {
        match self.api.get_opt(&self.election.lease).await? {
            Some(lease) => self.observe(lease),
            None => {
                self.observed = None;
                self.lease = None;
            }
        }
        Ok(())
    }

    async fn write(&mut self) -> Result<Tried, cluster::Error> {
        let decision = decide(self.observed.as_ref(), Instant::now().into_std(), self.me, self.leads);
        let old = self.lease.as_ref().and_then(|lease| lease.spec.as_ref());
        let Some(spec) = object::spec(decision, old, self.me, self.election.lease_duration, Timestamp::now())
        else {
            return Ok(if decision == Decision::Lost { Tried::Lost } else { Tried::Not });
        };
        let lease = object::object(&self.election.lease, self.lease.as_ref(), spec);
        // Others count from when they see the renewal, which is not before it was sent.
        let sent = Fence::clock();
        let stored = if decision == Decision::Create {
            self.api.create(&PostParams::default(), &lease).await?
        } else {
            self.api.replace(&self.election.lease, &PostParams::default(), &lease).await?
        };
        self.observe(stored);
        self.leads = true;
        self.fence.open_until(sent.saturating_add(validity(self.election.renew_deadline)));
        Ok(Tried::Held)
    }

    fn observe(&mut self, lease: Lease) {
        let now = Instant::now().into_std();
        self.observed = Some(Observed::next(self.observed.take(), Record::of(&lease), now));
        self.lease = Some(lease);
    }

    /// Gives the lease back, if that can be done soon.
    async fn release(&mut self) {
        // Whoever takes it may begin at once.
        self.fence.shut();
        match timeout(self.election.retry_period.min(RELEASE), self.give_back()).await {
            Ok(Ok(true)) => tracing::info!(lease = %self.election.lease, "released lease"),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => tracing::error!(error = %error, "the lease could not be released"),
            Err(_) => tracing::error!("the lease could not be released in time"),
        }
    }

    /// False when it is not ours any more.
    async fn give_back(&mut self) -> Result<bool, cluster::Error> {
        if self.lease.is_none() {
            self.read().await?;
        }
        let is_mine = self.observed.as_ref().is_some_and(|observed| observed.record.holder == self.me);
        let Some(old) = self.lease.take().filter(|_| is_mine) else { return Ok(false) };
        let transitions = self.observed.as_ref().map_or(0, |observed| observed.record.transitions);
        let spec = object::released(transitions, Timestamp::now());
        let lease = object::object(&self.election.lease, Some(&old), spec);
        self.api.replace(&self.election.lease, &PostParams::default(), &lease).await?;
        Ok(true)
    }
}
