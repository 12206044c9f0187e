//! The arguments of `flyball tree` and its help.

use clap::Args;

use crate::cluster::ClusterFlags;
use crate::present::{Colour, ColourFlags, TextForm};

#[cfg(test)]
mod tests;

const ABOUT: &str = "\
Show Kustomizations as a tree: what they have applied, the Kustomizations and HelmReleases among that with what is
below them, and below workloads that are not well their Pods that are not.

Without a name it shows every Kustomization that no other one applies.";

const EXAMPLES: &str = "\
Examples:
  # One Kustomization and all below it
  flyball tree kustomization/flux-system -n flux-system

  # Every root of the cluster, three levels deep
  flyball tree -A --depth 3

Marks: ✔ healthy, … on its way or being deleted, ✗ failed or missing, ‖ suspended, ~ drifted, ? not known.

Exit code: 0 if the roots are converged, 1 if not, 2 if the command line cannot be read or the API server does not
answer.";

/// Show Kustomizations as a tree, with all that they have applied.
#[derive(Debug, Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
#[group(skip)]
pub(crate) struct TreeArgs {
    /// The Kustomization to begin with; kinds are named as for kubectl.
    #[arg(value_name = "KIND/NAME", num_args = 0..=2)]
    object: Vec<String>,

    /// The Kustomizations of all namespaces.
    #[arg(short = 'A', long, conflicts_with = "object")]
    all_namespaces: bool,

    /// How many levels to show.
    #[arg(long, value_name = "LEVELS", default_value_t = 16, value_parser = clap::value_parser!(u8).range(1..=64))]
    depth: u8,

    /// How to print it.
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = TextForm::Text)]
    output: TextForm,

    #[command(flatten)]
    colours: ColourFlags,

    #[command(flatten)]
    cluster: ClusterFlags,
}

impl TreeArgs {
    /// The words that name the object; none for all.
    pub(super) fn object(&self) -> &[String] {
        &self.object
    }

    /// Whether all namespaces are meant.
    pub(super) const fn all_namespaces(&self) -> bool {
        self.all_namespaces
    }

    /// How many levels to show.
    pub(super) fn depth(&self) -> usize {
        self.depth.into()
    }

    /// How to print the result.
    pub(super) const fn form(&self) -> TextForm {
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
