//! Which resource serves a kind: one discovery snapshot, renewed on a miss.
//!
//! Discovery is a snapshot that nothing refreshes by itself (notes/kube-5.md 5.3). A hit costs a map look-up; a miss
//! costs at most one pair of requests in two seconds, shared by everybody who waits.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use kube::core::{ApiResource, GroupVersionKind};
use kube::discovery::{Discovery, Scope};
use parking_lot::RwLock;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::definition::{Definition, Definitions};
use crate::{Class, Error};

/// At most one refresh in this time, unless [`Mapper::invalidate`] asks.
const PAUSE: Duration = Duration::from_secs(2);

/// Where a kind is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Group, version, kind and plural.
    pub api_resource: ApiResource,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

/// Versions of one kind, the server's preferred one first.
type Kinds = HashMap<(String, String), Vec<Resolved>>;

#[derive(Default)]
struct Known {
    served: Kinds,
    /// Told by [`Mapper::learn`] before discovery knows them.
    learned: Kinds,
    /// The served kinds may be out of date.
    stale: bool,
    /// How many refreshes there have been.
    generation: u64,
}

impl Known {
    fn find(&self, group: &str, kind: &str, version: Option<&str>) -> Option<Resolved> {
        // A borrowed pair cannot look up an owned one; kinds are short.
        let key = (group.to_owned(), kind.to_owned());
        let pick = |kinds: &Kinds| {
            let versions = kinds.get(&key)?;
            match version {
                Some(version) => versions.iter().find(|found| found.api_resource.version == version).cloned(),
                None => versions.first().cloned(),
            }
        };
        pick(&self.served).or_else(|| pick(&self.learned))
    }
}

#[derive(Default)]
struct Refresh {
    last: Option<Instant>,
}

/// Resolves kinds of one API server; clones share the snapshot.
#[derive(Clone)]
pub struct Mapper {
    client: Client,
    definitions: Definitions,
    known: Arc<RwLock<Known>>,
    refresh: Arc<Mutex<Refresh>>,
}

impl std::fmt::Debug for Mapper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mapper").field("kinds", &self.known.read().served.len()).finish_non_exhaustive()
    }
}

impl Mapper {
    /// Asks nothing yet: the first look-up does.
    pub fn new(client: Client) -> Self {
        let definitions = Definitions::new(client.clone());
        Self { client, definitions, known: Arc::default(), refresh: Arc::default() }
    }

    /// What stands behind a kind that [`resolve_any_version`](Self::resolve_any_version) does not find.
    ///
    /// # Errors
    /// Whatever the API server refuses: then it is not known, which is not "gone".
    pub async fn definition(&self, group: &str, kind: &str) -> Result<Definition, Error> {
        self.definitions.find(group, kind).await
    }

    /// The resource of exactly this version.
    ///
    /// # Errors
    /// `NotFound` when the server does not serve it; whatever discovery met otherwise.
    pub async fn resolve(&self, group: &str, version: &str, kind: &str) -> Result<Resolved, Error> {
        self.look_up(group, kind, Some(version)).await
    }

    /// The resource of the version that the server prefers.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub async fn resolve_any_version(&self, group: &str, kind: &str) -> Result<Resolved, Error> {
        self.look_up(group, kind, None).await
    }

    /// What is known now, without asking anybody.
    pub fn known(&self, group: &str, version: &str, kind: &str) -> Option<Resolved> {
        let known = self.known.read();
        (!known.stale).then(|| known.find(group, kind, Some(version))).flatten()
    }

    /// Adds a kind that is about to be served (a CRD in the same set, or one just applied): discovery lags behind.
    pub fn learn(&self, gvk: &GroupVersionKind, plural: &str, namespaced: bool) {
        let resolved = Resolved { api_resource: ApiResource::from_gvk_with_plural(gvk, plural), namespaced };
        let mut known = self.known.write();
        let versions = known.learned.entry((gvk.group.clone(), gvk.kind.clone())).or_default();
        versions.retain(|other| other.api_resource.version != gvk.version);
        versions.push(resolved);
    }

    /// Makes the next look-up ask the server; what was learned is forgotten. For a 404 on a known kind.
    pub fn invalidate(&self) {
        let mut known = self.known.write();
        known.stale = true;
        known.learned.clear();
    }

    async fn look_up(&self, group: &str, kind: &str, version: Option<&str>) -> Result<Resolved, Error> {
        let missing = || Error::no_match(group, version.unwrap_or_default(), kind);
        let seen = {
            let known = self.known.read();
            if !known.stale
                && let Some(found) = known.find(group, kind, version)
            {
                return Ok(found);
            }
            known.generation
        };
        let mut refresh = self.refresh.lock().await;
        let due = {
            let known = self.known.read();
            let renewed = known.generation != seen;
            if (renewed || !known.stale)
                && let Some(found) = known.find(group, kind, version)
            {
                return Ok(found);
            }
            // Somebody else's refresh, begun after we looked, has just answered for us too.
            !renewed && (known.stale || refresh.last.is_none_or(|last| last.elapsed() >= PAUSE))
        };
        if !due {
            return Err(missing());
        }
        refresh.last = Some(Instant::now());
        let served = self.discover().await?;
        let mut known = self.known.write();
        known.served = served;
        known.stale = false;
        known.generation += 1;
        known.find(group, kind, version).ok_or_else(missing)
    }

    async fn discover(&self) -> Result<Kinds, Error> {
        let aggregated = Discovery::new(self.client.clone()).run_aggregated().await.map_err(Error::from);
        let discovery = match aggregated {
            Ok(discovery) => discovery,
            // Servers without aggregated discovery answer in another shape, or refuse the media type.
            Err(error)
                if matches!(error.classify(), Class::Unreadable | Class::BadRequest | Class::NotFound) =>
            {
                Discovery::new(self.client.clone()).run().await?
            }
            Err(error) => return Err(error),
        };
        let mut kinds = Kinds::new();
        for group in discovery.groups() {
            let preferred = group.preferred_version_or_latest();
            let others = group.versions().filter(|version| *version != preferred);
            for version in std::iter::once(preferred).chain(others) {
                for (api_resource, capabilities) in group.versioned_resources(version) {
                    let namespaced = capabilities.scope == Scope::Namespaced;
                    let key = (api_resource.group.clone(), api_resource.kind.clone());
                    kinds.entry(key).or_default().push(Resolved { api_resource, namespaced });
                }
            }
        }
        Ok(kinds)
    }
}
