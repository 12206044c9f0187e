//! Signatures of the Notary Project, by a certificate that is made on the spot. What is signed can be told to lack what
//! makes it count.

use anyhow::{Context as _, Result};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use serde_json::{Value, json};

use super::image::Image;

/// What signatures are, as referrers.
pub const NOTARY: &str = "application/vnd.cncf.notary.signature";

/// An authority, and who signs under it.
#[derive(Debug)]
pub struct Notary {
    root: Vec<u8>,
    root_pem: String,
    leaf: Vec<u8>,
    key: EcdsaKeyPair,
}

/// Who signs.
#[derive(Clone, Debug)]
pub struct Person {
    /// The first year of the certificate, and the first in which it no longer holds.
    pub years: (i32, i32),
    /// What its key is for.
    pub usages: Vec<KeyUsagePurpose>,
    /// What its key is for beyond that, by OID.
    pub extended: Vec<Vec<u64>>,
    /// The organization.
    pub organization: String,
    /// Extensions.
    pub extensions: Vec<CustomExtension>,
    /// Whether what issued the certificate may issue any.
    pub is_of_authority: bool,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            years: (2020, 2120),
            usages: vec![KeyUsagePurpose::DigitalSignature],
            extended: vec![vec![1, 3, 6, 1, 5, 5, 7, 3, 3]],
            organization: "Flyball".to_owned(),
            extensions: Vec::new(),
            is_of_authority: true,
        }
    }
}

impl Notary {
    /// A new authority with somebody who signs.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn new(person: &Person) -> Result<Self> {
        cluster::install_crypto();
        let root_key = KeyPair::generate()?;
        let mut params = named("root", "Flyball")?;
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2120, 1, 1);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        if person.is_of_authority {
            params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
        }
        let root = params.self_signed(&root_key)?;
        let issuer = Issuer::new(params, root_key);
        let key = KeyPair::generate()?;
        let mut params = named("signer", &person.organization)?;
        params.not_before = rcgen::date_time_ymd(person.years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(person.years.1, 1, 1);
        params.key_usages.clone_from(&person.usages);
        params.custom_extensions.clone_from(&person.extensions);
        let other = |oid: &Vec<u64>| rcgen::ExtendedKeyUsagePurpose::Other(oid.clone());
        params.extended_key_usages = person.extended.iter().map(other).collect();
        let leaf = params.signed_by(&key, &issuer)?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.serialized_der())
            .ok()
            .context("a key")?;
        Ok(Self { root: root.der().to_vec(), root_pem: root.pem(), leaf: leaf.der().to_vec(), key })
    }

    /// The certificate of the authority.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root_pem
    }

    /// A trust policy about all repositories.
    #[must_use]
    pub fn policy(level: &str) -> Value {
        json!({
            "version": "1.0",
            "trustPolicies": [{
                "name": "all", "registryScopes": ["*"], "signatureVerification": { "level": level },
                "trustStores": ["ca:any"], "trustedIdentities": ["x509.subject: C=DE, ST=Berlin, O=Flyball"],
            }],
        })
    }

    /// The protected header of a signature that lacks nothing.
    #[must_use]
    pub fn header() -> Value {
        json!({
            "alg": "ES256", "cty": "application/vnd.cncf.notary.payload.v1+json",
            "crit": ["io.cncf.notary.signingScheme"],
            "io.cncf.notary.signingScheme": "notary.x509", "io.cncf.notary.signingTime": "2026-07-01T00:00:00Z",
        })
    }

    /// A payload about a manifest.
    #[must_use]
    pub fn payload(media_type: &str, digest: &str, size: usize) -> Value {
        json!({ "targetArtifact": { "mediaType": media_type, "digest": digest, "size": size } })
    }

    /// An envelope in JSON.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn envelope(&self, header: &Value, payload: &Value) -> Result<Value> {
        let (header, payload) =
            (URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload.to_string()));
        let message = format!("{header}.{payload}");
        let signature =
            self.key.sign(&SystemRandom::new(), message.as_bytes()).ok().context("a signature")?;
        Ok(json!({
            "payload": payload, "protected": header, "signature": URL_SAFE_NO_PAD.encode(signature),
            "header": { "x5c": [STANDARD.encode(&self.leaf), STANDARD.encode(&self.root)] },
        }))
    }

    /// What refers to an image.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn referrer(&self, image: &Image) -> Result<Image> {
        let payload = Self::payload(&image.media_type, &image.digest(), image.manifest.len());
        let envelope = self.envelope(&Self::header(), &payload)?.to_string().into_bytes();
        let mut referrer = Image::of_layers([("application/jose+json", envelope)], &[]);
        let mut manifest: Value = serde_json::from_slice(&referrer.manifest)?;
        manifest["artifactType"] = json!(NOTARY);
        referrer.manifest = manifest.to_string().into_bytes();
        Ok(referrer)
    }
}

fn named(name: &str, organization: &str) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CountryName, "DE");
    params.distinguished_name.push(DnType::StateOrProvinceName, "Berlin");
    params.distinguished_name.push(DnType::OrganizationName, organization);
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}
