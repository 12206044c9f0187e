//! How often to kill, and with what.

use std::path::PathBuf;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Options {
    /// What everything random follows from.
    pub seed: u64,
    /// How many kills.
    pub rounds: usize,
    /// The folder with the controllers' binaries; Cargo's for this profile unless set.
    pub binaries: Option<PathBuf>,
    /// The folder in which the logs are kept of a run that fails or finds something.
    pub logs: Option<PathBuf>,
}
