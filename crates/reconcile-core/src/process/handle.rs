//! What a controller's body gets from its process.
//!
//! How the parts are made is `process`'s.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cluster::{Connector, Impersonator, Mapper};
use kube::Client;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::args::{CommonArgs, Definition};
use crate::events::Recorder;
use crate::lease::Leadership;
use crate::metrics::Metrics;
use crate::trace::Tracer;

/// Bound on sending what the queues of events and spans still hold at the end.
const FLUSH: Duration = Duration::from_secs(5);

/// What a controller works with.
#[derive(Clone)]
pub struct Process {
    /// Name and version.
    pub definition: Definition,
    /// The shared flags' values.
    pub args: Arc<CommonArgs>,
    /// As the controller's own identity.
    pub client: Client,
    /// For clients of other identities.
    pub connector: Arc<Connector>,
    /// Clients of ServiceAccounts.
    pub impersonator: Impersonator,
    /// Discovery.
    pub mapper: Mapper,
    /// Events.
    pub recorder: Recorder,
    /// Traces.
    pub tracer: Tracer,
    /// Metrics.
    pub metrics: Arc<Metrics>,
    /// Cancelled when the process has to end.
    pub stop: CancellationToken,
    /// Of a body that began before it led.
    pub(super) leadership: Option<watch::Receiver<Leadership>>,
    /// Told when such a body wants to lead.
    pub(super) stands: Arc<Notify>,
    pub(super) ready: Arc<AtomicBool>,
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process").field("name", &self.definition.name).finish_non_exhaustive()
    }
}

impl Process {
    /// Sends what events and spans are left.
    pub(super) async fn flush(recorder: &Recorder, tracer: &Tracer) {
        tokio::join!(recorder.flush(FLUSH), tracer.flush(FLUSH));
    }

    /// From now on a body that began at once can do the leader's work: only then the lease is asked for, which somebody else
    /// would wait for otherwise. Nothing without an election, and for a body that leads already.
    pub fn stand_for_election(&self) {
        self.stands.notify_one();
    }

    /// Waits until this process leads, which without an election it does from the start. False when it ends before.
    pub async fn led(&self) -> bool {
        let Some(mut leadership) = self.leadership.clone() else { return !self.stop.is_cancelled() };
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            // An error means that the elector ended, and the process with it.
            led = leadership.wait_for(|state| matches!(state, Leadership::Leading { .. })) => led.is_ok(),
        }
    }

    /// Makes `/readyz` say so. Call it when the controller's own watches are synced, or at once if it has none.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Release);
    }
}
