//! HTTP clients by TLS material, and turns at hosts: what repositories share. What is sent is `http`'s.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use reqwest::Url;
use tokio::sync::Semaphore;

use crate::access::Tls;

#[cfg(test)]
mod tests;

/// Fetches that one host gets at a time.
const PER_HOST: usize = 16;
/// HTTP clients that are kept, one per set of TLS material.
const MAX_CLIENTS: usize = 64;

/// TLS material that no client can be made of. Says which, never what it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("'ca.crt' holds no certificate")]
    NoCertificate,
    #[error("'tls.crt' and 'tls.key' are not a key pair")]
    NoKeyPair,
    #[error("{0}")]
    Other(String),
}

/// All clients and hosts.
pub(super) struct Clients {
    user_agent: String,
    clients: Mutex<HashMap<Tls, reqwest::Client>>,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Clients {
    /// No client is made yet.
    pub(super) fn new(user_agent: String) -> Self {
        Self { user_agent, clients: Mutex::default(), hosts: Mutex::default() }
    }

    /// The turns of a URL's host, which its port is part of.
    pub(super) fn host(&self, url: &Url) -> Arc<Semaphore> {
        let key =
            format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(0));
        let mut hosts = self.hosts.lock();
        hosts.retain(|_, turns| Arc::strong_count(turns) > 1);
        Arc::clone(hosts.entry(key).or_insert_with(|| Arc::new(Semaphore::new(PER_HOST))))
    }

    /// A client for the TLS material; connections are reused between polls.
    pub(super) fn client(&self, tls: &Tls) -> Result<reqwest::Client, ClientError> {
        let mut clients = self.clients.lock();
        if let Some(client) = clients.get(tls) {
            return Ok(client.clone());
        }
        let client = build(tls, &self.user_agent)?;
        if clients.len() >= MAX_CLIENTS {
            clients.clear();
        }
        clients.insert(tls.clone(), client.clone());
        Ok(client)
    }
}

fn build(tls: &Tls, user_agent: &str) -> Result<reqwest::Client, ClientError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(2)
        .pool_idle_timeout(Duration::from_secs(90));
    if let Some(ca) = &tls.ca {
        let certificates = reqwest::Certificate::from_pem_bundle(ca)
            .ok()
            .filter(|certificates| !certificates.is_empty())
            .ok_or(ClientError::NoCertificate)?;
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some((certificate, key)) = &tls.identity {
        let pem = [certificate.as_slice(), b"\n", key.as_slice()].concat();
        let identity = reqwest::Identity::from_pem(&pem).map_err(|_| ClientError::NoKeyPair)?;
        builder = builder.identity(identity);
    }
    builder.build().map_err(|error| ClientError::Other(error.without_url().to_string()))
}
