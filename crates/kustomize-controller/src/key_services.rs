//! Asks key services (AWS KMS, Google Cloud KMS, Azure Key Vault, Vault) for the data keys that a render wants
//! (contracts/kustomize-controller.md 9). Requests and answers are `sops::remote`'s; here is how they travel.
//!
//! Who asks holds no permit, and has a place among its namespace's fetches: a service that is slow holds up its own
//! namespace alone.

use crate::context::Context;
use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use reconcile_core::ObjectKey;
use render::KeyRing;
use sops::remote::{Exchange, Identities, Remote, Request, Response, Secret, SendError, Settings};
use sops::{AwsCredentials, KeyError, KeyService as _, SealedKey};
use std::env;
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// However slow a service is, a question takes no longer.
const LONGEST: Duration = Duration::from_secs(20);
/// What an answer may have: a data key has 32 bytes.
const MOST_BYTES: usize = 1 << 20;
/// Questions of one Kustomization at a time.
const AT_A_TIME: usize = 4;

/// How services are reached, once for all.
pub(crate) struct KeyServices {
    client: reqwest::Client,
    settings: Settings,
}

impl KeyServices {
    /// `client` follows no redirect: credentials go along.
    pub(crate) fn new(client: reqwest::Client) -> Self {
        let vault_namespace = env::var("VAULT_NAMESPACE").ok().filter(|name| !name.is_empty());
        Self { client, settings: Settings { vault_namespace, ..Settings::default() } }
    }

    /// The client that the process uses for them: with the proxies of its environment.
    ///
    /// # Errors
    /// There is no TLS, or a proxy's address is none.
    pub(crate) fn client(user_agent: &str) -> Result<reqwest::Client, reqwest::Error> {
        let redirects = reqwest::redirect::Policy::none();
        reqwest::Client::builder().user_agent(user_agent).redirect(redirects).timeout(LONGEST).build()
    }
}

/// Asks for all that is wanted, and puts the answers on the ring.
pub(crate) async fn ask(
    ctx: &Context,
    key: &ObjectKey,
    account: Option<&str>,
    ring: &mut KeyRing,
    wanted: Vec<SealedKey>,
) {
    let _place = ctx.fetches.take(&Arc::from(key.namespace.as_str())).await;
    let services = &ctx.key_services;
    let identities = Accounts { account: account.is_some() };
    let keys = ring.clone();
    let remote = Remote::new(keys.keys(), &identities, services, &services.settings);
    let wanted = wanted.into_iter().filter(|sealed| !keys.is_answered(sealed));
    let answers: Vec<_> = stream::iter(wanted)
        .map(|sealed| {
            let remote = &remote;
            async move {
                let answer = remote.decrypt(&sealed.key, &sealed.encrypted).await;
                (sealed, answer)
            }
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    for (sealed, answer) in answers {
        ring.answer(&sealed, answer);
    }
}

/// The identities of service accounts: those of `spec.decryption.serviceAccountName`, or the controller's own.
struct Accounts {
    /// Whether one is named.
    account: bool,
}

impl Accounts {
    fn none<T>(&self, service: &'static str) -> Result<T, KeyError> {
        Err(if self.account {
            KeyError::Credentials(
                "the identity of a service account is not supported yet: give credentials in the Secret of \
                 spec.decryption.secretRef",
            )
        } else {
            KeyError::NoCredentials(service)
        })
    }
}

#[async_trait::async_trait]
impl Identities for Accounts {
    async fn aws(&self, _region: &str) -> Result<AwsCredentials, KeyError> {
        self.none("AWS KMS")
    }

    async fn azure(&self, _scope: &str) -> Result<Secret, KeyError> {
        self.none("Azure Key Vault")
    }

    async fn gcp(&self) -> Result<Secret, KeyError> {
        self.none("Google Cloud KMS")
    }

    async fn vault(&self, _address: &str) -> Result<Secret, KeyError> {
        self.none("Vault")
    }
}

#[async_trait::async_trait]
impl Exchange for KeyServices {
    async fn send(&self, request: Request) -> Result<Response, SendError> {
        let Request { method, url, headers, body } = request;
        let method =
            reqwest::Method::from_bytes(method.as_bytes()).map_err(|_| SendError("bad method".into()))?;
        let mut sent = self.client.request(method, &url).body(body.to_vec());
        for (name, value) in &headers {
            // Computed from the address, which it signs; a second one would not be taken.
            if *name != "host" {
                sent = sent.header(*name, value.as_str());
            }
        }
        let mut answer = sent.send().await.map_err(|error| unsent(&error))?;
        let status = answer.status().as_u16();
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = answer.chunk().await.map_err(|error| unsent(&error))? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(SendError(format!("the answer has more than {MOST_BYTES} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, body })
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The innermost reason, which names neither address nor header.
fn unsent(error: &reqwest::Error) -> SendError {
    if error.is_timeout() {
        return SendError(format!("no answer within {}", api::Duration::from(LONGEST)));
    }
    let mut reason = error.source();
    while let Some(inner) = reason.and_then(std::error::Error::source) {
        reason = Some(inner);
    }
    let text = reason.map_or_else(|| "the exchange was broken off".to_owned(), ToString::to_string);
    SendError(manifest::foreign::line(&text, 256).into_owned())
}
