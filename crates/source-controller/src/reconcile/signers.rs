//! Who has to have signed an artifact of a registry (contracts/source-controller.md 7.5): what `spec.verify` and the
//! Secrets that it names say. What cannot be read is told only once there is something to verify.

use std::sync::Arc;

use api::oci_repository::OIDCIdentityMatch;
use attest::{Keyless, Notation, Pattern};
use kube::Client;

use crate::access::{SecretData, secrets};
use crate::foreign;
use crate::oci::names::Repository;
use crate::oci::signatures::Signers;

#[cfg(test)]
mod tests;

/// The key of a Secret with a trusted root, and that with a trust policy.
const ROOT: &str = "trusted_root.json";
const POLICY: &str = "trustpolicy.json";

/// `spec.verify`, of any kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// The technology.
    pub(super) provider: &'a str,
    /// The Secret with keys, or with policy and certificates.
    pub(super) secret: Option<&'a str>,
    /// Who may sign without a key.
    pub(super) identities: &'a [OIDCIdentityMatch],
    /// The Secret with the trusted root.
    pub(super) trusted_root: Option<&'a str>,
}

impl Asked<'_> {
    /// The technology, as people are told.
    pub(super) fn name(&self) -> String {
        match (self.provider, self.secret) {
            ("cosign", None) => "cosign keyless".to_owned(),
            (provider, _) => provider.to_owned(),
        }
    }
}

/// Who has to have signed; `None` when nobody has to after all: the trust policy skips the repository.
pub(super) async fn read(
    client: &Client,
    namespace: &str,
    asked: Asked<'_>,
    repository: &Repository,
) -> Option<Signers> {
    let Asked { provider, secret, identities, trusted_root } = asked;
    let of_secret = async |name: &str| secrets::get(client, namespace, name).await.map(|secret| secret.data);
    let signers = match (provider, secret) {
        ("cosign", Some(name)) => match of_secret(name).await {
            Ok(data) => Signers::of_secret(&data),
            Err(error) => Signers::Unreadable(error.cause),
        },
        ("cosign", None) => {
            let root = match trusted_root {
                Some(name) => match of_secret(name).await {
                    Ok(data) => root(&data).map(Some),
                    Err(error) => Err(error.cause),
                }
                .map_err(|cause| {
                    format!("failed to read trusted root from secret '{namespace}/{name}': {cause}")
                }),
                None => Ok(None),
            };
            let identities = identities.to_vec();
            let signers = match root {
                Ok(root) => beside(move || keyless(root.as_deref(), &identities)).await,
                Err(cause) => Err(cause),
            };
            signers.unwrap_or_else(Signers::Unreadable)
        }
        ("notation", Some(name)) => match of_secret(name).await {
            Ok(data) => {
                let (name, repository) = (format!("{namespace}/{name}"), repository.clone());
                let signers = beside(move || Ok(notation(&data, &name, &repository))).await;
                return signers.unwrap_or_else(|cause| Some(Signers::Unreadable(cause)));
            }
            Err(error) => Signers::Unreadable(error.cause),
        },
        ("notation", None) => {
            Signers::Unreadable(format!("verification secret cannot be empty: '{repository}'"))
        }
        (provider, _) => {
            let provider = foreign::clean(provider);
            Signers::Unreadable(format!("unsupported verification provider: {provider}"))
        }
    };
    Some(signers)
}

/// Reads what others wrote beside the async threads: patterns and policies take their time.
async fn beside<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or_else(|_| Err("reading who has to have signed failed".to_owned()))
}

fn root(data: &SecretData) -> Result<Vec<u8>, String> {
    data.get(ROOT).cloned().ok_or_else(|| format!("'{ROOT}' not found in secret"))
}

fn keyless(root: Option<&[u8]>, identities: &[OIDCIdentityMatch]) -> Result<Signers, String> {
    let patterns: Vec<Pattern<'_>> =
        identities.iter().map(|one| Pattern { issuer: &one.issuer, subject: &one.subject }).collect();
    let keyless = Keyless::new(root, &patterns).map_err(|error| foreign::clean(&error.to_string()))?;
    Ok(Signers::Keyless(Arc::new(keyless)))
}

fn notation(data: &SecretData, name: &str, repository: &Repository) -> Option<Signers> {
    let Some(policy) = data.get(POLICY) else {
        return Some(Signers::Unreadable(format!("'{POLICY}' not found in secret '{name}'")));
    };
    let is_certificate = |name: &str| {
        let extension = std::path::Path::new(name).extension();
        extension.is_some_and(|extension| extension == "crt" || extension == "pem")
    };
    let certificates: Vec<&[u8]> =
        data.iter().filter(|(name, _)| is_certificate(name)).map(|(_, value)| value.as_slice()).collect();
    if certificates.is_empty() {
        return Some(Signers::Unreadable(format!("no certificates found in secret '{name}'")));
    }
    match Notation::new(policy, &certificates, &repository.to_string()) {
        Ok(notation) if notation.is_skipped() => None,
        Ok(notation) => Some(Signers::Notation(Arc::new(notation))),
        Err(error) => Some(Signers::Unreadable(foreign::clean(&error.to_string()))),
    }
}
