//! The health of all objects of a kind that carry owner labels, in one cluster: read by one list for everybody who asks
//! within a while. After a start all Kustomizations ask at once whether what was well before still is.
//!
//! Kept is at which resourceVersion an object was Current, so that no answer is wrong when it is old: whoever asks
//! compares with what the watches show. It judges by kstatus alone, and never says that an object is not well.

use api::labels;
use cluster::Target;
use health::Rules;
use health::kstatus::{self, Status};
use kube::Api;
use kube::api::{DynamicObject, ListParams, ObjectMeta, TypeMeta};
use manifest::{Gvk, ObjectId, version_number};
use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// How long a list is good for: a fleet that starts has asked by then, or asks once more.
const LIFE: Duration = Duration::from_secs(30);
/// Objects in one answer, as the watches ask for them: whoever may set labels decides how large they are.
const PAGE: u32 = 100;
/// The same where metadata is all that is read.
const PAGE_OF_METADATA: u32 = 500;
/// The same of definitions, which may be a thousand times as large as others.
const PAGE_OF_DEFINITIONS: u32 = 25;

/// What a list showed.
#[derive(Debug, Default)]
pub(crate) struct Shown(HashMap<ObjectKey, u64>);

impl Shown {
    /// The resourceVersion at which an object was Current; `None` when it was not, or was not there.
    pub(crate) fn current_at(&self, id: &ObjectId) -> Option<u64> {
        self.0.get(&ObjectKey::new(id.namespace.clone(), id.name.clone())).copied()
    }
}

struct Look {
    taken: Instant,
    shown: Arc<OnceCell<Shown>>,
}

/// See the module.
#[derive(Default)]
pub(crate) struct HealthLooks {
    looks: Mutex<HashMap<Gvk, Look>>,
}

impl HealthLooks {
    /// What the latest list of a kind showed, or a new one. Nothing is shown of a kind that cannot be listed.
    pub(crate) async fn of(self: &Arc<Self>, cluster: &Target, kind: &Gvk) -> Arc<OnceCell<Shown>> {
        let cell = self.cell(kind, Instant::now());
        let list = async {
            let shown = match list(cluster, kind).await {
                Ok(shown) => shown,
                Err(error) => {
                    tracing::debug!(kind = %kind.kind, group = %kind.group, error = %error, "a kind cannot be listed");
                    Shown::default()
                }
            };
            tokio::spawn(forget(Arc::downgrade(self)));
            shown
        };
        Box::pin(cell.get_or_init(|| list)).await;
        cell
    }

    /// One for everybody until it is old.
    fn cell(&self, kind: &Gvk, now: Instant) -> Arc<OnceCell<Shown>> {
        let mut looks = self.looks.lock();
        looks.retain(|_, look| now.saturating_duration_since(look.taken) < LIFE);
        let look = looks.entry(kind.clone()).or_insert_with(|| Look { taken: now, shown: Arc::default() });
        Arc::clone(&look.shown)
    }
}

/// Nothing is kept for nobody.
async fn forget(looks: Weak<HealthLooks>) {
    tokio::time::sleep(LIFE).await;
    if let Some(looks) = looks.upgrade() {
        let now = Instant::now();
        looks.looks.lock().retain(|_, look| now.saturating_duration_since(look.taken) < LIFE);
    }
}

/// Whether everything that decides is in the metadata: contents of these may be large, or secret.
fn is_told_by_metadata(kind: &Gvk) -> bool {
    kind.group.is_empty() && matches!(kind.kind.as_str(), "ConfigMap" | "Secret" | "ServiceAccount")
}

async fn list(cluster: &Target, kind: &Gvk) -> Result<Shown, cluster::Error> {
    let resolved = cluster.mapper().resolve(&kind.group, &kind.version, &kind.kind).await?;
    let api: Api<DynamicObject> = Api::all_with(cluster.client().clone(), &resolved.api_resource);
    let types = TypeMeta { api_version: kind.api_version(), kind: kind.kind.clone() };
    let size = match kind.kind.as_str() {
        "CustomResourceDefinition" => PAGE_OF_DEFINITIONS,
        _ if is_told_by_metadata(kind) => PAGE_OF_METADATA,
        _ => PAGE,
    };
    let mut page = ListParams::default().labels(labels::OWNER_NAME).limit(size);
    let mut shown = Shown::default();
    loop {
        let following = if is_told_by_metadata(kind) {
            let found = api.list_metadata(&page).await?;
            for mut object in found.items {
                object.types = Some(types.clone());
                object.metadata.managed_fields = None;
                shown.take(&object.metadata, &object);
            }
            found.metadata.continue_
        } else {
            let found = api.list(&page).await?;
            for mut object in found.items {
                object.types = Some(types.clone());
                object.metadata.managed_fields = None;
                shown.take(&object.metadata, &object);
            }
            found.metadata.continue_
        };
        match following.filter(|token| !token.is_empty()) {
            Some(token) => page = page.continue_token(&token),
            None => return Ok(shown),
        }
    }
}

impl Shown {
    fn take(&mut self, metadata: &ObjectMeta, object: &impl Serialize) {
        let Ok(value) = serde_json::to_value(object) else { return };
        let verdict = kstatus::compute(&value, Rules::built_in(), jiff::Timestamp::now());
        if verdict.is_ok_and(|verdict| verdict.status == Status::Current) {
            self.0.insert(ObjectKey::of(metadata), version_number(metadata.resource_version.as_deref()));
        }
    }
}

#[cfg(test)]
mod tests;
