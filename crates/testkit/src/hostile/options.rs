//! Which inputs are tried, and how.

use std::path::PathBuf;

use super::input::{Family, Input};

/// Which inputs are tried, and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Of one family only.
    pub family: Option<Family>,
    /// Only those whose name contains this.
    pub only: Option<String>,
    /// A tenth of them.
    pub tenth: bool,
    /// How many stand beside each other; what is found is then found of all of these. At least one.
    pub width: usize,
    /// The folder with the binaries; Cargo's for this profile unless set.
    pub binaries: Option<PathBuf>,
}

impl Options {
    /// The inputs that are wanted.
    #[must_use]
    pub fn select(&self, inputs: Vec<Input>) -> Vec<Input> {
        let inputs = if self.tenth { tenth(inputs) } else { inputs };
        let wanted = |input: &Input| {
            self.family.is_none_or(|family| input.family == family)
                && self.only.as_ref().is_none_or(|only| input.name.contains(only.as_str()))
        };
        inputs.into_iter().filter(wanted).collect()
    }
}

/// A tenth of all inputs, always the same ones: every tenth of each family, in the order of their names' digests.
#[must_use]
pub fn tenth(mut inputs: Vec<Input>) -> Vec<Input> {
    let digest = |input: &Input| manifest::digest::sha256_hex(input.name.as_bytes());
    inputs.sort_by_cached_key(|input| (input.family, digest(input)));
    let mut chosen = Vec::new();
    for family in inputs.chunk_by_mut(|a, b| a.family == b.family) {
        chosen.extend(family.iter().step_by(10).cloned());
    }
    chosen
}
