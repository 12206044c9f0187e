//! Signatures as cosign makes them with a key: a payload that names the digest of what is signed, in the older form or in
//! a Sigstore bundle. Pure; nothing is believed of a bundle but what the key has signed.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P521_SHA256_ASN1, ED25519,
    RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::{self, PemObject as _, SectionKind};
use serde::Deserialize;
use sha2::Digest as _;

use crate::oci::bounded;

#[cfg(test)]
mod tests;

/// How the media types of bundles begin.
pub(super) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";
/// The annotation with a signature of the older layout.
pub(super) const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
/// What a payload of the older layout says that it is.
const TYPE: &str = "cosign container image signature";
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
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Keys(Vec<Key>);

/// How many.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

/// As DER, with SHA-256 whatever its kind is.
#[derive(Clone, PartialEq, Eq)]
struct Key(Vec<u8>);

impl Keys {
    /// Reads PEM texts of one key each.
    pub(crate) fn read<'a>(pems: impl Iterator<Item = &'a [u8]>) -> Result<Self, KeyError> {
        pems.map(Key::read).collect::<Result<_, _>>().map(Self)
    }

    /// Changes with any key, and with what they signed.
    pub(crate) fn fingerprint(&self, revision: &str) -> String {
        let mut hasher = sha2::Sha256::new();
        hasher.update((revision.len() as u64).to_be_bytes());
        hasher.update(revision);
        for key in &self.0 {
            hasher.update((key.0.len() as u64).to_be_bytes());
            hasher.update(&key.0);
        }
        ::manifest::digest::hex(&hasher.finalize())
    }

    /// Whether one of them signed the payload, and the payload is about `digest`.
    pub(super) fn signed_payload(&self, payload: &[u8], signature: &str, digest: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature.trim()) else { return false };
        let Ok(Payload { critical }) = serde_json::from_slice(payload) else { return false };
        critical.type_ == TYPE && critical.image.digest == digest && self.signed(payload, &signature)
    }

    /// Whether one of them signed the bundle, and it is about `digest`.
    pub(super) fn signed_bundle(&self, bundle: &Bundle, digest: &str) -> bool {
        let envelope = &bundle.dsse_envelope;
        let Ok(payload) = STANDARD.decode(&envelope.payload) else { return false };
        if envelope.payload_type != STATEMENT || !is_about(&payload, digest) {
            return false;
        }
        let message = encoded(&envelope.payload_type, &payload);
        let signatures = envelope.signatures.iter();
        signatures
            .filter_map(|signature| STANDARD.decode(&signature.sig).ok())
            .any(|signature| self.signed(&message, &signature))
    }

    fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.iter().any(|key| key.signed(message, signature))
    }
}

impl Key {
    fn read(text: &[u8]) -> Result<Self, KeyError> {
        let (kind, der) =
            pem::from_buf(&mut std::io::BufReader::new(text)).ok().flatten().ok_or(KeyError::Pem)?;
        match kind {
            SectionKind::PublicKey => {
                SubjectPublicKeyInfoDer::from_pem_slice(text).map_err(|_| KeyError::Pem)?;
                Ok(Self(der))
            }
            SectionKind::Certificate => Err(KeyError::Type("CERTIFICATE")),
            _ => Err(KeyError::Type("PRIVATE KEY")),
        }
    }

    /// A key fits one kind only; the others do not take it.
    fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let kinds: [&'static dyn VerificationAlgorithm; 5] = [
            &ECDSA_P256_SHA256_ASN1,
            &ECDSA_P384_SHA256_ASN1,
            &ECDSA_P521_SHA256_ASN1,
            &ED25519,
            &RSA_PKCS1_2048_8192_SHA256,
        ];
        kinds.into_iter().any(|kind| UnparsedPublicKey::new(kind, &self.0).verify(message, signature).is_ok())
    }
}

/// The payload of the older layout.
#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
    #[serde(rename = "type")]
    type_: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
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
