//! The server's certificate, read from two files and again when they change: whoever renews certificates writes files and
//! restarts nobody.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_util::sync::CancellationToken;

#[cfg(test)]
mod tests;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(60);
/// What a file may have.
const MOST_BYTES: u64 = 1 << 20;

/// Where a certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Files {
    /// The chain, in PEM, the server's first.
    pub(crate) certificate: PathBuf,
    /// The key, in PEM.
    pub(crate) key: PathBuf,
}

/// Files that no certificate can be made of. Says which, never what is in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CertificateError {
    #[error("cannot read {0}: {1}")]
    Unreadable(String, std::io::ErrorKind),
    #[error("{0} has more than {MOST_BYTES} bytes")]
    Large(String),
    #[error("{0} holds no certificate in PEM")]
    NoCertificate(String),
    #[error("{0} holds no private key in PEM")]
    NoKey(String),
    #[error("{certificate} and {key} are not a pair")]
    NoPair { certificate: String, key: String },
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// The certificate that is shown now.
#[derive(Debug)]
pub(super) struct Certificate {
    files: Files,
    current: RwLock<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read()))
    }
}

impl Certificate {
    /// Reads the files for the first time.
    pub(super) async fn open(files: Files) -> Result<Arc<Self>, CertificateError> {
        let (_, current) = read(&files).await?;
        Ok(Arc::new(Self { files, current: RwLock::new(Arc::new(current)) }))
    }

    /// How connections are secured with it.
    pub(super) fn config(self: &Arc<Self>) -> Result<ServerConfig, CertificateError> {
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| CertificateError::Tls(error.to_string()))?;
        let shown = Arc::<Self>::clone(self);
        let mut config = builder.with_no_client_auth().with_cert_resolver(shown);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Follows the files until `stop`. One that cannot be used leaves the certificate before it in place.
    pub(super) async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let mut refused: Option<CertificateError> = None;
        let mut shown = self.current.read().cert.clone();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            match read(&self.files).await {
                Ok((chain, current)) => {
                    refused = None;
                    if chain != shown {
                        *self.current.write() = Arc::new(current);
                        shown = chain;
                        tracing::info!(file = %self.files.certificate.display(), "the certificate of the explanation server was renewed");
                    }
                }
                Err(error) if refused.as_ref() == Some(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "the certificate of the explanation server cannot be renewed");
                    refused = Some(error);
                }
            }
        }
    }
}

fn provider() -> Arc<CryptoProvider> {
    let installed = CryptoProvider::get_default().cloned();
    installed.unwrap_or_else(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
}

async fn read(files: &Files) -> Result<(Vec<CertificateDer<'static>>, CertifiedKey), CertificateError> {
    let (certificate, key) = (content(&files.certificate).await?, content(&files.key).await?);
    let name = |path: &Path| path.display().to_string();
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&certificate).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| CertificateError::NoCertificate(name(&files.certificate)))?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| CertificateError::NoKey(name(&files.key)))?;
    let no_pair =
        || CertificateError::NoPair { certificate: name(&files.certificate), key: name(&files.key) };
    let key = provider().key_provider.load_private_key(key).map_err(|_| no_pair())?;
    let pair = CertifiedKey::new(chain.clone(), key);
    pair.keys_match().map_err(|_| no_pair())?;
    Ok((chain, pair))
}

async fn content(path: &Path) -> Result<zeroize::Zeroizing<Vec<u8>>, CertificateError> {
    use tokio::io::AsyncReadExt as _;
    let name = || path.display().to_string();
    let unreadable = |error: std::io::Error| CertificateError::Unreadable(name(), error.kind());
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).await.map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(CertificateError::Large(name()));
    }
    Ok(bytes)
}
