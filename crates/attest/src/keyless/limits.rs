//! How much a trusted root, and what comes with a signature without a key, may have.

/// Most bytes of a trusted root: a Secret has no more.
pub(super) const MAX_ROOT: usize = 1 << 20;
/// Most logs, and most authorities of either kind, of a trusted root.
pub(super) const MAX_LOGS: usize = 32;
pub(super) const MAX_AUTHORITIES: usize = 32;
/// Most certificates of a chain, of either side.
pub(super) const MAX_CHAIN: usize = 8;
/// Most entries of logs, and most timestamps, that come with a signature.
pub(super) const MAX_ENTRIES: usize = 8;
pub(super) const MAX_TIMESTAMPS: usize = 8;
/// Most steps from a leaf to the root of a log.
pub(super) const MAX_PROOF: usize = 64;
