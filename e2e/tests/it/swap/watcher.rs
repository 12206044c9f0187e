//! Sees every version of the sources and Kustomizations of a namespace, and keeps what looks like a failure: a look at
//! the end would miss what was mended meanwhile.

use std::sync::Arc;

use anyhow::{Result, ensure};
use futures::StreamExt as _;
use kube::api::{Api, DynamicObject, ListParams, WatchEvent, WatchParams};
use parking_lot::Mutex;
use serde_json::Value;
use testkit::cluster::TestNamespace;

/// A watch of two kinds; it ends with the value.
pub(super) struct Watcher {
    tasks: Vec<tokio::task::JoinHandle<()>>,
    failures: Arc<Mutex<Vec<String>>>,
}

impl Watcher {
    pub(super) async fn start(ns: &TestNamespace) -> Result<Self> {
        let failures = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for (api_version, kind) in [
            ("source.toolkit.fluxcd.io/v1", "GitRepository"),
            ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
        ] {
            let api = ns.api(api_version, kind).await?;
            let version = api.list(&ListParams::default()).await?.metadata.resource_version;
            let failures = Arc::clone(&failures);
            let version = version.unwrap_or_default();
            tasks.push(tokio::spawn(async move { watch(&api, kind, &version, &failures).await }));
        }
        Ok(Self { tasks, failures })
    }

    /// What looked like a failure since the start.
    pub(super) fn end(self) -> Result<Vec<String>> {
        let blind = self.tasks.iter().filter(|task| task.is_finished()).count();
        ensure!(blind == 0, "{blind} watches ended early: {:?}", self.failures.lock());
        for task in &self.tasks {
            task.abort();
        }
        Ok(std::mem::take(&mut *self.failures.lock()))
    }
}

async fn watch(api: &Api<DynamicObject>, kind: &str, version: &str, failures: &Mutex<Vec<String>>) {
    let parameters = WatchParams::default().timeout(290);
    let stream = match api.watch(&parameters, version).await {
        Ok(stream) => stream,
        Err(error) => return failures.lock().push(error.to_string()),
    };
    let mut stream = std::pin::pin!(stream);
    while let Some(event) = stream.next().await {
        match event {
            Ok(WatchEvent::Added(object) | WatchEvent::Modified(object)) => {
                let name = object.metadata.name.clone().unwrap_or_default();
                failures.lock().extend(failed(&object.data).map(|what| format!("{kind} {name}: {what}")));
            }
            Ok(WatchEvent::Deleted(object)) => {
                failures.lock().push(format!("{kind} {:?} was deleted", object.metadata.name));
            }
            Ok(WatchEvent::Bookmark(_)) => {}
            Ok(WatchEvent::Error(error)) => return failures.lock().push(format!("{error:?}")),
            Err(error) => return failures.lock().push(error.to_string()),
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
