//! Sees every version of the sources and Kustomizations of a namespace, and keeps what looks like a failure: a look at
//! the end would miss what was mended meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, ensure};
use futures::StreamExt as _;
use kube::api::{Api, DynamicObject, ListParams, WatchEvent, WatchParams};
use parking_lot::Mutex;
use serde_json::Value;
use testkit::cluster::TestNamespace;

/// A watch of some kinds; it ends with the value.
pub(super) struct Watcher {
    tasks: Vec<tokio::task::JoinHandle<()>>,
    seen: Arc<Mutex<Seen>>,
}

/// What was seen since the start.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// What looked like a failure.
    pub(super) failures: Vec<String>,
    /// New versions of each object, by kind and name.
    pub(super) versions: BTreeMap<(String, String), usize>,
}

/// What the fleet of Kustomizations is watched by.
pub(super) const FLEET: [(&str, &str); 2] =
    [("source.toolkit.fluxcd.io/v1", "GitRepository"), ("kustomize.toolkit.fluxcd.io/v1", "Kustomization")];

impl Watcher {
    pub(super) async fn start(ns: &TestNamespace, kinds: &[(&str, &'static str)]) -> Result<Self> {
        let seen = Arc::<Mutex<Seen>>::default();
        let mut tasks = Vec::new();
        for (api_version, kind) in kinds.iter().copied() {
            let api = ns.api(api_version, kind).await?;
            let version = api.list(&ListParams::default()).await?.metadata.resource_version;
            let seen = Arc::clone(&seen);
            let version = version.unwrap_or_default();
            tasks.push(tokio::spawn(async move { watch(&api, kind, &version, &seen).await }));
        }
        Ok(Self { tasks, seen })
    }

    /// How many versions there were so far.
    pub(super) fn versions(&self) -> usize {
        self.seen.lock().versions.values().sum()
    }

    pub(super) fn end(self) -> Result<Seen> {
        let blind = self.tasks.iter().filter(|task| task.is_finished()).count();
        ensure!(blind == 0, "{blind} watches ended early: {:?}", self.seen.lock());
        for task in &self.tasks {
            task.abort();
        }
        Ok(std::mem::take(&mut *self.seen.lock()))
    }
}

async fn watch(api: &Api<DynamicObject>, kind: &str, version: &str, seen: &Mutex<Seen>) {
    let parameters = WatchParams::default().timeout(290);
    let stream = match api.watch(&parameters, version).await {
        Ok(stream) => stream,
        Err(error) => return seen.lock().failures.push(error.to_string()),
    };
    let mut stream = std::pin::pin!(stream);
    while let Some(event) = stream.next().await {
        match event {
            Ok(WatchEvent::Added(object) | WatchEvent::Modified(object)) => {
                let name = object.metadata.name.clone().unwrap_or_default();
                let mut seen = seen.lock();
                seen.failures.extend(failed(&object.data).map(|what| format!("{kind} {name}: {what}")));
                *seen.versions.entry((kind.to_owned(), name)).or_default() += 1;
            }
            Ok(WatchEvent::Deleted(object)) => {
                seen.lock().failures.push(format!("{kind} {:?} was deleted", object.metadata.name));
            }
            Ok(WatchEvent::Bookmark(_)) => {}
            Ok(WatchEvent::Error(error)) => return seen.lock().failures.push(format!("{error:?}")),
            Err(error) => return seen.lock().failures.push(error.to_string()),
        }
    }
}

/// Conditions that say that something is wrong.
fn failed(object: &Value) -> impl Iterator<Item = String> {
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    conditions.filter_map(|condition| {
        let bad = match condition["type"].as_str() {
            Some("Ready" | "Healthy") => condition["status"] == "False",
            Some("Stalled" | "FetchFailed" | "StorageOperationFailed") => condition["status"] == "True",
            _ => false,
        };
        bad.then(|| condition.to_string())
    })
}
