//! Whether an artifact is signed by who has to have signed it (contracts/source-controller.md 7.5). Who that is, and what
//! comes of it; where signatures are found is `cosign_search`'s and `notary_search`'s. What is a signature is `cosign`'s
//! with keys, and else the crate `attest`'s. Both are pure; what they cost is paid beside the async threads.

use std::sync::Arc;

use attest::{Keyless, Notation};

use super::answer::Failure;
use super::names::Repository;
use super::wire::Wire;
use crate::foreign;

mod cosign;
mod cosign_search;
mod miss;
mod notary_search;
mod purse;
mod referrers;

use cosign::Keys;
use cosign_search::Judge;
use miss::Miss;

/// Who has to have signed.
#[derive(Clone, Debug)]
pub(crate) enum Signers {
    /// Any of these keys.
    Keys(Arc<Keys>),
    /// Who is known by an identity instead of a key.
    Keyless(Arc<Keyless>),
    /// Whom a trust policy names.
    Notation(Arc<Notation>),
    /// Nobody knows: what the spec names cannot be read.
    Unreadable(String),
}

impl Signers {
    /// The keys of a Secret: all entries whose names end in `.pub`.
    pub(crate) fn of_secret(data: &crate::access::SecretData) -> Self {
        let keys = data.iter().filter(|(name, _)| name.ends_with(".pub")).map(|(_, pem)| pem.as_slice());
        match Keys::read(keys) {
            Ok(keys) => Self::Keys(Arc::new(keys)),
            Err(error) => Self::Unreadable(error.to_string()),
        }
    }

    /// What shows whether they are others than those who had signed this revision.
    pub(crate) fn fingerprint(&self, revision: &str) -> Option<String> {
        match self {
            Self::Keys(keys) => Some(keys.fingerprint(revision)),
            Self::Keyless(keyless) => Some(keyless.fingerprint(revision)),
            Self::Notation(notation) => Some(notation.fingerprint(revision)),
            Self::Unreadable(_) => None,
        }
    }

    /// Whether what counts as signed may be called verified: not where the policy only wants to be told whose it is.
    pub(crate) fn vouch(&self) -> bool {
        match self {
            Self::Notation(notation) => notation.vouches(),
            _ => true,
        }
    }
}

/// Why something does not count as signed.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum SignatureError {
    /// What the spec names cannot be read.
    #[error("{0}")]
    Signers(String),
    /// Nobody who has to has signed it.
    #[error("no matching signatures were found for '{0}'")]
    NoMatch(String),
    /// There are signatures, but none counts: why the last one does not.
    #[error("no matching signatures were found for '{reference}': {why}")]
    Refused {
        /// Of what.
        reference: String,
        /// Why.
        why: String,
    },
    /// There is none.
    #[error("no signature is associated with \"{0}\", make sure the artifact was signed successfully")]
    None(String),
    /// The registry did not say what it has; or the run was cancelled, or time is up.
    #[error("{0}")]
    Wire(Failure),
}

/// Proof that the manifest with this digest is signed. Only [`verify`] gives it, and a status that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    digest: String,
}

impl Signed {
    /// The status says that it was verified, with the signers that the spec names now.
    pub(crate) fn before(digest: &str) -> Self {
        Self { digest: digest.to_owned() }
    }

    /// Of what it is proof.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }
}

/// Looks for a signature of the manifest with this digest.
pub(super) async fn verify(
    wire: &Wire<'_>,
    repository: &Repository,
    digest: &str,
    signers: &Signers,
) -> Result<Signed, SignatureError> {
    let reference = || repository.reference(digest);
    let search = match signers {
        Signers::Keys(keys) => cosign_search::search(wire, digest, &Judge::Keys(Arc::clone(keys))).await,
        Signers::Keyless(keyless) => {
            cosign_search::search(wire, digest, &Judge::Keyless(Arc::clone(keyless))).await
        }
        Signers::Notation(notation) => notary_search::search(wire, digest, notation).await,
        Signers::Unreadable(cause) => return Err(SignatureError::Signers(cause.clone())),
    };
    match search {
        Ok(()) => Ok(Signed { digest: digest.to_owned() }),
        Err(Miss::Wire(failure)) => Err(SignatureError::Wire(failure)),
        Err(Miss::Refused(refusal)) => {
            Err(SignatureError::Refused { reference: reference(), why: foreign::clean(&refusal.to_string()) })
        }
        Err(Miss::Unsigned) => Err(SignatureError::NoMatch(reference())),
        Err(Miss::Nothing) => Err(SignatureError::None(reference())),
    }
}
