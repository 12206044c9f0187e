//! Leader election around a controller's body: wait for the lease, run while it is held, give it back last.
//!
//! How a lease is acquired and kept is `lease`'s.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

use super::handle::Process;
use crate::Error;
use crate::lease::{self, Leadership};

#[cfg(test)]
mod tests;

/// A process that wants the lease, or has it.
struct Candidate {
    elector: JoinHandle<Result<(), Error>>,
    leadership: watch::Receiver<Leadership>,
    /// Ends the elector, which then gives the lease back.
    release: CancellationToken,
}

/// Runs the body once the lease is held. The order of the end: body, events, lease.
pub(super) async fn lead<S, B>(
    process: Process,
    settings: S,
    body: impl FnOnce(Process, S) -> B,
) -> Result<(), Error>
where
    B: Future<Output = Result<(), Error>>,
{
    let stop = process.stop.clone();
    let (recorder, tracer) = (process.recorder.clone(), process.tracer.clone());
    let metrics = Arc::clone(&process.metrics);
    let lease = process.args.election.lease.clone();
    metrics.set_leader(&lease, false);
    // A candidate is a healthy pod: a rolling update would otherwise wait for it in vain.
    process.set_ready(true);
    let (sender, leadership) = watch::channel(Leadership::Waiting);
    let mut candidate = Candidate::start(&process, sender, leadership)?;
    tokio::select! {
        () = stop.cancelled() => {
            candidate.resign().await;
            return Ok(());
        }
        led = candidate.wait() => led?,
    }
    metrics.set_leader(&lease, true);
    let ended = tokio::select! {
        ended = body(process, settings) => ended,
        lost = &mut candidate.elector => {
            // Nothing may be written any more: no drain, no flush.
            stop.cancel();
            return Err(cause(lost));
        }
    };
    Process::flush(&recorder, &tracer).await;
    candidate.resign().await;
    metrics.set_leader(&lease, false);
    ended
}

/// Runs the body from the start, and the election beside it once the body wants to lead. The order of the end is the same.
pub(super) async fn attend<S, B>(
    mut process: Process,
    settings: S,
    body: impl FnOnce(Process, S) -> B,
) -> Result<(), Error>
where
    B: Future<Output = Result<(), Error>>,
{
    let stop = process.stop.clone();
    let (recorder, tracer) = (process.recorder.clone(), process.tracer.clone());
    let metrics = Arc::clone(&process.metrics);
    let lease = process.args.election.lease.clone();
    metrics.set_leader(&lease, false);
    let (sender, mut leadership) = watch::channel(Leadership::Waiting);
    process.leadership = Some(leadership.clone());
    let own = process.clone();
    let mut body = std::pin::pin!(body(process, settings));
    let early = tokio::select! {
        ended = body.as_mut() => Some(ended),
        () = own.stands.notified() => None,
    };
    if let Some(ended) = early {
        Process::flush(&recorder, &tracer).await;
        return ended;
    }
    let mut candidate = Candidate::start(&own, sender, leadership.clone())?;
    let told = async {
        if leadership.wait_for(|state| matches!(state, Leadership::Leading { .. })).await.is_ok() {
            metrics.set_leader(&lease, true);
        }
        std::future::pending::<Infallible>().await
    };
    let ended = tokio::select! {
        ended = body => ended,
        lost = &mut candidate.elector => {
            // As for a body that began when it led.
            stop.cancel();
            return Err(cause(lost));
        }
        never = told => match never {},
    };
    Process::flush(&recorder, &tracer).await;
    candidate.resign().await;
    metrics.set_leader(&lease, false);
    ended
}

impl Candidate {
    fn start(
        process: &Process,
        sender: watch::Sender<Leadership>,
        leadership: watch::Receiver<Leadership>,
    ) -> Result<Self, Error> {
        let client = process.connector.client_for_leases()?;
        let fence = process.connector.fence();
        let election = process.args.election.clone();
        let namespace =
            namespace(process.args.runtime_namespace.as_deref(), process.connector.default_namespace())
                .to_owned();
        let release = CancellationToken::new();
        let released = release.clone();
        let elector = tokio::spawn(async move {
            let me = lease::identity();
            lease::run(client, &election, &namespace, &me, sender, &fence, &released).await
        });
        Ok(Self { elector, leadership, release })
    }

    async fn wait(&mut self) -> Result<(), Error> {
        let led = self.leadership.wait_for(|state| matches!(state, Leadership::Leading { .. })).await;
        led.map(drop).map_err(|_| Error::Ended("leader election"))
    }

    async fn resign(self) {
        self.release.cancel();
        drop(self.elector.await);
    }
}

/// Where the lease lives: the pod's namespace, or outside a cluster the kubeconfig's.
fn namespace<'a>(runtime: Option<&'a str>, default: &'a str) -> &'a str {
    runtime.unwrap_or(default)
}

/// Why the process ends when its elector ended before its body did.
fn cause(ended: Result<Result<(), Error>, JoinError>) -> Error {
    match ended {
        Ok(Ok(())) => Error::LeaseLost,
        Ok(Err(error)) => error,
        // It panicked.
        Err(_) => Error::Ended("leader election"),
    }
}
