//! Watches of kinds found at run time: one per kind, shared by its users, metadata only or bodies pruned before they
//! are kept.
//!
//! A pool has one client, one selector and one sink; everything that all watches say goes there, so a user that joins
//! later relies on what the sink's owner remembers. The pool itself keeps a key and a uid per object.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kube::core::{DynamicObject, ObjectMeta, PartialObjectMeta};
use kube::{Api, Client};
use parking_lot::Mutex;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::key::ObjectKey;
use crate::metrics::{Metrics, WatchId, WatchState};
use crate::watch::follow::{PANICS, Raw, follow};
use crate::watch::{Gone, Scope, Wake};

mod register;
#[cfg(test)]
mod tests;
use register::{Begin, Register};
pub use register::{State, WatchedKind};

/// How long a watch outlives its last user by default.
const LINGER: Duration = Duration::from_secs(5);
/// Pauses while a kind is not served; a CRD usually follows soon.
const UNKNOWN_KIND: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));
/// What is asked of the API server per object.
#[derive(Clone)]
pub enum Body {
    /// Metadata only, managedFields included.
    Metadata,
    /// Everything, cut down by this function before it leaves the pool. managedFields are dropped
    /// before it runs, unless the options ask for them.
    Full(Prune),
}

/// Cuts a body (everything but apiVersion, kind and metadata) down to what is needed.
pub type Prune = Arc<dyn Fn(&WatchedKind, &mut Value) + Send + Sync>;

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metadata => "Metadata",
            Self::Full(_) => "Full",
        })
    }
}

/// What a pool says to its sink.
#[derive(Clone, Debug)]
pub enum PoolEvent {
    /// An object exists, in this form.
    Applied(Box<Seen>),
    /// An object is gone; also when it vanished while the watch was down.
    Deleted {
        /// Its kind.
        kind: WatchedKind,
        /// Which one.
        gone: Gone,
    },
    /// Everything of the kind has been reported; again after every restart of its watch.
    Synced(WatchedKind),
    /// The kind cannot be watched at present. `Forbidden` and `NotFound` are tried again slowly.
    Failed {
        /// Which kind.
        kind: WatchedKind,
        /// Why.
        error: cluster::Error,
    },
    /// Nobody uses the kind any more; what was remembered of it is worthless. It is the last word of its watch, and a
    /// watch that follows says nothing before it: what that one shows is never taken for what is worthless.
    Stopped(WatchedKind),
}

/// An object as a pool delivers it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its kind, in the version that is watched.
    pub kind: WatchedKind,
    /// Metadata; with managedFields in [`Body::Metadata`], or when the options ask for them.
    pub metadata: ObjectMeta,
    /// The pruned body; null in [`Body::Metadata`].
    pub body: Value,
}

/// How a pool watches.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only this namespace; none for all. Cluster-scoped kinds ignore it.
    pub namespace: Option<String>,
    /// Only objects with these labels.
    pub labels: Option<String>,
    /// Only objects with these fields, for kinds that can be selected so.
    pub fields: Option<String>,
    /// What is delivered per object.
    pub body: Body,
    /// Deliver managedFields with [`Body::Full`] too; metadata always has them.
    pub managed_fields: bool,
    /// How long a watch outlives its last user.
    pub linger: Duration,
    /// A kind that is not served is one that may be installed later: the sink hears of it, and no metric calls it a
    /// failure.
    pub optional: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            namespace: None,
            labels: None,
            fields: None,
            body: Body::Metadata,
            managed_fields: false,
            linger: LINGER,
            optional: false,
        }
    }
}

type Sink = Arc<dyn Fn(PoolEvent) + Send + Sync>;

/// Pools of this process so far: two may watch the same kind.
static POOLS: AtomicU64 = AtomicU64::new(0);

struct Shared {
    /// Tells its watches from those of other pools.
    number: u64,
    client: Client,
    mapper: cluster::Mapper,
    options: Options,
    metrics: Option<Arc<Metrics>>,
    sink: Sink,
    watches: Mutex<Register>,
    stop: CancellationToken,
}

/// Watches of one client and one selector, a watch per kind, with one sink for all they say. Clones share it.
///
/// # Guarantees
/// - However many interests a kind has, it has one watch. The first one begins it; it ends when the last one is gone and
///   [`Options::linger`] is over.
/// - What is said of one kind comes in order and never from two tasks at once. Of an object that exists the sink hears
///   before [`PoolEvent::Synced`]; of a deletion also when it happened while the connection was down; of an object that
///   was replaced, its deletion before its successor.
/// - [`PoolEvent::Stopped`] is the last word of a watch, and its successor says nothing before it.
/// - [`Self::state`] is never behind what the sink is told: it is [`State::Synced`] or [`State::Failing`] when the sink
///   hears so.
/// - A kind that cannot be watched is tried for as long as somebody wants it. Each failure is said once in a row.
/// - After a panic of the sink, or of what cuts bodies down, the kind is [`State::Failing`], and after a pause everything
///   is said again, deletions that were not taken too.
///
/// # Assumptions
/// - Kinds are acquired within a tokio runtime.
/// - The sink does not block. It may use the pool: no lock is held while it runs.
/// - What has been said is remembered by whoever needs it. Nothing is said again to a user that joins later.
///
/// # Caveats
/// - The sink is called for several kinds at the same time.
/// - Objects are said again whenever a watch lists again, changed or not.
/// - Whether a kind is namespaced is looked up once per watch. A definition that is replaced by one of another scope is
///   noticed by the next watch.
/// - When the process ends nothing more is promised, not even [`PoolEvent::Stopped`].
/// - Dropping the pool ends nothing; dropping the interests does.
#[derive(Clone)]
pub struct WatchPool {
    shared: Arc<Shared>,
}

impl fmt::Debug for WatchPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchPool")
            .field("kinds", &self.shared.watches.lock().kinds().len())
            .finish_non_exhaustive()
    }
}

/// Keeps a kind watched; drop it to give it up.
///
/// # Guarantees
/// - While it lives, the kind's watch ends only with the pool's own `stop`.
/// - A kind that is acquired again within [`Options::linger`] after the last interest was dropped keeps its watch, and with
///   it what that has shown.
///
/// # Assumptions
/// - It is dropped within a tokio runtime, or the watch ends without lingering.
///
/// # Caveats
/// - That a kind is kept watched does not mean that anything is known of it: see [`WatchPool::state`].
/// - Of two times that a kind is left within [`Options::linger`], the first one's time counts: the watch may end sooner
///   after the second.
#[must_use = "the kind is given up when this is dropped"]
pub struct Interest {
    shared: Arc<Shared>,
    kind: WatchedKind,
}

impl fmt::Debug for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Interest").field(&self.kind).finish()
    }
}

impl Interest {
    /// The kind that is kept watched.
    pub const fn kind(&self) -> &WatchedKind {
        &self.kind
    }
}

impl WatchPool {
    /// Watches nothing yet. The sink is called on the watches' tasks, in order per kind, and must be quick. All ends
    /// with `stop`.
    pub fn new(
        client: Client,
        mapper: cluster::Mapper,
        options: Options,
        metrics: Option<Arc<Metrics>>,
        stop: CancellationToken,
        sink: impl Fn(PoolEvent) + Send + Sync + 'static,
    ) -> Self {
        let shared = Shared {
            number: POOLS.fetch_add(1, Ordering::Relaxed),
            client,
            mapper,
            options,
            metrics,
            sink: Arc::new(sink),
            watches: Mutex::default(),
            stop,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Keeps a kind watched for as long as the interest lives; the first one starts its watch.
    pub fn acquire(&self, kind: &WatchedKind) -> Interest {
        let interest = Interest { shared: Arc::clone(&self.shared), kind: kind.clone() };
        let begin = self.shared.watches.lock().acquire(kind, &self.shared.stop);
        if let Some(begin) = begin {
            drop(tokio::spawn(Arc::clone(&self.shared).live(kind.clone(), begin)));
        }
        interest
    }

    /// What is known of a kind.
    pub fn state(&self, kind: &WatchedKind) -> State {
        self.shared.watches.lock().state(kind)
    }

    /// Whether a kind's watch is up to date.
    pub fn is_synced(&self, kind: &WatchedKind) -> bool {
        self.state(kind) == State::Synced
    }

    /// Tries a failing kind again now (its CRD was applied, a role was changed).
    pub fn retry(&self, kind: &WatchedKind) {
        self.shared.watches.lock().wake(kind);
    }

    /// Has everything of a kind said again, then [`PoolEvent::Synced`]: what was remembered of it is to be made anew.
    /// Its state stays what it is. Nothing when it is not watched.
    pub fn list_again(&self, kind: &WatchedKind) {
        self.shared.watches.lock().list_again(kind);
    }

    /// All kinds that are watched.
    pub fn kinds(&self) -> Vec<WatchedKind> {
        self.shared.watches.lock().kinds()
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        let mut watches = self.shared.watches.lock();
        let Some(number) = watches.release(&self.kind) else { return };
        let linger = self.shared.options.linger;
        let runtime = tokio::runtime::Handle::try_current();
        let (Ok(runtime), false) = (runtime, linger.is_zero()) else {
            watches.end_idle(&self.kind, number);
            return;
        };
        drop(watches);
        let shared = Arc::clone(&self.shared);
        let kind = self.kind.clone();
        drop(runtime.spawn(async move {
            tokio::time::sleep(linger).await;
            shared.watches.lock().end_idle(&kind, number);
        }));
    }
}

impl Shared {
    /// The whole life of one watch: after the end of its predecessor, and up to its own last word.
    async fn live(self: Arc<Self>, kind: WatchedKind, begin: Begin) {
        let Begin { number, stop, wake, after, over } = begin;
        // Dropped last, also by a panic, or a successor would wait for ever.
        let _over = over.drop_guard();
        if let Some(after) = after {
            after.cancelled().await;
        }
        self.tell(&kind, number, Some(WatchState::Starting));
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.watch(&kind, number, &wake, &stop) => {}
        }
        self.tell(&kind, number, None);
        if !self.stop.is_cancelled() {
            (self.sink)(PoolEvent::Stopped(kind.clone()));
        }
        self.watches.lock().ended(&kind, number);
    }

    /// Nobody relies on what is remembered until all of it has been said again.
    fn panicked(&self, kind: &WatchedKind, number: u64, said: &str) {
        tracing::error!(kind = %kind.kind, group = %kind.group, panic = %said, "what a watch says was not taken: it lists again");
        if let Some(metrics) = &self.metrics {
            metrics.panicked(PANICS);
        }
        self.set_state(kind, number, State::Failing);
    }

    fn set_state(&self, kind: &WatchedKind, number: u64, state: State) {
        self.watches.lock().set_state(kind, number, state);
        let told = match state {
            State::Synced => WatchState::Synced,
            State::Failing => WatchState::Failing,
            State::Absent | State::Starting => WatchState::Starting,
        };
        self.tell(kind, number, Some(told));
    }

    /// Says in the metrics how a watch is; nothing when it has ended.
    fn tell(&self, kind: &WatchedKind, number: u64, state: Option<WatchState>) {
        let Some(metrics) = &self.metrics else { return };
        let id = WatchId { kind: kind.kind.clone(), pool: self.number, number };
        match state {
            Some(state) => metrics.watch_is(&id, state),
            None => metrics.watch_ended(&id),
        }
    }

    fn failed(&self, kind: &WatchedKind, number: u64, error: cluster::Error) {
        if self.options.optional && error.classify() == cluster::Class::NotFound {
            self.watches.lock().set_state(kind, number, State::Failing);
            self.tell(kind, number, None);
            tracing::debug!(kind = %kind.kind, group = %kind.group, "a kind is not installed");
            (self.sink)(PoolEvent::Failed { kind: kind.clone(), error });
            return;
        }
        self.set_state(kind, number, State::Failing);
        if let Some(metrics) = &self.metrics {
            metrics.watch_failed(&kind.kind, &format!("{:?}", error.classify()));
        }
        tracing::info!(kind = %kind.kind, group = %kind.group, error = %error, "a kind cannot be watched right now");
        (self.sink)(PoolEvent::Failed { kind: kind.clone(), error });
    }

    async fn resource(&self, kind: &WatchedKind, number: u64, wake: &Wake) -> cluster::Resolved {
        let (mut pause, longest) = UNKNOWN_KIND;
        let mut reported = false;
        loop {
            match self.mapper.resolve(&kind.group, &kind.version, &kind.kind).await {
                Ok(resolved) => return resolved,
                Err(error) => {
                    if !std::mem::replace(&mut reported, true) {
                        self.failed(kind, number, error);
                    }
                }
            }
            wake.pause(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    async fn watch(&self, kind: &WatchedKind, number: u64, wake: &Wake, stop: &CancellationToken) {
        let resolved = self.resource(kind, number, wake).await;
        let namespace = self.options.namespace.as_deref().filter(|_| resolved.namespaced);
        let scope = Scope {
            labels: self.options.labels.clone(),
            fields: self.options.fields.clone(),
            managed_fields: self.options.managed_fields || matches!(self.options.body, Body::Metadata),
        };
        match &self.options.body {
            Body::Metadata => {
                let api: Api<PartialObjectMeta<DynamicObject>> = match namespace {
                    Some(namespace) => {
                        Api::namespaced_with(self.client.clone(), namespace, &resolved.api_resource)
                    }
                    None => Api::all_with(self.client.clone(), &resolved.api_resource),
                };
                let take = |raw| {
                    self.report(kind, number, stop, raw, |object: PartialObjectMeta<DynamicObject>| {
                        (object.metadata, Value::Null)
                    });
                };
                follow(api, &scope, wake, take).await;
            }
            Body::Full(prune) => {
                let api: Api<DynamicObject> = match namespace {
                    Some(namespace) => {
                        Api::namespaced_with(self.client.clone(), namespace, &resolved.api_resource)
                    }
                    None => Api::all_with(self.client.clone(), &resolved.api_resource),
                };
                let take = |raw| {
                    self.report(kind, number, stop, raw, |mut object: DynamicObject| {
                        prune(kind, &mut object.data);
                        (object.metadata, object.data)
                    });
                };
                follow(api, &scope, wake, take).await;
            }
        }
    }

    fn report<K>(
        &self,
        kind: &WatchedKind,
        number: u64,
        stop: &CancellationToken,
        raw: Raw<K>,
        split: impl FnOnce(K) -> (ObjectMeta, Value),
    ) {
        if stop.is_cancelled() {
            return;
        }
        match raw {
            Raw::Seen(object) => {
                let (metadata, body) = split(object);
                (self.sink)(PoolEvent::Applied(Box::new(Seen { kind: kind.clone(), metadata, body })));
            }
            Raw::Gone(gone) => (self.sink)(PoolEvent::Deleted { kind: kind.clone(), gone }),
            Raw::Synced => {
                self.set_state(kind, number, State::Synced);
                (self.sink)(PoolEvent::Synced(kind.clone()));
            }
            Raw::Panicked(said) => self.panicked(kind, number, &said),
            Raw::Failed(error) => {
                if error.classify() == cluster::Class::NotFound {
                    self.mapper.invalidate();
                }
                self.failed(kind, number, error);
            }
        }
    }
}

impl Seen {
    /// Namespace and name.
    pub fn key(&self) -> ObjectKey {
        ObjectKey::of(&self.metadata)
    }
}
