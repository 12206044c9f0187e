//! A real HTTP server on loopback that takes what receivers are sent, for tests of several modules.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// One request that came.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// What is answered: a status, and headers.
type Answer = (u16, Vec<(&'static str, String)>);

/// See the module. It ends with the value.
pub(crate) struct Sink {
    pub(crate) address: std::net::SocketAddr,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

struct Shared {
    came: Mutex<Vec<Came>>,
    answer: Mutex<Answer>,
    news: Notify,
}

impl Sink {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            came: Mutex::default(),
            answer: Mutex::new((200, Vec::new())),
            news: Notify::new(),
        });
        let app = Router::new().fallback(take).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            axum::serve(listener, app).await.ok();
        });
        Self { address, shared, server }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers like this from now on.
    pub(crate) fn answer(&self, status: u16, headers: Vec<(&'static str, String)>) {
        *self.shared.answer.lock() = (status, headers);
    }

    pub(crate) fn came(&self) -> Vec<Came> {
        self.shared.came.lock().clone()
    }

    /// Waits until so many have come.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Came> {
        let limit = std::time::Duration::from_secs(20);
        let arrived = async {
            loop {
                let news = self.shared.news.notified();
                if self.came().len() >= count {
                    return;
                }
                news.await;
            }
        };
        tokio::time::timeout(limit, arrived).await.unwrap_or_else(|_| panic!("{:?}", self.came()));
        self.came()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8_lossy(&body).into_owned();
    shared.came.lock().push(Came { path: uri.to_string(), headers, body });
    shared.news.notify_waiters();
    let (status, headers) = shared.answer.lock().clone();
    let mut response = StatusCode::from_u16(status).unwrap().into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
