//! TLS for servers of tests: an authority and a certificate made on the spot, and a listener that speaks it.
//! It knows nothing of what is served.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Connections whose handshake is done. Handshakes run beside each other: one that hangs delays nobody.
pub struct TlsListener {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    local: SocketAddr,
    accepting: tokio::task::JoinHandle<()>,
}

impl TlsListener {
    /// A listener, and the certificate (PEM) of the authority that signed its own.
    ///
    /// # Errors
    /// The listener has no address, or no certificate can be made.
    pub fn new(listener: TcpListener) -> Result<(Self, String)> {
        cluster::install_crypto();
        let (config, authority) = server_config()?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let local = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(16);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    // A client that does not trust us goes away; that is its right.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        sender.send((stream, peer)).await.ok();
                    }
                });
            }
        });
        Ok((Self { ready, local, accepting }, authority))
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.local)
    }
}

fn server_config() -> Result<(ServerConfig, String)> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "test authority");
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate()?;
    let mut serving = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    serving.distinguished_name.push(DnType::CommonName, "test server");
    let certificate = serving.signed_by(&key, &issuer)?;

    let secret = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], secret)
        .context("the server's certificate")?;
    Ok((config, authority_certificate.pem()))
}
