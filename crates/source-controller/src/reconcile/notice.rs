//! An event before it is published. Which there are is `ending`'s and `storage`'s; publishing is `run`'s.

use api::condition::reason;
use reconcile_core::events::Severity;

use crate::verify::Proof;

/// An event to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(super) severity: Severity,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl Notice {
    /// Of what was verified.
    pub(super) fn of_proof(proof: &Proof) -> Self {
        Self { severity: Severity::Trace, reason: reason::SUCCEEDED, message: proof.message.clone() }
    }
}
