//! Envelopes in JSON: JWS in its flattened form, with the claims in the protected header.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::algorithm::Algorithm;
use super::chain;
use super::claims::{Claims, PLUGIN, Scheme, check_critical, time};
use crate::refusal::Refusal;

#[derive(Deserialize)]
struct Envelope {
    payload: String,
    protected: String,
    header: Header,
    signature: String,
}

#[derive(Deserialize)]
struct Header {
    x5c: Vec<String>,
}

#[derive(Deserialize)]
struct Protected {
    alg: String,
    cty: String,
    #[serde(default)]
    crit: Vec<String>,
    #[serde(rename = "io.cncf.notary.signingScheme")]
    scheme: String,
    #[serde(default, rename = "io.cncf.notary.signingTime")]
    time: Option<Timestamp>,
    #[serde(default, rename = "io.cncf.notary.authenticSigningTime")]
    authentic_time: Option<Timestamp>,
    #[serde(default, rename = "io.cncf.notary.expiry")]
    expiry: Option<Timestamp>,
    #[serde(flatten)]
    others: BTreeMap<String, IgnoredAny>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Claims, Refusal> {
    let malformed = |what: &str| Refusal::Malformed(format!("its {what} is none"));
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|_| malformed("JWS"))?;
    let decode = |text: &str, what: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| malformed(what));
    let protected = decode(&envelope.protected, "protected header")?;
    let protected: Protected =
        serde_json::from_slice(&protected).map_err(|_| malformed("protected header"))?;
    if protected.others.contains_key(PLUGIN) {
        return Err(Refusal::Unsupported("it has to be verified by a plugin".to_owned()));
    }
    let scheme = Scheme::of(&protected.scheme)?;
    let critical: Vec<&str> = protected.crit.iter().map(String::as_str).collect();
    check_critical(&critical, scheme, protected.expiry.is_some())?;
    if envelope.header.x5c.len() > chain::MOST {
        return Err(Refusal::Excess { what: "certificates", most: chain::MOST });
    }
    let certificates = envelope.header.x5c.iter();
    let chain = certificates.map(|text| STANDARD.decode(text)).collect::<Result<_, _>>();
    Ok(Claims {
        algorithm: Algorithm::of_jws(&protected.alg)
            .ok_or_else(|| Refusal::Unsupported("its algorithm".to_owned()))?,
        content_type: protected.cty,
        scheme,
        time: time(scheme, protected.time, protected.authentic_time, protected.expiry)?,
        expiry: protected.expiry,
        payload: decode(&envelope.payload, "payload")?,
        message: format!("{}.{}", envelope.protected, envelope.payload).into_bytes(),
        signature: decode(&envelope.signature, "signature")?,
        chain: chain.map_err(|_| malformed("certificate chain"))?,
    })
}
