//! Whether what is planned may be done now. Pure. Nothing forbids anything yet: this is the place between plan and
//! execution that every write of a run and of a heal passes.

use super::change_plan::ChangePlan;
use jiff::Timestamp;

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permit {
    /// Go on.
    Granted,
}

/// Decides about a plan at a moment.
pub(crate) const fn permit(_plan: &ChangePlan, _now: Timestamp) -> Permit {
    Permit::Granted
}

#[cfg(test)]
mod tests;
