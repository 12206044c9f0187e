//! HTTP clients by TLS material and by where they may go: what repositories share. What is sent is `http`'s.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

use super::http::addresses::Resolver;
use crate::access::Tls;

#[cfg(test)]
mod tests;

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

/// Where a client may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reach {
    /// Wherever an object's author says.
    Anywhere,
    /// To public addresses: where a server says.
    Public,
}

/// All clients.
pub(super) struct Clients {
    user_agent: String,
    resolver: Resolver,
    is_proxied: bool,
    clients: Mutex<HashMap<(Tls, Reach), reqwest::Client>>,
}

impl Clients {
    /// No client is made yet.
    pub(super) fn new(user_agent: String) -> Self {
        const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let is_proxied = PROXIES.iter().any(|name| std::env::var_os(name).is_some_and(|url| !url.is_empty()));
        Self { user_agent, resolver: Resolver::default(), is_proxied, clients: Mutex::default() }
    }

    /// A client for the TLS material; connections are reused between polls.
    pub(super) fn client(&self, tls: &Tls, reach: Reach) -> Result<reqwest::Client, ClientError> {
        // Behind a proxy, names are its to look up, and its own address rarely is public.
        let reach = if self.is_proxied { Reach::Anywhere } else { reach };
        let key = (tls.clone(), reach);
        let mut clients = self.clients.lock();
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let resolver = match reach {
            Reach::Anywhere => self.resolver.clone(),
            Reach::Public => self.resolver.public_only(),
        };
        let client = build(tls, &self.user_agent, resolver)?;
        if clients.len() >= MAX_CLIENTS {
            clients.clear();
        }
        clients.insert(key, client.clone());
        Ok(client)
    }
}

fn build(tls: &Tls, user_agent: &str, resolver: Resolver) -> Result<reqwest::Client, ClientError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(user_agent)
        .dns_resolver(resolver)
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
