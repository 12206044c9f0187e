//! A Sigstore instance in memory: a certificate authority, a log of certificates and a log of signatures, and what
//! somebody without a key of their own signs there. What is signed can be told to lack what makes it count.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use manifest::digest::{hex, sha256_hex};
use rcgen::{
    CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData as _, SanType, SerialNumber, SigningKey as _,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::image::Image;

/// Fulcio's extension with the issuer of an identity, and that of RFC 6962 with promises of certificate logs.
const ISSUER: [u64; 9] = [1, 3, 6, 1, 4, 1, 57264, 1, 8];
const PROMISES: [u64; 10] = [1, 3, 6, 1, 4, 1, 11129, 2, 4, 2];
/// How long a certificate holds.
const LIFETIME: Duration = Duration::from_secs(600);

/// What is signed, and how.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The digest of the manifest.
    pub digest: String,
    /// Who says who it is.
    pub issuer: String,
    /// Who it is, as a URL.
    pub subject: String,
    /// What the payload says that it is.
    pub payload_type: String,
    /// Whether the certificate is for signing code.
    pub is_for_code: bool,
    /// Whether the certificate is in a log.
    pub has_certificate_promise: bool,
    /// Whether the log promised to take the entry.
    pub has_promise: bool,
    /// Whether there is a proof that the log has the entry.
    pub has_proof: bool,
    /// How long after the certificate begins to hold the entry was taken. It began two lifetimes ago.
    pub taken_after: Duration,
}

impl Wish {
    /// A signature of a manifest that lacks nothing.
    #[must_use]
    pub fn of(digest: &str) -> Self {
        Self {
            digest: digest.to_owned(),
            issuer: "https://token.example.com".to_owned(),
            subject: "https://example.com/org/repo/.workflows/release@refs/tags/v1".to_owned(),
            payload_type: "application/vnd.in-toto+json".to_owned(),
            is_for_code: true,
            has_certificate_promise: true,
            has_promise: true,
            has_proof: true,
            taken_after: Duration::from_secs(60),
        }
    }
}

/// An instance.
#[derive(Debug)]
pub struct Sigstore {
    authority: Issuer<'static, KeyPair>,
    authority_certificate: Vec<u8>,
    certificate_log: KeyPair,
    log: KeyPair,
    /// When certificates begin to hold.
    start: SystemTime,
}

/// A certificate and its key.
struct Leaf {
    key: KeyPair,
    der: Vec<u8>,
    pem: String,
}

impl Sigstore {
    /// A new one.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn new() -> Result<Self> {
        cluster::install_crypto();
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(rcgen::DnType::CommonName, "authority");
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            authority_certificate: certificate.der().to_vec(),
            authority: Issuer::new(params, key),
            certificate_log: KeyPair::generate()?,
            log: KeyPair::generate()?,
            start: SystemTime::now() - 2 * LIFETIME,
        })
    }

    /// What a verifier has to know: `trusted_root.json`.
    #[must_use]
    pub fn trusted_root(&self) -> Value {
        let since = json!({ "start": "2020-01-01T00:00:00Z" });
        let log = |key: &KeyPair| {
            json!({
                "baseUrl": "https://log.invalid", "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": STANDARD.encode(key.subject_public_key_info()),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": since,
                },
                "logId": { "keyId": STANDARD.encode(id(key)) },
            })
        };
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(&self.log)],
            "certificateAuthorities": [{
                "subject": { "organization": "test", "commonName": "authority" }, "uri": "https://authority.invalid",
                "certChain": { "certificates": [{ "rawBytes": STANDARD.encode(&self.authority_certificate) }] },
                "validFor": since,
            }],
            "ctlogs": [log(&self.certificate_log)],
            "timestampAuthorities": [],
        })
    }

    /// A bundle.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn bundle(&self, wish: &Wish) -> Result<Value> {
        let leaf = self.leaf(wish)?;
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"digest": {"sha256": wish.digest.trim_start_matches("sha256:")}}],
            "predicateType": "https://sigstore.dev/cosign/sign/v1", "predicate": {},
        });
        let (type_, payload) = (&wish.payload_type, statement.to_string());
        let message = format!("DSSEv1 {} {type_} {} {payload}", type_.len(), payload.len());
        let signature = STANDARD.encode(leaf.key.sign(message.as_bytes())?);
        let hash = |bytes: &[u8]| json!({ "algorithm": "sha256", "value": sha256_hex(bytes) });
        let body = json!({
            "apiVersion": "0.0.1", "kind": "dsse",
            "spec": {
                "envelopeHash": hash(message.as_bytes()), "payloadHash": hash(payload.as_bytes()),
                "signatures": [{ "signature": signature, "verifier": STANDARD.encode(&leaf.pem) }],
            },
        });
        Ok(json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": { "rawBytes": STANDARD.encode(&leaf.der) },
                "tlogEntries": [self.entry(wish, "dsse", &body.to_string())?],
            },
            "dsseEnvelope": {
                "payload": STANDARD.encode(&payload), "payloadType": type_, "signatures": [{ "sig": signature }],
            },
        }))
    }

    /// What refers to the manifest.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn referrer(&self, wish: &Wish) -> Result<Image> {
        let bundle = self.bundle(wish)?.to_string().into_bytes();
        Ok(Image::of_layers([("application/vnd.dev.sigstore.bundle.v0.3+json", bundle)], &[]))
    }

    /// A signature in the older layout: payload and annotations.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn payload(&self, wish: &Wish) -> Result<(Vec<u8>, BTreeMap<String, String>)> {
        let leaf = self.leaf(wish)?;
        let payload = json!({
            "critical": {
                "identity": {"docker-reference": "r.example/app"},
                "image": {"docker-manifest-digest": wish.digest},
                "type": "cosign container image signature",
            },
            "optional": null,
        });
        let payload = payload.to_string().into_bytes();
        let signature = STANDARD.encode(leaf.key.sign(&payload)?);
        let body = json!({
            "apiVersion": "0.0.1", "kind": "hashedrekord",
            "spec": {
                "data": { "hash": { "algorithm": "sha256", "value": sha256_hex(&payload) } },
                "signature": { "content": signature, "publicKey": { "content": STANDARD.encode(&leaf.pem) } },
            },
        });
        let promised = self.promised(wish, &body.to_string())?;
        let entry = json!({
            "SignedEntryTimestamp": STANDARD.encode(self.log.sign(promised.to_string().as_bytes())?),
            "Payload": promised,
        });
        let mut annotations = BTreeMap::from([
            ("dev.cosignproject.cosign/signature".to_owned(), signature),
            ("dev.sigstore.cosign/certificate".to_owned(), leaf.pem),
        ]);
        if wish.has_promise {
            annotations.insert("dev.sigstore.cosign/bundle".to_owned(), entry.to_string());
        }
        Ok((payload, annotations))
    }

    /// What is pushed under `sha256-<hex>.sig`.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn tagged(&self, wish: &Wish) -> Result<Image> {
        let (payload, annotations) = self.payload(wish)?;
        let mut image =
            Image::of_layers([("application/vnd.dev.cosign.simplesigning.v1+json", payload)], &[]);
        let mut manifest: Value = serde_json::from_slice(&image.manifest)?;
        manifest["layers"][0]["annotations"] = json!(annotations);
        image.manifest = manifest.to_string().into_bytes();
        Ok(image)
    }

    fn leaf(&self, wish: &Wish) -> Result<Leaf> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.serial_number = Some(SerialNumber::from_slice(&[7]));
        params.not_before = rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds(self.start)?);
        params.not_after = params.not_before + LIFETIME;
        params.subject_alt_names = vec![SanType::URI(wish.subject.as_str().try_into()?)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = vec![if wish.is_for_code {
            ExtendedKeyUsagePurpose::CodeSigning
        } else {
            ExtendedKeyUsagePurpose::ServerAuth
        }];
        // A UTF8String in DER.
        let mut issuer = vec![0x0c, u8::try_from(wish.issuer.len()).context("a short issuer")?];
        issuer.extend_from_slice(wish.issuer.as_bytes());
        params.custom_extensions.push(CustomExtension::from_oid_content(&ISSUER, issuer));
        if wish.has_certificate_promise {
            let logged = params.signed_by(&key, &self.authority)?;
            let promise = self.certificate_promise(first_part(logged.der())?)?;
            params.custom_extensions.push(CustomExtension::from_oid_content(&PROMISES, promise));
        }
        let certificate = params.signed_by(&key, &self.authority)?;
        Ok(Leaf { der: certificate.der().to_vec(), pem: certificate.pem(), key })
    }

    /// The certificate log's promise (RFC 6962, 3.2 and 3.3), as the extension has it.
    fn certificate_promise(&self, unpromised: &[u8]) -> Result<Vec<u8>> {
        let time = (seconds(self.start)? * 1000).to_be_bytes();
        let mut message = vec![0, 0];
        message.extend(time);
        message.extend([0, 1]);
        message.extend(id(self.authority.key()));
        message.extend(&u32::try_from(unpromised.len())?.to_be_bytes()[1..]);
        message.extend(unpromised);
        message.extend([0, 0]);
        let signature = self.certificate_log.sign(&message)?;
        let mut promise = vec![0];
        promise.extend(id(&self.certificate_log));
        promise.extend(time);
        // No extensions; SHA-256 with ECDSA.
        promise.extend([0, 0, 4, 3]);
        promise.extend(prefixed(&signature)?);
        let list = prefixed(&prefixed(&promise)?)?;
        // An OCTET STRING in DER.
        let mut der = vec![0x04];
        match u8::try_from(list.len())? {
            short @ 0..=127 => der.push(short),
            long => der.extend([0x81, long]),
        }
        der.extend(list);
        Ok(der)
    }

    /// What the log signs as a promise. The order is that of the canonical form.
    fn promised(&self, wish: &Wish, body: &str) -> Result<Value> {
        Ok(json!({
            "body": STANDARD.encode(body), "integratedTime": seconds(self.start + wish.taken_after)?,
            "logID": hex(&id(&self.log)), "logIndex": 0,
        }))
    }

    fn entry(&self, wish: &Wish, kind: &str, body: &str) -> Result<Value> {
        let mut entry = json!({
            "logIndex": "0", "logId": { "keyId": STANDARD.encode(id(&self.log)) },
            "kindVersion": { "kind": kind, "version": "0.0.1" },
            "integratedTime": seconds(self.start + wish.taken_after)?.to_string(),
            "canonicalizedBody": STANDARD.encode(body),
        });
        if wish.has_promise {
            let promise = self.log.sign(self.promised(wish, body)?.to_string().as_bytes())?;
            entry["inclusionPromise"] = json!({ "signedEntryTimestamp": STANDARD.encode(promise) });
        }
        if wish.has_proof {
            // A tree of two leaves.
            let leaf = Sha256::digest([&[0], body.as_bytes()].concat());
            let other = Sha256::digest(b"\0other");
            let root = STANDARD.encode(Sha256::digest([&[1], leaf.as_slice(), other.as_slice()].concat()));
            let note = format!("log.invalid\n2\n{root}\n");
            let signature = [&id(&self.log)[..4], &self.log.sign(note.as_bytes())?].concat();
            entry["inclusionProof"] = json!({
                "logIndex": "0", "rootHash": root, "treeSize": "2", "hashes": [STANDARD.encode(other)],
                "checkpoint": {
                    "envelope": format!("{note}\n\u{2014} log.invalid {}\n", STANDARD.encode(signature)),
                },
            });
        }
        Ok(entry)
    }
}

/// What stands for a key.
fn id(key: &KeyPair) -> Vec<u8> {
    Sha256::digest(key.subject_public_key_info()).to_vec()
}

fn seconds(time: SystemTime) -> Result<u64> {
    Ok(time.duration_since(SystemTime::UNIX_EPOCH)?.as_secs())
}

fn prefixed(bytes: &[u8]) -> Result<Vec<u8>> {
    Ok([u16::try_from(bytes.len())?.to_be_bytes().as_slice(), bytes].concat())
}

/// The first part of a sequence in DER: of a certificate, what is signed.
fn first_part(der: &[u8]) -> Result<&[u8]> {
    let header = |bytes: &[u8]| -> Option<(usize, usize)> {
        Some(match *bytes.get(1)? {
            short @ 0..=127 => (2, short.into()),
            0x81 => (3, (*bytes.get(2)?).into()),
            0x82 => (4, u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]).into()),
            _ => return None,
        })
    };
    let inside = header(der).and_then(|(length, _)| der.get(length..)).context("a certificate")?;
    let part = header(inside).and_then(|(length, content)| inside.get(..length + content));
    part.context("a certificate")
}
