//! The arguments of `flyball status` and its help.

use clap::Args;

use crate::cluster::ClusterFlags;
use crate::present::{Colour, ColourFlags, TableForm};

#[cfg(test)]
mod tests;

const ABOUT: &str = "\
Show every Kustomization: whether it is converged, what is applied, and what stands in the way.

Where health-controller runs, what it has published is shown; elsewhere the objects are looked at from here, which
takes longer. `flyball explain` says more of one of them.";

const EXAMPLES: &str = "\
Examples:
  # All Kustomizations of all namespaces
  flyball status -A

  # Follow those of one namespace: a live table on a terminal, a line per change elsewhere
  flyball status -n flux-system --watch

  # The names of those that are not converged
  flyball status -A -o json | jq -r '.[] | select(.converged != \"True\") | .name'

Exit code: 0 if all are converged, 1 if not, 2 if the command line cannot be read or the API server does not answer.";

/// Show every Kustomization: whether it is converged, what is applied, and what stands in the way.
#[derive(Debug, Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
#[group(skip)]
pub(crate) struct StatusArgs {
    /// Those of all namespaces.
    #[arg(short = 'A', long)]
    all_namespaces: bool,

    /// Go on, and show what changes.
    #[arg(short, long)]
    watch: bool,

    /// How to print it.
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = TableForm::Table)]
    output: TableForm,

    #[command(flatten)]
    colours: ColourFlags,

    #[command(flatten)]
    cluster: ClusterFlags,
}

impl StatusArgs {
    /// Whether all namespaces are meant.
    pub(super) const fn all_namespaces(&self) -> bool {
        self.all_namespaces
    }

    /// Whether to go on.
    pub(super) const fn watch(&self) -> bool {
        self.watch
    }

    /// How to print the result.
    pub(super) const fn form(&self) -> TableForm {
        self.output
    }

    /// When colours are used.
    pub(super) const fn colours(&self) -> Colour {
        self.colours.choice()
    }

    /// Which cluster.
    pub(super) const fn cluster(&self) -> &ClusterFlags {
        &self.cluster
    }
}
