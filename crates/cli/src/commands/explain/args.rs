//! The arguments of `flyball explain` and its help.

use clap::Args;

use crate::cluster::ClusterFlags;
use crate::present::{Colour, ColourFlags, TextForm};

#[cfg(test)]
mod tests;

const ABOUT: &str = "\
Say whether an object is as Git says and well, and if not, why, and what to do.

Of a Kustomization it says what stands in the way of it, root causes first: each with the object, what is wrong,
what that was seen by, and the next step; then the last run, drift, and the objects that are not as they should
be. Of any other object it says how it is, and which Kustomization applies it.

It reads the cluster itself and needs no controller to run; what health-controller has published tells it since
when things are as they are. What you may not read is said to be so, and never said to be missing.";

const EXAMPLES: &str = "\
Examples:
  # A Kustomization
  flyball explain kustomization/apps -n flux-system

  # Any object; the Kustomization that applies it is found by its labels and owners
  flyball explain pod/web-5d4f8-x2x7k -n shop

  # A source, and who uses it
  flyball explain gitrepository/app -n flux-system

  # For a program
  flyball explain ks/apps -n flux-system -o json | jq '.blockers[0].hint'

What is printed fits one screen; --all shows everything.

Exit code: 0 if all is well, 1 if not, 2 if the command line cannot be read, there is no such object, or the API
server does not answer.";

/// Say whether an object is as Git says and well, and if not, why, and what to do.
#[derive(Debug, Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
#[group(skip)]
pub(crate) struct ExplainArgs {
    /// The object; kinds are named as for kubectl.
    #[arg(value_name = "KIND/NAME", required = true, num_args = 1..=2)]
    object: Vec<String>,

    /// Show everything, also what does not fit one screen.
    #[arg(long)]
    all: bool,

    /// How to print it.
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = TextForm::Text)]
    output: TextForm,

    #[command(flatten)]
    colours: ColourFlags,

    #[command(flatten)]
    cluster: ClusterFlags,
}

impl ExplainArgs {
    /// The words that name the object.
    pub(super) fn object(&self) -> &[String] {
        &self.object
    }

    /// Whether everything is wanted.
    pub(super) const fn all(&self) -> bool {
        self.all
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
