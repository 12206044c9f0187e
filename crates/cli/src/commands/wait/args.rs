//! The arguments of `flyball wait` and its help.

use std::time::Duration;

use clap::Args;

use super::goal::Goal;
use crate::cluster::{ClusterFlags, duration};
use crate::present::{Colour, ColourFlags};

#[cfg(test)]
mod tests;

const ABOUT: &str = "\
Wait until an object is as wanted, and say meanwhile what it waits for.

It watches and asks nobody again and again. When time is up it says what stands in the way, as `flyball explain`
does. An object that does not exist yet is waited for.";

const EXAMPLES: &str = "\
Examples:
  # Until everything of a Kustomization is what Git says and well
  flyball wait kustomization/apps -n flux-system

  # Until a commit is applied, ten minutes at most
  flyball wait ks/apps -n flux-system --for revision=$(git rev-parse HEAD) --timeout 10m

  # Until a Deployment is healthy, or something needs a person
  flyball wait deployment/web -n shop --for healthy --fail-fast

Exit code: 0 if it has come, 1 if --fail-fast found that nothing but a person can help, 2 if the command line cannot
be read or the API server does not answer, 3 if time is up.";

/// Wait until an object is as wanted.
#[derive(Debug, Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
#[group(skip)]
pub(crate) struct WaitArgs {
    /// The object; kinds are named as for kubectl.
    #[arg(value_name = "KIND/NAME", required = true, num_args = 1..=2)]
    object: Vec<String>,

    /// What to wait for: converged (what Git says, and well), healthy, or revision=REVISION, which may be a branch or
    /// tag, a hash or the beginning of one.
    #[arg(long = "for", value_name = "WHAT", default_value = "converged")]
    goal: Goal,

    /// How long to wait, for example 90s or 10m; 0 is without limit.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m")]
    timeout: Duration,

    /// Do not wait for what only a person can set right: once such a thing has stood in the way for a minute, or the
    /// controller has given up.
    #[arg(long)]
    fail_fast: bool,

    #[command(flatten)]
    colours: ColourFlags,

    #[command(flatten)]
    cluster: ClusterFlags,
}

impl WaitArgs {
    /// The words that name the object.
    pub(super) fn object(&self) -> &[String] {
        &self.object
    }

    /// What to wait for.
    pub(super) const fn goal(&self) -> &Goal {
        &self.goal
    }

    /// How long to wait; none for as long as it takes.
    pub(super) fn limit(&self) -> Option<Duration> {
        Some(self.timeout).filter(|limit| !limit.is_zero())
    }

    /// Whether not to wait for what only a person can set right.
    pub(super) const fn fail_fast(&self) -> bool {
        self.fail_fast
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
