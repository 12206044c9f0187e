//! Signatures that do not verify, are missing, or are by somebody else.

use api::condition::reason;

use super::subject::Source;

/// Reasons of a failed verification.
const REASONS: [&str; 7] = [
    reason::VERIFICATION_ERROR,
    reason::CHART_VERIFICATION_ERROR,
    "InvalidCommitSignature",
    "InvalidGitObject",
    "InvalidTagSignature",
    "InvalidTagObject",
    "InvalidVerificationMode",
];

/// Whether a reason says that a signature does not verify.
#[must_use]
pub fn is_verification(reason: &str) -> bool {
    REASONS.contains(&reason)
}

pub(super) fn way(source: &Source<'_>, reason: &str, message: &str) -> Option<String> {
    if !is_verification(reason) {
        return None;
    }
    let says = |words: &str| message.contains(words);
    let subject = source.subject();
    let keys = match source.field(&["verify", "secretRef", "name"]) {
        "" => "spec.verify".to_owned(),
        name => format!("Secret {}/{name}", source.namespace),
    };
    let what = if source.kind == "GitRepository" { "commit or tag" } else { "artifact" };
    Some(if reason == "InvalidVerificationMode" {
        format!(
            "set spec.ref.tag or spec.ref.semver of {subject}, or spec.verify.mode to HEAD: there is no tag to verify"
        )
    } else if says("it is not signed")
        || says("signature type: empty")
        || says("no signature is associated")
        || says("no signatures found")
    {
        format!(
            "sign the {what} (git commit -S, cosign sign, notation sign), or take spec.verify out of {subject}"
        )
    } else if says("no PGP public keys") || says("no SSH public keys") || says("no public keys") {
        format!(
            "add the signer's public key to {keys} (entries *.asc for OpenPGP, *.sshpub for SSH, *.pub for cosign)"
        )
    } else if says("public keys secret error") {
        format!("create {keys} with the signers' public keys, or correct spec.verify.secretRef of {subject}")
    } else {
        format!(
            "the {what} is not signed by one of the keys or identities in {keys}: sign it with one of them, or add the signer's public key there once you trust it"
        )
    })
}
