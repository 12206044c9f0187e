//! The command line of health-controller.

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
}

/// Handles of the controller's own flags.
pub(crate) struct Flags {
    observe_secrets: Flag<bool>,
}

/// Names the controller's own flags.
pub(crate) fn declare(flags: &mut FlagSet) -> Flags {
    Flags {
        observe_secrets: flags.declare(
            "observe-secrets",
            "false",
            "Watch Secrets in inventories too. Needs a role that may list them; their data is dropped on arrival.",
        ),
    }
}

/// Reads them.
pub(crate) fn options(own: &Flags, flags: &FlagSet, _: &CommonArgs) -> Result<Options, FlagError> {
    Ok(Options { observe_secrets: flags.get(own.observe_secrets) })
}

#[cfg(test)]
mod tests;
