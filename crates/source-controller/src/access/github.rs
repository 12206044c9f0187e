//! A GitHub App, as a Secret names it, and the token by which it says who it is (contracts/source-controller.md 12).
//! Pure but for the signature's randomness; exchanging it for credentials is `git::github`'s.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Url;
use serde_json::{Value, json};

use super::error::{SecretData, Unusable};

#[cfg(test)]
mod tests;

/// Where GitHub itself is asked.
const API: &str = "https://api.github.com/";
/// How much the clocks may differ, and how long the token is good, in seconds.
const DRIFT: i64 = 30;
const LIFETIME: i64 = 120;

const ID: &str = "githubAppID";
const CLIENT: &str = "githubAppClientID";
const KEY: &str = "githubAppPrivateKey";
const OWNER: &str = "githubAppInstallationOwner";
const INSTALLATION: &str = "githubAppInstallationID";
const BASE: &str = "githubAppBaseURL";

/// Whose installation of an app is used.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Installation {
    /// By number.
    Id(u64),
    /// That of a user or an organisation.
    Owner(String),
}

/// An app.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct App {
    /// Its id or client id.
    issuer: String,
    installation: Installation,
    key: String,
    base: Url,
}

impl fmt::Debug for App {
    /// Not the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, installation, key: _, base: _ } = self;
        let mut debug = f.debug_struct("App");
        debug.field("issuer", issuer).field("installation", installation).finish_non_exhaustive()
    }
}

impl App {
    /// Whether a Secret is meant for an app.
    pub(super) fn is_named(secret: &SecretData) -> bool {
        [ID, CLIENT].iter().any(|key| secret.contains_key(*key))
    }

    /// Reads a Secret; `None` when nothing of an app is in it.
    pub(super) fn of(secret: &SecretData, name: &str) -> Result<Option<Self>, Unusable> {
        if ![ID, CLIENT, KEY, OWNER, INSTALLATION].iter().any(|key| secret.contains_key(*key)) {
            return Ok(None);
        }
        let unusable = |problem: String| Unusable::App { secret: name.to_owned(), problem };
        let text = |key: &str| secret.get(key).map(|value| String::from_utf8_lossy(value).trim().to_owned());
        let needed = |key: &str| text(key).filter(|text| !text.is_empty());
        let issuer = needed(ID).or_else(|| needed(CLIENT));
        let issuer = issuer.ok_or_else(|| unusable(format!("key '{ID}' not found")))?;
        let key = needed(KEY).ok_or_else(|| unusable(format!("key '{KEY}' not found")))?;
        let installation = match (needed(OWNER), needed(INSTALLATION)) {
            (Some(owner), None) => Installation::Owner(owner),
            (None, Some(id)) => Installation::Id(
                id.parse().map_err(|_| unusable(format!("key '{INSTALLATION}' is no number")))?,
            ),
            _ => return Err(unusable(format!("must contain exactly one of '{OWNER}' or '{INSTALLATION}'"))),
        };
        let mut base = text(BASE).filter(|text| !text.is_empty()).unwrap_or_else(|| API.to_owned());
        if !base.ends_with('/') {
            base.push('/');
        }
        let base = Url::parse(&base).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let base = base.ok_or_else(|| unusable(format!("key '{BASE}' is no address")))?;
        Ok(Some(Self { issuer, installation, key, base }))
    }

    /// Where it is asked.
    pub(crate) const fn base(&self) -> &Url {
        &self.base
    }

    /// Whose installation it is.
    pub(crate) const fn installation(&self) -> &Installation {
        &self.installation
    }

    /// What nobody may read.
    pub(super) fn secrets(&self) -> Vec<String> {
        vec![self.key.clone()]
    }

    /// A token that says at this time, in seconds, who it is; `None` when its key cannot sign.
    pub(crate) fn assertion(&self, now: i64) -> Option<String> {
        let key = rsa(&self.key)?;
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = encoded(&json!({"alg": "RS256", "typ": "JWT"}));
        let issued = now - DRIFT;
        let claims = encoded(&json!({"iat": issued, "exp": issued + LIFETIME, "iss": self.issuer}));
        let token = format!("{header}.{claims}");
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature).ok()?;
        Some(format!("{token}.{}", URL_SAFE_NO_PAD.encode(&signature)))
    }
}

/// An RSA key in PEM, of either form.
fn rsa(pem: &str) -> Option<RsaKeyPair> {
    let block = |name: &str| {
        let (_, rest) = pem.split_once(&format!("-----BEGIN {name}-----"))?;
        let (body, _) = rest.split_once(&format!("-----END {name}-----"))?;
        STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
    };
    match block("PRIVATE KEY") {
        Some(der) => RsaKeyPair::from_pkcs8(&der).ok(),
        None => RsaKeyPair::from_der(&block("RSA PRIVATE KEY")?).ok(),
    }
}
