//! The arguments of `flyball check` and its help.

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use crate::cluster::ClusterFlags;

#[cfg(test)]
mod tests;

const ABOUT: &str = "\
Say what is installed in a cluster, whether it answers, and what stands in the way.

Looks at the Deployments labelled app.kubernetes.io/part-of=flux, Flyball's and Flux's, at their Pods and
Leases, at the CRDs, and at what several controllers would do to the same objects. It only reads.
With --pre it says whether Flyball can be installed.";

const EXAMPLES: &str = "\
Examples:
  # Look at the cluster of the current context
  flyball check

  # Before an installation of source-controller alone, into the namespace flyball-system unless -n names another
  flyball check --pre --controllers source-controller

  # For a program
  flyball check -o json | jq '.findings[] | select(.level == \"problem\")'

A line begins with ✔ (fine), ! (works, and deserves a look), ? (could not be looked at) or ✗ (a problem).

Exit code: 0 if all is well, 1 if there are problems or something could not be looked at, 2 if the command
line cannot be read or the API server does not answer.";

const CONTROLLERS: [&str; 3] = ["source-controller", "kustomize-controller", "health-controller"];

/// Say what is installed in a cluster, whether it answers, and what stands in the way.
#[derive(Debug, Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
#[group(skip)]
pub(crate) struct CheckArgs {
    /// Look whether Flyball can be installed, instead of how it is.
    #[arg(long)]
    pre: bool,

    /// What is to be installed, with --pre; separated by commas [default: all three].
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "pre", value_parser = PossibleValuesParser::new(CONTROLLERS))]
    controllers: Vec<String>,

    /// How to print what was found.
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    output: Form,

    #[command(flatten)]
    cluster: ClusterFlags,
}

/// What the result is printed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// Lines for people.
    Text,
    /// One JSON object.
    Json,
}

impl CheckArgs {
    /// Whether it is a look before an installation.
    pub(super) const fn before(&self) -> bool {
        self.pre
    }

    /// The controllers that are to be installed.
    pub(super) fn controllers(&self) -> Vec<&str> {
        if self.controllers.is_empty() {
            return CONTROLLERS.to_vec();
        }
        self.controllers.iter().map(String::as_str).collect()
    }

    /// How to print the result.
    pub(super) const fn form(&self) -> Form {
        self.output
    }

    /// Which cluster.
    pub(super) const fn cluster(&self) -> &ClusterFlags {
        &self.cluster
    }
}
