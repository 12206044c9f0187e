//! From TLS material to how servers are spoken to: the system's roots and those of the Secret, a server's self-signed
//! certificate that the Secret names, and a client certificate (contracts/source-controller.md 12). Nothing is connected.

use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, Error as TlsError, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::Tls;

#[cfg(test)]
mod tests;

/// TLS material that no client can be made of. Says which, never what it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TlsMaterialError {
    #[error("'tls.crt' and 'tls.key' are not a key pair")]
    NoKeyPair,
    #[error("{0}")]
    Other(String),
}

/// How servers are spoken to with this material. What of `ca.crt` is no certificate does not count, as in Flux: the
/// server then is unknown.
pub(crate) fn client_config(tls: &Tls) -> Result<ClientConfig, TlsMaterialError> {
    let other = |error: TlsError| TlsMaterialError::Other(error.to_string());
    let provider = CryptoProvider::get_default().cloned();
    let provider = provider.unwrap_or_else(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    let certificates = tls.ca.as_deref().map(certificates).unwrap_or_default();
    let normal =
        Verifier::new_with_extra_roots(certificates.clone(), Arc::clone(&provider)).map_err(other)?;
    let verifier: Arc<dyn ServerCertVerifier> = cluster::with_bundle(certificates, Arc::new(normal));
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(other)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let Some((chain, key)) = &tls.identity else { return Ok(config.with_no_client_auth()) };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
    let key = PrivateKeyDer::from_pem_slice(key);
    let (Ok(chain), Ok(key)) = (chain, key) else { return Err(TlsMaterialError::NoKeyPair) };
    config.with_client_auth_cert(chain, key).map_err(|_| TlsMaterialError::NoKeyPair)
}

/// The certificates of a bundle that can vouch for others.
fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    let parsed = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok);
    parsed.filter(|one| RootCertStore::empty().add(one.clone()).is_ok()).collect()
}
