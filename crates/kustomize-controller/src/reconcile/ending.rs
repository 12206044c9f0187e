//! How a run can end: the values that every early exit is, and that only `finish` turns into a report.

use super::scope::Resolved;
use crate::fault::Fault;
use crate::status::WriteError;

/// The end of a run.
#[derive(Debug)]
pub(crate) enum Ending {
    /// There is nothing to run any more.
    Gone,
    /// Acknowledged, and nothing else.
    Suspended,
    /// It came to a halt before its source was found.
    Halted(Fault),
    /// It failed on the way.
    Failed(Resolved, Fault),
    /// Everything is as declared.
    Succeeded(Resolved),
    /// The Kustomization's objects are deleted and the finalizer is off.
    Removed,
    /// The deletion waits for somebody to change something.
    HeldBack,
    /// The deletion waits for the account that objects are deleted as, or for their cluster.
    Postponed,
    /// The deletion met passing trouble, which the log tells.
    Unfinished,
    /// The status, or the finalizer, could not be written.
    Unwritten(WriteError),
}

impl From<WriteError> for Ending {
    fn from(error: WriteError) -> Self {
        Self::Unwritten(error)
    }
}

#[cfg(test)]
mod tests;
