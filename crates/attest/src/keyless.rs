//! Sigstore signatures whose key nobody keeps: a certificate of a minute, made for an OIDC identity, in a log. The
//! cryptography is `sigstore-verify`'s; here is what of a bundle is looked at, at which cost, and whose it may be. The
//! layout of cosign 2 is `tagged`, patterns of identities are `identity`.

use std::fmt;

use manifest::budget::{Budget, Exceeded};
use sha2::{Digest as _, Sha256};
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot};
use sigstore_verify::types::{
    Artifact, Bundle, Sha256Hash, SignatureContent, VerificationMaterialContent as Material,
};
use sigstore_verify::{Error, VerificationPolicy, Verifier};

use self::identity::Identities;
pub use self::identity::Pattern;
pub use self::tagged::Tagged;
use crate::refusal::{Refusal, Signer};

mod identity;
mod tagged;
#[cfg(test)]
mod tests;

/// Most bytes of a trusted root: a Secret has no more.
const MAX_ROOT: usize = 1 << 20;
/// Most logs, and most authorities of either kind, of a trusted root.
const MAX_LOGS: usize = 32;
const MAX_AUTHORITIES: usize = 32;
/// Most certificates of a chain, of either side.
const MAX_CHAIN: usize = 8;
/// Most entries of logs, and most timestamps, that come with a signature.
const MAX_ENTRIES: usize = 8;
const MAX_TIMESTAMPS: usize = 8;
/// Most steps from a leaf to the root of a log.
const MAX_PROOF: usize = 64;
/// Steps of a signature that is verified, or of a chain.
const TRY: u64 = 1_000;
/// Bytes that are hashed, or read, in a step.
const BLOCK: u64 = 64;

/// Why there is nobody to trust.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// It is no trusted root.
    #[error("unable to parse trusted root: {0}")]
    Root(String),
    /// It has more of something than is looked at.
    #[error("unable to parse trusted root: there are more than {1} {0}")]
    Excess(&'static str, usize),
    /// It cannot vouch for anybody.
    #[error("unable to parse trusted root: it has no {0}")]
    Missing(&'static str),
    /// A pattern of an identity is none.
    #[error("malformed pattern of an identity '{0}'")]
    Pattern(String),
    /// There are too many patterns.
    #[error("there are more than {0} identities")]
    Identities(usize),
}

/// Who may sign without a key, and who vouches for them.
pub struct Keyless {
    verifier: Verifier,
    identities: Identities,
    /// How many authorities may have to be tried for a timestamp, and for a chain.
    authorities: u64,
    fingerprint: Vec<u8>,
}

impl fmt::Debug for Keyless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyless").field("identities", &self.identities).finish_non_exhaustive()
    }
}

impl Keyless {
    /// Reads a `trusted_root.json`; without one the public Sigstore instance is trusted, as this version knows it. With no
    /// identities anybody may sign for whom the root vouches.
    ///
    /// # Errors
    /// The root or a pattern cannot be read, or has too much in it.
    pub fn new(trusted_root: Option<&[u8]>, identities: &[Pattern<'_>]) -> Result<Self, TrustError> {
        let text = match trusted_root {
            Some(bytes) if bytes.len() > MAX_ROOT => return Err(TrustError::Excess("bytes", MAX_ROOT)),
            Some(bytes) => {
                std::str::from_utf8(bytes).map_err(|_| TrustError::Root("it is no text".to_owned()))?
            }
            None => SIGSTORE_PRODUCTION_TRUSTED_ROOT,
        };
        let root = TrustedRoot::from_json(text).map_err(|error| TrustError::Root(error.to_string()))?;
        check_root(&root)?;
        let verifier = Verifier::new(&root).map_err(|error| TrustError::Root(error.to_string()))?;
        let mut hasher = Sha256::new();
        add(&mut hasher, text);
        for Pattern { issuer, subject } in identities {
            add(&mut hasher, issuer);
            add(&mut hasher, subject);
        }
        Ok(Self {
            verifier,
            identities: Identities::new(identities)?,
            authorities: (root.certificate_authorities.len() + root.timestamp_authorities.len()) as u64,
            fingerprint: hasher.finalize().to_vec(),
        })
    }

    /// Changes with the trusted root and the identities, and with what they signed.
    #[must_use]
    pub fn fingerprint(&self, revision: &str) -> String {
        let mut hasher = Sha256::new();
        add(&mut hasher, revision);
        hasher.update(&self.fingerprint);
        manifest::digest::hex(&hasher.finalize())
    }

    /// Who signed the bundle, if that may be, and it is about the manifest with this digest. CPU-bound.
    ///
    /// # Errors
    /// It does not count.
    pub fn bundle(&self, bundle: &[u8], digest: &str, budget: &Budget) -> Result<Signer, Refusal> {
        if bundle.len() > crate::MAX_SIGNATURE {
            return Err(Refusal::Excess { what: "bytes", most: crate::MAX_SIGNATURE });
        }
        budget.step(bundle.len() as u64 / BLOCK)?;
        let text = std::str::from_utf8(bundle).map_err(|_| Refusal::Malformed("it is no text".to_owned()))?;
        let bundle = Bundle::from_json(text).map_err(|_| Refusal::Malformed("it is no bundle".to_owned()))?;
        // What is signed is a statement about the manifest. A signature of the manifest's own bytes says nothing of what
        // they were signed for.
        if !matches!(bundle.content, SignatureContent::DsseEnvelope(_)) {
            return Err(Refusal::Unsupported("the bundle does not contain a DSSE envelope".to_owned()));
        }
        let hex = digest.strip_prefix("sha256:").ok_or_else(|| other_digest(digest))?;
        let hash = Sha256Hash::from_hex(hex).map_err(|_| other_digest(digest))?;
        self.verify(hash.into(), &bundle, budget)
    }

    fn verify(&self, artifact: Artifact<'_>, bundle: &Bundle, budget: &Budget) -> Result<Signer, Refusal> {
        check_bundle(bundle)?;
        self.charge(bundle, budget)?;
        // Whose it may be is looked at below: the library compares, it has no patterns.
        let policy = VerificationPolicy::any_identity();
        let result = self.verifier.verify(artifact, bundle, &policy).map_err(refusal)?;
        if !(result.certificate_verified() && result.sct_verified() && result.tlog_verified()) {
            return Err(Refusal::Untrusted("certificate, its log or the entry was not looked at".to_owned()));
        }
        let signer = Signer {
            issuer: result.issuer().map(str::to_owned),
            subject: result.identity().map(|name| name.as_str().to_owned()),
        };
        if self.identities.match_one(&signer) { Ok(signer) } else { Err(Refusal::OtherSigner(signer)) }
    }

    /// Charges what may have to be tried.
    fn charge(&self, bundle: &Bundle, budget: &Budget) -> Result<(), Exceeded> {
        let material = &bundle.verification_material;
        let (entries, stamps) = (material.tlog_entries.len() as u64, timestamps(bundle) as u64);
        // An entry has a promise, which is looked at twice, and a checkpoint; a timestamp may be of any authority, and the
        // chain is looked at for each time. One certificate log's signature and the signature itself.
        let tries = 3 * entries + stamps * self.authorities + (entries + stamps) * (self.authorities + 2) + 2;
        let proofs = material.tlog_entries.iter().filter_map(|entry| entry.inclusion_proof.as_ref());
        let hashes: u64 = proofs.map(|proof| proof.hashes.len() as u64).sum();
        budget.step(tries.saturating_mul(TRY).saturating_add(hashes))
    }
}

fn add(hasher: &mut Sha256, text: &str) {
    hasher.update((text.len() as u64).to_be_bytes());
    hasher.update(text);
}

fn other_digest(digest: &str) -> Refusal {
    let algorithm = digest.split_once(':').map_or(digest, |(algorithm, _)| algorithm);
    Refusal::Unsupported(format!("digests of kind {algorithm}"))
}

fn timestamps(bundle: &Bundle) -> usize {
    bundle.verification_material.timestamp_verification_data.rfc3161_timestamps.len()
}

/// That a root has what vouches for a signature, and not too much.
fn check_root(root: &TrustedRoot) -> Result<(), TrustError> {
    let (logs, certificate_logs) = (root.tlogs.len(), root.ctlogs.len());
    if logs.max(certificate_logs) > MAX_LOGS {
        return Err(TrustError::Excess("logs", MAX_LOGS));
    }
    let (issuers, stampers) = (&root.certificate_authorities, &root.timestamp_authorities);
    if issuers.len().max(stampers.len()) > MAX_AUTHORITIES {
        return Err(TrustError::Excess("authorities", MAX_AUTHORITIES));
    }
    let chains = issuers
        .iter()
        .map(|authority| authority.cert_chain.certificates.len())
        .chain(stampers.iter().map(|authority| authority.cert_chain.certificates.len()));
    if chains.max().unwrap_or(0) > MAX_CHAIN {
        return Err(TrustError::Excess("certificates of an authority", MAX_CHAIN));
    }
    for (what, count) in [
        ("transparency log", logs),
        ("certificate transparency log", certificate_logs),
        ("certificate authority", issuers.len()),
    ] {
        if count == 0 {
            return Err(TrustError::Missing(what));
        }
    }
    Ok(())
}

/// That a bundle has a certificate, and not too much.
fn check_bundle(bundle: &Bundle) -> Result<(), Refusal> {
    let material = &bundle.verification_material;
    let chain = match &material.content {
        Material::Certificate(_) => 1,
        Material::X509CertificateChain { certificates } => certificates.len(),
        _ => return Err(Refusal::Unsupported("the bundle is signed with a key".to_owned())),
    };
    let proofs = material.tlog_entries.iter().filter_map(|entry| entry.inclusion_proof.as_ref());
    let longest = proofs.map(|proof| proof.hashes.len()).max().unwrap_or(0);
    for (what, count, most) in [
        ("certificates", chain, MAX_CHAIN),
        ("log entries", material.tlog_entries.len(), MAX_ENTRIES),
        ("timestamps", timestamps(bundle), MAX_TIMESTAMPS),
        ("hashes of a proof", longest, MAX_PROOF),
    ] {
        if count > most {
            return Err(Refusal::Excess { what, most });
        }
    }
    Ok(())
}

fn refusal(error: Error) -> Refusal {
    match error {
        Error::ArtifactMismatch(_) => Refusal::OtherArtifact,
        Error::SignatureInvalid(cause) => Refusal::Broken(cause),
        Error::Certificate(cause) => Refusal::Untrusted(cause.to_string()),
        Error::TransparencyLog(cause) => Refusal::Untrusted(cause.to_string()),
        Error::Timestamp(cause) => Refusal::Untrusted(cause.to_string()),
        Error::InvalidBundle(cause) => Refusal::Malformed(cause),
        Error::UnsupportedBundle(cause) => Refusal::Unsupported(cause),
        error => Refusal::Untrusted(error.to_string()),
    }
}
