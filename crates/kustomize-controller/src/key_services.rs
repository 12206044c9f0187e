//! How key services (AWS KMS, Google Cloud KMS, Azure Key Vault, Vault) are reached (contracts/kustomize-controller.md 9).
//! Requests and answers are `sops::remote`'s; what is asked is `reconcile::data_keys`'.

use jiff::Timestamp;
use sops::remote::{Exchange, Request, Response, SendError, Settings};
use std::env;
use std::error::Error as _;
use std::time::Duration;
use zeroize::Zeroizing;

/// However slow a service is, a question takes no longer.
const LONGEST: Duration = Duration::from_secs(20);
/// What an answer may have: a data key has 32 bytes.
const MOST_BYTES: usize = 1 << 20;

/// How services are reached, once for all.
pub(crate) struct KeyServices {
    client: reqwest::Client,
    pub(crate) settings: Settings,
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
