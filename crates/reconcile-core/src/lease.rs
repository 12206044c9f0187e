//! Leader election by a `coordination.k8s.io/v1` Lease, with client-go's rules and Flux's values (35/30/5 s).
//!
//! Expiry is judged by when this process last saw the record change, on its own clock, never by `renewTime`. What to
//! do next is `decide`'s; here are the requests and the waiting. The client must not retry by itself.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::PostParams;
use kube::core::ObjectMeta;
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::args::Election;

pub mod decide;
#[cfg(test)]
mod tests;
use decide::{Decision, Observed, Record, decide};

/// client-go's jitter of the pauses between attempts to acquire.
const JITTER: f64 = 1.2;

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
    /// It did, and could not renew in time: everything must stop.
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
        let pause = election.retry_period.mul_f64(1.0 + (JITTER - 1.0) * rand::random::<f64>());
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
        let spec = match decide(self.observed.as_ref(), Instant::now().into_std(), self.me) {
            Decision::Wait => return Ok(false),
            Decision::Create => {
                let lease = self.object(None, self.spec(0, None));
                self.observe(self.api.create(&PostParams::default(), &lease).await?);
                return Ok(true);
            }
            Decision::Acquire { transitions } => self.spec(transitions, None),
            Decision::Renew => {
                let old = self.lease.as_ref().and_then(|lease| lease.spec.as_ref());
                let transitions = old.and_then(|spec| spec.lease_transitions).unwrap_or(0);
                self.spec(transitions, old.and_then(|spec| spec.acquire_time.clone()))
            }
        };
        let lease = self.object(self.lease.as_ref(), spec);
        let stored = self.api.replace(&self.election.lease, &PostParams::default(), &lease).await?;
        self.observe(stored);
        Ok(true)
    }

    fn observe(&mut self, lease: Lease) {
        let record = Record::of(&lease);
        let unchanged = self.observed.as_ref().is_some_and(|observed| observed.record == record);
        if !unchanged {
            self.observed = Some(Observed { record, at: Instant::now().into_std() });
        }
        self.lease = Some(lease);
    }

    fn spec(&self, transitions: i32, acquired: Option<MicroTime>) -> LeaseSpec {
        let now = MicroTime(Timestamp::now());
        LeaseSpec {
            holder_identity: Some(self.me.to_owned()),
            lease_duration_seconds: Some(
                i32::try_from(self.election.lease_duration.as_secs()).unwrap_or(i32::MAX),
            ),
            acquire_time: Some(acquired.unwrap_or_else(|| now.clone())),
            renew_time: Some(now),
            lease_transitions: Some(transitions),
            ..LeaseSpec::default()
        }
    }

    /// Labels and annotations of an existing lease are kept.
    fn object(&self, old: Option<&Lease>, spec: LeaseSpec) -> Lease {
        let metadata = old.map_or_else(
            || ObjectMeta { name: Some(self.election.lease.clone()), ..ObjectMeta::default() },
            |lease| ObjectMeta { managed_fields: None, ..lease.metadata.clone() },
        );
        Lease { metadata, spec: Some(spec) }
    }

    async fn release(&mut self) {
        let Some(old) = self.lease.take() else { return };
        let transitions = self.observed.as_ref().map_or(0, |observed| observed.record.transitions);
        let mut spec = self.spec(transitions, None);
        // As client-go: nobody's, and free after a second.
        spec.holder_identity = Some(String::new());
        spec.lease_duration_seconds = Some(1);
        let lease = self.object(Some(&old), spec);
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
