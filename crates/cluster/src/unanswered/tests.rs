//! Causes as clients wrap them. Certificates that are refused are made by the tests of those who connect.

use std::error::Error;
use std::fmt;
use std::io;

use rustls::pki_types::ServerName;
use rustls::{CertificateError, Error as TlsError};

use super::{dialled, refusal, tls_error};

/// A client's own error around a cause.
#[derive(Debug)]
struct Wrapped(Box<dyn Error + Send + Sync>);

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("client error (Connect)")
    }
}

impl Error for Wrapped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.0.as_ref())
    }
}

/// As tokio-rustls gives it: an I/O error that holds it, within another one.
#[test]
fn a_cause_in_an_io_error_is_found() {
    let refused = TlsError::InvalidCertificate(CertificateError::UnknownIssuer);
    let held = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, refused.clone()));
    let wrapped = Wrapped(Box::new(held));
    assert_eq!(tls_error(&wrapped), Some(&refused));
    assert_eq!(dialled(&wrapped), None);
    let text = "tls: failed to verify certificate: x509: certificate signed by unknown authority";
    assert_eq!(refusal(&refused).as_deref(), Some(text));
    assert_eq!(refusal(&TlsError::DecryptError), None);
}

#[test]
fn connections_that_cannot_be_made() {
    let of = |error: io::Error| dialled(&Wrapped(Box::new(error)));
    assert_eq!(of(io::ErrorKind::ConnectionRefused.into()), Some("connect: connection refused"));
    assert_eq!(of(io::Error::from_raw_os_error(110)), Some("connect: connection timed out"));
    assert_eq!(of(io::ErrorKind::TimedOut.into()), Some("i/o timeout"));
    assert_eq!(of(io::ErrorKind::BrokenPipe.into()), None);
}

#[test]
fn names_of_the_wanted_kind_are_told() {
    let told = |host: &'static str, names: &[&str]| {
        let expected = ServerName::try_from(host).unwrap();
        let presented = names.iter().map(|name| (*name).to_owned()).collect();
        let error =
            TlsError::InvalidCertificate(CertificateError::NotValidForNameContext { expected, presented });
        refusal(&error).unwrap().trim_start_matches("tls: failed to verify certificate: x509: ").to_owned()
    };
    let names = ["DnsName(\"a.example\")", "IpAddress(10.0.0.1)", "DnsName(\"b.example\")"];
    assert_eq!(told("c.example", &names), "certificate is valid for a.example, b.example, not c.example");
    assert_eq!(told("10.0.0.2", &names), "certificate is valid for 10.0.0.1, not 10.0.0.2");
    assert_eq!(
        told("10.0.0.2", &names[..1]),
        "cannot validate certificate for 10.0.0.2 because it doesn't contain any IP SANs"
    );
    assert_eq!(
        told("c.example", &[]),
        "certificate is not valid for any names, but wanted to match c.example"
    );
}
