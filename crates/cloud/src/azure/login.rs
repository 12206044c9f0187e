//! Tokens of Entra ID: for a password, a certificate, a token of somebody whom the client trusts, or the machine.

use jiff::Timestamp;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::http::{self, Request, Response, Token};
use crate::jwt::{self, Algorithm};
use crate::{AzureCredentials, Error, base64};

const SERVICE: &str = "Microsoft Entra ID";
const LOGIN: &str = "failed to get an Azure token";
const PUBLIC: &str = "https://login.microsoftonline.com";
/// Where a machine asks for its identity.
const MACHINE: &str = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01";
/// Seconds that a client's own statement is valid.
const STATEMENT: i64 = 600;
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Who is asked with these credentials, in messages.
pub(crate) const fn service(credentials: &AzureCredentials) -> &'static str {
    match credentials {
        AzureCredentials::ManagedIdentity { .. } => "the managed identity of the machine",
        _ => SERVICE,
    }
}

/// The request for a token of a scope.
///
/// # Errors
/// The authority is not in its form, or the certificate or its key cannot be used.
pub fn token(credentials: &AzureCredentials, scope: &str, now: Timestamp) -> Result<Request, Error> {
    let url = |tenant: &str, authority: &Option<String>| {
        let authority = authority.as_deref().unwrap_or(PUBLIC).trim_end_matches('/');
        let host = http::host(authority, true);
        match host.filter(|host| authority.starts_with("https://") || http::is_loopback(host)) {
            Some(_) => Ok(format!("{authority}/{}/oauth2/v2.0/token", http::encoded(tenant))),
            None => Err(Error::Credentials("the authorityHost is no https URL")),
        }
    };
    let fixed = [("grant_type", "client_credentials"), ("scope", scope)];
    match credentials {
        AzureCredentials::Secret { tenant, client, secret, authority } => {
            let fields = [&fixed[..], &[("client_id", client), ("client_secret", secret)]].concat();
            Ok(Request::form(url(tenant, authority)?, &fields))
        }
        AzureCredentials::Certificate { tenant, client, pem, send_chain, authority } => {
            let url = url(tenant, authority)?;
            let assertion = statement(&url, client, pem, *send_chain, now)?;
            Ok(Request::form(url, &[&fixed[..], &asserted(client, &assertion)].concat()))
        }
        AzureCredentials::Assertion { tenant, client, token, authority } => {
            let fields = [&fixed[..], &asserted(client, token)].concat();
            Ok(Request::form(url(tenant, authority)?, &fields))
        }
        AzureCredentials::ManagedIdentity { client } => {
            let resource = http::encoded(scope.trim_end_matches("/.default"));
            let client = client.as_deref().map(|client| format!("&client_id={}", http::encoded(client)));
            let url = format!("{MACHINE}&resource={resource}{}", client.unwrap_or_default());
            Ok(Request::get(url).near().header("metadata", "true"))
        }
    }
}

fn asserted<'a>(client: &'a str, assertion: &'a str) -> [(&'static str, &'a str); 3] {
    [("client_id", client), ("client_assertion_type", ASSERTION), ("client_assertion", assertion)]
}

/// What a client with a certificate says of itself, signed.
fn statement(
    audience: &str,
    client: &str,
    pem: &str,
    send_chain: bool,
    now: Timestamp,
) -> Result<Zeroizing<String>, Error> {
    let certificates = jwt::blocks(pem, "CERTIFICATE");
    let first = certificates.first().ok_or(Error::Credentials("clientCertificate holds no certificate"))?;
    let thumbprint = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, first);
    let mut header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": base64::to_url(thumbprint.as_ref())});
    if let (true, Some(fields)) = (send_chain, header.as_object_mut()) {
        let chain = certificates.iter().map(|der| Value::String(base64::to_standard(der)));
        fields.insert("x5c".to_owned(), Value::Array(chain.collect()));
    }
    let issued = now.as_second();
    let mut id = [0u8; 16];
    aws_lc_rs::rand::fill(&mut id).map_err(|_| Error::Credentials("there is no randomness"))?;
    let claims = json!({
        "aud": audience, "iss": client, "sub": client, "jti": base64::to_url(&id),
        "nbf": issued, "exp": issued + STATEMENT,
    });
    jwt::signed(&header, &claims, pem, Algorithm::Ps256)
}

/// The token in the answer.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read(response: &Response) -> Result<Token, Error> {
    http::token(&http::json(response, SERVICE, LOGIN, http::oauth_code)?, SERVICE)
}
