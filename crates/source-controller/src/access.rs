//! What is needed to talk to an upstream, once for all kinds: made from the URL and the Secrets that a spec names
//! (contracts/source-controller.md 12).
//!
//! Pure. Reading the Secrets is `secrets`, sending what is in them an upstream's transport. What an object names and
//! nobody heeds yet is refused here, so that no upstream is ever asked with less than its object demands.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use reqwest::header::HeaderValue;

use crate::foreign;

pub(crate) mod secrets;
#[cfg(test)]
mod tests;

/// Characters from which on a user name is taken for a token.
const TOKEN: usize = 16;

/// The data of one Secret.
pub(crate) type SecretData = BTreeMap<String, Vec<u8>>;

/// The fields of a spec that say with what upstream is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct References<'a> {
    /// `spec.secretRef`.
    pub(crate) secret: Option<&'a str>,
    /// `spec.certSecretRef`.
    pub(crate) cert_secret: Option<&'a str>,
    /// `spec.proxySecretRef`.
    pub(crate) proxy_secret: Option<&'a str>,
    /// `spec.serviceAccountName`.
    pub(crate) service_account: Option<&'a str>,
    /// `spec.provider`.
    pub(crate) provider: Option<&'a str>,
}

impl References<'_> {
    /// The first field in use that is not supported.
    pub(crate) fn unsupported(&self) -> Option<&'static str> {
        let provider = self.provider.is_some_and(|provider| !matches!(provider, "" | "generic"));
        [
            (provider, "spec.provider"),
            (self.service_account.is_some(), "spec.serviceAccountName"),
            (self.cert_secret.is_some(), "spec.certSecretRef"),
            (self.proxy_secret.is_some(), "spec.proxySecretRef"),
        ]
        .into_iter()
        .find_map(|(is_set, field)| is_set.then_some(field))
    }
}

/// Why there is no access, by who is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AccessError {
    /// The spec asks for what is not built yet.
    #[error("{0} is not supported by this source-controller")]
    Unsupported(&'static str),
    /// A Secret is missing or may not be read.
    // The words come twice in Flux as well.
    #[error("failed to get secret '{name}': failed to get secret '{name}': {cause}")]
    Unreadable {
        /// Namespace and name.
        name: String,
        /// What the API server said.
        cause: String,
    },
    /// The Secret is meant for another provider than the spec says.
    #[error("secretRef '{name}' has github app data but provider is not set to github")]
    OtherProvider {
        /// Namespace and name.
        name: String,
    },
    /// The Secret's content, or its TLS material, cannot be used.
    #[error("failed to configure authentication options: {0}")]
    Unusable(#[from] Unusable),
}

/// What is wrong with the content of a Secret. Says which key, never what is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("invalid '{scheme}' auth option: 'password' requires 'username' to be set")]
    PasswordWithoutUsername { scheme: String },
    #[error("basic auth and bearer token cannot be set at the same time")]
    BasicAndBearer,
    #[error("invalid '{scheme}' auth option: '{field}' {problem}")]
    Invalid { scheme: String, field: &'static str, problem: &'static str },
}

/// What is needed to talk to an upstream.
#[derive(Clone, Default)]
pub(crate) struct Access {
    namespace: String,
    authorization: Option<HeaderValue>,
    tls: Tls,
    masked: Vec<String>,
}

/// TLS material of a Secret, as PEM. Clients are shared between objects that have the same.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Tls {
    /// `ca.crt`, trusted besides the system's roots.
    pub(crate) ca: Option<Vec<u8>>,
    /// `tls.crt` and `tls.key`.
    pub(crate) identity: Option<(Vec<u8>, Vec<u8>)>,
}

/// Says what there is, never what it is.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { namespace: _, authorization, tls, masked: _ } = self;
        f.debug_struct("Access")
            .field("authorization", &authorization.is_some())
            .field("tls", tls)
            .finish_non_exhaustive()
    }
}

/// As [`Access`]: what there is.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ca, identity } = self;
        f.debug_struct("Tls").field("ca", &ca.is_some()).field("identity", &identity.is_some()).finish()
    }
}

impl Access {
    /// Reads user information of `url` and the Secret's data; `namespace` is the object's, for messages.
    pub(crate) fn new(
        url: &Url,
        namespace: &str,
        references: &References<'_>,
        secret: Option<&SecretData>,
    ) -> Result<Self, AccessError> {
        if let Some(field) = references.unsupported() {
            return Err(AccessError::Unsupported(field));
        }
        let empty = SecretData::new();
        let secret = secret.unwrap_or(&empty);
        if ["githubAppID", "githubAppClientID"].iter().any(|key| secret.contains_key(*key)) {
            let name = format!("{namespace}/{}", references.secret.unwrap_or_default());
            return Err(AccessError::OtherProvider { name });
        }
        Ok(Self { namespace: namespace.to_owned(), ..Self::read(url, secret)? })
    }

    fn read(url: &Url, secret: &SecretData) -> Result<Self, Unusable> {
        let scheme = url.scheme();
        let text = |field: &'static str| -> Result<Option<String>, Unusable> {
            let Some(value) = secret.get(field).filter(|value| !value.is_empty()) else { return Ok(None) };
            let invalid =
                Unusable::Invalid { scheme: scheme.to_owned(), field, problem: "is not valid UTF-8" };
            String::from_utf8(value.clone()).map(Some).map_err(|_| invalid)
        };
        let from_url = (decoded(url.username()), url.password().map(decoded).unwrap_or_default());
        let bearer = text("bearerToken")?;
        if bearer.is_some() && !(from_url.0.is_empty() && from_url.1.is_empty()) {
            return Err(Unusable::BasicAndBearer);
        }
        let username = text("username")?.unwrap_or(from_url.0);
        let password = text("password")?.unwrap_or(from_url.1);
        if username.is_empty() && !password.is_empty() && bearer.is_none() {
            return Err(Unusable::PasswordWithoutUsername { scheme: scheme.to_owned() });
        }
        let plain = match &bearer {
            Some(token) => Some(format!("Bearer {token}")),
            None if username.is_empty() => None,
            None => Some(format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))),
        };
        let authorization =
            plain.as_deref().map(HeaderValue::from_str).transpose().map_err(|_| Unusable::Invalid {
                scheme: scheme.to_owned(),
                field: "bearerToken",
                problem: "cannot be sent in a header",
            })?;
        let encoded = plain.and_then(|value| value.split_once(' ').map(|(_, value)| value.to_owned()));
        // Some hosts take a token for a user name, with no password or with one that says so.
        let token = Some(username).filter(|name| is_token(name, &password));
        let secrets = [bearer, Some(password), encoded, token].into_iter().flatten().chain(of_url(url));
        let mut masked: Vec<String> = secrets.filter(|value| value.len() > 3).collect();
        // What is part of another goes after it, or the rest of that would stay.
        masked.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        masked.dedup();
        let authorization = authorization.map(sensitive);
        Ok(Self { namespace: String::new(), authorization, tls: tls(secret, scheme)?, masked })
    }

    /// Whose it is: what is asked with it counts as this namespace's.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
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
        self.masked.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "*****"))
    }

    /// `text` without so much of its end as may be the beginning of a secret that was cut off.
    pub(crate) fn without_cut<'a>(&self, text: &'a str) -> &'a str {
        let longest = self.masked.iter().map(|secret| secret.chars().count()).max().unwrap_or_default();
        let end = longest.checked_sub(1).and_then(|last| text.char_indices().rev().nth(last));
        end.map_or(if longest == 0 { text } else { "" }, |(end, _)| text.get(..end).unwrap_or_default())
    }
}

impl Tls {
    /// For servers that the client certificate is not meant for.
    pub(crate) fn without_identity(&self) -> Self {
        Self { ca: self.ca.clone(), identity: None }
    }
}

/// Whether a user name is a secret: it comes without a password, or is long.
fn is_token(username: &str, password: &str) -> bool {
    matches!(password, "" | "x-oauth-basic") || username.len() >= TOKEN
}

/// What may be secret in a URL: as it is written there, and the values of its query in both forms.
fn of_url(url: &Url) -> Vec<String> {
    let mut found: Vec<String> = url.password().map(str::to_owned).into_iter().collect();
    let name = Some(url.username()).filter(|name| is_token(name, url.password().unwrap_or_default()));
    found.extend(name.map(str::to_owned));
    found.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
    let pairs = url.query().unwrap_or_default().split('&');
    found.extend(pairs.filter_map(|pair| pair.split_once('=')).map(|(_, value)| value.to_owned()));
    found
}

fn tls(secret: &SecretData, scheme: &str) -> Result<Tls, Unusable> {
    let field = |names: &[&str]| {
        names.iter().find_map(|name| secret.get(*name)).filter(|value| !value.is_empty()).cloned()
    };
    let identity = match (field(&["tls.crt", "certFile"]), field(&["tls.key", "keyFile"])) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (certificate, _) => {
            let field = if certificate.is_some() { "tls.key" } else { "tls.crt" };
            let problem = "is required: a client certificate needs both tls.crt and tls.key";
            return Err(Unusable::Invalid { scheme: scheme.to_owned(), field, problem });
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

/// A URL for people: without user, password, query and fragment, each of which may hold a secret.
pub(crate) fn masked_url(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) if url.cannot_be_a_base() => masked_text(text),
        Ok(mut url) => {
            let is_plain = url.username().is_empty() && url.password().is_none();
            if is_plain && url.query().is_none() && url.fragment().is_none() {
                return foreign::clean(text);
            }
            // Both fail only for URLs without a host, which have neither.
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.set_query(None);
            url.set_fragment(None);
            foreign::clean(url.as_str())
        }
        Err(_) => masked_text(text),
    }
}

/// As [`masked_url`], of what is not a URL.
fn masked_text(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    foreign::clean(
        &text.rsplit_once('@').map_or_else(|| text.to_owned(), |(_, rest)| format!("*****@{rest}")),
    )
}
