//! Signatures without keys in the layout of cosign 2: a payload in a layer under a tag, and all the rest in the layer's
//! annotations. What is made of it is a bundle of the oldest kind, whose entry has a promise of the log.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use manifest::budget::Budget;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;
use sigstore_verify::types::{
    Bundle, CanonicalizedBody, DerCertificate, InclusionPromise, KindVersion, LogId, LogIndex, LogKeyId,
    MediaType, MessageSignature, Sha256Hash, SignatureBytes, SignatureContent, SignedTimestamp,
    TransparencyLogEntry, VerificationMaterial, VerificationMaterialContent, X509Certificate,
};

use super::limits::MAX_CHAIN;
use crate::BLOCK;
use crate::refusal::Refusal;

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const CHAIN: &str = "dev.sigstore.cosign/chain";
const ENTRY: &str = "dev.sigstore.cosign/bundle";
/// What a payload says that it is.
const TYPE: &str = "cosign container image signature";

/// A layer with its annotations.
#[derive(Clone, Copy, Debug)]
pub struct Tagged<'a> {
    /// The layer's content.
    pub payload: &'a [u8],
    /// The layer's annotations.
    pub annotations: &'a BTreeMap<String, String>,
}

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

/// An entry of a log, as the annotation has it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    signed_entry_timestamp: String,
    payload: Promised,
}

/// What the log signed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Promised {
    body: String,
    integrated_time: i64,
    log_index: u64,
    #[serde(rename = "logID")]
    log_id: String,
}

/// That a payload is of the kind that cosign signs, and about the manifest with this digest.
///
/// # Errors
/// It is not.
pub fn payload_is_about(payload: &[u8], digest: &str) -> Result<(), Refusal> {
    let said: Payload =
        serde_json::from_slice(payload).map_err(|_| Refusal::Malformed("its payload is none".to_owned()))?;
    if said.critical.type_ != TYPE {
        return Err(Refusal::Unsupported("payloads of another type".to_owned()));
    }
    if said.critical.image.digest == digest { Ok(()) } else { Err(Refusal::OtherArtifact) }
}

impl Tagged<'_> {
    /// The bundle that is made of it, if it is about the manifest with this digest.
    pub(super) fn bundle(self, digest: &str, budget: &Budget) -> Result<Bundle, Refusal> {
        let notes = self.annotations.values().map(String::len).sum::<usize>();
        if notes.saturating_add(self.payload.len()) > crate::MAX_SIGNATURE {
            return Err(Refusal::Excess { what: "bytes", most: crate::MAX_SIGNATURE });
        }
        budget.step((notes + self.payload.len()) as u64 / BLOCK)?;
        payload_is_about(self.payload, digest)?;
        bundle(self.annotations)
    }
}

fn bundle(annotations: &BTreeMap<String, String>) -> Result<Bundle, Refusal> {
    let find = |name: &str| annotations.get(name).map(String::as_str).filter(|text| !text.trim().is_empty());
    let missing = |what: &str| Refusal::Malformed(format!("it has no {what}"));
    let signature = decode(find(SIGNATURE).ok_or_else(|| missing("signature"))?)?;
    let mut chain = certificates(find(CERTIFICATE).ok_or_else(|| missing("certificate"))?)?;
    chain.truncate(1);
    chain.extend(certificates(find(CHAIN).unwrap_or_default())?);
    // A log is not asked for an entry that does not come along.
    let entry = entry(find(ENTRY).ok_or_else(|| missing("entry of a log"))?)?;
    let material =
        VerificationMaterial::new(VerificationMaterialContent::X509CertificateChain { certificates: chain });
    Ok(Bundle::new(
        MediaType::Bundle0_1,
        material.with_tlog_entries(vec![entry]),
        SignatureContent::MessageSignature(MessageSignature::new(SignatureBytes::new(signature))),
    ))
}

fn decode(text: &str) -> Result<Vec<u8>, Refusal> {
    STANDARD.decode(text.trim()).map_err(|_| Refusal::Malformed("it is not in base64".to_owned()))
}

fn certificates(pem: &str) -> Result<Vec<X509Certificate>, Refusal> {
    let mut all = Vec::new();
    for read in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let read = read.map_err(|_| Refusal::Malformed("a certificate is none".to_owned()))?;
        if all.len() == MAX_CHAIN {
            return Err(Refusal::Excess { what: "certificates", most: MAX_CHAIN });
        }
        all.push(X509Certificate::new(DerCertificate::from_bytes(&read)));
    }
    Ok(all)
}

fn entry(text: &str) -> Result<TransparencyLogEntry, Refusal> {
    let malformed = || Refusal::Malformed("its entry of a log is none".to_owned());
    let Entry { signed_entry_timestamp, payload } = serde_json::from_str(text).map_err(|_| malformed())?;
    let body = decode(&payload.body)?;
    // Images are signed as hashes; what else the body says is held against the bundle.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Kind {
        api_version: String,
        kind: String,
    }
    let kind: Kind = serde_json::from_slice(&body).map_err(|_| malformed())?;
    if (kind.kind.as_str(), kind.api_version.as_str()) != ("hashedrekord", "0.0.1") {
        return Err(Refusal::Unsupported("entries of a log of another kind".to_owned()));
    }
    // A log is named by the SHA-256 of its key.
    let id = Sha256Hash::from_hex(&payload.log_id).map_err(|_| malformed())?;
    let index = LogIndex::new(payload.log_index).map_err(|_| malformed())?;
    let time = jiff::Timestamp::from_second(payload.integrated_time).map_err(|_| malformed())?;
    let entry = TransparencyLogEntry::new(
        index,
        LogId::new(LogKeyId::new(id.as_bytes().to_vec())),
        KindVersion::HashedRekordV001,
        CanonicalizedBody::new(body),
    );
    let promise = InclusionPromise::new(SignedTimestamp::new(decode(&signed_entry_timestamp)?));
    Ok(entry.with_integrated_time(time).with_inclusion_promise(promise))
}
