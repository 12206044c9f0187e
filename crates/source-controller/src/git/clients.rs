//! HTTP clients by TLS material, proxy and where they may go: what repositories share. What is sent is `http`'s.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use parking_lot::Mutex;
use reqwest::dns::Resolve as _;

use super::http::addresses::Resolver;
use crate::access::Tls;
use crate::access::proxy::Proxy;
use crate::access::tls::{TlsMaterialError, client_config};

#[cfg(test)]
mod tests;

/// HTTP clients that are kept, one per set of TLS material.
const MAX_CLIENTS: usize = 64;

/// Why there is no client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("{0}")]
    Tls(#[from] TlsMaterialError),
    #[error("{0}")]
    Other(String),
}

/// Where a client may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reach {
    /// Wherever an object's author says.
    Anywhere,
    /// To public addresses: where a server says.
    Public,
}

/// All clients.
pub(crate) struct Clients {
    user_agent: String,
    resolver: Resolver,
    is_proxied: bool,
    clients: Mutex<HashMap<Key, reqwest::Client>>,
}

/// What makes clients differ.
type Key = (Tls, Option<Proxy>, Reach);

impl Clients {
    /// No client is made yet.
    pub(crate) fn new(user_agent: String) -> Self {
        Self {
            user_agent,
            resolver: Resolver::default(),
            is_proxied: is_proxied(),
            clients: Mutex::default(),
        }
    }

    /// The addresses of a host, as clients look them up.
    pub(super) async fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let unknown = || format!("dial tcp: lookup {host}: no such host");
        let name = host.parse().map_err(|_| unknown())?;
        let found = self.resolver.resolve(name).await.map_err(|_| unknown())?;
        Ok(found.map(|address| SocketAddr::new(address.ip(), port)).collect())
    }

    /// A client for the TLS material, by way of the proxy; connections are reused between polls.
    pub(crate) fn client(
        &self,
        tls: &Tls,
        proxy: Option<&Proxy>,
        reach: Reach,
    ) -> Result<reqwest::Client, ClientError> {
        // Behind a proxy, names are its to look up, and its own address rarely is public.
        let reach = if self.is_proxied || proxy.is_some() { Reach::Anywhere } else { reach };
        let key = (tls.clone(), proxy.cloned(), reach);
        let mut clients = self.clients.lock();
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let resolver = match reach {
            Reach::Anywhere => self.resolver.clone(),
            Reach::Public => self.resolver.public_only(),
        };
        let client = build(tls, proxy, &self.user_agent, resolver)?;
        if clients.len() >= MAX_CLIENTS {
            clients.clear();
        }
        clients.insert(key, client.clone());
        Ok(client)
    }
}

/// Whether the process's environment names a proxy.
pub(crate) fn is_proxied() -> bool {
    const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    PROXIES.iter().any(|name| std::env::var_os(name).is_some_and(|url| !url.is_empty()))
}

fn build(
    tls: &Tls,
    proxy: Option<&Proxy>,
    user_agent: &str,
    resolver: Resolver,
) -> Result<reqwest::Client, ClientError> {
    let other = |error: reqwest::Error| ClientError::Other(error.without_url().to_string());
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(client_config(tls)?)
        .user_agent(user_agent)
        .dns_resolver(resolver)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(2)
        .pool_idle_timeout(Duration::from_secs(90));
    if let Some(proxy) = proxy {
        // Not by `basic_auth`, which leaves a `%` as it is and decodes it after all.
        builder = builder.proxy(reqwest::Proxy::all(proxy.url().clone()).map_err(other)?);
    }
    builder.build().map_err(other)
}
