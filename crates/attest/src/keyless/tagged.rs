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
    Artifact, Bundle, CanonicalizedBody, DerCertificate, InclusionPromise, KindVersion, LogId, LogIndex,
    LogKeyId, MediaType, MessageSignature, SignatureBytes, SignatureContent, SignedTimestamp,
    TransparencyLogEntry, VerificationMaterial, VerificationMaterialContent, X509Certificate,
};

use super::{BLOCK, Keyless, MAX_CHAIN};
use crate::refusal::{Refusal, Signer};

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

impl Tagged<'_> {
    /// Whether it says that it was signed without a key.
    #[must_use]
    pub fn has_certificate(&self) -> bool {
        self.annotations.contains_key(CERTIFICATE)
    }
}

impl Keyless {
    /// Who signed the layer, if that may be, and it is about the manifest with this digest. CPU-bound.
    ///
    /// # Errors
    /// It does not count.
    pub fn tagged(&self, tagged: Tagged<'_>, digest: &str, budget: &Budget) -> Result<Signer, Refusal> {
        let notes = tagged.annotations.values().map(String::len).sum::<usize>();
        if notes.saturating_add(tagged.payload.len()) > crate::MAX_SIGNATURE {
            return Err(Refusal::Excess { what: "bytes", most: crate::MAX_SIGNATURE });
        }
        budget.step((notes + tagged.payload.len()) as u64 / BLOCK)?;
        let said: Payload = serde_json::from_slice(tagged.payload)
            .map_err(|_| Refusal::Malformed("its payload is none".to_owned()))?;
        if said.critical.type_ != TYPE {
            return Err(Refusal::Unsupported("payloads of another type".to_owned()));
        }
        if said.critical.image.digest != digest {
            return Err(Refusal::OtherArtifact);
        }
        let bundle = bundle(tagged.annotations)?;
        self.verify(Artifact::from_blob(tagged.payload), &bundle, budget)
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
    let id = unhex(&payload.log_id).ok_or_else(malformed)?;
    let index = LogIndex::new(payload.log_index).map_err(|_| malformed())?;
    let time = jiff::Timestamp::from_second(payload.integrated_time).map_err(|_| malformed())?;
    let entry = TransparencyLogEntry::new(
        index,
        LogId::new(LogKeyId::new(id)),
        KindVersion::HashedRekordV001,
        CanonicalizedBody::new(body),
    );
    let promise = InclusionPromise::new(SignedTimestamp::new(decode(&signed_entry_timestamp)?));
    Ok(entry.with_integrated_time(time).with_inclusion_promise(promise))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}
