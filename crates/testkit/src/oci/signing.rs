//! Signatures as cosign makes them, by keys that are made on the spot.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::image::Image;

/// A key pair.
#[derive(Debug)]
pub struct Signer {
    key: rcgen::KeyPair,
}

impl Signer {
    /// A new one: ECDSA with P-256, as cosign makes them.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn new() -> Result<Self> {
        cluster::install_crypto();
        Ok(Self { key: rcgen::KeyPair::generate()? })
    }

    /// The public key.
    #[must_use]
    pub fn pem(&self) -> String {
        self.key.public_key_pem()
    }

    /// A signature, in base64.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn sign(&self, message: &[u8]) -> Result<String> {
        use rcgen::SigningKey as _;
        Ok(STANDARD.encode(self.key.sign(message)?))
    }

    /// A signature in the older layout: payload and signature.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn payload(&self, digest: &str) -> Result<(Vec<u8>, String)> {
        let payload = json!({
            "critical": {
                "identity": {"docker-reference": "r.example/app"},
                "image": {"docker-manifest-digest": digest},
                "type": "cosign container image signature",
            },
            "optional": null,
        });
        let payload = payload.to_string().into_bytes();
        let signature = self.sign(&payload)?;
        Ok((payload, signature))
    }

    /// What is pushed under `sha256-<hex>.sig`.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn tagged(&self, digest: &str) -> Result<Image> {
        let (payload, signature) = self.payload(digest)?;
        let mut image =
            Image::of_layers([("application/vnd.dev.cosign.simplesigning.v1+json", payload)], &[]);
        let mut manifest: Value = serde_json::from_slice(&image.manifest)?;
        manifest["layers"][0]["annotations"] = json!({"dev.cosignproject.cosign/signature": signature});
        image.manifest = manifest.to_string().into_bytes();
        Ok(image)
    }

    /// A bundle.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn bundle(&self, digest: &str) -> Result<Value> {
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"digest": {"sha256": digest.trim_start_matches("sha256:")}}],
            "predicateType": "https://sigstore.dev/cosign/sign/v1", "predicate": {},
        });
        let (type_, payload) = ("application/vnd.in-toto+json", statement.to_string());
        let message = format!("DSSEv1 {} {type_} {} {payload}", type_.len(), payload.len());
        Ok(json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"publicKey": {"hint": "h"}},
            "dsseEnvelope": {
                "payload": STANDARD.encode(&payload), "payloadType": type_,
                "signatures": [{"sig": self.sign(message.as_bytes())?}],
            },
        }))
    }

    /// What refers to the manifest.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn referrer(&self, digest: &str) -> Result<Image> {
        let bundle = self.bundle(digest)?.to_string().into_bytes();
        Ok(Image::of_layers([("application/vnd.dev.sigstore.bundle.v0.3+json", bundle)], &[]))
    }
}
