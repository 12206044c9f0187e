//! How kustomize-controller applies, as far as its flags decide that: what a person's question needs to know to have its
//! answer.

use super::flags::Flags;
use super::maker::Maker;

#[cfg(test)]
mod tests;

/// Flux's gate, which is on by itself in Flyball alone.
const STRICT: &str = "StrictPostBuildSubstitutions";

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applying {
    /// Whether a variable that is not set is an error.
    pub(crate) strict_substitution: bool,
    /// Field managers whose fields are taken over.
    pub(crate) overrides: Vec<String>,
    /// Kinds that have a stage of their own.
    pub(crate) stage_kinds: Vec<String>,
    /// Whether a file that was changed after SOPS encrypted it is an error.
    pub(crate) verify_mac: bool,
    /// The ServiceAccount that applies where a Kustomization names none; empty for the controller itself.
    pub(crate) account: String,
}

impl Default for Applying {
    /// Ours without flags.
    fn default() -> Self {
        Self {
            strict_substitution: true,
            overrides: Vec::new(),
            stage_kinds: Vec::new(),
            verify_mac: true,
            account: String::new(),
        }
    }
}

impl Applying {
    /// By its flags.
    pub(super) fn of(flags: &Flags, maker: Maker) -> Self {
        let gate = |gate: &String| {
            let (name, value) = gate.split_once('=')?;
            (name == STRICT).then(|| value == "true")
        };
        let strict = flags.list("feature-gates").iter().filter_map(gate).next_back();
        Self {
            strict_substitution: strict.unwrap_or(maker != Maker::Flux),
            overrides: flags.list("override-manager"),
            stage_kinds: flags.list("custom-apply-stage-kinds"),
            // Flux authenticates each value, and not the file.
            verify_mac: maker != Maker::Flux && !flags.is_off("sops-verify-mac"),
            account: flags.value("default-service-account").unwrap_or_default().to_owned(),
        }
    }
}
