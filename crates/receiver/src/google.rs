//! Tokens with which Google's Pub/Sub says who calls: signed by one of Google's keys, for the audience that a Receiver
//! expects, as the service account that it expects. Each claim that is relied on is looked at (CVE-2026-40109 was one that
//! was not). Fetching keys is somebody else's.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;

#[cfg(test)]
mod tests;

/// Where Google's keys are.
pub const KEYS_URL: &str = "https://www.googleapis.com/oauth2/v3/certs";

/// Who signs.
const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];
/// What a token may have; Google's have about one thousand bytes.
const MOST_BYTES: usize = 16 * 1024;
/// Keys that are held; Google has two or three.
const MOST_KEYS: usize = 32;

/// Who may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The service account of the subscription.
    pub email: String,
    /// Whom its tokens are for.
    pub audience: String,
}

/// Why a token does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// There is none.
    #[error("the Authorization header is missing or malformed")]
    Missing,
    /// It is no JWT with RS256.
    #[error("invalid ID token: it is no JWT that is signed with RS256")]
    Form,
    /// Nobody known has that key.
    #[error("invalid ID token: its key is not one of Google's")]
    Key,
    /// The signature is of something else.
    #[error("invalid ID token: its signature is invalid")]
    Signature,
    /// Its time is over.
    #[error("invalid ID token: token expired")]
    Expired,
    /// It is for others.
    #[error("invalid ID token: its audience is another one")]
    Audience,
    /// Somebody else issued it.
    #[error("token issuer is not 'accounts.google.com' or 'https://accounts.google.com'")]
    Issuer,
    /// It is of another account.
    #[error("token email is another one")]
    Email,
    /// Google does not vouch for the account.
    #[error("token email is not verified")]
    Unverified,
    /// It is not known who may call.
    #[error("the Secret does not say whose tokens are expected")]
    Unexpected,
}

/// Public keys by their ids.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<Key>);

#[derive(Clone, Debug)]
struct Key {
    id: String,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<RawKey>,
}

#[derive(Deserialize)]
struct RawKey {
    #[serde(default)]
    kid: String,
    #[serde(default)]
    kty: String,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
}

impl Keys {
    /// Reads a set of keys (RFC 7517); others than RSA's are passed over. None when it is no such set, or has no such key.
    #[must_use]
    pub fn read(json: &[u8]) -> Option<Self> {
        let set: KeySet = serde_json::from_slice(json).ok()?;
        let keys: Vec<Key> = set
            .keys
            .into_iter()
            .filter(|key| key.kty == "RSA")
            .filter_map(|key| {
                let modulus = URL_SAFE_NO_PAD.decode(&key.n).ok()?;
                let exponent = URL_SAFE_NO_PAD.decode(&key.e).ok()?;
                Some(Key { id: key.kid, modulus, exponent })
            })
            .take(MOST_KEYS)
            .collect();
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// Whether the key that a request names is among them; true of a request that names none.
    #[must_use]
    pub fn suffice(&self, authorization: Option<&str>) -> bool {
        let head = authorization.and_then(bearer).and_then(|token| Parts::of(token)?.head());
        head.is_none_or(|head| self.find(&head.kid).is_some())
    }

    fn find(&self, id: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.id == id)
    }
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    exp: i64,
    #[serde(default)]
    email: String,
    #[serde(default)]
    email_verified: bool,
}

/// A token in its three parts.
struct Parts<'a> {
    head: &'a str,
    claims: &'a str,
    signed: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn of(token: &'a str) -> Option<Self> {
        if token.len() > MOST_BYTES {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (head, claims) = signed.split_once('.')?;
        (!claims.contains('.')).then_some(Self { head, claims, signed, signature })
    }

    fn head(&self) -> Option<Head> {
        let head: Head = decoded(self.head)?;
        (head.alg == "RS256").then_some(head)
    }
}

fn decoded<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn bearer(authorization: &str) -> Option<&str> {
    authorization.strip_prefix("Bearer ")
}

/// Whether the `Authorization` of a request says that who is expected calls. Claims are read once the signature holds.
pub(crate) fn verify(
    authorization: Option<&str>,
    expected: &Expected,
    keys: &Keys,
    now: Timestamp,
) -> Result<(), TokenError> {
    let token = authorization.and_then(bearer).ok_or(TokenError::Missing)?;
    let parts = Parts::of(token).ok_or(TokenError::Form)?;
    let head = parts.head().ok_or(TokenError::Form)?;
    let signature = URL_SAFE_NO_PAD.decode(parts.signature).map_err(|_| TokenError::Form)?;
    let Key { modulus, exponent, .. } = keys.find(&head.kid).ok_or(TokenError::Key)?;
    RsaPublicKeyComponents { n: modulus, e: exponent }
        .verify(&RSA_PKCS1_2048_8192_SHA256, parts.signed.as_bytes(), &signature)
        .map_err(|_| TokenError::Signature)?;
    let claims: Claims = decoded(parts.claims).ok_or(TokenError::Form)?;
    if claims.exp <= now.as_second() {
        return Err(TokenError::Expired);
    }
    if claims.aud != expected.audience {
        return Err(TokenError::Audience);
    }
    if !ISSUERS.contains(&claims.iss.as_str()) {
        return Err(TokenError::Issuer);
    }
    if claims.email != expected.email {
        return Err(TokenError::Email);
    }
    if !claims.email_verified {
        return Err(TokenError::Unverified);
    }
    Ok(())
}
