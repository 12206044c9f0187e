//! `spec.ignore`: which rules an apply was made by. Pure; what the rules mean is `apply`'s.

pub(crate) use ::apply::spec::ignore_rules;
use api::kustomization::KustomizationSpec;
use sha2::{Digest as _, Sha256};

/// Over the rules; nothing for none, so that digests from before there were rules stay what they are.
pub(crate) fn digest(spec: &KustomizationSpec) -> Option<[u8; 32]> {
    let json = serde_json::to_vec(&spec.ignore).unwrap_or_default();
    (!spec.ignore.is_empty()).then(|| Sha256::digest(json).into())
}

#[cfg(test)]
mod tests;
