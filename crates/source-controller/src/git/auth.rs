//! Credentials of a Git repository from its URL and its Secret (contracts/source-controller.md 12).
//! Reading the Secret is the reconciler's work, sending the credentials the transport's.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use reqwest::header::HeaderValue;

/// A Secret that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthError {
    #[error("invalid '{scheme}' auth option: 'password' requires 'username' to be set")]
    PasswordWithoutUsername { scheme: String },
    #[error("basic auth and bearer token cannot be set at the same time")]
    BasicAndBearer,
    #[error("invalid '{scheme}' auth option: '{field}' {problem}")]
    Invalid { scheme: String, field: &'static str, problem: &'static str },
}

/// What is needed to talk to a repository's server. No `Debug`: it holds secrets.
#[derive(Default)]
pub(crate) struct Credentials {
    authorization: Option<HeaderValue>,
    tls: Tls,
    secrets: Vec<String>,
}

/// TLS material of a Secret, as PEM. Clients are shared between objects that have the same.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Tls {
    /// `ca.crt`, trusted besides the system's roots.
    pub(crate) ca: Option<Vec<u8>>,
    /// `tls.crt` and `tls.key`.
    pub(crate) identity: Option<(Vec<u8>, Vec<u8>)>,
}

impl Credentials {
    /// Reads user information of `url` and the Secret's data.
    pub(crate) fn new(url: &Url, secret: Option<&BTreeMap<String, Vec<u8>>>) -> Result<Self, AuthError> {
        let empty = BTreeMap::new();
        let secret = secret.unwrap_or(&empty);
        let scheme = url.scheme().to_owned();
        let text = |field: &'static str| -> Result<Option<String>, AuthError> {
            let Some(value) = secret.get(field).filter(|value| !value.is_empty()) else { return Ok(None) };
            let invalid = AuthError::Invalid { scheme: scheme.clone(), field, problem: "is not valid UTF-8" };
            String::from_utf8(value.clone()).map(Some).map_err(|_| invalid)
        };
        let from_url = (decoded(url.username()), url.password().map(decoded).unwrap_or_default());
        let bearer = text("bearerToken")?;
        if bearer.is_some() && !(from_url.0.is_empty() && from_url.1.is_empty()) {
            return Err(AuthError::BasicAndBearer);
        }
        let username = text("username")?.unwrap_or(from_url.0);
        let password = text("password")?.unwrap_or(from_url.1);
        if username.is_empty() && !password.is_empty() && bearer.is_none() {
            return Err(AuthError::PasswordWithoutUsername { scheme });
        }
        let plain = match &bearer {
            Some(token) => Some(format!("Bearer {token}")),
            None if username.is_empty() => None,
            None => Some(format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))),
        };
        let authorization =
            plain.as_deref().map(HeaderValue::from_str).transpose().map_err(|_| AuthError::Invalid {
                scheme: scheme.clone(),
                field: "bearerToken",
                problem: "cannot be sent in a header",
            })?;
        let encoded = plain.and_then(|value| value.split_once(' ').map(|(_, value)| value.to_owned()));
        let secrets =
            [bearer, Some(password), encoded].into_iter().flatten().filter(|value| value.len() > 3).collect();
        Ok(Self { authorization: authorization.map(sensitive), tls: tls(secret, &scheme)?, secrets })
    }

    /// The `Authorization` header.
    pub(crate) const fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// CA and client certificate.
    pub(crate) const fn tls(&self) -> &Tls {
        &self.tls
    }

    /// `text` with every secret masked, for text that a server wrote.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "*****"))
    }
}

fn tls(secret: &BTreeMap<String, Vec<u8>>, scheme: &str) -> Result<Tls, AuthError> {
    let field = |names: &[&str]| {
        names.iter().find_map(|name| secret.get(*name)).filter(|value| !value.is_empty()).cloned()
    };
    let identity = match (field(&["tls.crt", "certFile"]), field(&["tls.key", "keyFile"])) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (certificate, _) => {
            let field = if certificate.is_some() { "tls.key" } else { "tls.crt" };
            let problem = "is required: a client certificate needs both tls.crt and tls.key";
            return Err(AuthError::Invalid { scheme: scheme.to_owned(), field, problem });
        }
    };
    Ok(Tls { ca: field(&["ca.crt", "caFile"]), identity })
}

fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

/// User information is percent-encoded in a URL.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
