//! What is in Secrets.

use std::sync::Arc;

use cloud::{AzureCredentials, Cloud, Exchange, Request, Response, SendError};
use reconcile_core::outside::Surroundings;

use super::{azure, google_key, keys, ldap};
use crate::access::{SecretData, Tls};
use crate::bucket::azure::Azure;
use crate::bucket::login::Login;

struct Nobody;

#[async_trait::async_trait]
impl Exchange for Nobody {
    async fn send(&self, _: Request) -> Result<Response, SendError> {
        Err(SendError("nobody is asked".to_owned()))
    }

    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
}

fn cloud() -> Arc<Cloud> {
    Arc::new(Cloud::new(Arc::new(Nobody), Arc::new(Surroundings)))
}

fn secret(fields: &[(&str, &str)]) -> SecretData {
    fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect()
}

#[test]
fn keys_of_s3() {
    let told = "invalid 'x' secret data: required fields 'accesskey' and 'secretkey'";
    for fields in [&[][..], &[("accesskey", "a")], &[("secretkey", "b")]] {
        assert_eq!(keys("x", &secret(fields)).unwrap_err(), told);
    }
    let found = keys("x", &secret(&[("accesskey", "a"), ("secretkey", "b")])).unwrap();
    assert!(
        matches!(found, Login::Keys(keys) if keys.access_key_id == "a" && keys.secret_access_key.as_str() == "b")
    );
    assert!(matches!(keys("x", &secret(&[("accesskey", ""), ("secretkey", "")])), Ok(Login::Nobody)));
}

#[test]
fn users_of_ldap() {
    let at = |secret: Option<&SecretData>| ldap("https://sts", "x", secret, Tls::default());
    let told = "invalid 'x' secret data for 'ldap' STS provider: required fields username, password";
    assert_eq!(at(Some(&secret(&[("username", "a")]))).unwrap_err(), told);
    assert_eq!(at(Some(&secret(&[("username", "a"), ("password", "")]))).unwrap_err(), told);
    assert!(matches!(at(None), Ok(Login::Ldap(_))), "as in Flux");
    assert!(matches!(at(Some(&secret(&[("username", "a"), ("password", "b")]))), Ok(Login::Ldap(_))));
}

#[test]
fn keys_of_google() {
    let told = google_key("x", &secret(&[]), cloud()).unwrap_err();
    assert_eq!(told, "invalid 'x' secret data: required fields 'serviceaccount'");
    let told = google_key("x", &secret(&[("serviceaccount", "{}")]), cloud()).unwrap_err();
    assert_eq!(told, "invalid 'x' secret data: 'serviceaccount': credentials of this type are not supported");
    let key = r#"{"type":"service_account","client_email":"a@b","private_key":"k"}"#;
    assert!(matches!(
        google_key("x", &secret(&[("serviceaccount", key)]), cloud()),
        Ok(Login::GoogleKey { .. })
    ));
}

fn of_azure(endpoint: &str, fields: &[(&str, &str)]) -> Result<Login, String> {
    azure("x", &secret(fields), &Azure::new(endpoint, "app", "").unwrap(), cloud())
}

#[test]
fn all_forms_of_azure() {
    const OWN: &str = "https://me.blob.core.windows.net";
    let principal = |fields: &[(&str, &str)]| match of_azure(OWN, fields).unwrap() {
        Login::AzurePrincipal { principal, .. } => principal,
        other => panic!("{other:?}"),
    };
    let ids = [("tenantId", "t"), ("clientId", "c")];
    let with = |more: &[(&'static str, &'static str)]| [&ids[..], more].concat();
    let found = principal(&with(&[
        ("clientSecret", "s"),
        ("authorityHost", "https://login.example"),
        ("accountKey", "k"),
    ]));
    assert!(
        matches!(&*found, AzureCredentials::Secret { authority: Some(host), .. } if host == "https://login.example")
    );
    let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----";
    let found = principal(&with(&[("clientCertificate", pem), ("clientCertificateSendChain", "TRUE")]));
    assert!(matches!(&*found, AzureCredentials::Certificate { send_chain: true, .. }));
    let told =
        of_azure(OWN, &with(&[("clientCertificate", pem), ("clientCertificatePassword", "p")])).unwrap_err();
    assert!(
        told.starts_with(
            "failed to create token credential from 'x' Secret: failed to parse client certificates: "
        ),
        "{told}"
    );
    assert!(of_azure(OWN, &with(&[("clientCertificate", "\u{1}pfx")])).is_err());
    for fields in [&ids[..], &[("clientId", "c")]] {
        assert!(matches!(&*principal(fields), AzureCredentials::ManagedIdentity { client: Some(_) }));
    }
    let key = of_azure("http://127.0.0.1:10000/dev", &[("accountKey", "k")]).unwrap();
    assert!(matches!(key, Login::AzureKey { account, .. } if account == "dev"));
    let signature = of_azure(OWN, &[("sasKey", "?sv=1&sig=a%2Bb%3D\n")]).unwrap();
    let Login::AzureSas(pairs) = signature else { panic!("a signature") };
    assert_eq!(pairs.0, [("sv".to_owned(), "1".to_owned()), ("sig".to_owned(), "a+b=".to_owned())]);
    let told = of_azure(OWN, &[("other", "x")]).unwrap_err();
    assert!(
        told.starts_with("invalid 'x' secret data: requires a 'clientId' or 'accountKey' field, "),
        "{told}"
    );
}

#[test]
fn the_machines_token_goes_to_azure_alone() {
    for endpoint in [
        "https://evil.example",
        "http://me.blob.core.windows.net",
        "https://me.blob.core.windows.net.evil.example",
    ] {
        let told = of_azure(endpoint, &[("clientId", "c")]).unwrap_err();
        assert!(told.starts_with("the token of an identity is only sent to Azure's own hosts"), "{told}");
    }
}
