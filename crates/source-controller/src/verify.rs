//! Whether fetched content may be published: between fetch and pack, for all kinds. Pure: evidence and policy come in,
//! keys come with the policy. That the content is the one that was asked for is looked at in any case; what signatures
//! are worth is `signature`'s.

use std::sync::Arc;
use std::time::SystemTime;

mod openpgp;
mod refused;
pub(crate) mod signature;
mod sshsig;
#[cfg(test)]
mod tests;

use crate::oci::signatures::Signed as Attested;
pub(crate) use refused::Refused;
use signature::{Mode, Signed, Trust};

/// What came with the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// The digest of the content in upstream's own form, as it was read and not as it was announced.
    pub(crate) digest: String,
    /// What of it may be signed in Git's way.
    pub(crate) signed: Option<Box<Signed>>,
    /// Proof, by who fetched it, that whom the object names has signed it.
    pub(crate) attested: Option<Attested>,
}

/// What an object demands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Nothing.
    #[default]
    None,
    /// Signatures of commit or tag.
    Git(Arc<Trust>),
    /// Proof of a signature, which who fetches it has looked for.
    Signed,
    /// Something that could not be read: nothing may be published.
    Unknown(String),
}

/// Leave to publish a revision. Only [`verify`] gives it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    revision: String,
    proof: Option<Proof>,
    is_attested: bool,
}

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    /// For people.
    pub(crate) message: String,
    /// What was looked at.
    pub(crate) mode: Mode,
    /// Stands for the keys.
    pub(crate) fingerprint: String,
}

impl Verified {
    /// The same for a chart, whose revision is its version: what was verified is the manifest that it comes from.
    pub(crate) fn into_version(self, version: &str) -> Self {
        Self { revision: version.to_owned(), ..self }
    }

    /// The revision that may be published.
    pub(crate) fn revision(&self) -> &str {
        &self.revision
    }

    /// What was verified, if anything was asked for.
    pub(crate) const fn proof(&self) -> Option<&Proof> {
        self.proof.as_ref()
    }

    /// Whether it was who fetched it that looked for a signature, and keeps what proves it.
    pub(crate) const fn is_attested(&self) -> bool {
        self.is_attested
    }
}

/// Holds the evidence against the policy, for the revision that upstream announced.
pub(crate) fn verify(
    revision: &str,
    evidence: &Evidence,
    policy: &Policy,
    now: SystemTime,
) -> Result<Verified, Refused> {
    // A revision is `<name>@<digest>`, or the digest alone.
    let named = revision.rsplit_once('@').map_or(revision, |(_, digest)| digest);
    if named != evidence.digest {
        return Err(Refused::OtherContent { revision: revision.to_owned(), digest: evidence.digest.clone() });
    }
    let proof = match (policy, &evidence.signed) {
        (Policy::None, _) => None,
        (Policy::Signed, _) => {
            let is_proved = evidence.attested.as_ref().is_some_and(|proof| proof.digest() == evidence.digest);
            if !is_proved {
                return Err(Refused::NoKeys("there is no proof of a signature".to_owned()));
            }
            None
        }
        (Policy::Unknown(cause), _) => return Err(Refused::NoKeys(cause.clone())),
        (Policy::Git(trust), Some(signed)) => Some(Proof {
            message: signature::verify(signed, trust, now)?,
            mode: trust.mode,
            fingerprint: trust.keys.fingerprint(),
        }),
        (Policy::Git(_), None) => {
            return Err(Refused::NoKeys("there is nothing that could be signed".to_owned()));
        }
    };
    let is_attested = matches!(policy, Policy::Signed);
    Ok(Verified { revision: revision.to_owned(), proof, is_attested })
}
