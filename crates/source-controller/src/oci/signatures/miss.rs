//! Why a search for signatures came to nothing.

use attest::Refusal;

use super::super::answer::Failure;

/// Why no signature was found that counts.
#[derive(Debug)]
pub(super) enum Miss {
    /// The registry did not say all.
    Wire(Failure),
    /// One that was found does not count.
    Refused(Refusal),
    /// None counts.
    Unsigned,
    /// There is none.
    Nothing,
}

/// Whether a failure ends everything, instead of hiding one thing.
pub(super) const fn ends(failure: &Failure) -> bool {
    matches!(failure, Failure::Cancelled | Failure::Timeout(_))
}
