//! Signatures as cosign makes them with a key: a payload that names the digest of what is signed, in the older form or in
//! a Sigstore bundle. Pure; nothing is believed of a bundle but what the key has signed.

use std::fmt;

use attest::{BLOCK, Refusal, TRY};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P521_SHA256_ASN1, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use manifest::budget::Budget;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::{self, PemObject as _, SectionKind};
use serde::Deserialize;

use crate::oci::bounded;

#[cfg(test)]
mod tests;

/// How the media types of bundles begin.
pub(super) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";
/// The annotation with a signature of the older layout.
pub(super) const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
/// What a bundle's payload has to be.
const STATEMENT: &str = "application/vnd.in-toto+json";
/// Most signatures of an envelope, and subjects of a statement.
const MOST: usize = 100;

/// A key that is none, in Flux's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("PEM decoding failed")]
    Pem,
    #[error("unknown Public key PEM file type: {0}. Are you passing the correct public key?")]
    Type(&'static str),
}

/// Public keys.
pub(crate) struct Keys(Vec<Key>);

/// How many.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

/// One of them, with SHA-256 whatever its kind is.
struct Key {
    der: Vec<u8>,
    /// None: nobody signs with keys of its kind.
    public: Option<ParsedPublicKey>,
}

impl Keys {
    /// Reads PEM texts of one key each.
    pub(crate) fn read<'a>(pems: impl Iterator<Item = &'a [u8]>) -> Result<Self, KeyError> {
        pems.map(Key::read).collect::<Result<_, _>>().map(Self)
    }

    /// Changes with any key, and with what they signed.
    pub(crate) fn fingerprint(&self, revision: &str) -> String {
        let keys = self.0.iter().map(|key| key.der.as_slice());
        ::manifest::digest::of_parts(std::iter::once(revision.as_bytes()).chain(keys))
    }

    /// Whether one of them signed the payload, and the payload is about `digest`. CPU-bound.
    pub(super) fn signed_payload(
        &self,
        payload: &[u8],
        signature: &str,
        digest: &str,
        budget: &Budget,
    ) -> Result<bool, Refusal> {
        let Ok(signature) = STANDARD.decode(signature.trim()) else { return Ok(false) };
        Ok(attest::payload_is_about(payload, digest).is_ok() && self.signed(payload, &signature, budget)?)
    }

    /// Whether one of them signed the bundle, and it is about `digest`. CPU-bound.
    pub(super) fn signed_bundle(
        &self,
        bundle: &Bundle,
        digest: &str,
        budget: &Budget,
    ) -> Result<bool, Refusal> {
        let envelope = &bundle.dsse_envelope;
        let Ok(payload) = STANDARD.decode(&envelope.payload) else { return Ok(false) };
        if envelope.payload_type != STATEMENT || !is_about(&payload, digest) {
            return Ok(false);
        }
        let message = encoded(&envelope.payload_type, &payload);
        for signature in &envelope.signatures {
            let Ok(signature) = STANDARD.decode(&signature.sig) else { continue };
            if self.signed(&message, &signature, budget)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Each key that is tried has its price.
    fn signed(&self, message: &[u8], signature: &[u8], budget: &Budget) -> Result<bool, Refusal> {
        for key in &self.0 {
            budget.step(TRY + message.len() as u64 / BLOCK)?;
            if key.signed(message, signature) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Key {
    fn read(text: &[u8]) -> Result<Self, KeyError> {
        let (kind, der) =
            pem::from_buf(&mut std::io::BufReader::new(text)).ok().flatten().ok_or(KeyError::Pem)?;
        match kind {
            SectionKind::PublicKey => {
                SubjectPublicKeyInfoDer::from_pem_slice(text).map_err(|_| KeyError::Pem)?;
                Ok(Self::of(der))
            }
            SectionKind::Certificate => Err(KeyError::Type("CERTIFICATE")),
            _ => Err(KeyError::Type("PRIVATE KEY")),
        }
    }

    /// A key fits one kind only; the others do not take it.
    fn of(der: Vec<u8>) -> Self {
        let kinds: [&'static dyn VerificationAlgorithm; 5] = [
            &ECDSA_P256_SHA256_ASN1,
            &ECDSA_P384_SHA256_ASN1,
            &ECDSA_P521_SHA256_ASN1,
            &ED25519,
            &RSA_PKCS1_2048_8192_SHA256,
        ];
        let public = kinds.into_iter().find_map(|kind| ParsedPublicKey::new(kind, &der).ok());
        Self { der, public }
    }

    fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.as_ref().is_some_and(|key| key.verify_sig(message, signature).is_ok())
    }
}

/// A Sigstore bundle, as far as a key needs it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bundle {
    dsse_envelope: Envelope,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    #[serde(default, deserialize_with = "bounded::items::<MOST, _, _>")]
    signatures: Vec<Signature>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Signature {
    #[serde(default)]
    sig: String,
}

impl Bundle {
    /// Reads it; `None` if it is none, or is signed in a way that a key does not sign artifacts.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

#[derive(Deserialize)]
struct Statement {
    #[serde(default, deserialize_with = "bounded::items::<MOST, _, _>")]
    subject: Vec<Subject>,
}

#[derive(Deserialize)]
struct Subject {
    #[serde(default)]
    digest: std::collections::BTreeMap<String, String>,
}

/// Whether a statement is about the manifest with this digest.
fn is_about(payload: &[u8], digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let Ok(statement) = serde_json::from_slice::<Statement>(payload) else { return false };
    let subjects = statement.subject.iter();
    subjects.filter_map(|subject| subject.digest.get(algorithm)).any(|named| named == hex)
}

/// What an envelope's signature is over.
fn encoded(type_: &str, payload: &[u8]) -> Vec<u8> {
    let mut message = format!("DSSEv1 {} {type_} {} ", type_.len(), payload.len()).into_bytes();
    message.extend_from_slice(payload);
    message
}
