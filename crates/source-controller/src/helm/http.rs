//! GET as Helm does it: bounded in bytes and time, redirects followed, credentials for the repository's own host only
//! unless its spec says otherwise; Go's words for what goes wrong.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use manifest::budget::Reserve as _;
use reconcile_core::gate::{MemoryGate, Reservation};
use reqwest::header::{AUTHORIZATION, ETAG, HeaderValue, IF_NONE_MATCH, LOCATION};
use reqwest::{Response, StatusCode, Url};
use tokio_util::sync::CancellationToken;

use crate::access::Access;
use crate::foreign;
use crate::git::clients::{Clients, Reach};
use crate::git::http::rules::{self, causes, plain, same_origin};

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 10;
/// Memory that every answer has from the beginning.
const FIRST: u64 = 256 << 10;

/// Where is asked, and with what.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    /// The repository's address, with a slash at the end.
    pub(crate) url: Url,
    /// `spec.timeout`.
    pub(crate) timeout: Duration,
    /// `spec.passCredentials`: another host that an index names gets the credentials, too.
    pub(crate) pass_credentials: bool,
}

/// What an answer brought.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    pub(crate) etag: Option<HeaderValue>,
    /// What is set aside for the bytes.
    pub(crate) memory: Arc<Reservation>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Another status than success.
    Status { url: String, status: StatusCode },
    /// More bytes than are taken.
    TooLarge,
    /// The server took too long.
    Timeout { url: String },
    /// The connection; `tls` says that it is about certificates.
    Transport { url: String, cause: String, tls: bool },
    /// A redirect that is not followed.
    Redirect(String),
    /// TLS material that no client can be made of.
    Client(String),
    /// Nobody waits for it any more.
    Cancelled,
    /// There is no memory for it at the moment.
    Memory,
    /// It needs more than all memory there is for it.
    Gate(u64),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { url, status } => {
                let words = status.canonical_reason().unwrap_or_default();
                write!(f, "failed to fetch {url} : {} {words}", status.as_u16())
            }
            Self::TooLarge => f.write_str("it is larger than it may be"),
            Self::Timeout { url } => {
                write!(
                    f,
                    "Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
                )
            }
            Self::Transport { url, cause, tls: _ } => write!(f, "Get \"{url}\": {cause}"),
            Self::Redirect(text) | Self::Client(text) => f.write_str(text),
            Self::Cancelled => f.write_str("context canceled"),
            Self::Memory => f.write_str("there is not enough memory at the moment"),
            Self::Gate(limit) => {
                write!(f, "it needs more than the {limit} bytes of memory there are for it (--memory-gate)")
            }
        }
    }
}

impl Error for Failure {}

impl Failure {
    /// Whether it is about who asks or who answers.
    pub(crate) fn is_authentication(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status == StatusCode::UNAUTHORIZED,
            Self::Transport { tls, .. } => *tls,
            _ => false,
        }
    }
}

/// Sends requests.
pub(crate) struct Http {
    clients: Clients,
    /// For answers while they are held.
    memory: MemoryGate,
    private_redirects: bool,
}

impl Http {
    pub(crate) fn new(user_agent: String, memory: MemoryGate, private_redirects: bool) -> Self {
        Self { clients: Clients::new(user_agent), memory, private_redirects }
    }

    /// For what is fetched while it is held.
    pub(crate) const fn memory(&self) -> &MemoryGate {
        &self.memory
    }

    /// All memory that there is for answers.
    pub(crate) fn limit(&self) -> u64 {
        self.memory.limit()
    }

    /// The content at `url`, `max` bytes at most; `None` when it is still what `etag` names.
    pub(crate) async fn get(
        &self,
        url: &Url,
        repository: &Repository,
        access: &Access,
        etag: Option<&HeaderValue>,
        max: u64,
        cancelled: &CancellationToken,
    ) -> Result<Option<Body>, Failure> {
        if cancelled.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        let work = async {
            let memory = self.memory.enter(access.namespace(), FIRST).await;
            let memory = memory.map_err(|refused| Failure::Gate(refused.limit))?;
            let answer = self.follow(url, repository, access, etag);
            let answered = tokio::time::timeout(repository.timeout, async {
                let response = answer.await?;
                if response.status() == StatusCode::NOT_MODIFIED && etag.is_some() {
                    return Ok(None);
                }
                read(response, memory, self.memory.limit(), max).await.map(Some)
            });
            answered.await.unwrap_or_else(|_| Err(Failure::Timeout { url: shown(url, access) }))
        };
        tokio::select! {
            biased;
            () = cancelled.cancelled() => Err(Failure::Cancelled),
            done = work => done,
        }
    }

    async fn follow(
        &self,
        url: &Url,
        repository: &Repository,
        access: &Access,
        etag: Option<&HeaderValue>,
    ) -> Result<Response, Failure> {
        let first = url;
        let mut url = url.clone();
        let mut reach = Reach::Anywhere;
        for _ in 0..=MAX_REDIRECTS {
            if !matches!(url.scheme(), "http" | "https") {
                let cause = format!("unsupported protocol scheme {:?}", foreign::clean(url.scheme()));
                return Err(Failure::Transport { url: shown(&url, access), cause, tls: false });
            }
            let is_trusted = same_origin(&url, &repository.url)
                || (repository.pass_credentials && same_origin(&url, first));
            let response = self.send(&url, is_trusted, access, etag, reach).await?;
            let status = response.status();
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            match location {
                Some(location) if status.is_redirection() && status != StatusCode::NOT_MODIFIED => {
                    let private = self.private_redirects;
                    let to = rules::redirect(&url, location, &repository.url, private)
                        .map_err(|failure| Failure::Redirect(access.redact(&failure.to_string())))?;
                    let is_elsewhere = to.host_str() != repository.url.host_str();
                    reach = if is_elsewhere && !private { Reach::Public } else { Reach::Anywhere };
                    url = to;
                }
                _ if status == StatusCode::OK || (status == StatusCode::NOT_MODIFIED && etag.is_some()) => {
                    return Ok(response);
                }
                _ => return Err(Failure::Status { url: shown(&url, access), status }),
            }
        }
        let cause = format!("stopped after {MAX_REDIRECTS} redirects");
        Err(Failure::Transport { url: shown(&url, access), cause, tls: false })
    }

    /// One request. Only who is trusted gets credentials and the client certificate.
    async fn send(
        &self,
        url: &Url,
        is_trusted: bool,
        access: &Access,
        etag: Option<&HeaderValue>,
        reach: Reach,
    ) -> Result<Response, Failure> {
        let tls = if is_trusted { access.tls().clone() } else { access.tls().without_identity() };
        let client =
            self.clients.client(&tls, None, reach).map_err(|error| Failure::Client(error.to_string()))?;
        let login = access.authorization().filter(|_| is_trusted);
        let mut asked = url.clone();
        if login.is_some() {
            // The library makes a header of it, too, and a Secret's login goes first, as in Go. Neither fails with a host.
            let _ = asked.set_username("");
            let _ = asked.set_password(None);
        }
        let mut request = client.get(asked);
        if let Some(value) = login {
            request = request.header(AUTHORIZATION, value.clone());
        }
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag.clone());
        }
        request.send().await.map_err(|error| transport(error, url, access))
    }
}

/// Reads a body, and sets memory aside as it grows.
async fn read(mut response: Response, memory: Reservation, gate: u64, max: u64) -> Result<Body, Failure> {
    let url = response.url().clone();
    if response.content_length().is_some_and(|length| length > max) {
        return Err(Failure::TooLarge);
    }
    let etag = response.headers().get(ETAG).cloned();
    let mut bytes: Vec<u8> = Vec::new();
    loop {
        let chunk = response.chunk().await.map_err(|error| transport(error, &url, &Access::default()))?;
        let Some(chunk) = chunk else { break };
        let length = (bytes.len() + chunk.len()) as u64;
        if length > max {
            return Err(Failure::TooLarge);
        }
        // Room is doubled, so twice the length is held at most, and both while it moves.
        let needed = 3 * length;
        if needed > gate {
            return Err(Failure::Gate(gate));
        }
        let wanted = needed.max(gate.min(2 * memory.bytes()));
        if needed > memory.bytes() && !memory.grow(wanted - memory.bytes()) {
            return Err(Failure::Memory);
        }
        bytes.extend_from_slice(&chunk);
    }
    bytes.shrink_to_fit();
    memory.shrink_to(FIRST.max(bytes.len() as u64));
    Ok(Body { bytes, etag, memory: Arc::new(memory) })
}

/// An address for people.
pub(crate) fn shown(url: &Url, access: &Access) -> String {
    foreign::clean(&access.redact(&plain(url)))
}

fn transport(error: reqwest::Error, url: &Url, access: &Access) -> Failure {
    if error.is_timeout() {
        return Failure::Timeout { url: shown(url, access) };
    }
    let (words, tls) = words(&error, url);
    let cause = words.unwrap_or_else(|| access.redact(&causes(error)));
    Failure::Transport { url: shown(url, access), cause: foreign::clean(&cause), tls }
}

/// Go's words for the cause of an error, where it is a known one; and whether it is about TLS.
fn words(error: &(dyn Error + 'static), url: &Url) -> (Option<String>, bool) {
    if let Some(tls) = cluster::tls_error(error) {
        return (cluster::refusal(tls), true);
    }
    let address = url.host_str().zip(url.port_or_known_default());
    let dialled = cluster::dialled(error).zip(address);
    (dialled.map(|(why, (host, port))| format!("dial tcp {host}:{port}: {why}")), false)
}
