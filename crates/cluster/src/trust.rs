//! Which certificate of an API server is trusted: what the CA bundle vouches for, and a certificate that stands in the
//! bundle itself.
//!
//! rustls refuses a certificate that may sign others as a server's own (`CaUsedAsEndEntity`). An API server that makes
//! its certificate itself has just that: one self-signed certificate, which is the CA bundle of its clients too, and
//! client-go accepts it. Here it is accepted when the server presents exactly a certificate of the bundle, byte for byte,
//! when that names the host and is in date; everything else is the normal verifier's to judge. Nothing is trusted by
//! that which was not before: who is in the bundle may sign certificates for any host.
//!
//! Servers of Git repositories and registries are set up the same way: [`with_bundle`] is for their clients.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::Config;
use parking_lot::RwLock;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error as TlsError, OtherError, RootCertStore, SignatureScheme,
};

use crate::Error;

/// How long a bundle that was read from a file counts as what the file says; then it is read again.
const RELOAD: Duration = Duration::from_secs(60);

/// The verifier of a configuration; `None` where it names no bundle, and the system's roots are asked.
///
/// # Errors
/// The bundle cannot be read.
pub(crate) fn verifier(config: &Config) -> Result<Option<Arc<dyn ServerCertVerifier>>, Error> {
    let bundle = match (&config.root_cert_file, &config.root_cert) {
        (Some(path), _) => Bundle::of(read(path)?)?,
        (None, Some(certificates)) => {
            Bundle::of(certificates.iter().map(|der| CertificateDer::from(der.clone())).collect())?
        }
        (None, None) => return Ok(None),
    };
    let known = RwLock::new((Arc::new(bundle), Instant::now()));
    Ok(Some(Arc::new(BundleVerifier { file: config.root_cert_file.clone(), known })))
}

/// What `normal` trusts, and the certificates of a bundle as servers' own. `normal` has to trust what they sign.
pub fn with_bundle(
    certificates: Vec<CertificateDer<'static>>,
    normal: Arc<dyn ServerCertVerifier>,
) -> Arc<dyn ServerCertVerifier> {
    Arc::new(Bundle { certificates, normal })
}

/// A CA bundle.
#[derive(Debug)]
struct Bundle {
    certificates: Vec<CertificateDer<'static>>,
    normal: Arc<dyn ServerCertVerifier>,
}

impl Bundle {
    fn of(certificates: Vec<CertificateDer<'static>>) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone()).map_err(Error::configuration)?;
        }
        let normal = WebPkiServerVerifier::builder(Arc::new(roots)).build().map_err(Error::configuration)?;
        Ok(Self { certificates, normal })
    }

    fn holds(&self, certificate: &CertificateDer<'_>) -> bool {
        self.certificates.iter().any(|held| held.as_ref() == certificate.as_ref())
    }
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let pem = std::fs::read(path).map_err(Error::configuration)?;
    CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(Error::configuration)
}

/// What is wrong with a certificate that may sign others and is not in the bundle: that it does not name the host, or
/// that nobody who is trusted made it. Its own kind of error would tell neither. One that somebody else made stays as
/// it was refused.
fn unknown(end_entity: &CertificateDer<'_>, server_name: &ServerName<'_>, refused: TlsError) -> TlsError {
    let parsed = ParsedCertificate::try_from(end_entity);
    let named = parsed.and_then(|parsed| rustls::client::verify_server_name(&parsed, server_name));
    if let Err(named) = named {
        return named;
    }
    match webpki::EndEntityCert::try_from(end_entity) {
        Ok(own) if own.issuer() == own.subject() => CertificateError::UnknownIssuer.into(),
        _ => refused,
    }
}

/// Whether the one thing that was wrong with a certificate is that it may sign others. webpki looks at the dates before
/// that, so that it was in date; [`tests`] hold it to that.
fn is_authority(refused: &TlsError) -> bool {
    let TlsError::InvalidCertificate(CertificateError::Other(OtherError(reason))) = refused else {
        return false;
    };
    matches!(reason.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

impl ServerCertVerifier for Bundle {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        match self.normal.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(refused) if is_authority(&refused) && self.holds(end_entity) => {
                rustls::client::verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            Err(refused) if is_authority(&refused) => Err(unknown(end_entity, server_name, refused)),
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.normal.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.normal.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.normal.supported_verify_schemes()
    }
}

/// See the module. A bundle in a file is read again from time to time, as the token beside it is: both are renewed in a
/// running pod.
#[derive(Debug)]
struct BundleVerifier {
    file: Option<PathBuf>,
    known: RwLock<(Arc<Bundle>, Instant)>,
}

impl BundleVerifier {
    fn bundle(&self) -> Arc<Bundle> {
        let (bundle, read_at) = self.known.read().clone();
        let Some(file) = self.file.as_ref().filter(|_| read_at.elapsed() >= RELOAD) else { return bundle };
        let mut known = self.known.write();
        if known.1 == read_at {
            match read(file).and_then(Bundle::of) {
                Ok(newer) => known.0 = Arc::new(newer),
                Err(error) => {
                    tracing::warn!(error = %error, "the CA bundle could not be read again; the last one stays");
                }
            }
            known.1 = Instant::now();
        }
        Arc::clone(&known.0)
    }
}

impl ServerCertVerifier for BundleVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        self.bundle().verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.bundle().verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.bundle().verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.bundle().supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests;
