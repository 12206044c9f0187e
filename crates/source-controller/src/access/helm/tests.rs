//! Which Secret gives what.

use reqwest::Url;

use super::super::{Access, References, SecretData};

const REFERENCES: References<'static> = References {
    secret: Some("auth"),
    cert_secret: Some("certs"),
    proxy_secret: None,
    service_account: None,
    provider: None,
};

fn data(pairs: &[(&str, &str)]) -> SecretData {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
}

fn access(certs: Option<&[(&str, &str)]>, auth: Option<&[(&str, &str)]>) -> Result<Access, String> {
    let (certs, auth) = (certs.map(data), auth.map(data));
    let url = Url::parse("https://example.com/").unwrap();
    Access::to_helm(&url, "ns", &REFERENCES, certs.as_ref(), auth.as_ref()).map_err(|error| error.to_string())
}

#[test]
fn both_or_neither() {
    let login = access(None, Some(&[("username", "user"), ("password", "pass-canary")])).unwrap();
    assert_eq!(login.authorization().unwrap(), "Basic dXNlcjpwYXNzLWNhbmFyeQ==");
    assert_eq!(login.redact("x pass-canary dXNlcjpwYXNzLWNhbmFyeQ=="), "x ***** *****");
    let prefix = "failed to detect authentication methods: secret 'ns/auth': malformed basic auth - ";
    for (pair, rest) in [
        (("username", "u"), "has 'username' but missing 'password'"),
        (("password", "p"), "has 'password' but missing 'username'"),
    ] {
        assert_eq!(access(None, Some(&[pair])).unwrap_err(), format!("{prefix}{rest}"));
    }
    assert!(access(None, Some(&[])).unwrap().authorization().is_none());
}

#[test]
fn certificates_go_before_those_beside_the_login() {
    let both =
        access(Some(&[("ca.crt", "one")]), Some(&[("caFile", "two"), ("certFile", "c"), ("keyFile", "k")]));
    assert_eq!(both.unwrap().tls().ca.as_deref(), Some(&b"one"[..]));
    let old = access(None, Some(&[("caFile", "two")])).unwrap();
    assert_eq!(old.tls().ca.as_deref(), Some(&b"two"[..]));
    for (pairs, rest) in [
        (&[("tls.crt", "c")][..], "secret 'ns/certs' contains 'tls.crt' but missing 'tls.key'"),
        (&[("x", "y")], "secret 'ns/certs' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'"),
    ] {
        let error = access(Some(pairs), None).unwrap_err();
        assert_eq!(error, format!("failed to construct Helm client's TLS config: {rest}"));
    }
}
