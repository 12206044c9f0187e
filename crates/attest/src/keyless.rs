//! Sigstore signatures whose key nobody keeps: a certificate of a minute, made for an OIDC identity, in a log. The
//! cryptography is `sigstore-verify`'s; here is what of a bundle is looked at, at which cost, and whose it may be. The
//! layout of cosign 2 is `tagged`, patterns of identities are `identity`.

use std::fmt;
use std::sync::{Arc, LazyLock};

use manifest::budget::{Budget, Exceeded};
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot};
use sigstore_verify::types::{
    Artifact, Bundle, Sha256Hash, SignatureContent, VerificationMaterialContent as Material,
};
use sigstore_verify::{Error, VerificationPolicy, Verifier};

use self::identity::Identities;
pub use self::identity::Pattern;
use self::limits::{MAX_AUTHORITIES, MAX_CHAIN, MAX_ENTRIES, MAX_LOGS, MAX_PROOF, MAX_ROOT, MAX_TIMESTAMPS};
pub use self::tagged::{Tagged, payload_is_about};
pub use self::trust_error::TrustError;
use crate::refusal::{Refusal, Signer};
use crate::{BLOCK, TRY};

mod identity;
mod limits;
mod tagged;
#[cfg(test)]
mod tests;
mod trust_error;

/// Who may sign without a key, and who vouches for them.
pub struct Keyless {
    root: Arc<Root>,
    identities: Identities,
    fingerprint: String,
}

/// Who vouches for those who sign.
struct Root {
    verifier: Verifier,
    /// How many authorities may have to be tried for a timestamp, and for a chain.
    authorities: u64,
}

/// The public Sigstore instance, as this version knows it: read once, and not at every poll.
static PUBLIC: LazyLock<Result<Arc<Root>, TrustError>> =
    LazyLock::new(|| Root::read(SIGSTORE_PRODUCTION_TRUSTED_ROOT).map(Arc::new));

impl Root {
    fn read(text: &str) -> Result<Self, TrustError> {
        let root = TrustedRoot::from_json(text).map_err(|error| TrustError::Root(error.to_string()))?;
        check_root(&root)?;
        let verifier = Verifier::new(&root).map_err(|error| TrustError::Root(error.to_string()))?;
        let authorities = (root.certificate_authorities.len() + root.timestamp_authorities.len()) as u64;
        Ok(Self { verifier, authorities })
    }
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
        let (text, root) = match trusted_root {
            Some(bytes) if bytes.len() > MAX_ROOT => return Err(TrustError::Excess("bytes", MAX_ROOT)),
            Some(bytes) => {
                let text = std::str::from_utf8(bytes);
                let text = text.map_err(|_| TrustError::Root("it is no text".to_owned()))?;
                (text, Arc::new(Root::read(text)?))
            }
            None => (SIGSTORE_PRODUCTION_TRUSTED_ROOT, PUBLIC.clone()?),
        };
        let patterns = identities.iter().flat_map(|pattern| [pattern.issuer, pattern.subject]);
        let parts = std::iter::once(text).chain(patterns).map(str::as_bytes);
        let fingerprint = manifest::digest::of_parts(parts);
        Ok(Self { root, identities: Identities::new(identities)?, fingerprint })
    }

    /// Changes with the trusted root and the identities, and with what they signed.
    #[must_use]
    pub fn fingerprint(&self, revision: &str) -> String {
        manifest::digest::of_parts([revision.as_bytes(), self.fingerprint.as_bytes()])
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
        let text = std::str::from_utf8(bundle).map_err(|_| Refusal::NoBundle)?;
        let bundle = Bundle::from_json(text).map_err(|_| Refusal::NoBundle)?;
        // What is signed is a statement about the manifest. A signature of the manifest's own bytes says nothing of what
        // they were signed for.
        if !matches!(bundle.content, SignatureContent::DsseEnvelope(_)) {
            return Err(Refusal::Unsupported("the bundle does not contain a DSSE envelope".to_owned()));
        }
        let hex = digest.strip_prefix("sha256:").ok_or_else(|| other_digest(digest))?;
        let hash = Sha256Hash::from_hex(hex).map_err(|_| other_digest(digest))?;
        self.verify(hash.into(), &bundle, budget)
    }

    /// Who signed the layer, if that may be, and it is about the manifest with this digest. CPU-bound.
    ///
    /// # Errors
    /// It does not count.
    pub fn tagged(&self, tagged: Tagged<'_>, digest: &str, budget: &Budget) -> Result<Signer, Refusal> {
        let bundle = tagged.bundle(digest, budget)?;
        self.verify(Artifact::from_blob(tagged.payload), &bundle, budget)
    }

    fn verify(&self, artifact: Artifact<'_>, bundle: &Bundle, budget: &Budget) -> Result<Signer, Refusal> {
        check_bundle(bundle)?;
        self.charge(bundle, budget)?;
        // Whose it may be is looked at below: the library compares, it has no patterns.
        let policy = VerificationPolicy::any_identity();
        let result = self.root.verifier.verify(artifact, bundle, &policy).map_err(refusal)?;
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
        let tries = 3 * entries
            + stamps * self.root.authorities
            + (entries + stamps) * (self.root.authorities + 2)
            + 2;
        let proofs = material.tlog_entries.iter().filter_map(|entry| entry.inclusion_proof.as_ref());
        let hashes: u64 = proofs.map(|proof| proof.hashes.len() as u64).sum();
        budget.step(tries.saturating_mul(TRY).saturating_add(hashes))
    }
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
