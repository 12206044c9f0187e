//! Clients that act as a ServiceAccount, one per account.
//!
//! Remote clusters (`spec.kubeConfig`) are not here yet: objects that ask for one are refused (decisions 5.1).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::Client;
use parking_lot::Mutex;

use crate::{Connector, Error};

/// Clients that nobody asked for in this time are dropped with their connections.
const IDLE: Duration = Duration::from_secs(600);

struct Cached {
    client: Client,
    used: Instant,
}

/// The user name under which a ServiceAccount is known.
pub fn service_account_user(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}

/// Makes and keeps clients that impersonate ServiceAccounts (contracts/kustomize-controller.md 19).
#[derive(Clone)]
pub struct Impersonator {
    connector: Arc<Connector>,
    clients: Arc<Mutex<HashMap<String, Cached>>>,
}

impl std::fmt::Debug for Impersonator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Impersonator").field("clients", &self.clients.lock().len()).finish_non_exhaustive()
    }
}

impl Impersonator {
    /// Clients are made from `connector`.
    pub fn new(connector: Arc<Connector>) -> Self {
        Self { connector, clients: Arc::default() }
    }

    /// The client of `namespace`'s ServiceAccount `service_account`. Whether it exists is not looked at: the API
    /// server refuses what an unknown account may not do.
    ///
    /// # Errors
    /// The client cannot be built.
    pub fn client(&self, namespace: &str, service_account: &str) -> Result<Client, Error> {
        let user = service_account_user(namespace, service_account);
        let now = Instant::now();
        let mut clients = self.clients.lock();
        clients.retain(|_, cached| now.duration_since(cached.used) < IDLE);
        if let Some(cached) = clients.get_mut(&user) {
            cached.used = now;
            return Ok(cached.client.clone());
        }
        let client = self.connector.client_as(&user)?;
        clients.insert(user, Cached { client: client.clone(), used: now });
        Ok(client)
    }
}
