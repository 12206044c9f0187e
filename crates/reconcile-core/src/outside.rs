//! Servers outside of Kubernetes that are asked with credentials (token services, key services, metadata servers), and
//! what else clouds look at: the environment and small files. Requests and answers are `cloud`'s; what is asked is its
//! callers'.
//!
//! Every question is bounded in time, every answer in bytes, and none follows a redirect. What a server said is not told
//! here, nor where it was asked.

use std::error::Error as _;
use std::time::Duration;

use async_trait::async_trait;
use cloud::{Error, Exchange, Machine, Request, Response, Secret, SendError};
use jiff::Timestamp;
use tokio::io::AsyncReadExt as _;

/// However slow a server is, a question takes no longer.
const LONGEST: Duration = Duration::from_secs(20);
/// The same for the machine that this runs on, and for whether it is there at all.
const NEAR: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(1));
/// What an answer may have; those with a cluster's kubeconfigs are the largest.
const MOST_BYTES: usize = 1 << 20;
/// What a file may have: a token, or a key.
const MOST_FILE_BYTES: u64 = 64 << 10;

/// How such servers are reached, once for all.
#[derive(Debug, Clone)]
pub struct Outside {
    far: reqwest::Client,
    near: reqwest::Client,
}

impl Outside {
    /// With the proxies of the environment, but for what is near.
    ///
    /// # Errors
    /// There is no TLS, or a proxy's address is none.
    pub fn new(user_agent: &str) -> Result<Self, reqwest::Error> {
        Self::far(user_agent, |builder| builder)
    }

    /// The same with this proxy and no other. It should be one for `https` alone, so that whoever has it sees no token.
    ///
    /// # Errors
    /// There is no TLS.
    pub fn through(user_agent: &str, proxy: reqwest::Proxy) -> Result<Self, reqwest::Error> {
        Self::far(user_agent, |builder| builder.no_proxy().proxy(proxy))
    }

    fn far(
        user_agent: &str,
        by: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Result<Self, reqwest::Error> {
        let builder = || {
            let redirects = reqwest::redirect::Policy::none();
            reqwest::Client::builder().user_agent(user_agent).redirect(redirects)
        };
        let near = builder().no_proxy().timeout(NEAR.0).connect_timeout(NEAR.1).build()?;
        Ok(Self { far: by(builder()).timeout(LONGEST).build()?, near })
    }

    /// One client for all; it should follow no redirect.
    #[must_use]
    pub fn over(client: reqwest::Client) -> Self {
        Self { far: client.clone(), near: client }
    }
}

#[async_trait]
impl Exchange for Outside {
    async fn send(&self, request: Request) -> Result<Response, SendError> {
        let Request { method, url, headers, body, near } = request;
        let method =
            reqwest::Method::from_bytes(method.as_bytes()).map_err(|_| SendError("bad method".into()))?;
        let client = if near { &self.near } else { &self.far };
        let mut sent = client.request(method, &url).body(body.to_vec());
        for (name, value) in &headers {
            // Computed from the address, which it signs; a second one would not be taken.
            if *name != "host" {
                sent = sent.header(*name, value.as_str());
            }
        }
        let mut answer = sent.send().await.map_err(|error| unsent(&error, near))?;
        let status = answer.status().as_u16();
        let mut body = zeroize::Zeroizing::new(Vec::new());
        while let Some(chunk) = answer.chunk().await.map_err(|error| unsent(&error, near))? {
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
fn unsent(error: &reqwest::Error, near: bool) -> SendError {
    if error.is_timeout() {
        let limit = if near { NEAR.0 } else { LONGEST };
        return SendError(format!("no answer within {}", api::Duration::from(limit)));
    }
    let mut reason = error.source();
    while let Some(inner) = reason.and_then(std::error::Error::source) {
        reason = Some(inner);
    }
    let text = reason.map_or_else(|| "the exchange was broken off".to_owned(), ToString::to_string);
    SendError(manifest::foreign::line(&text, 256).into_owned())
}

/// The process' own environment and files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings;

#[async_trait]
impl Machine for Surroundings {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    async fn file(&self, path: &str) -> Result<Secret, Error> {
        let failed =
            |why: &str| Error::Settings(format!("cannot read {}: {why}", manifest::foreign::line(path, 256)));
        let read = async {
            let mut text = Secret::default();
            let file = tokio::fs::File::open(path).await?;
            file.take(MOST_FILE_BYTES + 1).read_to_string(&mut text).await?;
            Ok::<_, std::io::Error>(text)
        };
        let text = read.await.map_err(|error| failed(&error.kind().to_string()))?;
        if text.len() as u64 > MOST_FILE_BYTES {
            return Err(failed("it is too large"));
        }
        Ok(text.trim().to_owned().into())
    }
}

#[cfg(test)]
mod tests;
