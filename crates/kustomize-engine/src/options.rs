//! What a caller of a build may choose.

use manifest::budget::{self, Budget, Cancel};

/// Whose rules hold where Flux and the command line differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Order as accumulated, files from anywhere in the tree.
    #[default]
    Flux,
    /// Legacy sort, files only in or below their kustomization.
    Cli,
}

/// Settings of one build.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whose rules hold.
    pub mode: Mode,
    /// Whether files outside the kustomization's directory may be read; `None` follows the mode.
    pub load_restrictions: Option<bool>,
    /// Whether the output is sorted in legacy order; `None` follows the mode. The top kustomization's own `sortOptions`
    /// win over it.
    pub legacy_sort: Option<bool>,
    /// Whether every object gets the managed-by label, as with `buildMetadata: [managedByLabel]`.
    pub managed_by_label: bool,
    /// How the tree's root is shown in messages, without trailing slash; empty for `/`.
    pub root: String,
    /// Budgets.
    pub limits: Limits,
    /// What steps and bytes are charged to, with the flag that ends the build; `None` for a budget of the limits'
    /// [cost](Limits::cost). What a build returns stays held in it.
    pub budget: Option<Budget>,
}

/// Budgets of one build.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Kustomizations within each other.
    pub depth: usize,
    /// Files read.
    pub files: usize,
    /// Bytes read.
    pub bytes: usize,
    /// Objects held at a time.
    pub objects: usize,
    /// Steps of work: some hundred nanoseconds each.
    pub steps: u64,
    /// Bytes held at a time by all objects and what is made of them, as estimated: 64 for a node or key beside its text.
    pub weight: u64,
}

impl Limits {
    /// The part of the limits that a [`Budget`] counts.
    #[must_use]
    pub fn cost(&self) -> budget::Limits {
        budget::Limits { steps: self.steps, bytes: self.weight }
    }
}

impl Options {
    pub(crate) fn budget(&self) -> Budget {
        self.budget.clone().unwrap_or_else(|| Budget::new(self.limits.cost(), Cancel::default()))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 64,
            files: 100_000,
            bytes: 256 << 20,
            objects: 100_000,
            steps: 50_000_000,
            weight: 512 << 20,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::Flux,
            load_restrictions: None,
            legacy_sort: None,
            managed_by_label: false,
            root: String::new(),
            limits: Limits::default(),
            budget: None,
        }
    }
}
