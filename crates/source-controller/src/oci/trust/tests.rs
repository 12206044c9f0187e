//! Whom a certificate is believed from, and what is said of one that is not.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls_platform_verifier::Verifier;

use super::words;

/// The middle of 2030, in which all certificates here are valid that are ever.
const NOW: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(1_907_000_000));

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2030, 1, 1), date_time_ymd(2031, 1, 1));
    params
}

fn self_signed(names: &[&str], is_ca: bool) -> CertificateDer<'static> {
    let mut params = params(names);
    if is_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
}

fn judge(
    own: &CertificateDer<'static>,
    shown: &CertificateDer<'static>,
    name: &str,
    now: UnixTime,
) -> String {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let normal = Verifier::new_with_extra_roots([own.clone()], provider).unwrap();
    let trust = cluster::with_bundle(vec![own.clone()], Arc::new(normal));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    trust
        .verify_server_cert(shown, &[], &name, &[], now)
        .map_or_else(|error| words(&error), |_| "believed".to_owned())
}

#[test]
fn a_self_signed_certificate_is_its_own_authority() {
    for is_ca in [true, false] {
        let certificate = self_signed(&["r.example"], is_ca);
        assert_eq!(judge(&certificate, &certificate, "r.example", NOW), "believed", "{is_ca}");
        let error = judge(&certificate, &certificate, "other.example", NOW);
        assert!(error.starts_with("tls: failed to verify certificate: x509: certificate is "), "{error}");
        assert!(error.contains("r.example, not other.example"), "{error}");
        let later = UnixTime::since_unix_epoch(Duration::from_secs(2_000_000_000));
        let error = judge(&certificate, &certificate, "r.example", later);
        assert!(error.contains("x509: certificate has expired or is not yet valid"), "{error}");
        let stranger = self_signed(&["r.example"], is_ca);
        let error = judge(&certificate, &stranger, "r.example", NOW);
        assert_eq!(error, "tls: failed to verify certificate: x509: certificate signed by unknown authority");
    }
}

#[test]
fn an_authority_vouches_for_others() {
    let key = KeyPair::generate().unwrap();
    let mut authority = params(&[]);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = authority.self_signed(&key).unwrap().der().clone();
    let issuer = Issuer::new(authority, key);
    let server = KeyPair::generate().unwrap();
    let certificate = params(&["127.0.0.1"]).signed_by(&server, &issuer).unwrap().der().clone();
    assert_eq!(judge(&root, &certificate, "127.0.0.1", NOW), "believed");
    let error = judge(&root, &certificate, "10.0.0.1", NOW);
    assert!(error.contains("127.0.0.1, not 10.0.0.1"), "{error}");
}
