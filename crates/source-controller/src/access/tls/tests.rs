//! Certificates that are made here, as a server presents them.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConnection, ServerConfig, ServerConnection};

use cluster::refusal;

use super::{TlsMaterialError, client_config};
use crate::access::Tls;

type Own = CertifiedIssuer<'static, KeyPair>;

fn own(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Own {
    let mut params =
        CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn tls(ca: &str) -> Tls {
    Tls { ca: Some(ca.as_bytes().to_vec()), identity: None }
}

/// A handshake with a server that has this certificate, at `localhost`.
fn shake(server: &Own, tls: &Tls) -> Result<(), rustls::Error> {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let key = PrivatePkcs8KeyDer::from(server.key().serialize_der());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![server.der().clone()], key.into())
        .unwrap();
    let mut server = ServerConnection::new(Arc::new(config)).unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = ClientConnection::new(Arc::new(client_config(tls).unwrap()), name).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            server.read_tls(&mut rest).unwrap();
            server.process_new_packets()?;
        }
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
            client.process_new_packets()?;
        }
    }
    Ok(())
}

fn refused(server: &Own, ca: &str) -> String {
    refusal(&shake(server, &tls(ca)).unwrap_err()).unwrap()
}

/// As `openssl req -x509` makes it: it may sign others.
#[test]
fn a_self_signed_server_is_known_by_its_certificate() {
    let server = own(&["localhost"], |_| {});
    shake(&server, &tls(&server.pem())).unwrap();
    shake(&server, &tls(&format!("{}\n# a comment\n{}", own(&["other"], |_| {}).pem(), server.pem())))
        .unwrap();
}

#[test]
fn the_true_cause_is_told() {
    const PREFIX: &str = "tls: failed to verify certificate: x509: certificate ";
    let server = own(&["localhost"], |_| {});
    let other = own(&["localhost"], |_| {});
    for ca in ["", "no certificate", &other.pem()] {
        assert_eq!(refused(&server, ca), format!("{PREFIX}signed by unknown authority"), "{ca}");
    }
    let elsewhere = own(&["git.example.com", "10.0.0.1"], |_| {});
    for ca in [elsewhere.pem(), String::new()] {
        let expected = format!("{PREFIX}is valid for git.example.com, not localhost");
        assert_eq!(refused(&elsewhere, &ca), expected);
    }
    let old = own(&["localhost"], |params| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    });
    let text = refused(&old, &old.pem());
    assert!(text.starts_with(&format!("{PREFIX}has expired or is not yet valid: current time ")), "{text}");
    assert!(text.ends_with(" is after 2021-01-01T00:00:00Z"), "{text}");
    let new = own(&["localhost"], |params| params.not_before = date_time_ymd(2999, 1, 1));
    assert!(refused(&new, &new.pem()).ends_with(" is before 2999-01-01T00:00:00Z"));
}

#[test]
fn a_client_certificate_needs_its_key() {
    let (one, other) = (own(&["a"], |_| {}), own(&["b"], |_| {}));
    let pair = |certificate: &str, key: &str| {
        let identity = Some((certificate.as_bytes().to_vec(), key.as_bytes().to_vec()));
        client_config(&Tls { ca: None, identity }).map(drop)
    };
    assert_eq!(pair(&one.pem(), &one.key().serialize_pem()), Ok(()));
    for (certificate, key) in [
        (one.pem(), other.key().serialize_pem()),
        ("crt-canary".to_owned(), one.key().serialize_pem()),
        (one.pem(), "key-canary".to_owned()),
    ] {
        assert_eq!(pair(&certificate, &key), Err(TlsMaterialError::NoKeyPair));
    }
}
