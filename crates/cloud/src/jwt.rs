//! Signed JSON web tokens, by which a service account or a client with a certificate says who it is, and what those of
//! others say.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::wipe::Wiped;
use crate::{Error, base64};

/// How a token is signed.
#[derive(Debug, Clone, Copy)]
pub enum Algorithm {
    /// RSA, PKCS #1 v1.5, SHA-256.
    Rs256,
    /// RSA, PSS, SHA-256.
    Ps256,
}

/// A signed token.
pub fn signed(
    header: &Value,
    claims: &Value,
    pem: &str,
    algorithm: Algorithm,
) -> Result<Zeroizing<String>, Error> {
    let key = key(pem).ok_or(Error::Credentials("the private key is no RSA key in PEM"))?;
    let encoded = |value: &Value| base64::to_url(value.to_string().as_bytes());
    let mut token = Zeroizing::new(format!("{}.{}", encoded(header), encoded(claims)));
    let mut signature = vec![0; key.public_modulus_len()];
    let padding: &'static dyn RsaEncoding = match algorithm {
        Algorithm::Rs256 => &RSA_PKCS1_SHA256,
        Algorithm::Ps256 => &RSA_PSS_SHA256,
    };
    key.sign(padding, &SystemRandom::new(), token.as_bytes(), &mut signature)
        .map_err(|_| Error::Credentials("the private key cannot sign"))?;
    token.push('.');
    token.push_str(&base64::to_url(&signature));
    Ok(token)
}

fn key(pem: &str) -> Option<RsaKeyPair> {
    if let Some(der) = blocks(pem, "PRIVATE KEY").first() {
        return RsaKeyPair::from_pkcs8(der).ok();
    }
    RsaKeyPair::from_der(blocks(pem, "RSA PRIVATE KEY").first()?).ok()
}

/// What a token says. Who signed it is not looked at.
#[must_use]
pub fn claims(token: &str) -> Option<Wiped> {
    let payload = token.trim().split('.').nth(1)?;
    serde_json::from_slice(&base64::url(payload)?).ok().map(Wiped)
}

/// The blocks of a PEM file with this name.
pub fn blocks(pem: &str, name: &str) -> Vec<Zeroizing<Vec<u8>>> {
    let (begin, end) = (format!("-----BEGIN {name}-----"), format!("-----END {name}-----"));
    let mut found = Vec::new();
    let mut rest = pem;
    while let Some((_, after)) = rest.split_once(&begin) {
        let Some((body, after)) = after.split_once(&end) else { break };
        let joined = Zeroizing::new(body.split_whitespace().collect::<String>());
        found.extend(base64::standard(&joined));
        rest = after;
    }
    found
}
