//! A plain server of files, which may want a login.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A running server.
pub(crate) struct Charts {
    pub(crate) url: String,
    shared: Arc<Mutex<Shared>>,
    _stop: DropGuard,
}

#[derive(Default)]
struct Shared {
    files: BTreeMap<String, Vec<u8>>,
    /// The header that is wanted.
    login: Option<String>,
    /// Paths that were asked for, and whether with a login.
    asked: Vec<(String, bool)>,
}

impl Charts {
    pub(crate) async fn start() -> Result<Self> {
        let shared = Arc::<Mutex<Shared>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stopped).await });
        Ok(Self { url, shared, _stop: stop.drop_guard() })
    }

    /// Serves a file.
    pub(crate) fn put(&self, path: &str, content: impl Into<Vec<u8>>) {
        self.shared.lock().files.insert(path.to_owned(), content.into());
    }

    /// Answers only those who send this header.
    pub(in crate::source) fn protect(&self, login: &str) {
        self.shared.lock().login = Some(login.to_owned());
    }

    /// Which paths were asked for, and whether with a login.
    pub(in crate::source) fn asked(&self) -> Vec<(String, bool)> {
        self.shared.lock().asked.clone()
    }
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, request: Request) -> Response {
    let mut shared = shared.lock();
    let path = request.uri().path().to_owned();
    let login = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    shared.asked.push((path.clone(), login.is_some()));
    if shared.login.is_some() && shared.login.as_deref() != login {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match shared.files.get(&path) {
        Some(content) => content.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
