//! The lanes of an object. What goes onto which is up to the controller.
//!
//! An enum, and not numbers that a machine names: `Machine::panicked` matches on it, so that the compiler asks every
//! machine what a panic on a new lane means. A further lane is a variant and its place in [`Lane::ALL`]; the runtime
//! follows that list and names no lane but the first.

/// Each lane of one object runs one job at a time; lanes run beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Builds, applies, waits.
    Run,
    /// Heals, never behind a run (decisions 1.2).
    Heal,
}

impl Lane {
    /// Every lane, in the order in which held jobs get their turn.
    pub(crate) const ALL: [Self; 2] = [Self::Run, Self::Heal];

    /// The `lane` label of metrics.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Heal => "heal",
        }
    }

    /// Its place in [`Self::ALL`].
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests;
