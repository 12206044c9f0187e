//! Objects, statuses and files on disk, for the tests of several modules.

use std::io::Write as _;

use api::Artifact;
use api::git_repository::GitRepository;
use artifact::Algorithm;
use artifact::store::{Place, Store, Stored};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::published::Published;
use crate::status::Status;

/// An object `ns/app` with this spec, beside url and interval.
pub(crate) fn object<K: DeserializeOwned>(kind: &str, spec: &Value) -> K {
    let mut all = json!({"url": "https://example.com/app.git", "interval": "1m"});
    all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    serde_json::from_value(json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": kind, "spec": all,
        "metadata": {"name": "app", "namespace": "ns", "uid": "u", "generation": 2},
    }))
    .unwrap()
}

/// As [`object`], a GitRepository.
pub(crate) fn git_repository(spec: &Value) -> GitRepository {
    object("GitRepository", spec)
}

/// An artifact of this revision and digest.
pub(crate) fn artifact(revision: &str, digest: &str) -> Artifact {
    serde_json::from_value(json!({
        "path": "gitrepository/ns/app/a.tar.gz", "url": "http://old/a.tar.gz", "revision": revision,
        "digest": digest, "lastUpdateTime": "2026-01-02T03:04:05Z", "size": 1,
    }))
    .unwrap()
}

/// A status with an artifact of this revision, which is in storage.
pub(crate) fn stored(revision: &str) -> Status {
    let mut status = Status { observed_generation: 2, ..Status::default() };
    status.artifact = Some(artifact(revision, "sha256:aa"));
    status.in_storage("stored artifact for revision", 2);
    status.summarise(2);
    status
}

/// One line per condition: type, status, reason, message.
pub(crate) fn lines(status: &Status) -> String {
    let line = |found: &api::Condition| {
        format!("{}={} {}: {}", found.type_, found.status, found.reason, found.message)
    };
    status.conditions.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A storage of its own, with the folder of `ns/app` in it.
pub(crate) struct Disk {
    _folder: tempfile::TempDir,
    pub(crate) storage: Store,
    pub(crate) place: Place,
}

impl Disk {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Store::open(&folder.path().join("data"), Algorithm::Sha256).unwrap();
        let place = Place::new("gitrepository", "ns", "app").unwrap();
        Self { _folder: folder, storage, place }
    }

    /// Publishes a file.
    pub(crate) fn publish(&self, published: &Published, name: &str, content: &[u8]) -> Stored {
        let mut draft = self.storage.begin(&self.place).unwrap();
        draft.write_all(content).unwrap();
        published.publish(draft, name).unwrap()
    }

    /// Whether a published file is there.
    pub(crate) fn has(&self, stored: &Stored) -> bool {
        self.storage.locate(&stored.path).unwrap().exists()
    }
}
