//! Signatures of the Notary Project: what a trust policy demands of one, and whether it holds. The document is `policy`,
//! with `scope` and `name`; the two envelopes are `jws` and `cose`, which become `claims`; certificates are `chain`.
//!
//! Not here: plugins, questions to servers whether a certificate was revoked, and timestamps of other authorities. A
//! signature that needs one of them is refused, as far as the policy enforces what it is for.

use jiff::Timestamp;
use manifest::budget::Budget;
use serde::Deserialize;

use self::chain::Chain;
use self::claims::{Claims, Scheme};
pub use self::policy::PolicyError;
use self::policy::{StampWhen, Statement};
use crate::refusal::{Refusal, Signer};
use crate::{BLOCK, TRY};

mod algorithm;
mod cbor;
mod chain;
mod claims;
mod cose;
mod jws;
mod name;
mod policy;
mod scope;
#[cfg(test)]
mod tests;

/// What a payload says that it is.
const PAYLOAD: &str = "application/vnd.cncf.notary.payload.v1+json";
/// Most certificates that are trusted.
const MAX_TRUSTED: usize = 256;

/// How an envelope is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Jws,
    /// CBOR.
    Cose,
}

impl Format {
    /// By the media type of the layer.
    #[must_use]
    pub fn of(media_type: &str) -> Option<Self> {
        match media_type {
            "application/jose+json" => Some(Self::Jws),
            "application/cose" => Some(Self::Cose),
            _ => None,
        }
    }
}

/// What has to be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Artifact<'a> {
    /// Media type of its manifest.
    pub media_type: &'a str,
    /// Digest of its manifest.
    pub digest: &'a str,
    /// Bytes of its manifest.
    pub size: u64,
}

/// A signature that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Who signed.
    pub signer: Signer,
    /// What does not hold, but the policy wants only to be told.
    pub told: Vec<Refusal>,
}

/// The statement of a trust policy about one repository, and the certificates that it trusts.
#[derive(Debug)]
pub struct Notation {
    statement: Statement,
    trusted: Vec<Vec<u8>>,
    fingerprint: String,
}

/// A payload.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    target_artifact: Target,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    media_type: String,
    digest: String,
    size: u64,
}

impl Notation {
    /// Reads a `trustpolicy.json` and certificates, each in PEM (the first counts) or DER. Every trust store that the policy
    /// names holds all of them. `repository` is named as in references, without tag and digest.
    ///
    /// # Errors
    /// The policy breaks a rule or says nothing of the repository, or a certificate is none.
    pub fn new(document: &[u8], certificates: &[&[u8]], repository: &str) -> Result<Self, PolicyError> {
        let statement = policy::read(document, repository)?;
        if certificates.len() > MAX_TRUSTED {
            return Err(PolicyError::Excess("certificates", MAX_TRUSTED));
        }
        let trusted = certificates.iter().map(|bytes| chain::trusted(bytes)).collect::<Option<Vec<_>>>();
        let trusted = trusted.ok_or(PolicyError::Certificate)?.concat();
        if trusted.len() > MAX_TRUSTED {
            return Err(PolicyError::Excess("certificates", MAX_TRUSTED));
        }
        let parts = [document, repository.as_bytes()].into_iter().chain(certificates.iter().copied());
        Ok(Self { statement, trusted, fingerprint: manifest::digest::of_parts(parts) })
    }

    /// Whether nothing has to be signed.
    #[must_use]
    pub const fn is_skipped(&self) -> bool {
        self.statement.levels.is_skipped
    }

    /// Whether a signature that counts says who signed: the policy enforces authenticity.
    #[must_use]
    pub const fn vouches(&self) -> bool {
        self.statement.levels.authenticity.is_enforced()
    }

    /// Changes with the policy and the certificates, and with what they signed.
    #[must_use]
    pub fn fingerprint(&self, revision: &str) -> String {
        manifest::digest::of_parts([revision.as_bytes(), self.fingerprint.as_bytes()])
    }

    /// Whether the envelope is a signature of the artifact that the policy accepts now. CPU-bound.
    ///
    /// # Errors
    /// It does not count.
    pub fn verify(
        &self,
        envelope: &[u8],
        format: Format,
        artifact: &Artifact<'_>,
        now: Timestamp,
        budget: &Budget,
    ) -> Result<Verdict, Refusal> {
        if envelope.len() > crate::MAX_SIGNATURE {
            return Err(Refusal::Excess { what: "bytes", most: crate::MAX_SIGNATURE });
        }
        // What is signed is made once more to be hashed.
        budget.step(3 * envelope.len() as u64 / BLOCK)?;
        let claims = match format {
            Format::Jws => jws::read(envelope)?,
            Format::Cose => cose::read(envelope)?,
        };
        let chain = Chain::read(&claims.chain)?;
        // A signature by each certificate, and two trials whether one is its own issuer.
        budget.step(TRY.saturating_mul(3 * claims.chain.len() as u64 + 1))?;
        integrity(&claims, &chain, artifact)?;
        let mut told = Vec::new();
        let levels = &self.statement.levels;
        levels.authenticity.judge(self.authenticity(&claims, &chain), &mut told)?;
        levels.expiry.judge(expiry(&claims, now), &mut told)?;
        levels.time.judge(self.time(&claims, &chain, now), &mut told)?;
        levels.revocation.judge(chain.is_never_revoked(), &mut told)?;
        Ok(Verdict { signer: chain.signer(), told })
    }

    /// Whether somebody who is trusted vouches for who signed, and it is who has to.
    fn authenticity(&self, claims: &Claims, chain: &Chain) -> Result<(), Refusal> {
        if !self.statement.has_store(claims.scheme.store()) {
            let text = format!("the trust policy names no trust store of type {}", claims.scheme.store());
            return Err(Refusal::Untrusted(text));
        }
        if !self.trusted.iter().any(|trusted| claims.chain.contains(trusted)) {
            return Err(Refusal::Untrusted("no certificate of its chain is in the trust store".to_owned()));
        }
        let is_anybody = self.statement.identities.is_none();
        let subject = chain.subject();
        let named = self.statement.identities.iter().flatten();
        let is_named =
            subject.as_ref().is_ok_and(|subject| named.into_iter().any(|one| one.is_part_of(subject)));
        if is_anybody || is_named { Ok(()) } else { Err(Refusal::OtherSigner(chain.signer())) }
    }

    /// Whether all certificates were valid when they have to be.
    fn time(&self, claims: &Claims, chain: &Chain, now: Timestamp) -> Result<(), Refusal> {
        if claims.scheme == Scheme::Authority {
            if claims.time > now {
                return Err(Refusal::Time(format!("it says that it was signed on {}", claims.time)));
            }
            return chain.check_time(claims.time);
        }
        let is_stamped = self.statement.has_store("tsa")
            && (self.statement.levels.stamp == StampWhen::Always || chain.has_expired(now));
        if is_stamped {
            let text = "the trust policy asks for a timestamp countersignature, which is not verified";
            return Err(Refusal::Unsupported(text.to_owned()));
        }
        chain.check_time(now)
    }
}

/// What no policy can do without.
fn integrity(claims: &Claims, chain: &Chain, artifact: &Artifact<'_>) -> Result<(), Refusal> {
    let algorithm = chain.algorithm()?;
    if algorithm != claims.algorithm {
        return Err(Refusal::Broken("its algorithm is not that of the signing certificate".to_owned()));
    }
    if !algorithm.verify(&chain.key()?, &claims.message, &claims.signature) {
        return Err(Refusal::Broken("the signing certificate's key did not sign it".to_owned()));
    }
    chain.check()?;
    if claims.content_type != PAYLOAD {
        return Err(Refusal::Unsupported("payloads of another type".to_owned()));
    }
    let payload: Payload = serde_json::from_slice(&claims.payload)
        .map_err(|_| Refusal::Malformed("its payload is none".to_owned()))?;
    let Target { media_type, digest, size } = payload.target_artifact;
    if (Artifact { media_type: &media_type, digest: &digest, size }) != *artifact {
        return Err(Refusal::OtherArtifact);
    }
    Ok(())
}

fn expiry(claims: &Claims, now: Timestamp) -> Result<(), Refusal> {
    match claims.expiry {
        Some(expiry) if now >= expiry => Err(Refusal::Time(format!("it expired on {expiry}"))),
        _ => Ok(()),
    }
}
