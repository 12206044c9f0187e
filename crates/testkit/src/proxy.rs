//! A proxy between a controller and the real API server that fails as networks and servers do, where a test says so: it
//! is late, loses answers, breaks off, refuses, falls silent. Every other answer is the real server's. It speaks TLS with
//! an authority of its own.
//!
//! ```no_run
//! # async fn example(identity: &testkit::cluster::Identity) -> anyhow::Result<()> {
//! use testkit::proxy::{Fault, Proxy};
//!
//! let proxy = Proxy::before(identity.kubeconfig()).await?;
//! // The next apply reaches the server, and nobody hears of it.
//! let lost = proxy.next(1, Fault::LoseAnswer, |asked| asked.is_write() && asked.is_about("configmaps", "app"));
//! // ... start a controller with `proxy.kubeconfig()` ...
//! lost.hit(1).await?;
//! # Ok(()) }
//! ```

mod fault;
mod forward;
mod rule;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result};
use axum::serve::Listener as _;
use base64::Engine as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::tls::TlsListener;
use forward::Shared;

pub use fault::Fault;
pub use rule::{Asked, Rule};

/// Lives until dropped.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    accepting: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
    kubeconfig: PathBuf,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.shared.cut();
    }
}

impl Proxy {
    /// Stands before the server of a kubeconfig that holds a token and an authority; whoever comes here acts as its user.
    pub async fn before(kubeconfig: &Path) -> Result<Self> {
        let text = std::fs::read(kubeconfig).with_context(|| kubeconfig.display().to_string())?;
        let config: Value =
            serde_json::from_slice(&text).with_context(|| kubeconfig.display().to_string())?;
        let text = |pointer: &str| {
            let found = config.pointer(pointer).and_then(Value::as_str);
            found.map(str::to_owned).with_context(|| format!("{}: no {pointer}", kubeconfig.display()))
        };
        let authority = text("/clusters/0/cluster/certificate-authority-data")?;
        let authority = base64::engine::general_purpose::STANDARD.decode(authority)?;
        let (server, token) = (text("/clusters/0/cluster/server")?, text("/users/0/user/token")?);
        let shared = Arc::new(Shared::new(&authority, server, token)?);
        let (listener, own) = TlsListener::new(TcpListener::bind("127.0.0.1:0").await?)?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("kubeconfig");
        let own = base64::engine::general_purpose::STANDARD.encode(own);
        let cluster = json!({ "server": format!("https://{address}"), "certificate-authority-data": own });
        let leading_here = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "proxy",
            "clusters": [{ "name": "proxy", "cluster": cluster }],
            "users": [{ "name": "proxy", "user": {} }],
            "contexts": [{ "name": "proxy", "context": { "cluster": "proxy", "user": "proxy" } }],
        });
        std::fs::write(&path, leading_here.to_string())?;
        Ok(Self { shared, accepting, _folder: folder, kubeconfig: path })
    }

    /// A kubeconfig that leads here.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Does this to the next so many requests that are as wanted. Of several rules for one request the oldest counts.
    pub fn next(
        &self,
        times: usize,
        fault: Fault,
        wanted: impl Fn(&Asked<'_>) -> bool + Send + Sync + 'static,
    ) -> Arc<Rule> {
        let rule = Arc::new(Rule::new(times, fault, Box::new(wanted)));
        self.shared.add(Arc::clone(&rule));
        rule
    }

    /// Does this to every request that is as wanted, until the rule is lifted.
    pub fn every(
        &self,
        fault: Fault,
        wanted: impl Fn(&Asked<'_>) -> bool + Send + Sync + 'static,
    ) -> Arc<Rule> {
        self.next(usize::MAX, fault, wanted)
    }

    /// Bytes of the bodies of requests and of answers so far, watches included; of answers that a fault spoiled none.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        let Shared { asked_bytes, answered_bytes, .. } = &*self.shared;
        (asked_bytes.load(Ordering::Relaxed), answered_bytes.load(Ordering::Relaxed))
    }

    /// Breaks all open connections.
    pub fn cut(&self) {
        self.shared.cut();
    }

    /// Breaks all open connections, and every new one, until [`Proxy::up`].
    pub fn down(&self) {
        self.shared.set_down(true);
        self.shared.cut();
    }

    /// Waits until so many connections have been tried in vain since [`Proxy::down`].
    pub async fn turned_away(&self, count: usize) -> Result<()> {
        let mut turned_away = self.shared.turned_away.subscribe();
        let tried = turned_away.wait_for(|tried| *tried >= count);
        tokio::time::timeout(rule::LIMIT, tried).await.context("nobody comes")?.map(drop)?;
        Ok(())
    }

    /// Ends [`Proxy::down`].
    pub fn up(&self) {
        self.shared.set_down(false);
    }

    /// Lets all open watches fall silent for good, as when the other end of a connection has gone without a word: they
    /// stay open, and nothing comes any more. New ones are well.
    pub fn silence_watches(&self) {
        self.shared.silence();
    }
}

async fn accept(mut listener: TlsListener, shared: Arc<Shared>) {
    loop {
        let (stream, _) = listener.accept().await;
        tokio::spawn(forward::serve(stream, Arc::clone(&shared)));
    }
}
