//! What render's own work costs; the engine charges its own.

/// Bytes of an object's weight that are written or gone over for one step.
pub(crate) const WEIGHT_PER_STEP: u64 = 256;
