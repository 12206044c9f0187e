//! HTTP clients by what they trust and the way they go: what objects share. What is sent is `wire`'s.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::trust::Anybody;
use crate::access::proxy::Proxy;
use crate::access::{Access, Tls, tls};
use crate::git::clients::{Reach, is_proxied};
use crate::git::http::addresses::Resolver;

#[cfg(test)]
mod tests;

/// HTTP clients that are kept.
const MAX_CLIENTS: usize = 64;

/// TLS material or a proxy that no client can be made of. Says which, never what it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("failed to parse CA certificate")]
    Authority,
    #[error("failed to parse TLS certificate and key: {0}")]
    Identity(&'static str),
    #[error("{0}")]
    Other(String),
}

/// What two objects must have in common to share connections.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Way {
    tls: Tls,
    proxy: Option<Proxy>,
    unverified: bool,
    reach: Reach,
}

impl Way {
    /// The way of an object to its registry.
    pub(super) fn of(access: &Access) -> Self {
        let (tls, proxy) = (access.tls().clone(), access.proxy().cloned());
        Self { tls, proxy, unverified: access.is_unverified(), reach: Reach::Anywhere }
    }

    /// To where a registry sends its clients: their certificate is not meant for that.
    pub(super) fn elsewhere(&self, reach: Reach) -> Self {
        Self { tls: self.tls.without_identity(), reach, ..self.clone() }
    }
}

/// All clients.
pub(super) struct Clients {
    user_agent: String,
    resolver: Resolver,
    is_proxied: bool,
    clients: Mutex<HashMap<Way, reqwest::Client>>,
}

impl Clients {
    /// No client is made yet.
    pub(super) fn new(user_agent: String) -> Self {
        Self {
            user_agent,
            resolver: Resolver::default(),
            is_proxied: is_proxied(),
            clients: Mutex::default(),
        }
    }

    /// A client for this way; connections are reused between polls.
    pub(super) fn client(&self, way: &Way) -> Result<reqwest::Client, ClientError> {
        if let Some(client) = self.clients.lock().get(way) {
            return Ok(client.clone());
        }
        // Reading the system's authorities takes a while, and nobody waits for it who has a client.
        let client = self.build(way)?;
        let mut clients = self.clients.lock();
        if clients.len() >= MAX_CLIENTS {
            clients.clear();
        }
        clients.insert(way.clone(), client.clone());
        Ok(client)
    }

    fn build(&self, way: &Way) -> Result<reqwest::Client, ClientError> {
        // Behind a proxy, names are its to look up, and its own address rarely is public.
        let resolver = match way.reach {
            Reach::Public if !self.is_proxied && way.proxy.is_none() => self.resolver.public_only(),
            Reach::Public | Reach::Anywhere => self.resolver.clone(),
        };
        let mut builder = reqwest::Client::builder()
            .user_agent(&self.user_agent)
            .dns_resolver(resolver)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(2)
            .pool_idle_timeout(Duration::from_secs(90))
            .tls_backend_preconfigured(config(way)?);
        if let Some(proxy) = &way.proxy {
            let other = |error: reqwest::Error| ClientError::Other(error.without_url().to_string());
            // Not by `basic_auth`, which leaves a `%` as it is and decodes it after all.
            builder = builder.proxy(reqwest::Proxy::all(proxy.url().clone()).map_err(other)?);
        }
        builder.build().map_err(|error| ClientError::Other(error.without_url().to_string()))
    }
}

fn config(way: &Way) -> Result<ClientConfig, ClientError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let own = match &way.tls.ca {
        Some(pem) => certificates(pem).ok_or(ClientError::Authority)?,
        None => Vec::new(),
    };
    let verifier: Arc<dyn ServerCertVerifier> = if way.unverified {
        Arc::new(Anybody(Arc::clone(&provider)))
    } else {
        tls::believing(own, &provider).map_err(|_| ClientError::Authority)?
    };
    let builder = tls::speaking(provider, verifier).map_err(|error| ClientError::Other(error.to_string()))?;
    Ok(match &way.tls.identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = certificates(certificate)
                .ok_or(ClientError::Identity("failed to find any PEM data in certificate input"))?;
            let key = PrivateKeyDer::from_pem_slice(key)
                .map_err(|_| ClientError::Identity("failed to find any PEM data in key input"))?;
            let mismatch = ClientError::Identity("private key does not match public key");
            builder.with_client_auth_cert(chain, key).map_err(|_| mismatch)?
        }
    })
}

/// All certificates of a PEM text, of which there is one at least.
fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
    (!all.is_empty()).then_some(all)
}
