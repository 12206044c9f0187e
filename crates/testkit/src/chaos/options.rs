//! What is to be done, and how hard it is made.

use std::path::PathBuf;

/// What is done to the controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scenario {
    /// Commits back to back; its size counts changed objects.
    Changes,
    /// Edits by somebody else that have to be undone; its size counts them.
    Heals,
    /// Commits while the Kustomization is suspended; its size counts suspensions.
    SuspendResume,
    /// The kustomize-controller is killed between a commit and its Ready; its size counts kills.
    Restarts,
    /// As [`Scenario::Changes`], with `--drift-watch=false`.
    NoWatch,
}

impl std::fmt::Display for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Changes => "changes",
            Self::Heals => "heals",
            Self::SuspendResume => "suspend-resume",
            Self::Restarts => "restarts",
            Self::NoWatch => "no-watch",
        })
    }
}

/// What is to be done, and how hard it is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// What everything random follows from.
    pub seed: u64,
    /// How many objects one commit changes.
    pub per_commit: usize,
    /// The scenarios with their sizes; those of size 0 are left out.
    pub scenarios: Vec<(Scenario, usize)>,
    /// Whether the API server is stopped and continued at random.
    pub pauses: bool,
    /// Whether all cores are kept busy.
    pub busy: bool,
    /// The folder with the controllers' binaries; Cargo's for this profile unless set.
    pub binaries: Option<PathBuf>,
    /// The folder in which the logs are kept of runs that fail or lose something.
    pub logs: Option<PathBuf>,
}
