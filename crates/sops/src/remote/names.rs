//! What the services are called in messages.

pub(super) const AWS: &str = "AWS KMS";
pub(super) const AZURE: &str = "Azure Key Vault";
pub(super) const GCP: &str = "GCP KMS";
pub(super) const VAULT: &str = "Vault";
