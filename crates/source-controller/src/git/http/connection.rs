//! One fetch's way to servers: which client and which credentials a request gets, redirects, how long is waited, and
//! what of an error is said. What gix makes of it is `http`'s and `exchange`'s.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use manifest::budget::Reserve as _;
use manifest::foreign::without_controls;
use parking_lot::Mutex;
use reconcile_core::gate::Reservation;
use reqwest::header::{AUTHORIZATION, HeaderMap, LOCATION};
use reqwest::{Method, StatusCode, Url};
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::rules::{self, Failure, Place, causes, place, plain};
use crate::access::Access;
use crate::foreign;
use crate::git::clients::{Clients, Reach};
use crate::git::guard::{Excess, MAX_BYTES};
use crate::memory::SMALL;

/// Redirects followed before a server is given up on.
const MAX_REDIRECTS: usize = 5;
/// Most bytes of an error body that are read; less is quoted.
const MAX_REASON: usize = 8 << 10;
/// What is quoted of another host's.
const NOT_QUOTED: &str = "(the answer of a redirect's target is not quoted)";

/// What all exchanges of one fetch share.
#[derive(Clone)]
pub(crate) struct Session {
    /// For the origin.
    pub(in crate::git) client: reqwest::Client,
    /// For where redirects lead.
    pub(in crate::git) clients: Arc<Clients>,
    pub(in crate::git) runtime: Handle,
    pub(in crate::git) origin: Url,
    pub(in crate::git) access: Access,
    pub(in crate::git) deadline: Instant,
    pub(in crate::git) cancelled: CancellationToken,
    /// Whether redirects may lead to other hosts that are not public, or are asked without encryption.
    pub(in crate::git) private_redirects: bool,
    /// What is set aside for it beyond what every fetch has.
    pub(in crate::git) memory: Option<Arc<Reservation>>,
    /// Bytes that were received.
    pub(in crate::git) received: Arc<AtomicU64>,
}

/// One fetch's connection. Clones share what happened.
#[derive(Clone)]
pub(crate) struct Http {
    session: Arc<Session>,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    failure: Option<Failure>,
    redirected_base: Option<String>,
}

impl Http {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        let shared = Shared { failure: None, redirected_base: None };
        Self { session, shared: Arc::new(Mutex::new(shared)) }
    }

    /// What all exchanges share.
    pub(in crate::git) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// What went wrong on the wire, if anything did. gix's own error says less.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.shared.lock().failure.clone()
    }

    /// Words of somebody else, for people: without secrets and control characters, and bounded.
    pub(crate) fn cleaned(&self, text: &str) -> String {
        foreign::bound(&self.session.access.redact(&without_controls(text)))
    }

    /// Where the rest of the exchange goes after a redirect.
    pub(super) fn redirected_base(&self) -> Option<String> {
        self.shared.lock().redirected_base.clone()
    }

    /// Sends the rest of the exchange elsewhere.
    pub(super) fn redirect_to(&self, base: String) {
        self.shared.lock().redirected_base = Some(base);
    }

    /// Notes a failure, of which the first counts.
    pub(in crate::git) fn fail(&self, failure: Failure) -> io::Error {
        let failure = failure.cleaned(|text| self.cleaned(text));
        let mut shared = self.shared.lock();
        let first = shared.failure.get_or_insert(failure);
        io::Error::other(first.clone())
    }

    /// Waits within the deadline, and not longer than anybody wants the result.
    pub(in crate::git) fn wait_for<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let session = &self.session;
        session.runtime.block_on(async {
            tokio::select! {
                biased;
                () = session.cancelled.cancelled() => Err(Failure::Cancelled),
                done = tokio::time::timeout_at(session.deadline, work) => done.map_err(|_| Failure::Timeout),
            }
        })
    }

    /// How much time there is.
    pub(in crate::git) fn left(&self) -> Duration {
        self.session.deadline.saturating_duration_since(Instant::now())
    }

    /// Waits for the network.
    pub(super) fn wait<T>(&self, work: impl Future<Output = Result<T, reqwest::Error>>) -> io::Result<T> {
        let done = self.wait_for(work);
        let done = done.and_then(|done| done.map_err(|error| Failure::Transport(causes(error))));
        done.map_err(|failure| self.fail(failure))
    }

    /// Whether anybody still waits for the result.
    pub(in crate::git) fn is_wanted(&self) -> io::Result<()> {
        if self.session.cancelled.is_cancelled() {
            return Err(self.fail(Failure::Cancelled));
        }
        if Instant::now() >= self.session.deadline {
            return Err(self.fail(Failure::Timeout));
        }
        Ok(())
    }

    /// Sees to it that so much memory is set aside. Nobody waits for it here, who may hold some already: the fetch ends,
    /// and begins again with more.
    pub(in crate::git) fn spare(&self, need: u64) -> io::Result<()> {
        let enough = match &self.session.memory {
            _ if need <= SMALL => true,
            None => false,
            Some(memory) => {
                need <= memory.bytes() || memory.grow(need.max(2 * memory.bytes()) - memory.bytes())
            }
        };
        if enough { Ok(()) } else { Err(self.fail(Failure::Memory)) }
    }

    /// A request without an answer is named in the message, as Go does.
    fn named(&self, method: &Method, url: &Url, error: io::Error) -> io::Error {
        if let Some(Failure::Transport(cause)) = &mut self.shared.lock().failure {
            let verb = if *method == Method::GET { "Get" } else { "Post" };
            let to = match (url.host_str(), url.port_or_known_default()) {
                (Some(host), Some(port)) if cause.starts_with(rules::CONNECT) => {
                    format!("dial tcp {host}:{port}: ")
                }
                _ => String::new(),
            };
            *cause = format!("{verb} \"{}\": {to}{cause}", plain(url));
        }
        error
    }

    pub(in crate::git) fn count(&self, bytes: usize) -> io::Result<()> {
        let bytes = bytes as u64;
        let received = self.session.received.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if received > MAX_BYTES {
            return Err(self.fail(Excess::Bytes(MAX_BYTES).into()));
        }
        Ok(())
    }

    /// The client for an address. The client certificate is for the origin only; where only a server leads, there are
    /// public addresses only.
    fn client(&self, place: Place) -> io::Result<reqwest::Client> {
        let session = &self.session;
        let reach = match place {
            Place::Origin => return Ok(session.client.clone()),
            Place::Elsewhere if !session.private_redirects => Reach::Public,
            Place::Host | Place::Elsewhere => Reach::Anywhere,
        };
        let (tls, proxy) = (session.access.tls().without_identity(), session.access.proxy());
        let client = session.clients.client(&tls, proxy, reach);
        client.map_err(|error| self.fail(Failure::Transport(error.to_string())))
    }

    pub(super) fn request(
        &self,
        method: Method,
        url: &Url,
        headers: &HeaderMap,
        body: Vec<u8>,
    ) -> io::Result<reqwest::Response> {
        let mut headers = headers.clone();
        let place = place(url, &self.session.origin);
        if place == Place::Origin
            && let Some(value) = self.session.access.authorization()
        {
            headers.insert(AUTHORIZATION, value.clone());
        }
        let mut request = self.client(place)?.request(method.clone(), url.clone()).headers(headers);
        if !body.is_empty() {
            request = request.body(body);
        }
        self.wait(request.send()).map_err(|error| self.named(&method, url, error))
    }

    /// GET with redirects; gives the response and the address that gave it.
    pub(super) fn follow(&self, url: &str, headers: &HeaderMap) -> io::Result<(reqwest::Response, Url)> {
        let mut url = self.parse(url)?;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.request(Method::GET, &url, headers, Vec::new())?;
            let status = response.status();
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            match location {
                Some(location) if status.is_redirection() => {
                    let (origin, private) = (&self.session.origin, self.session.private_redirects);
                    url = rules::redirect(&url, location, origin, private)
                        .map_err(|failure| self.fail(failure))?;
                }
                _ => return Ok((self.accept(response, &url)?, url)),
            }
        }
        Err(self.fail(Failure::Redirect(format!("stopped after {MAX_REDIRECTS} redirects"))))
    }

    /// Passes a success on and turns anything else into a failure.
    pub(super) fn accept(&self, response: reqwest::Response, url: &Url) -> io::Result<reqwest::Response> {
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(response);
        }
        let is_quoted = rules::is_quoted(url, &self.session.origin);
        let body = || if is_quoted { self.reason(response) } else { NOT_QUOTED.to_owned() };
        Err(self.fail(Failure::of(status, url, body)))
    }

    /// The start of an error's body, without anything secret that the server may have echoed.
    fn reason(&self, mut response: reqwest::Response) -> String {
        let mut body = Vec::new();
        // What came until time was up is quoted, too.
        drop(self.wait_for(async {
            while body.len() < MAX_REASON {
                match response.chunk().await {
                    Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                    _ => break,
                }
            }
        }));
        let text = String::from_utf8_lossy(body.get(..MAX_REASON).unwrap_or(&body)).into_owned();
        let text = without_controls(&text);
        // The beginning of a secret that was cut off would not be found.
        let whole = if body.len() < MAX_REASON { &*text } else { self.session.access.without_cut(&text) };
        let cleaned = self.cleaned(whole.trim_end());
        // As Flux: what most servers end with is told as well.
        if body.ends_with(b"\n") { format!("{cleaned}\n") } else { cleaned }
    }

    pub(in crate::git) fn parse(&self, url: &str) -> io::Result<Url> {
        Url::parse(url).map_err(|error| self.fail(Failure::Transport(error.to_string())))
    }
}
