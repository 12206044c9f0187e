//! The arguments of `flyball events` and its help.

use clap::Args;

use crate::cluster::ClusterFlags;
use crate::error::CliError;
use crate::present::{ColourFlags, TableForm};
use crate::resource::Meant;

const ABOUT: &str = "\
Show what was told of a Kustomization, its source and the objects that it applies, newest last.

With the objects come what they have made: ReplicaSets, Jobs and Pods. Without an object, of all Flux objects in the
namespace and what they apply. What was told several times is one line with a count. Values of Secrets are masked.";

const EXAMPLES: &str = "\
Examples:
  # Of a Kustomization and everything below it
  flyball events kustomization/web -n apps

  # Warnings of the whole cluster, as they come
  flyball events -A --types Warning --watch

Exit code: 0, or 2 if events cannot be read.";

/// Show what was told of a Kustomization, its source and the objects that it applies.
#[derive(Debug, Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
#[group(skip)]
pub(crate) struct EventsArgs {
    /// The object: KIND/NAME or KIND NAME [default: all Flux objects in the namespace].
    #[arg(value_name = "KIND/NAME", num_args = 0..=2)]
    object: Vec<String>,

    /// Of all namespaces.
    #[arg(short = 'A', long, conflicts_with_all = ["object", "namespace"])]
    all_namespaces: bool,

    /// Go on showing events as they come.
    #[arg(short, long)]
    pub(super) watch: bool,

    /// Only events of these types, Normal or Warning; separated by commas.
    #[arg(long, value_name = "TYPES", value_delimiter = ',', ignore_case = true, value_parser = ["Normal", "Warning"])]
    pub(super) types: Vec<String>,

    /// How to print them.
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = TableForm::Table)]
    pub(super) output: TableForm,

    #[command(flatten)]
    pub(super) colours: ColourFlags,

    #[command(flatten)]
    pub(super) cluster: ClusterFlags,
}

impl EventsArgs {
    /// Whose events are meant.
    pub(super) fn meant(&self) -> Result<Meant, CliError> {
        Meant::read(self.all_namespaces, &self.object)
    }
}
