//! The arguments of `flyball reconcile` and its help.

use std::time::Duration;

use clap::Args;

use crate::cluster::{ClusterFlags, duration};
use crate::present::{ColourFlags, TextForm};

const ABOUT: &str = "\
Ask an object of Flux's kinds for a run now, and wait for what comes of it.

The object is a Kustomization, a source, a HelmRelease, a Receiver or any other kind of the groups
*.toolkit.fluxcd.io that is reconciled. It is asked by the annotation reconcile.fluxcd.io/requestedAt, and
the run is over when the object says that it has handled just this request and Ready is True or False.";

const EXAMPLES: &str = "\
Examples:
  # Apply what the source has now
  flyball reconcile kustomization/web -n apps

  # Have the source look for something new first
  flyball reconcile ks/web -n apps --with-source

  # Look at every object, also if nothing changed
  flyball reconcile ks/web -n apps --full

Exit code: 0 if it succeeded, 1 if Ready is False, 2 if the object cannot be asked, 3 if it was not over in time.";

/// Ask an object for a run now, and wait for what comes of it.
#[derive(Debug, Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
#[group(skip)]
pub(crate) struct ReconcileArgs {
    /// The object: KIND/NAME or KIND NAME.
    #[arg(value_name = "KIND/NAME", required = true, num_args = 1..=2)]
    pub(super) object: Vec<String>,

    /// Ask its source first, and go on when that is done.
    #[arg(long)]
    pub(super) with_source: bool,

    /// Have a Kustomization look at every object, whatever has changed, as Flux's controller does in any run.
    #[arg(long)]
    pub(super) full: bool,

    /// Ask, and do not wait.
    #[arg(long)]
    pub(super) no_wait: bool,

    /// Wait, as without this flag.
    #[arg(long, hide = true, overrides_with = "no_wait")]
    wait: bool,

    /// How long to wait for each object, for example 90s or 5m; 0 is without limit.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m")]
    timeout: Duration,

    /// How to print the result.
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = TextForm::Text)]
    pub(super) output: TextForm,

    #[command(flatten)]
    pub(super) colours: ColourFlags,

    #[command(flatten)]
    pub(super) cluster: ClusterFlags,
}

impl ReconcileArgs {
    /// How long each object is waited for; none for as long as it takes.
    pub(super) fn limit(&self) -> Option<Duration> {
        Some(self.timeout).filter(|limit| !limit.is_zero())
    }
}
