//! What leads to a cluster, once it has been found.

use cluster::RemoteConfig;

/// What leads to a cluster.
pub(super) struct Found {
    pub(super) config: RemoteConfig,
    /// Of all that tells it from others.
    pub(super) digest: [u8; 32],
    /// A cloud told where it is.
    pub(super) is_told: bool,
}

impl Found {
    pub(super) fn here((config, digest): (RemoteConfig, [u8; 32])) -> Self {
        Self { config, digest, is_told: false }
    }
}
