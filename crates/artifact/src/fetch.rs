//! Fetches an artifact by HTTP: bounded, verified, with retries (contracts/kustomize-controller.md 6).
//! What is done about a failure, and when it is tried again after that, is the caller's.

use std::time::Duration;

use manifest::error::chain;

use crate::digest::Digest;
use crate::error::FetchError;

/// How an artifact is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of a body.
    pub bytes: u64,
    /// Further tries after a connection error, a 429 or a 5xx (`--http-retry`).
    pub retries: u32,
    /// Wait before the first further try; doubles each time.
    pub min_wait: Duration,
    /// Longest wait between tries.
    pub max_wait: Duration,
    /// Longest silence of the server within one try.
    pub idle_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            retries: 9,
            min_wait: Duration::from_secs(5),
            max_wait: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(30),
        }
    }
}

/// The bytes at `url`, which have `digest`.
pub async fn fetch(
    client: &reqwest::Client,
    url: &str,
    digest: &Digest,
    limits: &Limits,
) -> Result<Vec<u8>, FetchError> {
    let mut wait = limits.min_wait;
    let mut left = limits.retries;
    loop {
        let error = match attempt(client, url, limits).await {
            Ok(bytes) => return verify(bytes, digest),
            Err(Attempt::Final(error)) => return Err(error),
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

enum Attempt {
    Again(FetchError),
    Final(FetchError),
}

async fn attempt(client: &reqwest::Client, url: &str, limits: &Limits) -> Result<Vec<u8>, Attempt> {
    let transport = |message: String| Attempt::Again(FetchError::Transport { url: url.to_owned(), message });
    let silence = || transport("the server did not answer in time".to_owned());
    let request = client.get(url).build().map_err(|error| {
        Attempt::Final(FetchError::Transport { url: url.to_owned(), message: chain(&error.without_url()) })
    })?;
    let mut response = tokio::time::timeout(limits.idle_timeout, client.execute(request))
        .await
        .map_err(|_| silence())?
        .map_err(|error| transport(chain(&error.without_url())))?;
    let status = response.status();
    let refused = || FetchError::Status { url: url.to_owned(), status: status.to_string() };
    match meaning(status) {
        Meaning::Body => {}
        Meaning::NotFound => return Err(Attempt::Final(FetchError::NotFound { url: url.to_owned() })),
        Meaning::Again => return Err(Attempt::Again(refused())),
        Meaning::Final => return Err(Attempt::Final(refused())),
    }
    let too_large = || Attempt::Final(FetchError::TooLarge { url: url.to_owned(), limit: limits.bytes });
    let announced = response.content_length().unwrap_or(0);
    if announced > limits.bytes {
        return Err(too_large());
    }
    // The announced length is a claim: room beyond a megabyte is taken as bytes arrive.
    let mut body = Vec::with_capacity(usize::try_from(announced.min(1 << 20)).unwrap_or(0));
    loop {
        let chunk = tokio::time::timeout(limits.idle_timeout, response.chunk())
            .await
            .map_err(|_| silence())?
            .map_err(|error| transport(chain(&error.without_url())))?;
        let Some(chunk) = chunk else { return Ok(body) };
        if (body.len() + chunk.len()) as u64 > limits.bytes {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
}

fn verify(bytes: Vec<u8>, expected: &Digest) -> Result<Vec<u8>, FetchError> {
    let actual = Digest::of(expected.algorithm(), &bytes);
    if actual.same_as(expected) {
        Ok(bytes)
    } else {
        Err(FetchError::DigestMismatch { expected: expected.to_string(), actual: actual.to_string() })
    }
}

#[cfg(test)]
pub(crate) mod tests;
