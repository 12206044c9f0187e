//! What a kind of source adds to the common sequence: its upstream, what it asks of it, and Flux's words for what comes
//! of it. The sequence itself is `reconcile`.

use std::sync::Arc;
use std::time::Duration;

use api::condition::reason;
use kube::Api;
use reconcile_core::{Control, ObjectKey, Store};
use reqwest::Url;
use serde_json::{Map, Value};

use super::notice::Notice;
use super::run::Run;
use crate::access::{Access, secrets};
use crate::context::Context;
use crate::fault::Fault;
use crate::kind::Kind;
use crate::status::Status;
use crate::step::Next;
use crate::upstream::Upstream;
use crate::verify::Policy;

/// `spec.timeout` when it is not set.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest `spec.timeout` that is heeded: nobody holds what others wait for longer than this.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(600);

/// What `spec.timeout` comes to.
pub(super) fn timeout(spec: Option<Duration>) -> Duration {
    spec.unwrap_or(DEFAULT_TIMEOUT).min(LONGEST_TIMEOUT)
}

/// What an object's upstream is asked.
pub(crate) type SpecOf<K> = <<K as Source>::Upstream as Upstream>::Spec;
/// Why it does not answer.
pub(crate) type ErrorOf<K> = <<K as Source>::Upstream as Upstream>::Error;

/// How a run that reached upstream ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Produced {
    /// Upstream still has what is stored.
    Unchanged {
        /// Of the event in Kubernetes.
        reason: &'static str,
        /// Of the event in Kubernetes.
        message: String,
        /// What to say when this ends a failure; none when Flux says nothing.
        recovered: Option<String>,
    },
    /// A new artifact is stored.
    Stored {
        /// What people are to know of it.
        message: String,
    },
    /// A chart is stored.
    Chart {
        /// Of the event: how it was made.
        reason: &'static str,
        /// What people are to know of it.
        message: String,
        /// Its version.
        version: String,
        /// It was not stored before.
        is_new: bool,
    },
}

/// What of the cluster, besides the object and what it takes to have access, an artifact depends on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Surroundings {
    /// What must be proved before anything is published.
    pub(crate) policy: Policy,
    /// The fields of the status, but for `observedIgnore`, that say with what the artifact is made.
    pub(crate) observed: Map<String, Value>,
    /// Whether the artifact that is stored was made so, and with this policy.
    pub(crate) is_current: bool,
}

impl Default for Surroundings {
    /// Nothing.
    fn default() -> Self {
        Self { policy: Policy::None, observed: Map::new(), is_current: true }
    }
}

/// A kind with an upstream.
pub(crate) trait Source: Kind {
    /// Where it is fetched from.
    type Upstream: Upstream;

    /// What is said of an artifact that is stored, before its revision.
    const STORED: &'static str = "stored artifact for revision";

    /// Name of the link to the latest artifact, whose address is in `status.url`.
    const LINK: Option<&'static str> = None;

    /// Whether content comes along with the answer, so that nothing failed to be fetched once there is one.
    const FETCHES_WHILE_ASKING: bool = true;

    /// Whether the revision is what `spec.ignore` leaves, so that another one changes nothing by itself.
    const HEEDS_IGNORE_WHILE_ASKING: bool = false;

    /// Where the objects of this kind that are known are kept.
    fn objects(_: &Context) -> Store<Self> {
        Store::new()
    }

    /// Deals with an object that is not run at all; `None` for all others.
    fn set_aside<'a>(
        _: &'a Arc<Context>,
        _: &'a Api<Self>,
        _: &'a ObjectKey,
        _: &'a Self,
    ) -> impl Future<Output = Option<Next>> + Send + 'a {
        std::future::ready(None)
    }

    /// From the spec to an artifact, or to the answer that there is nothing new. What most kinds have in common is
    /// `reconcile`'s.
    fn produce<'a>(
        run: &'a mut Run<Self>,
        control: &'a Control,
    ) -> impl Future<Output = Result<Produced, Fault>> + Send + 'a;

    /// The upstream of all objects of this kind; `None` while the kind is not supported.
    fn upstream(ctx: &Context) -> Option<&Self::Upstream>;

    /// What upstream is asked. Pure.
    fn ask(&self) -> Result<SpecOf<Self>, Fault>;

    /// The address that access is for.
    fn url(spec: &SpecOf<Self>) -> &Url;

    /// How long a server may take, and how long making the archive.
    fn timeout(&self) -> Duration {
        DEFAULT_TIMEOUT
    }

    /// What else of the cluster its artifact is made of and held to, read on every run; it may complete what upstream is
    /// asked.
    fn surround(
        run: &mut Run<Self>,
        spec: &mut SpecOf<Self>,
    ) -> impl Future<Output = Result<Surroundings, Fault>> + Send {
        let _ = (run, spec);
        std::future::ready(Ok(Surroundings::default()))
    }

    /// Reads what the spec names to get access with, on every run, and what else is known of the object into `spec`.
    fn access(
        run: &mut Run<Self>,
        spec: &mut SpecOf<Self>,
    ) -> impl Future<Output = Result<Access, Fault>> + Send {
        named_access(run, spec)
    }

    /// Upstream has answered with this revision: what its answer proves goes into the status.
    fn heard(_status: &mut Status, _spec: &SpecOf<Self>, _revision: &str, _generation: i64) {}

    /// The revision that was found before the error.
    fn found_before(_error: &ErrorOf<Self>) -> Option<&str> {
        None
    }

    /// That upstream has another revision than the one that is stored.
    fn news(_spec: &SpecOf<Self>, revision: &str) -> String {
        format!("new upstream revision '{revision}'")
    }

    /// What else is said of a revision that is stored now, in the place of the one `before`.
    fn moved(
        _spec: &SpecOf<Self>,
        _place: &<Self::Upstream as Upstream>::Place,
        _before: &str,
        _revision: &str,
    ) -> Option<Notice> {
        None
    }

    /// Why upstream gave nothing, in Flux's words.
    fn explain(&self, spec: &SpecOf<Self>, error: &ErrorOf<Self>, has_artifact: bool) -> Fault;

    /// Upstream has the revision that it was asked about.
    fn unchanged(spec: &SpecOf<Self>, revision: &str) -> Produced;

    /// What upstream has turned out to be what is stored.
    fn up_to_date(spec: &SpecOf<Self>, revision: &str) -> Produced;

    /// A new artifact is stored.
    fn stored(spec: &SpecOf<Self>, revision: &str, subject: &str) -> Produced;
}

/// The access that one Secret gives, and the way to it another.
pub(super) async fn named_access<K: Source>(run: &Run<K>, spec: &SpecOf<K>) -> Result<Access, Fault> {
    let (client, namespace) = (&run.ctx.client, &run.key.namespace);
    let references = run.object.references();
    let proxy = secrets::proxy(client, namespace, &references).await?;
    let secret = secrets::read(client, namespace, &references).await?;
    Ok(Access::new(K::url(spec), namespace, &references, secret.as_ref())?.through(proxy))
}

/// The fault of an object that uses a field which is not supported.
pub(super) fn unsupported(object: &impl Kind) -> Fault {
    let field = object.unsupported().unwrap_or_default();
    let message = format!("{field} is not supported by this source-controller");
    Fault::stalling(None, reason::UNSUPPORTED_FIELD, message)
}
