//! The command line of health-controller.

use convergence::dependencies::Reach;
use reconcile_core::args::{CommonArgs, Definition};
use reconcile_core::flags::{Flag, FlagError, FlagSet};

/// Name and version.
pub(crate) const DEFINITION: Definition = Definition {
    name: "health-controller",
    version: env!("CARGO_PKG_VERSION"),
    concurrent: 8,
    gates: &[],
    inert_gates: &[],
};

/// What the controller's own flags say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Watch Secrets too, of which only existence and deletion are looked at.
    pub(crate) observe_secrets: bool,
    /// How far explanations reach.
    pub(crate) reach: Reach,
}

/// Handles of the controller's own flags.
pub(crate) struct Flags {
    observe_secrets: Flag<bool>,
    observe_other_namespaces: Flag<bool>,
    no_cross_namespace_refs: Flag<bool>,
}

/// Names the controller's own flags.
pub(crate) fn declare(flags: &mut FlagSet) -> Flags {
    Flags {
        observe_secrets: flags.declare(
            "observe-secrets",
            "false",
            "Watch Secrets in inventories too. Needs a role that may list them; their data is dropped on arrival.",
        ),
        observe_other_namespaces: flags.declare(
            "observe-other-namespaces",
            "false",
            "Show in a Convergence what sources and dependencies in other namespaces say, word for word. Without it their namespaces alone see that.",
        ),
        no_cross_namespace_refs: flags.declare("no-cross-namespace-refs", "false", "When set to true, references between custom resources are allowed only if the reference and the referee are in the same namespace."),
    }
}

/// Reads them.
pub(crate) fn options(own: &Flags, flags: &FlagSet, _: &CommonArgs) -> Result<Options, FlagError> {
    // What restricts wins.
    let all = flags.get(own.observe_other_namespaces) && !flags.get(own.no_cross_namespace_refs);
    let reach = if all { Reach::AllNamespaces } else { Reach::OwnNamespace };
    Ok(Options { observe_secrets: flags.get(own.observe_secrets), reach })
}

#[cfg(test)]
mod tests;
