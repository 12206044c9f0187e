//! What every reconcile needs, shared by all kinds.

use std::sync::Arc;

use artifact::store::Store;
use kube::Client;
use reconcile_core::events::Recorder;
use reconcile_core::gate::MemoryGate;
use reconcile_core::metrics::Metrics;
use reconcile_core::trace::Tracer;

use crate::applied::Applied;
use crate::args::Options;
use crate::bucket::Buckets;
use crate::clouds::Clouds;
use crate::copies::Copies;
use crate::git::Git;
use crate::helm::Helm;
use crate::homes::Homes;
use crate::measures::Measures;
use crate::oci::Oci;
use crate::pieces::Formers;
use crate::published::Published;
use crate::share::Shares;
use crate::sources::Sources;
use crate::suspects::Suspects;

/// The shared parts of the controller.
pub(crate) struct Context {
    /// As the controller itself.
    pub(crate) client: Client,
    /// Events.
    pub(crate) recorder: Recorder,
    /// Traces.
    pub(crate) tracer: Tracer,
    /// Metrics.
    pub(crate) metrics: Arc<Metrics>,
    /// What is measured beside.
    pub(crate) measures: Measures,
    /// Artifacts on disk.
    pub(crate) storage: Store,
    /// What those artifacts are supposed to be.
    pub(crate) published: Arc<Published>,
    /// What the next ones can copy of them.
    pub(crate) pieces: Formers,
    /// Where else they are.
    pub(crate) homes: Arc<Homes>,
    /// What is kept of them while another replica works.
    pub(crate) copies: Arc<Copies>,
    /// Which of them Kustomizations run.
    pub(crate) applied: Arc<Applied>,
    /// The upstream of GitRepositories.
    pub(crate) git: Git,
    /// The upstream of Buckets.
    pub(crate) buckets: Buckets,
    /// The upstream of HelmRepositories, and of charts.
    pub(crate) helm: Helm,
    /// The objects that charts are made of.
    pub(crate) sources: Sources,
    /// The upstream of OCIRepositories.
    pub(crate) oci: Oci,
    /// Logins of clouds.
    pub(crate) clouds: Clouds,
    /// What archives may take while they are made.
    pub(crate) memory: MemoryGate,
    /// What of the permits one namespace may have.
    pub(crate) shares: Shares,
    /// What was being worked on when the process died.
    pub(crate) suspects: Suspects,
    /// Flags.
    pub(crate) options: Options,
    /// Bounds of the delay after failures.
    pub(crate) retry: (std::time::Duration, std::time::Duration),
    /// `--requeue-dependency`.
    pub(crate) requeue_dependency: std::time::Duration,
    /// `--interval-jitter-percentage`.
    pub(crate) jitter: u8,
}
