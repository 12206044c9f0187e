//! An object store in this process: as much of S3, Google Cloud Storage and Azure Blob Storage as a client needs that
//! reads, with faults on request, and a security token service for LDAP users. What was asked of it is kept, with the
//! credentials that came along. It verifies no signature.

mod answers;
mod state;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::response::Response;

use crate::tls::TlsListener;

pub use state::Behaviour;
use state::{State, object};

/// See the module.
pub struct ObjectStore {
    state: Arc<Mutex<State>>,
    address: SocketAddr,
    authority: Option<String>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for ObjectStore {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl ObjectStore {
    /// Over plain http on 127.0.0.1.
    ///
    /// # Errors
    /// There is no port.
    pub async fn start() -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (state, app) = app();
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
        let (state, app) = app();
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

    /// Changes what it does.
    pub fn behave(&self, behaviour: Behaviour) {
        self.state().behaviour = behaviour;
    }

    /// Makes a bucket.
    pub fn make(&self, bucket: &str) {
        self.state().buckets.entry(bucket.to_owned()).or_default();
    }

    /// Puts an object into a bucket, which is made if there is none.
    pub fn put(&self, bucket: &str, key: &str, content: impl AsRef<[u8]>) {
        let mut state = self.state();
        state.generation += 1;
        let object = object(content.as_ref().to_vec(), state.generation);
        state.buckets.entry(bucket.to_owned()).or_default().insert(key.to_owned(), object);
    }

    /// Takes an object away.
    pub fn delete(&self, bucket: &str, key: &str) {
        if let Some(objects) = self.state().buckets.get_mut(bucket) {
            objects.remove(key);
        }
    }

    /// The ETag of an object, without quotes.
    #[must_use]
    pub fn etag(&self, bucket: &str, key: &str) -> Option<String> {
        Some(self.state().buckets.get(bucket)?.get(key)?.etag.clone())
    }

    /// Requests since the last call, as `METHOD path?query authorization`.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state().asked)
    }

    /// Bytes of contents that were sent.
    #[must_use]
    pub fn content(&self) -> u64 {
        self.state().content
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn app() -> (Arc<Mutex<State>>, Router) {
    let state = Arc::new(Mutex::new(State::default()));
    let app = Router::new().fallback(answer).with_state(Arc::clone(&state));
    (state, app)
}

async fn answer(Shared(state): Shared<Arc<Mutex<State>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    answers::answer(&mut state, &parts, &body)
}
