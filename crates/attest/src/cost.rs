//! How large a signature may be, and what looking at one costs.

/// Most bytes of a signature, with all that comes with it.
pub const MAX_SIGNATURE: usize = 1 << 20;
/// Steps of a signature that is verified, or of a chain.
pub const TRY: u64 = 1_000;
/// Bytes that are hashed, or read, in a step.
pub const BLOCK: u64 = 64;
