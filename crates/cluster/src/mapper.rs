//! Which resource serves a kind: one discovery snapshot, renewed on a miss.
//!
//! Discovery is a snapshot that nothing refreshes by itself: kube never asks again. A hit costs a map look-up; a miss
//! costs at most one pair of requests in two seconds, shared by everybody who waits. While those fail, a miss is answered
//! with why: that a kind is not served is said by a server only.

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

/// What is looked up.
#[derive(Clone, Copy, Debug)]
struct Wanted<'a> {
    group: &'a str,
    kind: &'a str,
    /// `None`: the one that the server prefers.
    version: Option<&'a str>,
}

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
    /// Why the last refresh failed, if it did.
    failed: Option<Error>,
}

impl Known {
    fn find(&self, wanted: Wanted<'_>) -> Option<Resolved> {
        // A borrowed pair cannot look up an owned one; kinds are short.
        let versions = self.served.get(&(wanted.group.to_owned(), wanted.kind.to_owned()))?;
        match wanted.version {
            Some(version) => versions.iter().find(|found| found.api_resource.version == version).cloned(),
            None => versions.first().cloned(),
        }
    }

    /// The preferred version of every kind of this name.
    fn named(&self, kind: &str) -> Vec<Resolved> {
        let named = self.served.iter().filter(|((_, name), _)| name == kind);
        let mut found: Vec<Resolved> = named.filter_map(|(_, versions)| versions.first().cloned()).collect();
        found.sort_by(|a, b| a.api_resource.group.cmp(&b.api_resource.group));
        found
    }

    const fn is_stale(&self) -> bool {
        self.answered < self.wanted
    }

    /// What needs no request.
    fn find_fresh(&self, wanted: Wanted<'_>) -> Option<Resolved> {
        if self.is_stale() { None } else { self.find(wanted) }
    }

    /// Whether a miss is worth a request. `seen` is the newest refresh that had begun when the question came up, and
    /// `paused` says that the last one was long enough ago.
    const fn is_refresh_due(&self, seen: u64, paused: bool) -> bool {
        if self.is_stale() {
            return true;
        }
        // A refresh of somebody else that began after we looked has answered for us, too.
        let renewed = self.answered > seen;
        !renewed && paused
    }

    /// Why the newest refresh failed, unless somebody has asked for another since it began.
    const fn fresh_failure(&self) -> Option<&Error> {
        if self.begun < self.wanted { None } else { self.failed.as_ref() }
    }

    /// A refresh begins; its number.
    const fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.begun
    }

    fn take(&mut self, number: u64, served: Kinds) {
        self.served = served;
        self.answered = number;
        self.failed = None;
    }

    /// What is known is out of date, and so is whatever a refresh brings that has begun already.
    const fn invalidate(&mut self) {
        self.wanted = self.begun + 1;
    }
}

/// The snapshot and its refreshes, without a client.
#[derive(Default)]
struct Snapshot {
    known: RwLock<Known>,
    /// When the last refresh began; held while one is under way.
    refresh: Mutex<Option<Instant>>,
}

impl Snapshot {
    /// Looks up; `discover` is awaited where a request is due, and dropped otherwise.
    async fn look_up(
        &self,
        wanted: Wanted<'_>,
        discover: impl Future<Output = Result<Kinds, Error>>,
    ) -> Result<Resolved, Error> {
        let missing = || Error::no_match(wanted.group, wanted.version.unwrap_or_default(), wanted.kind);
        let seen = {
            let known = self.known.read();
            if let Some(found) = known.find_fresh(wanted) {
                return Ok(found);
            }
            known.begun
        };
        let mut last = self.refresh.lock().await;
        {
            let known = self.known.read();
            if let Some(found) = known.find_fresh(wanted) {
                return Ok(found);
            }
            let paused = last.is_none_or(|last| last.elapsed() >= PAUSE);
            if let Some(failed) = known.fresh_failure().filter(|_| !paused) {
                return Err(failed.clone());
            }
            if !known.is_refresh_due(seen, paused) {
                return Err(missing());
            }
        }
        *last = Some(Instant::now());
        let number = self.known.write().begin();
        let served = match discover.await {
            Ok(served) => served,
            Err(error) => {
                // It may have taken long: those who waited for it need not try the same one after the other.
                *last = Some(Instant::now());
                self.known.write().failed = Some(error.clone());
                return Err(error);
            }
        };
        let mut known = self.known.write();
        known.take(number, served);
        known.find(wanted).ok_or_else(missing)
    }
}

/// Resolves kinds of one API server; clones share the snapshot.
#[derive(Clone)]
pub struct Mapper {
    client: Client,
    definitions: Definitions,
    snapshot: Arc<Snapshot>,
    /// Host and port of a remote cluster, for messages.
    server: Option<Arc<str>>,
}

impl std::fmt::Debug for Mapper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mapper")
            .field("kinds", &self.snapshot.known.read().served.len())
            .finish_non_exhaustive()
    }
}

impl Mapper {
    /// Asks nothing yet: the first look-up does.
    pub fn new(client: Client) -> Self {
        let definitions = Definitions::new(client.clone());
        Self { client, definitions, snapshot: Arc::default(), server: None }
    }

    /// Of another cluster than the process's own: messages say which one could not be asked
    /// (contracts/kustomize-controller.md 19).
    pub fn of_remote(client: Client, server: &str) -> Self {
        Self { server: Some(server.into()), ..Self::new(client) }
    }

    /// Whether it is another cluster's than the process's own.
    pub const fn is_remote(&self) -> bool {
        self.server.is_some()
    }

    /// Asks the server what it serves, whatever is known of that.
    ///
    /// # Errors
    /// Whatever discovery met.
    pub async fn renew(&self) -> Result<(), Error> {
        self.invalidate();
        // Of what every API server has nothing is missed by this.
        match self.resolve("", "v1", "Namespace").await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == 0 && error.classify() == Class::NotFound => Ok(()),
            Err(error) => Err(error),
        }
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
        self.look_up(Wanted { group, kind, version: Some(version) }).await
    }

    /// The resource of the version that the server prefers.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub async fn resolve_any_version(&self, group: &str, kind: &str) -> Result<Resolved, Error> {
        self.look_up(Wanted { group, kind, version: None }).await
    }

    /// Every resource whose kind has this name, of whatever group, in the version that the server prefers; in the order of
    /// their groups. What was installed since the last look-up that had to ask is not among them.
    ///
    /// # Errors
    /// Whatever discovery met.
    pub async fn resolve_name(&self, kind: &str) -> Result<Vec<Resolved>, Error> {
        // Every API server has it, so that it takes a request only where nothing is known yet.
        self.resolve("", "v1", "Namespace").await?;
        Ok(self.snapshot.known.read().named(kind))
    }

    /// Makes the next look-up ask the server, also when somebody asks it at this moment. For a 404 on a known kind.
    pub fn invalidate(&self) {
        self.snapshot.known.write().invalidate();
    }

    /// How often the server has said what it serves: while it is the same, so is what is known of that.
    #[must_use]
    pub fn renewals(&self) -> u64 {
        self.snapshot.known.read().answered
    }

    async fn look_up(&self, wanted: Wanted<'_>) -> Result<Resolved, Error> {
        let discover = async {
            let discovered = self.discover().await;
            discovered.map_err(|error| match &self.server {
                Some(server) => error.in_discovery(server),
                None => error,
            })
        };
        self.snapshot.look_up(wanted, discover).await
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

#[cfg(test)]
mod tests;
