//! One object's way to its registry: how it logs in, which credentials a request gets, redirects, how long is waited,
//! and what of an error is said. What is asked is `oci`'s.
//!
//! A login is sent where the registry asks for it and nowhere else: to the registry itself, or to the token server that
//! it names under the rules of `challenge`. Redirects are followed without it.
//!
//! What was learned of a registry (scheme, kind of login, token) is kept, so that a poll costs one request. Whatever goes
//! wrong with it is tried once more from the beginning, which gives Flux's words.

use std::collections::HashMap;
use std::time::{Duration, Instant as Clock};

use manifest::budget::{Cancel, EndsWith};
use parking_lot::Mutex;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use reqwest::{Method, Response, StatusCode, Url};
use serde::Deserialize;
use tokio::task::JoinError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::answer::{self, Failure};
use super::challenge::{self, Challenge};
use super::clients::{ClientError, Clients, Way};
use super::names::Repository;
use super::trust;
use crate::access::Access;
use crate::access::docker::Login;
use crate::foreign;
use crate::git::clients::Reach;

/// Redirects followed before a server is given up on.
const MAX_REDIRECTS: usize = 10;
/// Most bytes of an error's body that are read.
const MAX_REASON: u64 = 64 << 10;
/// Most bytes of a token server's answer.
const MAX_TOKEN: u64 = 1 << 20;
/// How long https has before http is tried beside it, where both are allowed.
const HEAD_START: Duration = Duration::from_millis(300);
/// Registries of which is kept how they are talked to.
const MAX_KNOWN: usize = 4096;
/// How long a token holds when nobody says.
const TOKEN: Duration = Duration::from_secs(60);
/// A token is not used when it ends within this time.
const MARGIN: Duration = Duration::from_secs(10);
/// Go's words for time that is up.
const DEADLINE: &str = "context deadline exceeded";
/// What is quoted of another host's.
const NOT_QUOTED: &str = "(the answer of another server is not quoted)";
/// Whom a token server knows us as.
const CLIENT: &str = "flyball";

/// How a registry is talked to.
#[derive(Clone)]
struct Terms {
    scheme: &'static str,
    challenge: Challenge,
    token: Option<Token>,
}

#[derive(Clone)]
struct Token {
    value: String,
    ends: Clock,
}

/// Who shares what is known of a registry: who may ask it without encryption shares nothing with who may not.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    repository: Repository,
    way: Way,
    login: Option<Login>,
    namespace: String,
}

/// What is shared by all objects.
pub(super) struct Wires {
    clients: Clients,
    known: Mutex<HashMap<Key, Terms>>,
    private_redirects: bool,
}

impl Wires {
    pub(super) fn new(user_agent: String) -> Self {
        Self { clients: Clients::new(user_agent), known: Mutex::default(), private_redirects: false }
    }

    pub(super) const fn allow_private_redirects(&mut self, are_allowed: bool) {
        self.private_redirects = are_allowed;
    }
}

/// See the module.
pub(super) struct Wire<'a> {
    wires: &'a Wires,
    repository: &'a Repository,
    access: Access,
    key: Key,
    client: reqwest::Client,
    deadline: Instant,
    cancelled: CancellationToken,
    /// Tokens that must not be seen either.
    tokens: Mutex<Vec<String>>,
}

/// A question to a registry.
#[derive(Clone, Copy)]
struct Question<'a> {
    method: &'a Method,
    /// Below the repository.
    rest: &'a str,
    accept: &'a str,
}

impl<'a> Wire<'a> {
    pub(super) fn new(
        wires: &'a Wires,
        repository: &'a Repository,
        access: &Access,
        timeout: Duration,
        cancelled: &CancellationToken,
    ) -> Result<Self, ClientError> {
        let way = Way::of(access);
        let client = wires.clients.client(&way)?;
        let (login, namespace) = (access.login().cloned(), access.namespace().to_owned());
        Ok(Self {
            wires,
            repository,
            access: access.clone(),
            key: Key { repository: repository.clone(), way, login, namespace },
            client,
            deadline: Instant::now() + timeout,
            cancelled: cancelled.clone(),
            tokens: Mutex::default(),
        })
    }

    /// Asks for the headers of something in the repository.
    pub(super) async fn head(&self, rest: &str, accept: &str) -> Result<Response, Failure> {
        self.ask(Question { method: &Method::HEAD, rest, accept }).await
    }

    /// Asks for something in the repository.
    pub(super) async fn get(&self, rest: &str, accept: &str) -> Result<Response, Failure> {
        self.ask(Question { method: &Method::GET, rest, accept }).await
    }

    /// Waits within the deadline, and not longer than anybody wants the result.
    pub(super) async fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.cancelled.cancelled() => Err(Failure::Cancelled),
            done = tokio::time::timeout_at(self.deadline, work) => done.map_err(|_| Failure::Timeout(DEADLINE.to_owned())),
        }
    }

    /// Does what takes the CPU, beside the async threads; its flag is raised once nobody waits for it any more.
    pub(super) async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Cancel) -> T + Send + 'static,
    ) -> Result<Result<T, JoinError>, Failure> {
        let owner = EndsWith::default();
        let over = owner.0.clone();
        self.wait(tokio::task::spawn_blocking(move || work(&over))).await
    }

    /// The next bytes of an answer.
    pub(super) async fn chunk(&self, response: &mut Response) -> Result<Option<Vec<u8>>, Failure> {
        let chunk = self.wait(response.chunk()).await?;
        let chunk = chunk.map_err(|error| Failure::Transport(self.clean(&causes(&error))))?;
        Ok(chunk.map(Vec::from))
    }

    /// The whole of an answer, which may have so many bytes.
    pub(super) async fn body(&self, mut response: Response, most: u64) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk(&mut response).await? {
            body.extend_from_slice(&chunk);
            if body.len() as u64 > most {
                let url = answer::shown(response.url());
                return Err(Failure::Excess(
                    self.clean(&format!("GET {url}: the answer has more than {most} bytes")),
                ));
            }
        }
        Ok(body)
    }

    /// Words of somebody else, for people: without secrets and control characters, and bounded.
    pub(super) fn clean(&self, text: &str) -> String {
        let text =
            self.tokens.lock().iter().fold(text.to_owned(), |text, token| text.replace(token, "*****"));
        foreign::clean(&self.access.redact(&text))
    }

    async fn ask(&self, question: Question<'_>) -> Result<Response, Failure> {
        let known = self.wires.known.lock().get(&self.key).cloned();
        if let Some(terms) = known
            && let Some(response) = self.by_known_terms(terms, question).await?
        {
            return Ok(response);
        }
        self.wires.known.lock().remove(&self.key);
        let mut terms = self.introduce().await?;
        let answer = self.by_terms(&mut terms, question).await;
        self.remember(terms);
        let (response, url) = answer?;
        self.accept(question.method, response, &url).await
    }

    /// `None` when it has to be begun anew.
    async fn by_known_terms(
        &self,
        mut terms: Terms,
        question: Question<'_>,
    ) -> Result<Option<Response>, Failure> {
        if terms.scheme == "http" && !self.repository.allows_http() {
            return Ok(None);
        }
        if terms.token.as_ref().is_some_and(|token| token.ends <= Clock::now()) {
            terms.token = None;
        }
        match self.by_terms(&mut terms, question).await {
            Ok((response, _)) if response.status() == StatusCode::OK => {
                self.remember(terms);
                Ok(Some(response))
            }
            // What is not there would not be there either, and who is asked too often is not asked more.
            Ok((response, url))
                if matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::TOO_MANY_REQUESTS) =>
            {
                self.accept(question.method, response, &url).await.map(Some)
            }
            // Time that is up, and what nobody wants, is not begun anew.
            Err(failure @ (Failure::Timeout(_) | Failure::Cancelled)) => Err(failure),
            Ok(_) | Err(_) => Ok(None),
        }
    }

    fn remember(&self, terms: Terms) {
        let mut known = self.wires.known.lock();
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(self.key.clone(), terms);
    }

    /// Learns how the registry is talked to.
    async fn introduce(&self) -> Result<Terms, Failure> {
        if !self.repository.allows_http() {
            return self.ping("https").await;
        }
        let https = self.ping("https");
        tokio::pin!(https);
        let first = match tokio::time::timeout(HEAD_START, &mut https).await {
            Ok(Ok(terms)) => return Ok(terms),
            Ok(Err(failure @ (Failure::Timeout(_) | Failure::Cancelled))) => return Err(failure),
            Ok(Err(first)) => Some(first),
            Err(_) => None,
        };
        let http = self.ping("http");
        tokio::pin!(http);
        let (first, second) = match first {
            Some(first) => match http.await {
                Ok(terms) => return Ok(terms),
                Err(second) => (first, second),
            },
            None => tokio::select! {
                terms = &mut https => match terms {
                    Ok(terms) => return Ok(terms),
                    Err(first) => match http.await {
                        Ok(terms) => return Ok(terms),
                        Err(second) => (first, second),
                    },
                },
                terms = &mut http => match terms {
                    Ok(terms) => return Ok(terms),
                    Err(second) => match https.await {
                        Ok(terms) => return Ok(terms),
                        Err(first) => (first, second),
                    },
                },
            },
        };
        Err(match (first, second) {
            (_, last @ (Failure::Timeout(_) | Failure::Cancelled)) => last,
            (first, second) => Failure::Transport(format!("{first}; {second}")),
        })
    }

    async fn ping(&self, scheme: &'static str) -> Result<Terms, Failure> {
        let url = self.parse(&self.repository.ping(scheme))?;
        let (response, url) = self.follow(&Method::GET, &url, None, "").await?;
        // A registry without encryption may lead to one that has it.
        let scheme = if url.scheme() == "https" { "https" } else { scheme };
        match response.status() {
            StatusCode::OK => Ok(Terms { scheme, challenge: Challenge::Open, token: None }),
            StatusCode::UNAUTHORIZED => {
                let challenge = challenge::of(response.headers()).map_err(Failure::Unexpected)?;
                Ok(Terms { scheme, challenge, token: None })
            }
            _ => Err(self.refusal(&Method::GET, response, &url, self.is_registry(&url)).await),
        }
    }

    /// Asks as agreed; a token that lacks a right is asked for again.
    async fn by_terms(&self, terms: &mut Terms, question: Question<'_>) -> Result<(Response, Url), Failure> {
        self.mask(terms);
        let url = self.parse(&self.repository.address(terms.scheme, question.rest))?;
        self.log_in(terms, None).await?;
        let authorization = self.authorization(terms);
        let (response, from) = self.follow(question.method, &url, authorization, question.accept).await?;
        let is_bearer = matches!(terms.challenge, Challenge::Bearer { .. });
        if !is_bearer || response.status() != StatusCode::UNAUTHORIZED || from != url {
            return Ok((response, from));
        }
        let scope = challenge::scope(response.headers());
        terms.token = None;
        self.log_in(terms, scope).await?;
        self.follow(question.method, &url, self.authorization(terms), question.accept).await
    }

    /// What proves to the registry who asks.
    fn authorization(&self, terms: &Terms) -> Option<HeaderValue> {
        let login = self.access.login();
        let text = match (&terms.challenge, login) {
            (Challenge::Open, _) => None,
            (Challenge::Bearer { .. }, _) => {
                terms.token.as_ref().map(|token| format!("Bearer {}", token.value))
            }
            (Challenge::Basic, Some(login)) if !login.bearer.is_empty() => {
                Some(format!("Bearer {}", login.bearer))
            }
            (Challenge::Basic, login) => login.and_then(Login::basic).map(|basic| format!("Basic {basic}")),
        };
        let mut value = HeaderValue::from_str(&text?).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Gets a token if one is needed.
    async fn log_in(&self, terms: &mut Terms, scope: Option<String>) -> Result<(), Failure> {
        let Challenge::Bearer { realm, service } = &terms.challenge else { return Ok(()) };
        if terms.token.is_some() {
            return Ok(());
        }
        if let Some(login) = self.access.login().filter(|login| !login.bearer.is_empty()) {
            let ends = Clock::now() + TOKEN;
            terms.token = Some(Token { value: login.bearer.clone(), ends });
            return Ok(());
        }
        let registry = self.parse(&self.repository.ping(terms.scheme))?;
        let realm = challenge::realm(realm, &registry, self.wires.private_redirects);
        let realm = realm.map_err(|error| Failure::Unexpected(self.clean(&error)))?;
        let own = self.repository.scope();
        // Some token servers look at the first one only.
        let scopes: Vec<String> =
            scope.into_iter().filter(|scope| *scope != own).chain([own.clone()]).collect();
        let response = self.ask_for_token(&realm, &registry, service, &scopes).await?;
        let body = self.body(response, MAX_TOKEN).await?;
        terms.token = Some(read_token(&body)?);
        self.mask(terms);
        Ok(())
    }

    fn mask(&self, terms: &Terms) {
        let mut tokens = self.tokens.lock();
        if let Some(token) = terms.token.as_ref().filter(|token| !tokens.contains(&token.value)) {
            tokens.push(token.value.clone());
        }
    }

    async fn ask_for_token(
        &self,
        realm: &Url,
        registry: &Url,
        service: &str,
        scopes: &[String],
    ) -> Result<Response, Failure> {
        let login = self.access.login();
        if let Some(login) = login.filter(|login| !login.identity.is_empty()) {
            let form = form_urlencoded::Serializer::new(String::new())
                .extend_pairs([
                    ("client_id", CLIENT),
                    ("grant_type", "refresh_token"),
                    ("refresh_token", &login.identity),
                    ("scope", &scopes.join(" ")),
                    ("service", service),
                ])
                .finish();
            let request = self.client_for_token(realm, registry)?.post(realm.clone());
            let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
            let response = self.send(&Method::POST, realm, request).await?;
            // Not all of them speak OAuth; then the other way is taken.
            if response.status() != StatusCode::NOT_FOUND {
                return self.token_answer(&Method::POST, response, realm, registry).await;
            }
        }
        let mut url = realm.clone();
        {
            let mut query = url.query_pairs_mut();
            for scope in scopes {
                query.append_pair("scope", scope);
            }
            query.append_pair("service", service);
        }
        let mut request = self.client_for_token(realm, registry)?.get(url.clone());
        if let Some(basic) = login.and_then(Login::basic)
            && let Ok(mut value) = HeaderValue::from_str(&format!("Basic {basic}"))
        {
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let response = self.send(&Method::GET, &url, request).await?;
        self.token_answer(&Method::GET, response, &url, registry).await
    }

    fn client_for_token(&self, url: &Url, registry: &Url) -> Result<reqwest::Client, Failure> {
        if same_host(url, registry) { Ok(self.client.clone()) } else { self.elsewhere(url, registry) }
    }

    /// The client for where the registry leads. Its client certificate is not meant for that, and where another host is
    /// named there are public addresses only.
    fn elsewhere(&self, url: &Url, registry: &Url) -> Result<reqwest::Client, Failure> {
        let is_own = self.wires.private_redirects || url.host_str() == registry.host_str();
        let reach = if is_own { Reach::Anywhere } else { Reach::Public };
        let client = self.wires.clients.client(&self.key.way.elsewhere(reach));
        client.map_err(|error| Failure::Transport(self.clean(&error.to_string())))
    }

    /// A token server's answer is quoted when it is the registry's own: others may be pages that only this process can
    /// read.
    async fn token_answer(
        &self,
        method: &Method,
        response: Response,
        url: &Url,
        registry: &Url,
    ) -> Result<Response, Failure> {
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        Err(self.refusal(method, response, url, same_host(url, registry)).await)
    }

    /// Sends a request and follows redirects; gives the answer and the address that gave it.
    async fn follow(
        &self,
        method: &Method,
        url: &Url,
        authorization: Option<HeaderValue>,
        accept: &str,
    ) -> Result<(Response, Url), Failure> {
        let origin = url;
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let is_own = same_origin(&url, origin);
            let client = if is_own { self.client.clone() } else { self.elsewhere(&url, origin)? };
            let mut request = client.request(method.clone(), url.clone());
            if !accept.is_empty() {
                request = request.header(ACCEPT, accept);
            }
            if let Some(value) = authorization.as_ref().filter(|_| is_own) {
                request = request.header(AUTHORIZATION, value.clone());
            }
            let response = self.send(method, &url, request).await?;
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            match location {
                Some(location) if response.status().is_redirection() => {
                    let to = challenge::redirect(&url, location, origin, self.wires.private_redirects);
                    url = to.map_err(|why| {
                        Failure::Transport(self.clean(&answer::unanswered(method.as_str(), &url, &why)))
                    })?;
                }
                _ => return Ok((response, url)),
            }
        }
        let text = answer::unanswered(method.as_str(), &url, "stopped after 10 redirects");
        Err(Failure::Transport(self.clean(&text)))
    }

    async fn send(
        &self,
        method: &Method,
        url: &Url,
        request: reqwest::RequestBuilder,
    ) -> Result<Response, Failure> {
        let sent = self.wait(request.send()).await;
        let told = |cause: &str| self.clean(&answer::unanswered(method.as_str(), url, cause));
        match sent {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                let address = url.host_str().zip(url.port_or_known_default());
                let address = address.map_or_else(String::new, |(host, port)| format!("{host}:{port}"));
                let told = told(&words(&error, &address));
                let is_trust = cluster::tls_error(&error).is_some();
                Err(if is_trust { Failure::Untrusted(told) } else { Failure::Transport(told) })
            }
            Err(Failure::Timeout(cause)) => Err(Failure::Timeout(told(&cause))),
            Err(failure) => Err(failure),
        }
    }

    /// Passes a success on and turns anything else into a failure.
    async fn accept(&self, method: &Method, response: Response, url: &Url) -> Result<Response, Failure> {
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        Err(self.refusal(method, response, url, self.is_registry(url)).await)
    }

    /// Whether an address is the registry's own. The answers of others may be pages that only this process can read.
    fn is_registry(&self, url: &Url) -> bool {
        Url::parse(&self.repository.ping(url.scheme())).is_ok_and(|registry| same_host(url, &registry))
    }

    async fn refusal(&self, method: &Method, mut response: Response, url: &Url, is_quoted: bool) -> Failure {
        let status = response.status();
        let mut body = Vec::new();
        if is_quoted {
            // What came until time was up is quoted, too.
            while let Ok(Some(chunk)) = self.chunk(&mut response).await {
                body.extend_from_slice(&chunk);
                if body.len() as u64 >= MAX_REASON {
                    break;
                }
            }
        }
        let text = String::from_utf8_lossy(&body).into_owned();
        // The beginning of a secret that was cut off would not be found.
        let is_cut = body.len() as u64 >= MAX_REASON;
        let text = if is_cut { self.access.without_cut(&text) } else { text.trim_end() };
        let text = if is_quoted { text } else { NOT_QUOTED };
        let text = answer::refusal(method.as_str(), url, status, text);
        Failure::Answer { status: status.as_u16(), text: text.map(|text| self.clean(text)) }
    }

    fn parse(&self, url: &str) -> Result<Url, Failure> {
        Url::parse(url).map_err(|error| Failure::Unexpected(self.clean(&error.to_string())))
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default)]
    token: String,
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

fn read_token(body: &[u8]) -> Result<Token, Failure> {
    // Not quoted: it may be a token after all.
    let nothing = || Failure::Unexpected("no token in bearer response".to_owned());
    let read: TokenAnswer = serde_json::from_slice(body).map_err(|_| nothing())?;
    let value = if read.access_token.is_empty() { read.token } else { read.access_token };
    if value.is_empty() {
        return Err(nothing());
    }
    let holds = read.expires_in.map_or(TOKEN, Duration::from_secs).min(Duration::from_secs(3600));
    Ok(Token { value, ends: Clock::now() + holds.saturating_sub(MARGIN) })
}

fn same_host(a: &Url, b: &Url) -> bool {
    a.host_str() == b.host_str() && a.port_or_known_default() == b.port_or_known_default()
}

fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme() && same_host(a, b)
}

/// Go's words for why there was no answer, where they are known.
fn words(error: &reqwest::Error, address: &str) -> String {
    let tls = cluster::tls_error(error).map(trust::words);
    let dialled = || cluster::dialled(error).map(|why| format!("dial tcp {address}: {why}"));
    tls.or_else(dialled).or_else(|| broken_off(error)).unwrap_or_else(|| causes(error))
}

/// The other side ended the connection where an answer was due.
fn broken_off(error: &reqwest::Error) -> Option<String> {
    let mut sources = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let is_end = |cause: &(dyn std::error::Error + 'static)| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|io| io.kind() == std::io::ErrorKind::UnexpectedEof)
    };
    sources.any(is_end).then(|| "EOF".to_owned())
}

/// The causes of an error from the first that is not reqwest's own wrapping on, without URLs.
fn causes(error: &reqwest::Error) -> String {
    let mut texts = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        texts.push(cause.to_string());
        source = cause.source();
    }
    let wrapping = texts.iter().take_while(|text| text.starts_with("client error (")).count();
    let skipped = wrapping.min(texts.len().saturating_sub(1));
    let text = texts.split_off(skipped).join(": ");
    if text.is_empty() { "the connection failed".to_owned() } else { text }
}
