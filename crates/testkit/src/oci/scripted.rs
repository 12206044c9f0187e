//! A registry in this process: as much of the protocol as a client needs that reads, with logins, faults and redirects on
//! request. What was asked of it is kept, with the credentials that came along.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use serde_json::json;

use super::image::{INDEX, Image, descriptor, digest};
use crate::tls::TlsListener;

/// How a client has to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// User and password with each request.
    Basic(String, String),
    /// A token of `/token`, which wants user and password.
    Bearer(String, String),
    /// A token of `/token` for anybody.
    Anonymous,
}

/// What the registry does beside answering.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    /// Who may read.
    pub login: Option<Login>,
    /// Whether it lists referrers.
    pub referrers: bool,
    /// Answers everything with this status, quoting the credentials that came along.
    pub refuse: Option<u16>,
    /// Sends blobs with one byte changed.
    pub corrupt: bool,
    /// Sends clients that want blobs elsewhere: what stands before `/v2/…` there.
    pub redirect: Option<String>,
    /// Where clients are sent for tokens, instead of the registry itself.
    pub realm: Option<String>,
    /// Tags, or referrers, of one page.
    pub page: Option<usize>,
}

#[derive(Default)]
struct State {
    origin: String,
    behaviour: Behaviour,
    manifests: HashMap<(String, String), (String, Vec<u8>)>,
    /// In the order in which they were pushed.
    tags: Vec<(String, String)>,
    blobs: HashMap<String, Vec<u8>>,
    referrers: HashMap<String, Vec<serde_json::Value>>,
    asked: Vec<String>,
    content: u64,
}

/// A registry.
pub struct Registry {
    state: Arc<Mutex<State>>,
    address: SocketAddr,
    authority: Option<String>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Registry {
    /// Over plain http on 127.0.0.1.
    ///
    /// # Errors
    /// There is no port.
    pub async fn start() -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (state, app) = app(format!("http://{address}"));
        let serving = tokio::spawn(async move {
            axum::serve(listener, app).await.ok();
        });
        Ok(Self { state, address, authority: None, serving })
    }

    /// Over https on `localhost` and 127.0.0.1, with a certificate of an authority of its own.
    ///
    /// # Errors
    /// There is no port, or no certificate can be made.
    pub async fn start_tls() -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (listener, authority) = TlsListener::new(listener)?;
        let (state, app) = app(format!("https://{address}"));
        let serving = tokio::spawn(async move {
            axum::serve(listener, app).await.ok();
        });
        Ok(Self { state, address, authority: Some(authority), serving })
    }

    /// The certificate (PEM) of the authority of [`Self::start_tls`].
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// `127.0.0.1:<port>`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// `oci://…` of a repository.
    #[must_use]
    pub fn url(&self, repository: &str) -> String {
        format!("oci://{}/{repository}", self.address)
    }

    /// Changes what it does.
    pub fn behave(&self, behaviour: Behaviour) {
        self.state().behaviour = behaviour;
    }

    /// Keeps an artifact under a tag and its digest.
    pub fn publish(&self, repository: &str, tag: &str, image: &Image) {
        let mut state = self.state();
        let stored = (image.media_type.clone(), image.manifest.clone());
        state.manifests.insert((repository.to_owned(), image.digest()), stored.clone());
        if !tag.is_empty() {
            let key = (repository.to_owned(), tag.to_owned());
            state.manifests.insert(key.clone(), stored);
            if !state.tags.contains(&key) {
                state.tags.push(key);
            }
        }
        for blob in &image.blobs {
            state.blobs.insert(digest(blob), blob.clone());
        }
    }

    /// Keeps an artifact that refers to the manifest with this digest.
    pub fn refer(&self, repository: &str, subject: &str, image: &Image) {
        self.publish(repository, "", image);
        let mut named = descriptor(&image.media_type, &image.manifest);
        let manifest: serde_json::Value = serde_json::from_slice(&image.manifest).unwrap_or_default();
        if let Some(type_) = manifest.get("artifactType") {
            named["artifactType"] = type_.clone();
        }
        self.state().referrers.entry(subject.to_owned()).or_default().push(named);
    }

    /// Requests since the last call, as `METHOD path authorization`.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state().asked)
    }

    /// Bytes of blobs that were sent.
    #[must_use]
    pub fn content(&self) -> u64 {
        self.state().content
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn app(origin: String) -> (Arc<Mutex<State>>, Router) {
    let state = Arc::new(Mutex::new(State { origin, ..State::default() }));
    let app = Router::new().fallback(answer).with_state(Arc::clone(&state));
    (state, app)
}

async fn answer(Shared(state): Shared<Arc<Mutex<State>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    drop(body);
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let authorization = text(&parts.headers, header::AUTHORIZATION);
    let uri = parts.uri.to_string();
    state.asked.push(format!("{} {uri} {authorization}", parts.method).trim_end().to_owned());
    if let Some(status) = state.behaviour.refuse {
        return reply(status, "text/plain", format!("you said {authorization}").into_bytes());
    }
    let (path, query) = uri.split_once('?').unwrap_or((&uri, ""));
    if path == "/token" {
        return token(&state, &authorization);
    }
    if let Some(response) = locked(&state, path, &authorization) {
        return response;
    }
    let Some(rest) = path.strip_prefix("/v2/") else { return unknown("NAME_UNKNOWN", "not here") };
    if rest.is_empty() {
        return reply(200, "application/json", b"{}".to_vec());
    }
    let parts_of = |word: &str| rest.split_once(word).map(|(name, of)| (name.to_owned(), of.to_owned()));
    if let Some((name, reference)) = parts_of("/manifests/") {
        return manifest(&state, &parts.method, name, &reference);
    }
    if let Some((_, wanted)) = parts_of("/blobs/") {
        return blob(&mut state, path, &wanted);
    }
    if let Some((_, subject)) = parts_of("/referrers/")
        && state.behaviour.referrers
    {
        return referrers(&state, path, &subject, query);
    }
    if let Some(name) = rest.strip_suffix("/tags/list") {
        return tags(&state, name, query);
    }
    unknown("UNSUPPORTED", "not here")
}

fn manifest(state: &State, method: &Method, name: String, reference: &str) -> Response {
    let Some((media_type, bytes)) = state.manifests.get(&(name, reference.to_owned())) else {
        return unknown("MANIFEST_UNKNOWN", "manifest unknown");
    };
    let body = if *method == Method::HEAD { Body::empty() } else { Body::from(bytes.clone()) };
    let response = Response::builder()
        .header(header::CONTENT_TYPE, media_type)
        .header(header::CONTENT_LENGTH, bytes.len())
        .header("docker-content-digest", digest(bytes));
    response.body(body).unwrap_or_default()
}

fn blob(state: &mut State, path: &str, wanted: &str) -> Response {
    if let Some(elsewhere) = &state.behaviour.redirect {
        let response = Response::builder().status(StatusCode::TEMPORARY_REDIRECT);
        let location = format!("{elsewhere}{path}?signature=pass-canary");
        return response.header(header::LOCATION, location).body(Body::empty()).unwrap_or_default();
    }
    let Some(mut bytes) = state.blobs.get(wanted).cloned() else {
        return unknown("BLOB_UNKNOWN", "blob unknown to registry");
    };
    if state.behaviour.corrupt
        && let Some(last) = bytes.last_mut()
    {
        *last ^= 1;
    }
    state.content += bytes.len() as u64;
    reply(200, "application/octet-stream", bytes)
}

/// A page of referrers, and where the next one is.
fn referrers(state: &State, path: &str, subject: &str, query: &str) -> Response {
    let all = state.referrers.get(subject).map(Vec::as_slice).unwrap_or_default();
    let start = query.split('&').find_map(|pair| pair.strip_prefix("from=")).unwrap_or_default();
    let start: usize = start.parse().unwrap_or_default();
    let most = state.behaviour.page.unwrap_or(usize::MAX);
    let page: Vec<_> = all.iter().skip(start).take(most).collect();
    let end = start + page.len();
    let body = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": page}).to_string();
    let mut response = Response::builder().header(header::CONTENT_TYPE, INDEX);
    if end < all.len() {
        response = response.header(header::LINK, format!("<{path}?from={end}>; rel=\"next\""));
    }
    response.body(Body::from(body)).unwrap_or_default()
}

/// A page of tags, and where the next one is.
fn tags(state: &State, name: &str, query: &str) -> Response {
    let value = |key: &str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    };
    let all: Vec<&str> =
        state.tags.iter().filter(|(repository, _)| repository == name).map(|(_, tag)| tag.as_str()).collect();
    let start = value("last").and_then(|last| all.iter().position(|tag| *tag == last)).map_or(0, |at| at + 1);
    let most = state.behaviour.page.unwrap_or(usize::MAX);
    let page: Vec<&str> = all.iter().skip(start).take(most).copied().collect();
    let body = json!({"name": name, "tags": page}).to_string();
    let mut response = Response::builder().header(header::CONTENT_TYPE, "application/json");
    if start + page.len() < all.len()
        && let Some(last) = page.last()
    {
        response = response
            .header(header::LINK, format!("</v2/{name}/tags/list?last={last}&n={most}>; rel=\"next\""));
    }
    response.body(Body::from(body)).unwrap_or_default()
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

const TOKEN: &str = "token-pass-canary";

fn token(state: &State, authorization: &str) -> Response {
    let is_right = match &state.behaviour.login {
        Some(Login::Bearer(user, password)) => authorization == basic(user, password),
        _ => true,
    };
    if is_right {
        return reply(
            200,
            "application/json",
            json!({"token": TOKEN, "expires_in": 300}).to_string().into_bytes(),
        );
    }
    reply(401, "application/json", br#"{"details":"incorrect username or password"}"#.to_vec())
}

/// The answer to who may not read.
fn locked(state: &State, path: &str, authorization: &str) -> Option<Response> {
    let login = state.behaviour.login.as_ref()?;
    let (is_open, challenge) = match login {
        Login::Basic(user, password) => {
            (authorization == basic(user, password), "Basic realm=\"test\"".to_owned())
        }
        Login::Bearer(..) | Login::Anonymous => {
            let realm = state.behaviour.realm.clone().unwrap_or_else(|| format!("{}/token", state.origin));
            (authorization == format!("Bearer {TOKEN}"), format!("Bearer realm=\"{realm}\",service=\"test\""))
        }
    };
    if is_open {
        return None;
    }
    let name = path.trim_start_matches("/v2/").split("/manifests/").next().unwrap_or_default();
    let detail = json!([{"Type": "repository", "Class": "", "Name": name, "Action": "pull"}]);
    let body = error("UNAUTHORIZED", "authentication required", &detail);
    let response = Response::builder().status(StatusCode::UNAUTHORIZED);
    let response = response.header(header::WWW_AUTHENTICATE, challenge);
    Some(response.header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap_or_default())
}

fn error(code: &str, message: &str, detail: &serde_json::Value) -> String {
    json!({"errors": [{"code": code, "message": message, "detail": detail}]}).to_string()
}

fn unknown(code: &str, message: &str) -> Response {
    reply(404, "application/json", error(code, message, &serde_json::Value::Null).into_bytes())
}

fn reply(status: u16, media_type: &str, body: Vec<u8>) -> Response {
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, media_type);
    response.body(Body::from(Bytes::from(body))).unwrap_or_default()
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
