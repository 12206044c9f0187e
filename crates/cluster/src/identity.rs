//! Clients that act as a ServiceAccount, one per account and connector.
//!
//! Which cluster they reach is the connector's; a cluster and its accounts together are a `target`.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::Client;
use parking_lot::Mutex;

use crate::idle::IdleCache;
use crate::{Connector, Error};

/// Clients that nobody asked for in this time are dropped with their connections.
const IDLE: Duration = Duration::from_secs(600);

/// The user name under which a ServiceAccount is known.
pub fn service_account_user(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}

/// Makes and keeps clients that impersonate ServiceAccounts (contracts/kustomize-controller.md 19).
#[derive(Clone)]
pub struct Impersonator {
    connector: Arc<Connector>,
    clients: Arc<Mutex<IdleCache<String, Client>>>,
}

impl fmt::Debug for Impersonator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Impersonator").field("clients", &self.clients.lock().len()).finish_non_exhaustive()
    }
}

impl Impersonator {
    /// Clients are made from `connector`.
    pub fn new(connector: Arc<Connector>) -> Self {
        Self { connector, clients: Arc::new(Mutex::new(IdleCache::new(IDLE))) }
    }

    /// The client of `namespace`'s ServiceAccount `service_account`. Whether it exists is not looked at: the API
    /// server refuses what an unknown account may not do.
    ///
    /// # Errors
    /// The client cannot be built.
    pub fn client(&self, namespace: &str, service_account: &str) -> Result<Client, Error> {
        self.client_at(namespace, service_account, Instant::now())
    }

    /// Lets go of those that nobody has asked for in a while.
    pub(crate) fn sweep(&self) {
        self.clients.lock().sweep(Instant::now(), |_| false);
    }

    fn client_at(&self, namespace: &str, service_account: &str, now: Instant) -> Result<Client, Error> {
        let user = service_account_user(namespace, service_account);
        let mut clients = self.clients.lock();
        // A client that is held elsewhere lives on there; the cache only forgets it.
        clients.sweep(now, |_| false);
        clients.get_or_make(&user, now, || self.connector.client_as(&user))
    }
}

#[cfg(test)]
mod tests;
