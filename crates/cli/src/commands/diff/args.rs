//! The arguments of `flyball diff` and its help.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::compared::Compared;
use crate::cluster::ClusterFlags;
use crate::present::ColourFlags;

#[cfg(test)]
mod tests;

const ABOUT: &str = "\
Show what the next run of a Kustomization would change in the cluster.

Renders the Kustomization as its controller does, has the API server try every object (nothing is written), and
compares what would be with what is: per object and field, with the field manager that set what is there. Objects that
no manifest has any more are shown as deletions. Fields of spec.ignore, and objects that annotations exempt, are left
alone. Values of Secrets are masked on both sides.

What is compared is the artifact that the source has now; with --path a checkout on this machine, before it is
committed; with --revision a commit of one.";

const EXAMPLES: &str = "\
Examples:
  # What would the next run change?
  flyball diff kustomization/web -n apps

  # What would what I have here change?
  flyball diff ks/web -n apps --path .

  # What would a branch change? As a comment for its pull request
  flyball diff ks/web -n apps --path . --revision origin/feature -o md

A line begins with + (is created), ~ (is changed), ± (is deleted and created again), - (is deleted), ? (cannot be
compared), = (is left alone), ✗ (is refused by the API server, so that a run would fail) or ! (you may not ask, or there
was no answer).

Exit code: 0 if nothing differs, 1 if something does or is refused, 2 if it could not be compared, or not all of it.";

/// Show what the next run of a Kustomization would change in the cluster.
#[derive(Debug, Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
#[group(skip)]
pub(crate) struct DiffArgs {
    /// The Kustomization: KIND/NAME or KIND NAME.
    #[arg(value_name = "KIND/NAME", required = true, num_args = 1..=2)]
    pub(super) object: Vec<String>,

    /// Compare the artifact that the source has now, as without this flag.
    #[arg(long, conflicts_with_all = ["path", "revision"])]
    live: bool,

    /// Compare this checkout: the root of what the source has, or the folder of spec.path in it.
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,

    /// Compare a branch, tag or commit of the checkout, which is the current folder unless --path names one.
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,

    /// Whether a variable that is not set is an error [default: as the cluster's kustomize-controller has it].
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(super) strict_substitute: Option<bool>,

    /// How to print the result.
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub(super) output: Form,

    #[command(flatten)]
    pub(super) colours: ColourFlags,

    #[command(flatten)]
    pub(super) cluster: ClusterFlags,
}

/// What the result is printed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// Lines for people.
    Text,
    /// Markdown for a pull request, of at most 60 kB.
    #[value(alias = "markdown")]
    Md,
    /// The names of what differs.
    Name,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

impl DiffArgs {
    /// What is compared with the cluster.
    pub(super) fn compared(&self) -> Compared {
        let folder = || self.path.clone().unwrap_or_else(|| PathBuf::from("."));
        match (&self.revision, &self.path) {
            (Some(revision), _) => Compared::Revision { folder: folder(), revision: revision.clone() },
            (None, Some(path)) => Compared::Folder(path.clone()),
            (None, None) => Compared::Artifact,
        }
    }
}
