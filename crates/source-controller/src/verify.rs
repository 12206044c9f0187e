//! Whether fetched content may be published: between fetch and pack, for all kinds. Pure: evidence and policy come in,
//! keys come with the policy.
//!
//! No policy that asks for signatures is built yet; an object that has one (`spec.verify`) is stalled before it comes
//! here. What is looked at already is that the content is the one that was asked for.

#[cfg(test)]
mod tests;

/// What came with the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// The digest of the content in upstream's own form, as it was read and not as it was announced.
    pub(crate) digest: String,
}

/// What an object demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Nothing.
    None,
}

/// Leave to publish a revision. Only [`verify`] gives it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    revision: String,
}

impl Verified {
    /// The revision that may be published.
    pub(crate) fn revision(&self) -> &str {
        &self.revision
    }
}

/// Content that may not be published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// What was fetched is not what the revision names.
    #[error("the content of revision '{revision}' is '{digest}'")]
    OtherContent {
        /// What was asked for.
        revision: String,
        /// What came.
        digest: String,
    },
}

/// Holds the evidence against the policy, for the revision that upstream announced.
pub(crate) fn verify(revision: &str, evidence: &Evidence, policy: Policy) -> Result<Verified, Refused> {
    // A revision is `<name>@<digest>`, or the digest alone.
    let named = revision.rsplit_once('@').map_or(revision, |(_, digest)| digest);
    // Hexadecimal digits are the same in both cases, and a spec may name a commit in either.
    if !named.eq_ignore_ascii_case(&evidence.digest) {
        return Err(Refused::OtherContent { revision: revision.to_owned(), digest: evidence.digest.clone() });
    }
    match policy {
        Policy::None => Ok(Verified { revision: revision.to_owned() }),
    }
}
