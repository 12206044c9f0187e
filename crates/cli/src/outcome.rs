//! How a command ended that did what it was asked for. Which exit code that is stands in `lib`.

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well.
    Fine,
    /// It looked, and there are problems.
    Problems,
    /// It waited, and what it waited for did not come.
    TimedOut,
}
