//! An HTTP server for archives that nobody has fetched from anywhere: what stands in the place of a source-controller
//! where a test writes a source's status itself. What is in an archive is the caller's business.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::extract::{Path, State};
use axum::http::StatusCode;

type Shelf = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// Archives behind HTTP; the server ends with the value.
#[derive(Debug)]
pub struct Archives {
    address: std::net::SocketAddr,
    shelf: Shelf,
    server: tokio::task::JoinHandle<()>,
}

impl Archives {
    /// Starts a server without archives on a free loopback port.
    pub async fn start() -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shelf = Shelf::default();
        let router =
            axum::Router::new().route("/{name}", axum::routing::get(serve)).with_state(Arc::clone(&shelf));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.ok();
        });
        Ok(Self { address, shelf, server })
    }

    /// Serves an archive; gives its URL.
    pub fn put(&self, name: &str, archive: Vec<u8>) -> String {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), archive);
        format!("http://{}/{name}", self.address)
    }
}

impl Drop for Archives {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(State(shelf): State<Shelf>, Path(name): Path<String>) -> Result<Vec<u8>, StatusCode> {
    let shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
    shelf.get(&name).cloned().ok_or(StatusCode::NOT_FOUND)
}
