//! Whom a registry's certificate is believed from: the system's authorities, those of a Secret, and a certificate that
//! stands in the Secret itself; and Go's words for one that is not believed.
//!
//! rustls refuses a certificate that may sign others as a server's own (`CaUsedAsEndEntity`), which is what
//! `openssl req -x509` makes. It is accepted when the server presents exactly a certificate of the Secret, byte for byte,
//! that names the host and is in date. Nothing is trusted by that which was not before: who is in the Secret may sign
//! certificates for any host.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error as TlsError, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;

#[cfg(test)]
mod tests;

/// See the module.
#[derive(Debug)]
pub(super) struct Trust {
    normal: Verifier,
    own: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// The system's authorities and these certificates.
    pub(super) fn new(
        own: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, TlsError> {
        Ok(Self { normal: Verifier::new_with_extra_roots(own.clone(), provider)?, own })
    }
}

/// Whether the one thing that was wrong with a certificate is that it may sign others. webpki looks at the dates before
/// that, so that it was in date.
fn is_authority(refused: &TlsError) -> bool {
    let TlsError::InvalidCertificate(CertificateError::Other(OtherError(reason))) = refused else {
        return false;
    };
    matches!(reason.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let judged =
            self.normal.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match judged {
            Err(refused) if is_authority(&refused) => {
                if !self.own.iter().any(|own| own.as_ref() == end_entity.as_ref()) {
                    return Err(TlsError::InvalidCertificate(CertificateError::UnknownIssuer));
                }
                rustls::client::verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
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

/// Believes everybody: for `spec.insecure` without certificates of its own. Signatures are still checked, so that the
/// other side has the key of the certificate that it shows.
#[derive(Debug)]
pub(super) struct Anybody(pub(super) Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Go's words for a certificate that is refused: which of unknown issuer, name or date it is.
pub(super) fn words(error: &TlsError) -> String {
    let TlsError::InvalidCertificate(refused) = error else {
        return match error {
            TlsError::AlertReceived(alert) => {
                format!("remote error: tls: {}", alert_words(&format!("{alert:?}")))
            }
            TlsError::InvalidMessage(_) => "tls: first record does not look like a TLS handshake".to_owned(),
            other => format!("tls: {other}"),
        };
    };
    let cause = match refused {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "certificate signed by unknown authority".to_owned()
        }
        CertificateError::Expired | CertificateError::NotValidYet => {
            "certificate has expired or is not yet valid".to_owned()
        }
        CertificateError::ExpiredContext { time, not_after } => {
            format!(
                "certificate has expired or is not yet valid: current time {} is after {}",
                at(*time),
                at(*not_after)
            )
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            format!(
                "certificate has expired or is not yet valid: current time {} is before {}",
                at(*time),
                at(*not_before)
            )
        }
        CertificateError::NotValidForName => "certificate is not valid for the name of the host".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            not_valid_for(expected, presented)
        }
        other => other.to_string(),
    };
    format!("tls: failed to verify certificate: x509: {cause}")
}

/// The names of a certificate, as rustls prints them (`DnsName("a.example")`), without that.
fn not_valid_for(expected: &ServerName<'_>, presented: &[String]) -> String {
    let host = expected.to_str();
    let is_ip = matches!(expected, ServerName::IpAddress(_));
    let names = |kind: &str| -> Vec<&str> {
        let own = presented.iter().filter(|name| name.starts_with(kind));
        own.filter_map(|name| name.split_once('(')).map(|(_, name)| name.trim_matches([')', '"'])).collect()
    };
    let fitting = names(if is_ip { "IpAddress" } else { "DnsName" });
    match (fitting.is_empty(), is_ip) {
        (false, _) => format!("certificate is valid for {}, not {host}", fitting.join(", ")),
        (true, true) => {
            format!("cannot validate certificate for {host} because it doesn't contain any IP SANs")
        }
        (true, false) => format!("certificate is not valid for any names, but wanted to match {host}"),
    }
}

fn at(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

/// `BadCertificate` becomes `bad certificate`.
fn alert_words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}
