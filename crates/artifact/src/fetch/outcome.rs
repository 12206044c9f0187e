//! What comes of one try to fetch an artifact. What follows from it is `fetch`'s.

use std::sync::Arc;

use crate::error::FetchError;
use crate::gate::Reserved;

/// A body, and the memory it lies in.
pub(crate) struct Download {
    pub(crate) bytes: Vec<u8>,
    pub(crate) reserved: Arc<dyn Reserved>,
    /// How much of it is set aside.
    pub(crate) size: u64,
}

/// Why a try gave no artifact.
pub(super) enum Attempt {
    Again(FetchError),
    Final(FetchError),
    /// There was not enough memory to go on.
    Short,
}
