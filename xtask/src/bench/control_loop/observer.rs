//! A watch that belongs to no controller: a thread and a client of its own, which note when what was to be seen. All
//! latencies are taken from it, so that no controller is believed what it says of its own speed.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures::StreamExt as _;
use kube::api::{Api, DynamicObject, ListParams, WatchEvent, WatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use testkit::cluster::ControlPlane;
use tokio::sync::watch;

use super::sighting::{Facts, Key, Sightings};

/// How long a watch stays open.
const WATCH_SECONDS: u32 = 290;
const PAUSE: Duration = Duration::from_millis(200);

/// A kind that is watched: API version, kind.
pub(super) type Kind = (&'static str, &'static str);

/// The watch. It ends with the value.
pub(super) struct Observer {
    shared: Arc<Shared>,
    changed: watch::Receiver<u64>,
    end: watch::Sender<bool>,
    thread: Option<std::thread::JoinHandle<Result<()>>>,
}

struct Shared {
    seen: Mutex<Sightings>,
    count: watch::Sender<u64>,
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Sightings> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn see(&self, key: Key, facts: Facts) {
        let at = Instant::now();
        self.seen().see(at, key, facts);
        self.count.send_modify(|count| *count += 1);
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.end.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A run that needed it has been told.
            thread.join().ok();
        }
    }
}

impl Observer {
    /// Watches kinds in a namespace; it is there once what exists has been seen.
    pub(super) async fn start(plane: &Arc<ControlPlane>, namespace: &str, kinds: &[Kind]) -> Result<Self> {
        let (count, changed) = watch::channel(0);
        let shared = Arc::new(Shared { seen: Mutex::default(), count });
        let (end, ended) = watch::channel(false);
        let (begun, mut ready) = watch::channel(0_usize);
        let (plane, namespace, kinds) = (Arc::clone(plane), namespace.to_owned(), kinds.to_vec());
        let number = kinds.len();
        let watching = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(follow(&plane, &namespace, &kinds, &watching, &begun, ended))
        });
        let begun = tokio::time::timeout(Duration::from_secs(60), ready.wait_for(|ready| *ready >= number));
        let begun = begun.await.context("the independent watch does not begin")?.map(drop);
        let observer = Self { shared, changed, end, thread: Some(thread) };
        match begun {
            Ok(()) => Ok(observer),
            Err(_) => Err(observer.why()),
        }
    }

    /// Why it has ended.
    fn why(mut self) -> anyhow::Error {
        let ended = self.thread.take().and_then(|thread| thread.join().ok());
        match ended {
            Some(Err(error)) => error.context("the independent watch"),
            _ => anyhow::anyhow!("the independent watch has ended"),
        }
    }

    /// What was seen, for as long as the guard is held.
    pub(super) fn seen(&self) -> MutexGuard<'_, Sightings> {
        self.shared.seen()
    }

    /// Waits until what was seen is as wanted: nothing when it is, else what is missing.
    pub(super) async fn until(
        &self,
        what: &str,
        limit: Duration,
        missing: impl Fn(&Sightings) -> Option<String>,
    ) -> Result<Instant> {
        let mut changed = self.changed.clone();
        let deadline = tokio::time::Instant::now() + limit;
        loop {
            changed.borrow_and_update();
            let Some(missing) = missing(&self.seen()) else { return Ok(Instant::now()) };
            match tokio::time::timeout_at(deadline, changed.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => bail!("{what}: the independent watch has ended; {missing}"),
                Err(_) => bail!("{what}: not within {limit:?}; {missing}"),
            }
        }
    }

    /// Waits until this many objects of a kind are as wanted.
    pub(super) async fn count(
        &self,
        what: &str,
        limit: Duration,
        (kind, number): (&'static str, usize),
        wanted: impl Fn(&str, &Facts) -> bool,
    ) -> Result<Instant> {
        let missing = |seen: &Sightings| {
            let found = seen.count(kind, &wanted);
            (found < number).then(|| format!("{found} of {number} {kind}s"))
        };
        self.until(what, limit, missing).await
    }
}

async fn follow(
    plane: &ControlPlane,
    namespace: &str,
    kinds: &[Kind],
    shared: &Shared,
    begun: &watch::Sender<usize>,
    mut ended: watch::Receiver<bool>,
) -> Result<()> {
    let client = plane.client().await?;
    let watches = kinds.iter().map(|(api_version, kind)| {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        let api = Api::namespaced_with(client.clone(), namespace, &resource);
        follow_kind(api, kind, shared, begun)
    });
    tokio::select! {
        ended = futures::future::try_join_all(watches) => ended.map(drop),
        _ = ended.wait_for(|ended| *ended) => Ok(()),
    }
}

/// Watches one kind for ever.
async fn follow_kind(
    api: Api<DynamicObject>,
    kind: &'static str,
    shared: &Shared,
    begun: &watch::Sender<usize>,
) -> Result<()> {
    let mut version = list(&api, kind, shared).await?;
    begun.send_modify(|begun| *begun += 1);
    loop {
        let params = WatchParams::default().timeout(WATCH_SECONDS);
        let mut events = match api.watch(&params, &version).await {
            Ok(events) => events.boxed(),
            Err(_) => {
                tokio::time::sleep(PAUSE).await;
                version = list(&api, kind, shared).await?;
                continue;
            }
        };
        while let Some(event) = events.next().await {
            match event {
                Ok(WatchEvent::Added(object) | WatchEvent::Modified(object)) => {
                    version = object.metadata.resource_version.clone().unwrap_or_default();
                    see(shared, kind, object)?;
                }
                Ok(WatchEvent::Deleted(object)) => {
                    version = object.metadata.resource_version.clone().unwrap_or_default();
                    let name = object.metadata.name.unwrap_or_default();
                    shared.see((kind, name), Facts { is_gone: true, ..Facts::default() });
                }
                Ok(WatchEvent::Bookmark(bookmark)) => version = bookmark.metadata.resource_version,
                Ok(WatchEvent::Error(_)) | Err(_) => {
                    version = list(&api, kind, shared).await?;
                    break;
                }
            }
        }
    }
}

/// What is there, and what is gone; gives the version to watch from.
async fn list(api: &Api<DynamicObject>, kind: &'static str, shared: &Shared) -> Result<String> {
    let list = api.list(&ListParams::default()).await.with_context(|| format!("list {kind}"))?;
    let version = list.metadata.resource_version.unwrap_or_default();
    let mut names = BTreeSet::new();
    for object in list.items {
        names.insert(object.metadata.name.clone().unwrap_or_default());
        see(shared, kind, object)?;
    }
    let known: Vec<Key> = shared.seen().latest.keys().filter(|(of, _)| *of == kind).cloned().collect();
    for key in known.into_iter().filter(|(_, name)| !names.contains(name)) {
        shared.see(key, Facts { is_gone: true, ..Facts::default() });
    }
    Ok(version)
}

fn see(shared: &Shared, kind: &'static str, object: DynamicObject) -> Result<()> {
    let name = object.metadata.name.clone().unwrap_or_default();
    let facts = Facts::of(&serde_json::to_value(object)?);
    shared.see((kind, name), facts);
    Ok(())
}
