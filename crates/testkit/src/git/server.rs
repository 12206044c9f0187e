//! The HTTP server in front of `git http-backend` (CGI), with what real hosts do wrong on demand (delays, errors, refused
//! credentials), and what hostile ones do: redirects, answers and packs of their own, and answers that never end.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use http_body_util::BodyExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::Repository;
use crate::tls::TlsListener;

/// How a repository answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behaviour {
    /// Wait this long before each answer.
    pub delay: Duration,
    /// Answer with this status instead.
    pub fail_with: Option<u16>,
    /// Refuse with 401 whoever does not send exactly this `Authorization` header.
    pub authorization: Option<String>,
    /// Redirect every request: this, then the request's path and query.
    pub redirect: Option<String>,
    /// Say this as the body of [`Self::fail_with`].
    pub body: Option<Vec<u8>>,
    /// Send three bytes of an answer, and then nothing for ever.
    pub stall: bool,
    /// Send this pack to whoever fetches, whatever is asked for.
    pub pack: Option<Vec<u8>>,
}

impl Behaviour {
    /// Asks for a user name and a password.
    #[must_use]
    pub fn basic(user: &str, password: &str) -> Self {
        let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        Self { authorization: Some(format!("Basic {text}")), ..Self::default() }
    }

    /// Asks for a bearer token.
    #[must_use]
    pub fn bearer(token: &str) -> Self {
        Self { authorization: Some(format!("Bearer {token}")), ..Self::default() }
    }

    /// Answers with an error.
    #[must_use]
    pub fn failing(status: u16) -> Self {
        Self { fail_with: Some(status), ..Self::default() }
    }

    /// Answers with an error that says something.
    #[must_use]
    pub fn saying(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(body.into()), ..Self::failing(status) }
    }

    /// Redirects every request to another server.
    #[must_use]
    pub fn redirecting(to: &str) -> Self {
        Self { redirect: Some(to.to_owned()), ..Self::default() }
    }

    /// Begins to answer.
    #[must_use]
    pub fn stalling() -> Self {
        Self { stall: true, ..Self::default() }
    }

    /// Sends another pack than the one that is asked for.
    #[must_use]
    pub fn sending(pack: Vec<u8>) -> Self {
        Self { pack: Some(pack), ..Self::default() }
    }

    /// Answers late.
    #[must_use]
    pub fn slow(delay: Duration) -> Self {
        Self { delay, ..Self::default() }
    }
}

/// One request that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The repository's name.
    pub repository: String,
    /// Method, path and query.
    pub request: String,
    /// Status of the answer.
    pub status: u16,
    /// Bytes of the answer's body; none of one that does not end.
    pub bytes: u64,
}

/// A Git server on a loopback port; it ends with the value, repositories included.
#[derive(Debug)]
pub struct GitServer {
    shared: Arc<Shared>,
    url: String,
    authority: Option<String>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    folder: tempfile::TempDir,
    behaviours: Mutex<BTreeMap<String, Behaviour>>,
    accesses: Mutex<Vec<Access>>,
}

impl GitServer {
    /// Starts a server without repositories.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        Self::serve(listener, url, None)
    }

    /// Starts one that speaks TLS, with a certificate of an authority made for it ([`GitServer::authority`]).
    pub async fn start_tls() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("https://{}", listener.local_addr()?);
        let (listener, authority) = TlsListener::new(listener)?;
        Self::serve(listener, url, Some(authority))
    }

    fn serve<L>(listener: L, url: String, authority: Option<String>) -> Result<Self>
    where
        L: axum::serve::Listener,
        L::Addr: std::fmt::Debug,
    {
        let folder = tempfile::Builder::new().prefix("flyball-git-").tempdir()?;
        let shared = Arc::new(Shared { folder, behaviours: Mutex::default(), accesses: Mutex::default() });
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.ok();
        });
        Ok(Self { shared, url, authority, server })
    }

    /// `http://127.0.0.1:PORT`, or `https://`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate (PEM) of the authority to trust, of a server that speaks TLS.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Makes an empty repository, served at `URL/NAME`.
    pub fn repository(&self, name: &str) -> Result<Repository> {
        if name.is_empty() || name.contains(['/', '?', '.']) {
            bail!("{name:?} is no name of a repository");
        }
        Repository::create(&self.shared.folder.path().join(name), &format!("{}/{name}", self.url()))
    }

    /// How a repository answers from now on.
    pub fn behave(&self, repository: &str, behaviour: Behaviour) {
        let mut behaviours = self.shared.behaviours.lock().unwrap_or_else(PoisonError::into_inner);
        behaviours.insert(repository.to_owned(), behaviour);
    }

    /// Every request so far.
    #[must_use]
    pub fn accesses(&self) -> Vec<Access> {
        self.shared.accesses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for GitServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let repository = path.split('/').next().unwrap_or_default().to_owned();
    let behaviour = {
        let behaviours = shared.behaviours.lock().unwrap_or_else(PoisonError::into_inner);
        behaviours.get(&repository).cloned().unwrap_or_default()
    };
    let line = format!("{} {}", request.method(), request.uri());
    let response = respond(&shared, &behaviour, request).await;
    let status = response.status().as_u16();
    let bytes = response.body().size_hint().exact().unwrap_or_default();
    let mut accesses = shared.accesses.lock().unwrap_or_else(PoisonError::into_inner);
    accesses.push(Access { repository, request: line, status, bytes });
    response
}

async fn respond(shared: &Shared, behaviour: &Behaviour, request: Request) -> Response {
    tokio::time::sleep(behaviour.delay).await;
    if let Some(status) = behaviour.fail_with {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = behaviour.body.clone().unwrap_or_else(|| b"out of order\n".to_vec());
        return (status, body).into_response();
    }
    if let Some(to) = &behaviour.redirect {
        return (StatusCode::FOUND, [(header::LOCATION, format!("{to}{}", request.uri()))]).into_response();
    }
    if behaviour.stall {
        let begun = futures::stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"001")) });
        let waiting = futures::stream::pending();
        let kind = [(header::CONTENT_TYPE, "application/x-git-upload-pack-advertisement")];
        return (kind, Body::from_stream(futures::StreamExt::chain(begun, waiting))).into_response();
    }
    if let Some(wanted) = &behaviour.authorization {
        let sent = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if sent != Some(wanted) {
            let ask = [(header::WWW_AUTHENTICATE, "Basic realm=\"test\"")];
            return (StatusCode::UNAUTHORIZED, ask, "who are you?\n").into_response();
        }
    }
    match backend(shared, behaviour, request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}\n")).into_response(),
    }
}

/// Runs `git http-backend` for one request (RFC 3875).
async fn backend(shared: &Shared, behaviour: &Behaviour, request: Request) -> Result<Response> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    if let Some(pack) = behaviour.pack.as_deref().filter(|_| is_fetch(&body)) {
        let kind = [(header::CONTENT_TYPE, "application/x-git-upload-pack-result")];
        return Ok((kind, answer_with(pack)).into_response());
    }
    let text =
        |name: header::HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let protocol = head.headers.get("git-protocol").and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut command = tokio::process::Command::new("git");
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", shared.folder.path())
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("REQUEST_METHOD", head.method.as_str())
        .env("PATH_INFO", head.uri.path())
        .env("QUERY_STRING", head.uri.query().unwrap_or_default())
        .env("CONTENT_TYPE", text(header::CONTENT_TYPE))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", text(header::CONTENT_ENCODING))
        .env("HTTP_GIT_PROTOCOL", protocol)
        .env("GIT_PROTOCOL", protocol)
        .env("REMOTE_ADDR", "127.0.0.1")
        .env("REMOTE_USER", "test")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().context("git http-backend")?;
    let mut stdin = child.stdin.take().context("its standard input")?;
    // Written beside the reading, lest both wait for each other.
    let writing = tokio::spawn(async move { stdin.write_all(&body).await });
    let output = child.wait_with_output().await?;
    drop(writing.await?);
    response(output.stdout).with_context(|| String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// Whether a request of the second protocol wants objects.
fn is_fetch(body: &[u8]) -> bool {
    body.windows(13).any(|window| window == b"command=fetch")
}

/// The answer of the second protocol that is a pack, in packets of the first band.
fn answer_with(pack: &[u8]) -> Vec<u8> {
    let mut answer = b"000dpackfile\n".to_vec();
    for part in pack.chunks(65_000) {
        answer.extend_from_slice(format!("{:04x}\x01", part.len() + 5).as_bytes());
        answer.extend_from_slice(part);
    }
    answer.extend_from_slice(b"0000");
    answer
}

/// The CGI answer as an HTTP one.
fn response(output: Vec<u8>) -> Result<Response> {
    let output = Bytes::from(output);
    let end =
        output.windows(4).position(|window| window == b"\r\n\r\n").context("an answer without header")?;
    let mut status = StatusCode::OK;
    let mut headers = HeaderMap::new();
    for line in String::from_utf8_lossy(&output.slice(..end)).lines() {
        let (name, value) = line.split_once(':').context("a header line without colon")?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().unwrap_or_default();
            status = StatusCode::from_bytes(code.as_bytes())?;
        } else {
            headers.append(header::HeaderName::from_bytes(name.as_bytes())?, value.parse()?);
        }
    }
    let mut response = Response::new(Body::from(output.slice(end + 4..)));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}
