//! What of a spec and of gates decides how substitution is done.

/// How substitution is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Whether a variable that is not set is an error where no default stands in for it (gate
    /// `StrictPostBuildSubstitutions`). Otherwise it is empty.
    pub(crate) strict: bool,
    /// Whether objects are gone over also when there are no variables (`spec.postBuild.strategy: Always`).
    pub(crate) always: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { strict: true, always: false }
    }
}
