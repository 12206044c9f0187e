//! The lanes of an object. What goes onto which is up to the controller.

/// Each lane of one object runs one job at a time; lanes run beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Builds, applies, waits.
    Run,
    /// Heals, never behind a run (decisions 1.2).
    Heal,
}

impl Lane {
    pub(crate) const COUNT: usize = 2;
}
