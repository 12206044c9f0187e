//! From TLS material to how servers are spoken to: the system's roots and those of the Secret, a server's self-signed
//! certificate that the Secret names, and a client certificate (contracts/source-controller.md 12). Nothing is connected.

use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, Error as TlsError, RootCertStore};
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
    let verifier = believing(tls.ca.as_deref().map(certificates).unwrap_or_default(), &provider);
    let config = speaking(provider, verifier.map_err(other)?).map_err(other)?;
    let Some((chain, key)) = &tls.identity else { return Ok(config.with_no_client_auth()) };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
    let key = PrivateKeyDer::from_pem_slice(key);
    let (Ok(chain), Ok(key)) = (chain, key) else { return Err(TlsMaterialError::NoKeyPair) };
    config.with_client_auth_cert(chain, key).map_err(|_| TlsMaterialError::NoKeyPair)
}

/// Believes whom the system believes, and whom these certificates vouch for.
pub(crate) fn believing(
    certificates: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    let normal = Verifier::new_with_extra_roots(certificates.clone(), Arc::clone(provider))?;
    Ok(cluster::with_bundle(certificates, Arc::new(normal)))
}

/// How servers are spoken to that this one believes; a client certificate is still to be said.
pub(crate) fn speaking(
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier))
}

/// The certificates of a bundle that can vouch for others.
fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    let parsed = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok);
    parsed.filter(|one| RootCertStore::empty().add(one.clone()).is_ok()).collect()
}
