//! Credentials from URLs and Secrets.

use std::collections::BTreeMap;

use reqwest::Url;

use crate::git::auth::Credentials;

fn credentials(url: &str, secret: &[(&str, &str)]) -> Result<Credentials, String> {
    let data: BTreeMap<String, Vec<u8>> =
        secret.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect();
    let url = Url::parse(url).unwrap();
    Credentials::new(&url, (!secret.is_empty()).then_some(&data)).map_err(|error| error.to_string())
}

fn header(url: &str, secret: &[(&str, &str)]) -> Result<Option<String>, String> {
    let value = credentials(url, secret)?.authorization().cloned();
    assert!(value.as_ref().is_none_or(reqwest::header::HeaderValue::is_sensitive));
    Ok(value.map(|value| value.to_str().unwrap().to_owned()))
}

#[test]
fn where_credentials_come_from() {
    let basic = Ok(Some("Basic dTpw".to_owned()));
    assert_eq!(header("https://h/x", &[]), Ok(None));
    assert_eq!(header("https://h/x", &[("username", "u"), ("password", "p")]), basic);
    assert_eq!(header("https://u:p@h/x", &[]), basic);
    assert_eq!(header("https://u@h/x", &[("password", "p")]), basic);
    assert_eq!(header("https://a:b@h/x", &[("username", "u"), ("password", "p")]), basic);
    assert_eq!(header("https://%75:%70@h/x", &[]), basic);
    let bearer = Ok(Some("Bearer t".to_owned()));
    assert_eq!(header("https://h/x", &[("bearerToken", "t"), ("username", "u"), ("password", "p")]), bearer);
    assert_eq!(header("http://h/x", &[("bearerToken", "t")]), bearer);
}

#[test]
fn what_cannot_be_used() {
    assert_eq!(
        header("https://h/x", &[("password", "p")]),
        Err("invalid 'https' auth option: 'password' requires 'username' to be set".to_owned())
    );
    assert_eq!(
        header("https://u:p@h/x", &[("bearerToken", "t")]),
        Err("basic auth and bearer token cannot be set at the same time".to_owned())
    );
    let error = header("https://h/x", &[("bearerToken", "line\nbreak-canary")]).unwrap_err();
    assert!(!error.contains("canary"), "{error}");
    assert!(header("https://h/x", &[("tls.crt", "c")]).unwrap_err().contains("'tls.key' is required"));
    assert!(header("https://h/x", &[("tls.key", "c")]).unwrap_err().contains("'tls.crt' is required"));
}

#[test]
fn what_a_server_echoes_is_masked() {
    let found = credentials("https://h/x", &[("username", "user"), ("password", "pass-canary")]).unwrap();
    let text = found.redact("bad login user:pass-canary (dXNlcjpwYXNzLWNhbmFyeQ==)");
    assert_eq!(text, "bad login user:***** (*****)");
}
