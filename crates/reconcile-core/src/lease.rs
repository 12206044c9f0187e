//! Leader election by a `coordination.k8s.io/v1` Lease, with client-go's rules and Flux's values (35/30/5 s).
//!
//! Expiry is judged by when this process last saw the record change, on its own clock, never by `renewTime`. What to
//! do next is `decide`'s, what to write is `object`'s; here are the requests and the waiting. The client must not retry
//! by itself.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::PostParams;
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::args::Election;
use crate::{Error, lengthen};

pub mod decide;
mod object;
#[cfg(test)]
mod tests;
use decide::{Decision, Observed, Record, decide};

/// Per cent by which a pause between attempts to acquire may be longer: client-go's jitter factor of 1.2.
const JITTER: u8 = 20;

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
    /// It led, and could not renew in time: everything must stop.
    Lost,
}

/// Host name and a random part, as controller-runtime's identities.
pub fn identity() -> String {
    format!("{}_{}", crate::env::hostname(), uuid::Uuid::new_v4())
}

struct Elector<'a> {
    api: Api<Lease>,
    election: &'a Election,
    me: &'a str,
    observed: Option<Observed>,
    /// The object behind `observed`, for its resourceVersion.
    lease: Option<Lease>,
}

/// Acquires, then renews until `stop` (then releases, if the flag says so, and ends well) or until it is lost.
///
/// # Guarantees
/// - [`Leadership::Leading`] is sent only after the API server has stored this process as the holder, on top of the
///   Lease that was read: of two candidates that write at once, one is refused.
/// - A holder that cannot renew for `renew_deadline` sends [`Leadership::Lost`] and ends. It never leads again.
/// - Somebody else's Lease is taken only after it was seen unchanged for the whole duration that it names.
///
/// # Assumptions
/// - `me` is this process's alone: a Lease with that name in it counts as held.
/// - Clocks of different processes run equally fast. They need not agree.
/// - `client` does not retry by itself: an attempt has a time-out of its own, and stale writes must not be repeated.
///
/// # Caveats
/// - It does not fence: a write that is under way when the lease is lost may still arrive. Writers rely on
///   resourceVersions and field managers, not on this.
/// - As in client-go a holder gives up `retry_period + renew_deadline` after its last renewal was answered. With Flux's
///   values that is as long as the Lease lasts, so that a successor may begin earlier by as much as the answer took.
///
/// # Errors
/// [`Error::LeaseLost`]; the process has to end.
pub async fn run(
    client: Client,
    election: &Election,
    namespace: &str,
    me: &str,
    leadership: watch::Sender<Leadership>,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let api = Api::namespaced(client, namespace);
    let mut elector = Elector { api, election, me, observed: None, lease: None };
    loop {
        let acquired = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            acquired = elector.attempt() => acquired,
        };
        if acquired {
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
        let deadline = Instant::now() + election.renew_deadline;
        let renewed = timeout_at(deadline, async {
            while !elector.attempt().await {
                sleep(election.retry_period).await;
            }
        });
        // A stop in the middle of a renewal is looked at above; renewing once more harms nobody.
        if renewed.await.is_err() {
            leadership.send_replace(Leadership::Lost);
            tracing::error!(lease = %election.lease, identity = %me, "leader election lost");
            return Err(Error::LeaseLost);
        }
    }
}

impl Elector<'_> {
    /// One try; true when this process holds the lease afterwards.
    async fn attempt(&mut self) -> bool {
        let limit = self.election.retry_period.max(Duration::from_secs(1));
        match timeout(limit, self.try_once()).await {
            Ok(Ok(held)) => held,
            Ok(Err(error)) => {
                tracing::error!(error = %error, lease = %self.election.lease, "error retrieving or updating the lease");
                // What we know may be wrong; the next attempt reads it.
                self.lease = None;
                false
            }
            Err(_) => {
                tracing::error!(lease = %self.election.lease, "the API server did not answer about the lease in time");
                self.lease = None;
                false
            }
        }
    }

    async fn try_once(&mut self) -> Result<bool, cluster::Error> {
        // The holder renews from what it knows, in one request; everybody else reads first.
        let holds = self.observed.as_ref().is_some_and(|observed| observed.record.holder == self.me);
        if !holds || self.lease.is_none() {
            match self.api.get_opt(&self.election.lease).await? {
                Some(lease) => self.observe(lease),
                None => {
                    self.observed = None;
                    self.lease = None;
                }
            }
        }
        let decision = decide(self.observed.as_ref(), Instant::now().into_std(), self.me);
        let old = self.lease.as_ref().and_then(|lease| lease.spec.as_ref());
        let Some(spec) = object::spec(decision, old, self.me, self.election.lease_duration, Timestamp::now())
        else {
            return Ok(false);
        };
        let lease = object::object(&self.election.lease, self.lease.as_ref(), spec);
        let stored = if decision == Decision::Create {
            self.api.create(&PostParams::default(), &lease).await?
        } else {
            self.api.replace(&self.election.lease, &PostParams::default(), &lease).await?
        };
        self.observe(stored);
        Ok(true)
    }

    fn observe(&mut self, lease: Lease) {
        let now = Instant::now().into_std();
        self.observed = Some(Observed::next(self.observed.take(), Record::of(&lease), now));
        self.lease = Some(lease);
    }

    async fn release(&mut self) {
        let Some(old) = self.lease.take() else { return };
        let transitions = self.observed.as_ref().map_or(0, |observed| observed.record.transitions);
        let spec = object::released(transitions, Timestamp::now());
        let lease = object::object(&self.election.lease, Some(&old), spec);
        let write = async { self.api.replace(&self.election.lease, &PostParams::default(), &lease).await };
        match timeout(self.election.retry_period, write).await {
            Ok(Ok(_)) => tracing::info!(lease = %self.election.lease, "released lease"),
            Ok(Err(error)) => {
                tracing::error!(error = %cluster::Error::from(error), "the lease could not be released");
            }
            Err(_) => tracing::error!("the lease could not be released in time"),
        }
    }
}
