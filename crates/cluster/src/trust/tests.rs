//! Certificates that are made here, as a server presents them: over TLS, and to the verifier alone.

use super::{BundleVerifier, verifier};
use crate::{ConnectOptions, Connector, Error};
use kube::Config;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{CertificateError, Error as TlsError};
use std::sync::Arc;
use std::time::Duration;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "test");
    params
}

fn authority_of(mut params: CertificateParams) -> Authority {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A self-signed one that may sign others, as an API server makes it.
fn authority(names: &[&str]) -> Authority {
    authority_of(params(names))
}

fn config(bundle: &[&CertificateDer<'static>]) -> Config {
    let mut config = Config::new("https://localhost:6443".parse().unwrap());
    config.root_cert = Some(bundle.iter().map(|certificate| certificate.to_vec()).collect());
    config
}

fn judge_at(
    bundle: &[&CertificateDer<'static>],
    shown: &CertificateDer<'_>,
    name: &str,
    seconds: u64,
) -> Result<(), TlsError> {
    crate::install_crypto();
    let verifier = verifier(&config(bundle)).unwrap().unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    verifier.verify_server_cert(shown, &[], &name, &[], now).map(drop)
}

/// 2026-01-01.
const NOW: u64 = 1_767_225_600;

fn judge(
    bundle: &[&CertificateDer<'static>],
    shown: &CertificateDer<'_>,
    name: &str,
) -> Result<(), TlsError> {
    judge_at(bundle, shown, name, NOW)
}

fn is_name_error(judged: &Result<(), TlsError>) -> bool {
    let Err(TlsError::InvalidCertificate(error)) = judged else { return false };
    matches!(error, CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })
}

#[test]
fn the_bundle_s_own_certificate_is_a_server_s_too() {
    let own = authority(&["localhost", "127.0.0.1"]);
    judge(&[own.der()], own.der(), "localhost").unwrap();
    judge(&[own.der()], own.der(), "127.0.0.1").unwrap();
    let other = authority(&["other"]);
    judge(&[other.der(), own.der()], own.der(), "localhost").unwrap();
}

#[test]
fn it_has_to_name_the_host() {
    let own = authority(&["localhost"]);
    for name in ["example.com", "127.0.0.1", "sub.localhost"] {
        let judged = judge(&[own.der()], own.der(), name);
        assert!(is_name_error(&judged), "{name}: {judged:?}");
    }
}

#[test]
fn it_has_to_be_in_date() {
    let mut params = params(&["localhost"]);
    params.not_before = date_time_ymd(2025, 6, 1);
    params.not_after = date_time_ymd(2026, 6, 1);
    let own = authority_of(params);
    judge(&[own.der()], own.der(), "localhost").unwrap();
    let year = 365 * 24 * 3600;
    let late = judge_at(&[own.der()], own.der(), "localhost", NOW + year);
    assert!(
        matches!(
            late,
            Err(TlsError::InvalidCertificate(
                CertificateError::Expired | CertificateError::ExpiredContext { .. }
            ))
        ),
        "{late:?}"
    );
    let early = judge_at(&[own.der()], own.der(), "localhost", NOW - year);
    assert!(
        matches!(
            early,
            Err(TlsError::InvalidCertificate(
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }
            ))
        ),
        "{early:?}"
    );
}

/// Byte for byte: neither another one of the same name and issuer, nor one that the bundle's signed.
#[test]
fn it_has_to_be_that_one() {
    let (own, twin) = (authority(&["localhost"]), authority(&["localhost"]));
    judge(&[own.der()], twin.der(), "localhost").unwrap_err();
    // The same key and name, made anew.
    let key = KeyPair::generate().unwrap();
    let again = |serial: u64| {
        let mut params = params(&["localhost"]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.serial_number = Some(serial.into());
        params.self_signed(&key).unwrap()
    };
    let (first, second) = (again(1), again(2));
    judge(&[first.der()], first.der(), "localhost").unwrap();
    judge(&[first.der()], second.der(), "localhost").unwrap_err();
    // An intermediate authority is no server.
    let mut below = params(&["localhost"]);
    below.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let below = below.signed_by(&KeyPair::generate().unwrap(), &own).unwrap();
    judge(&[own.der()], below.der(), "localhost").unwrap_err();
    let mut flipped = own.der().to_vec();
    if let Some(last) = flipped.last_mut() {
        *last ^= 1;
    }
    judge(&[own.der()], &CertificateDer::from(flipped), "localhost").unwrap_err();
}

#[test]
fn everything_else_is_as_before() {
    let root = authority(&["root"]);
    let server = params(&["localhost"]).signed_by(&KeyPair::generate().unwrap(), &root).unwrap();
    judge(&[root.der()], server.der(), "localhost").unwrap();
    assert!(is_name_error(&judge(&[root.der()], server.der(), "example.com")));
    judge(&[authority(&["other"]).der()], server.der(), "localhost").unwrap_err();
    // A client's certificate is no server's, whoever signed it.
    let mut client = params(&["localhost"]);
    client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let client = client.signed_by(&KeyPair::generate().unwrap(), &root).unwrap();
    judge(&[root.der()], client.der(), "localhost").unwrap_err();
}

#[test]
fn without_a_bundle_the_system_is_asked() {
    let config = Config::new("https://localhost:6443".parse().unwrap());
    assert!(verifier(&config).unwrap().is_none());
}

/// As in a running pod, where the bundle beside the token is renewed.
#[test]
fn a_bundle_in_a_file_is_read_again() {
    crate::install_crypto();
    let (one, other) = (authority(&["localhost"]), authority(&["localhost"]));
    let folder = std::env::temp_dir().join(format!("flyball-trust-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("ca.crt");
    std::fs::write(&file, one.pem()).unwrap();
    let mut config = Config::new("https://localhost:6443".parse().unwrap());
    config.root_cert_file = Some(file.clone());
    let bundle = super::Bundle::of(super::read(&file).unwrap()).unwrap();
    let read_at = std::time::Instant::now();
    let verifier = BundleVerifier {
        file: Some(file.clone()),
        known: parking_lot::RwLock::new((Arc::new(bundle), read_at)),
    };
    std::fs::write(&file, other.pem()).unwrap();
    assert!(verifier.bundle().holds(one.der()), "not before its time");
    let Some(long_ago) = read_at.checked_sub(super::RELOAD) else { return };
    verifier.known.write().1 = long_ago;
    assert!(verifier.bundle().holds(other.der()) && !verifier.bundle().holds(one.der()));
    std::fs::remove_dir_all(&folder).unwrap();
    verifier.known.write().1 = long_ago;
    assert!(verifier.bundle().holds(other.der()), "one that is gone leaves the last one");
}

/// Answers one connection, if it gets that far.
async fn serve(certificate: CertificateDer<'static>, key: &KeyPair) -> u16 {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let Ok((stream, _)) = listener.accept().await else { return };
        let Ok(mut stream) = acceptor.accept(stream).await else { return };
        let mut request = [0; 4096];
        drop(stream.read(&mut request).await);
        let body = r#"{"major":"1","minor":"36","gitVersion":"v1.36.0","gitCommit":"","gitTreeState":"","buildDate":"","goVersion":"","compiler":"","platform":""}"#;
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        drop(stream.write_all((head + body).as_bytes()).await);
        drop(stream.shutdown().await);
    });
    port
}

async fn version(bundle: &CertificateDer<'static>, port: u16, host: &str) -> Result<String, Error> {
    let mut config = config(&[bundle]);
    config.cluster_url = format!("https://{host}:{port}").parse().unwrap();
    let client = Connector::over(config, &ConnectOptions::default())?.client_without_retries()?;
    Ok(client.apiserver_version().await.map_err(Error::from)?.git_version)
}

/// Through the whole client: its signature over the handshake is checked as ever.
#[tokio::test]
async fn a_client_talks_to_such_a_server() {
    crate::install_crypto();
    let own = authority(&["localhost", "127.0.0.1"]);
    let port = serve(own.der().clone(), own.key()).await;
    assert_eq!(version(own.der(), port, "127.0.0.1").await.unwrap(), "v1.36.0");
    let port = serve(own.der().clone(), own.key()).await;
    version(authority(&["127.0.0.1"]).der(), port, "127.0.0.1").await.unwrap_err();
    let unnamed = authority(&["example.com"]);
    let port = serve(unnamed.der().clone(), unnamed.key()).await;
    version(unnamed.der(), port, "127.0.0.1").await.unwrap_err();
}
