//! Fetches an artifact by HTTP: bounded, verified, with retries (contracts/kustomize-controller.md 6).
//! What is done about a failure, and when it is tried again after that, is the caller's.
//!
//! The server may be anybody's. It gets a connection and some memory only while it sends: what it announces is a claim,
//! so memory is asked for as bytes arrive, and given back before anything is waited for.

use std::time::Duration;

use manifest::error::chain;

use crate::digest::Digest;
use crate::error::{FetchError, MemoryError};
use crate::gate::{Gate, Unbounded};

mod body;
mod limits;
mod outcome;
mod shown;

pub use limits::Limits;
use outcome::Attempt;
pub(crate) use outcome::Download;
pub(crate) use shown::shown;

/// Memory that a download begins with; most artifacts are smaller.
const FIRST: u64 = 256 << 10;

/// A client for artifacts. It follows no redirect and uses no proxy: an artifact lies where its address says, and an
/// address that somebody chose leads nowhere else.
///
/// # Errors
/// TLS cannot be set up.
pub fn client(user_agent: &str) -> Result<reqwest::Client, reqwest::Error> {
    let redirects = reqwest::redirect::Policy::none();
    reqwest::Client::builder().user_agent(user_agent).redirect(redirects).no_proxy().build()
}

/// Whose memory is used, and how much is known to be needed.
pub(crate) struct Account<'a> {
    pub(crate) gate: &'a dyn Gate,
    pub(crate) namespace: &'a str,
    /// What an earlier try was short of.
    pub(crate) needs: u64,
}

/// The bytes at `url`, which have `digest`, in as much memory as they take.
///
/// # Errors
/// Whatever keeps the bytes from being had.
pub async fn fetch(
    client: &reqwest::Client,
    url: &str,
    digest: &Digest,
    limits: &Limits,
) -> Result<Vec<u8>, FetchError> {
    let mut account = Account { gate: &Unbounded, namespace: "", needs: 0 };
    Ok(download(client, url, digest, limits, &mut account).await?.bytes)
}

/// The bytes at `url` in memory of an account.
pub(crate) async fn download(
    client: &reqwest::Client,
    url: &str,
    digest: &Digest,
    limits: &Limits,
    account: &mut Account<'_>,
) -> Result<Download, FetchError> {
    let mut wait = limits.min_wait;
    let mut left = limits.retries;
    loop {
        let error = match attempt(client, url, digest, limits, account).await {
            Ok(download) => return Ok(download),
            Err(Attempt::Final(error)) => return Err(error),
            Err(Attempt::Short) => {
                account.raise(url)?;
                continue;
            }
            Err(Attempt::Again(error)) => error,
        };
        if left == 0 {
            return Err(error);
        }
        left -= 1;
        tokio::time::sleep(wait).await;
        wait = longer(wait, limits);
    }
}

impl Account<'_> {
    /// What is asked for at first.
    fn first(&self) -> u64 {
        self.needs.max(FIRST.min(self.gate.limit()))
    }

    /// More memory was needed than could be had at once: the next try waits for twice as much before it begins.
    ///
    /// # Errors
    /// All there is was not enough.
    pub(crate) fn raise(&mut self, url: &str) -> Result<(), FetchError> {
        let (before, limit) = (self.first(), self.gate.limit());
        if before >= limit {
            let cause = MemoryError { needs: before.saturating_add(1), limit };
            return Err(FetchError::Memory { url: shown(url), cause });
        }
        self.needs = before.saturating_mul(2).min(limit);
        Ok(())
    }
}

/// The wait after one of `wait`. reconcile-core's backoff does the same, and lies above this crate (ARCHITECTURE.md).
fn longer(wait: Duration, limits: &Limits) -> Duration {
    wait.saturating_mul(2).min(limits.max_wait)
}

/// What an answer's status says about the artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// Its bytes follow.
    Body,
    /// The server does not have it.
    NotFound,
    /// The server has trouble that may pass.
    Again,
    /// The server will answer the same next time.
    Final,
}

fn meaning(status: reqwest::StatusCode) -> Meaning {
    match status {
        reqwest::StatusCode::OK => Meaning::Body,
        reqwest::StatusCode::NOT_FOUND => Meaning::NotFound,
        reqwest::StatusCode::TOO_MANY_REQUESTS => Meaning::Again,
        _ if status.is_server_error() => Meaning::Again,
        _ => Meaning::Final,
    }
}

async fn attempt(
    client: &reqwest::Client,
    url: &str,
    digest: &Digest,
    limits: &Limits,
    account: &Account<'_>,
) -> Result<Download, Attempt> {
    let transport = |message: String| Attempt::Again(FetchError::Transport { url: shown(url), message });
    let request = client.get(url).build().map_err(|error| {
        Attempt::Final(FetchError::Transport { url: shown(url), message: chain(&error.without_url()) })
    })?;
    let size = account.first();
    let reserved = account.gate.enter(account.namespace, size).await;
    let reserved = reserved.map_err(|cause| Attempt::Final(FetchError::Memory { url: shown(url), cause }))?;
    let response = tokio::time::timeout(limits.idle_timeout, client.execute(request))
        .await
        .map_err(|_| transport(body::SILENCE.to_owned()))?
        .map_err(|error| transport(chain(&error.without_url())))?;
    let status = response.status();
    let refused = || FetchError::Status { url: shown(url), status: status.to_string() };
    match meaning(status) {
        Meaning::Body => {}
        Meaning::NotFound => return Err(Attempt::Final(FetchError::NotFound { url: shown(url) })),
        Meaning::Again => return Err(Attempt::Again(refused())),
        Meaning::Final => return Err(Attempt::Final(refused())),
    }
    body::read(response, url, digest, limits, reserved, size).await
}

#[cfg(test)]
pub(crate) mod tests;
