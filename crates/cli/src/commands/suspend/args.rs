//! The arguments of `flyball suspend` and `flyball resume`, and their help.

use std::time::Duration;

use clap::Args;

use crate::cluster::{ClusterFlags, duration};
use crate::error::CliError;
use crate::present::{ColourFlags, TextForm};

#[cfg(test)]
mod tests;

const ABOUT_SUSPEND: &str = "\
Switch an object's runs off, and note on it who did it, when and why.

Sets spec.suspend, and the annotations flyball.dev/suspendedBy, flyball.dev/suspendedAt and
flyball.dev/suspendReason, which `flyball explain` and `flyball reconcile` tell to whoever wonders.";

const SUSPEND_EXAMPLES: &str = "\
Examples:
  # Keep hands off while a database is moved
  flyball suspend kustomization/web -n apps --reason 'moving the database'

  # All HelmReleases of a namespace
  flyball suspend helmrelease --all -n apps --reason 'maintenance until Monday'

Exit code: 0 if it is suspended, 2 otherwise.";

const ABOUT_RESUME: &str = "\
Switch an object's runs on again, and wait for the first one.

Clears spec.suspend, and takes away what `flyball suspend` noted.";

const RESUME_EXAMPLES: &str = "\
Examples:
  # Resume and wait
  flyball resume kustomization/web -n apps

  # All of a namespace; add --wait to wait for each
  flyball resume kustomization --all -n apps

Exit code: 0 if it is resumed and Ready, 1 if Ready is False, 2 if it cannot be resumed, 3 if it was not over in time.";

/// Which objects are meant.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[group(skip)]
pub(super) struct Meant {
    /// The object: KIND/NAME or KIND NAME; with --all the kind alone.
    #[arg(value_name = "KIND/NAME", required = true, num_args = 1..=2)]
    object: Vec<String>,

    /// All objects of the kind in the namespace.
    #[arg(long)]
    all: bool,
}

/// The same, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Which {
    /// One, as it was typed.
    One(Vec<String>),
    /// All of a kind.
    All(String),
}

impl Meant {
    /// What is meant.
    pub(super) fn read(&self) -> Result<Which, CliError> {
        match (self.all, self.object.as_slice()) {
            (true, [kind]) if !kind.contains('/') => Ok(Which::All(kind.clone())),
            (true, _) => Err(CliError::usage("--all is for all objects of a kind: name the kind alone")),
            (false, [kind]) if !kind.contains('/') => {
                Err(CliError::usage(format!("'{kind}' names no object"))
                    .with_hints(["type KIND/NAME, or add --all for all objects of the kind".to_owned()]))
            }
            (false, words) => Ok(Which::One(words.to_vec())),
        }
    }
}

/// Switch an object's runs off, and note who did it, when and why.
#[derive(Debug, Args)]
#[command(long_about = ABOUT_SUSPEND, after_help = SUSPEND_EXAMPLES)]
#[group(skip)]
pub(crate) struct SuspendArgs {
    #[command(flatten)]
    pub(super) which: Meant,

    /// Why, for those who wonder later.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub(super) reason: Option<String>,

    /// How to print the result.
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = TextForm::Text)]
    pub(super) output: TextForm,

    #[command(flatten)]
    pub(super) colours: ColourFlags,

    #[command(flatten)]
    pub(super) cluster: ClusterFlags,
}

/// Switch an object's runs on again, and wait for the first one.
#[derive(Debug, Args)]
#[command(long_about = ABOUT_RESUME, after_help = RESUME_EXAMPLES)]
#[group(skip)]
pub(crate) struct ResumeArgs {
    #[command(flatten)]
    pub(super) which: Meant,

    /// Do not wait for the first run.
    #[arg(long)]
    no_wait: bool,

    /// Wait for the first run, also with --all.
    #[arg(long, overrides_with = "no_wait")]
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

impl ResumeArgs {
    /// Whether the first run is waited for: as `flux resume` does it, that of a single object unless told otherwise.
    pub(super) fn waits(&self, which: &Which) -> bool {
        self.wait || (!self.no_wait && matches!(which, Which::One(_)))
    }

    /// How long each object is waited for; none for as long as it takes.
    pub(super) fn limit(&self) -> Option<Duration> {
        Some(self.timeout).filter(|limit| !limit.is_zero())
    }
}

/// A reason: something, and not a book.
fn reason(text: &str) -> Result<String, String> {
    const LONGEST: usize = 1024;
    match text.trim() {
        "" => Err("say why, or leave --reason out".to_owned()),
        text if text.len() > LONGEST => Err(format!("must not be longer than {LONGEST} bytes")),
        text => Ok(text.to_owned()),
    }
}
