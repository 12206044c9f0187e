//! Which resource serves a kind: one discovery snapshot, renewed on a miss.
//!
//! Discovery is a snapshot that nothing refreshes by itself: kube never asks again. A hit costs a map look-up; a miss
//! costs at most one pair of requests in two seconds, shared by everybody who waits.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use kube::core::ApiResource;
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

/// Refreshes are numbered in the order in which they begin, one at a time: what was asked before one began is answered
/// by it, and nothing that ends later than a question was begun after it by that alone.
#[derive(Default)]
struct Known {
    served: Kinds,
    /// The number of the newest refresh that has begun.
    begun: u64,
    /// The number of the refresh that `served` came from.
    answered: u64,
    /// What `served` has to come from at least; an older one is out of date.
    wanted: u64,
}

impl Known {
    fn find(&self, group: &str, kind: &str, version: Option<&str>) -> Option<Resolved> {
        // A borrowed pair cannot look up an owned one; kinds are short.
        let versions = self.served.get(&(group.to_owned(), kind.to_owned()))?;
        match version {
            Some(version) => versions.iter().find(|found| found.api_resource.version == version).cloned(),
            None => versions.first().cloned(),
        }
    }

    const fn is_stale(&self) -> bool {
        self.answered < self.wanted
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

    /// What stands behind a kind that [`resolve_any_version`](Self::resolve_any_version) does not find, as of a moment
    /// after `since`.
    ///
    /// # Errors
    /// Whatever the API server refuses: then it is not known, which is not "gone".
    pub async fn definition(&self, group: &str, kind: &str, since: Instant) -> Result<Definition, Error> {
        self.definitions.find(group, kind, since).await
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

    /// Makes the next look-up ask the server, also when somebody asks it at this moment. For a 404 on a known kind.
    pub fn invalidate(&self) {
        let mut known = self.known.write();
        known.wanted = known.begun + 1;
    }

    async fn look_up(&self, group: &str, kind: &str, version: Option<&str>) -> Result<Resolved, Error> {
        let missing = || Error::no_match(group, version.unwrap_or_default(), kind);
        let seen = {
            let known = self.known.read();
            if !known.is_stale()
                && let Some(found) = known.find(group, kind, version)
            {
                return Ok(found);
            }
            known.begun
        };
        let mut refresh = self.refresh.lock().await;
        let due = {
            let known = self.known.read();
            if !known.is_stale()
                && let Some(found) = known.find(group, kind, version)
            {
                return Ok(found);
            }
            // A refresh of somebody else that began after we looked has answered for us, too.
            let renewed = !known.is_stale() && known.answered > seen;
            !renewed && (known.is_stale() || refresh.last.is_none_or(|last| last.elapsed() >= PAUSE))
        };
        if !due {
            return Err(missing());
        }
        refresh.last = Some(Instant::now());
        let number = {
            let mut known = self.known.write();
            known.begun += 1;
            known.begun
        };
        let served = self.discover().await?;
        let mut known = self.known.write();
        known.served = served;
        known.answered = number;
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
