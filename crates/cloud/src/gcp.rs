//! Google Cloud: tokens for a key, for a token of somebody whom it trusts, or of the machine, and GKE.

pub mod federation;
pub mod gke;
pub mod login;
pub mod machine;

/// What Google Cloud is called in messages.
pub const NAME: &str = "Google Cloud";

/// What tokens of identities are for.
pub const SCOPES: [&str; 2] =
    ["https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/userinfo.email"];
