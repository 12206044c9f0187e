//! One object's way to its store: how long is waited, what is tried again, and what of an error is said. What is asked is
//! `store`'s.
//!
//! No redirect is followed: a bucket that is elsewhere says in which region, and whoever leads to another host would get
//! what proves who asks.

use std::borrow::Cow;
use std::time::Duration;

use cloud::Request;
use reqwest::{Method, Response, StatusCode, Url};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::failure::{Failure, Refusal};
use super::login::Proof;
use super::store::Store;
use crate::access::Access;
use crate::foreign;
use crate::git::http::rules::causes;

/// Most bytes of an error's body that are read.
const MAX_REASON: u64 = 64 << 10;
/// Go's words for time that is up.
const DEADLINE: &str = "context deadline exceeded";
/// How often a store is asked that answers with trouble. One that cannot be reached is asked until time is up.
const TRIES: u32 = 5;
/// Between two tries: the first time, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// See the module.
pub(super) struct Wire<'a> {
    /// It masks what requests carry, too.
    pub(super) access: Cow<'a, Access>,
    client: reqwest::Client,
    deadline: Instant,
    cancelled: CancellationToken,
}

impl<'a> Wire<'a> {
    pub(super) fn new(
        client: reqwest::Client,
        access: &'a Access,
        timeout: Duration,
        cancelled: &CancellationToken,
    ) -> Self {
        let access = Cow::Borrowed(access);
        Self { access, client, deadline: Instant::now() + timeout, cancelled: cancelled.clone() }
    }

    /// Gives it this long from now on.
    pub(super) fn begin(&mut self, timeout: Duration) {
        self.deadline = Instant::now() + timeout;
    }

    /// Whether time is up.
    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Nobody may read what requests carry from now on.
    pub(super) fn mask(&mut self, proof: &Proof) {
        self.access = Cow::Owned(self.access.masking(proof.secrets()));
    }

    /// The same by another client.
    pub(super) fn by(&self, client: reqwest::Client) -> Self {
        let (access, deadline, cancelled) = (self.access.clone(), self.deadline, self.cancelled.clone());
        Self { access, client, deadline, cancelled }
    }

    /// Waits within the deadline, and not longer than anybody wants the result.
    pub(super) async fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.cancelled.cancelled() => Err(Failure::Cancelled),
            done = tokio::time::timeout_at(self.deadline, work) => done.map_err(|_| Failure::Timeout(DEADLINE.to_owned())),
        }
    }

    /// Asks until there is an answer, whose body is not read yet. 304 is one.
    pub(super) async fn ask(
        &self,
        store: &Store,
        question: impl Fn() -> Result<Request, Failure>,
    ) -> Result<Response, Failure> {
        let question = &question;
        self.again(|| async move {
            let response = self.send(question()?).await?;
            match response.status() {
                StatusCode::OK | StatusCode::NOT_MODIFIED => Ok(response),
                _ => Err(self.refused(response, |status, body| store.refusal(status, body)).await),
            }
        })
        .await
    }

    /// Does something again while that may help.
    pub(super) async fn again<T, F>(&self, work: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let (mut tries, mut pause) = (1, PAUSE.0);
        loop {
            let failure = match work().await {
                Err(failure) if failure.is_passing() => failure,
                outcome => return outcome,
            };
            if tries >= TRIES && !matches!(failure, Failure::Unreached(_)) {
                return Err(failure);
            }
            match self.wait(tokio::time::sleep(pause)).await {
                Ok(()) => {}
                // What went wrong says more than that time is up.
                Err(Failure::Timeout(_)) => return Err(failure),
                Err(other) => return Err(other),
            }
            (tries, pause) = (tries + 1, (pause * 2).min(PAUSE.1));
        }
    }

    /// Sends a request once.
    pub(super) async fn send(&self, request: Request) -> Result<Response, Failure> {
        let Request { method, url, headers, body, near: _ } = request;
        let url = Url::parse(&url).map_err(|error| Failure::Unexpected(self.clean(&error.to_string())))?;
        let verb = if method == "POST" { "Post" } else { "Get" };
        let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
        let mut built = self.client.request(method, url.clone());
        for (name, value) in &headers {
            // Computed from the address, which it signs.
            if *name == "host" {
                continue;
            }
            let value = reqwest::header::HeaderValue::from_str(value);
            let mut value = value
                .map_err(|_| Failure::Identity(format!("the value of the header {name} cannot be sent")))?;
            value.set_sensitive(*name == "authorization" || *name == "x-amz-security-token");
            built = built.header(*name, value);
        }
        if !body.is_empty() {
            built = built.body(body.to_vec());
        }
        let sent = self.wait(built.send()).await.map_err(|failure| match failure {
            Failure::Timeout(cause) => Failure::Timeout(self.told(verb, &url, &cause)),
            failure => failure,
        })?;
        sent.map_err(|error| self.unanswered(verb, &url, &error))
    }

    fn unanswered(&self, verb: &str, url: &Url, error: &reqwest::Error) -> Failure {
        if let Some(refusal) = cluster::tls_error(error).and_then(cluster::refusal) {
            // Nothing that passes.
            return Failure::Unexpected(self.told(verb, url, &refusal));
        }
        let address = url.host_str().zip(url.port_or_known_default());
        match cluster::dialled(error).zip(address) {
            Some((why, (host, port))) => {
                Failure::Unreached(self.told(verb, url, &format!("dial tcp {host}:{port}: {why}")))
            }
            None => {
                let mut cause: &dyn std::error::Error = error;
                while let Some(inner) = cause.source() {
                    cause = inner;
                }
                Failure::Transport(self.told(verb, url, &cause.to_string()))
            }
        }
    }

    /// A request without an answer, as Go tells of it. The query may be a signature.
    fn told(&self, verb: &str, url: &Url, cause: &str) -> String {
        let mut shown = url.clone();
        shown.set_query(None);
        self.clean(&format!("{verb} \"{shown}\": {cause}"))
    }

    /// What an answer that is no success says, as `read` makes it of status and body.
    pub(super) async fn refused(
        &self,
        mut response: Response,
        read: impl FnOnce(u16, &[u8]) -> Refusal,
    ) -> Failure {
        let told = response.headers().get("x-amz-bucket-region").and_then(|value| value.to_str().ok());
        let region = told.map(str::to_owned);
        let mut body = Vec::new();
        // What came until time was up is quoted, too.
        while let Ok(Some(chunk)) = self.chunk(&mut response).await {
            body.extend_from_slice(&chunk);
            if body.len() as u64 >= MAX_REASON {
                break;
            }
        }
        let mut refusal = read(response.status().as_u16(), &body);
        refusal.text = self.clean(&refusal.text);
        if let Some(region) = region {
            refusal.region = region;
        }
        Failure::Answer(refusal)
    }

    /// The next bytes of an answer.
    pub(super) async fn chunk(&self, response: &mut Response) -> Result<Option<Vec<u8>>, Failure> {
        let chunk = self.wait(response.chunk()).await?;
        let chunk = chunk.map_err(|error| Failure::Transport(self.clean(&causes(error))))?;
        Ok(chunk.map(Vec::from))
    }

    /// The whole of an answer, which may have so many bytes.
    pub(super) async fn body(&self, mut response: Response, most: u64) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk(&mut response).await? {
            if body.len() as u64 + chunk.len() as u64 > most {
                return Err(Failure::Excess(format!("the answer has more than {most} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// Words of somebody else, for people: without secrets and control characters, and bounded.
    pub(super) fn clean(&self, text: &str) -> String {
        foreign::clean(&self.access.redact(text))
    }
}

#[cfg(test)]
mod tests;
