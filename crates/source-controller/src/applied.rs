//! Which artifacts Kustomizations run, by their status, so that retention keeps them (docs/design/0016). One watch, of
//! which two revisions and a reference are kept. What is kept of it is decided in `artifact::store::gc`.
//!
//! Until the first list is complete it is not known who runs what, and nothing is collected; after a failure any artifact
//! may be needed beside those that were when it was last known.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use api::kustomization::Kustomization;
use artifact::store::gc::{Kept, Others};
use kube::core::{NamespaceResourceScope, ObjectMeta};
use parking_lot::RwLock;
use reconcile_core::ObjectKey;
use reconcile_core::process::Process;
use reconcile_core::watch::{self, Change, Scope};
use serde::Deserialize;

#[cfg(test)]
mod tests;

/// How much is kept because it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    /// `--artifact-retention-applied-records`; 0 is off.
    pub(crate) records: usize,
    /// `--artifact-retention-applied-size`.
    pub(crate) bytes: u64,
}

/// What of a Kustomization is looked at.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct User {
    metadata: ObjectMeta,
    spec: UserSpec,
    status: Option<UserStatus>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserSpec {
    source_ref: SourceRef,
}

#[derive(Clone, Debug, Deserialize)]
struct SourceRef {
    kind: String,
    name: String,
    namespace: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserStatus {
    last_applied_revision: Option<String>,
    last_attempted_revision: Option<String>,
}

impl kube::Resource for User {
    type DynamicType = ();
    type Scope = NamespaceResourceScope;

    fn kind(dynamic: &()) -> Cow<'_, str> {
        Kustomization::kind(dynamic)
    }

    fn group(dynamic: &()) -> Cow<'_, str> {
        Kustomization::group(dynamic)
    }

    fn version(dynamic: &()) -> Cow<'_, str> {
        Kustomization::version(dynamic)
    }

    fn plural(dynamic: &()) -> Cow<'_, str> {
        Kustomization::plural(dynamic)
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// Who runs what.
pub(crate) struct Applied {
    bound: Bound,
    known: RwLock<Known>,
}

struct Known {
    /// What may be run beside.
    others: Others,
    /// The folder of an object's source.
    folders: HashMap<ObjectKey, String>,
    /// Files by folder and by who names them.
    files: HashMap<String, HashMap<ObjectKey, BTreeSet<String>>>,
}

impl Known {
    fn forget(&mut self, key: &ObjectKey) {
        let Some(folder) = self.folders.remove(key) else { return };
        if let Some(users) = self.files.get_mut(&folder) {
            users.remove(key);
            if users.is_empty() {
                self.files.remove(&folder);
            }
        }
    }

    fn take(&mut self, user: &User) {
        let key = ObjectKey::of(&user.metadata);
        self.forget(&key);
        let Some((folder, files)) = uses(user) else { return };
        self.files.entry(folder.clone()).or_default().insert(key.clone(), files);
        self.folders.insert(key, folder);
    }
}

impl Applied {
    pub(crate) fn new(bound: Bound) -> Self {
        let (others, folders, files) = (Others::Unknown, HashMap::new(), HashMap::new());
        Self { bound, known: RwLock::new(Known { others, folders, files }) }
    }

    /// What is kept in a folder (`<kind>/<namespace>/<name>`) beside the usual retention.
    pub(crate) fn kept(&self, folder: &str) -> Kept {
        let Bound { records, bytes } = self.bound;
        if records == 0 {
            return Kept::default();
        }
        let known = self.known.read();
        let users = known.files.get(folder).into_iter().flat_map(HashMap::values);
        Kept { needed: users.flatten().cloned().collect(), others: known.others, records, bytes }
    }

    /// Takes in what the watch says. Of those that vanished while it failed it tells before it is complete again.
    fn take(&self, change: &Change<User>) {
        let mut known = self.known.write();
        match change {
            Change::Applied(user) => known.take(user),
            Change::Deleted(gone) => known.forget(&gone.key),
            // It may run what it ran before.
            Change::Undecodable(_) => {}
            Change::Synced => known.others = Others::Free,
            Change::Failed(_) => known.others = Others::Doubtful,
        }
    }
}

/// Watches until the process ends; not at all when nothing is to be kept.
pub(crate) async fn follow(applied: Arc<Applied>, process: Process) {
    if applied.bound.records == 0 {
        return;
    }
    // Kustomizations of all shards may use the sources of this one.
    let api = watch::namespaced::<User>(process.client.clone(), process.args.watch_namespace.as_deref());
    let metrics = Some(Arc::clone(&process.metrics));
    watch::objects(api, Scope::default(), metrics, process.stop.clone(), move |change| applied.take(&change))
        .await;
}

/// The folder of a Kustomization's source, and the files in it that its status names.
fn uses(user: &User) -> Option<(String, BTreeSet<String>)> {
    let SourceRef { kind, name, namespace } = &user.spec.source_ref;
    let namespace = namespace.as_deref().or(user.metadata.namespace.as_deref())?;
    let status = user.status.as_ref()?;
    let revisions = [&status.last_applied_revision, &status.last_attempted_revision];
    let files: BTreeSet<String> =
        revisions.into_iter().flatten().filter_map(|revision| file_of(kind, revision)).collect();
    let folder = format!("{}/{namespace}/{name}", kind.to_ascii_lowercase());
    (!files.is_empty()).then_some((folder, files))
}

/// The file that a revision is stored in (contracts/source-controller.md 5.1); `None` for sources that are not ours.
fn file_of(kind: &str, revision: &str) -> Option<String> {
    let stem = match kind {
        "GitRepository" | "Bucket" => revision.rsplit_once(':').map_or(revision, |(_, hash)| hash),
        "OCIRepository" => revision.rsplit_once('@').map_or(revision, |(_, digest)| digest),
        _ => return None,
    };
    Some(format!("{stem}.tar.gz"))
}
