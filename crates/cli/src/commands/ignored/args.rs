//! The arguments of `flyball ignored` and its help.

use clap::Args;

use crate::cluster::ClusterFlags;
use crate::error::CliError;
use crate::present::{ColourFlags, TableForm};
use crate::resource::Meant;

const ABOUT: &str = "\
Show which fields nobody corrects, and what stands in them.

Rules of spec.ignore and annotations on objects keep kustomize-controller from comparing fields. What differs there now
is in its DriftReport, with both values and who set the live one. Where there is no such report, for example with
Flux's kustomize-controller, the live objects are looked at: then the fields are shown that somebody else has set, and
what the manifests say is not known. Values of Secrets are masked.";

const EXAMPLES: &str = "\
Examples:
  # Of one Kustomization
  flyball ignored kustomization/web -n apps

  # Of all Kustomizations of the cluster
  flyball ignored -A

Exit code: 0 if nothing differs, 1 if something does, 2 if it cannot be told.";

/// Show which fields nobody corrects, and what stands in them.
#[derive(Debug, Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
#[group(skip)]
pub(crate) struct IgnoredArgs {
    /// The Kustomization: KIND/NAME or KIND NAME [default: all in the namespace].
    #[arg(value_name = "KIND/NAME", num_args = 0..=2)]
    object: Vec<String>,

    /// All Kustomizations of all namespaces.
    #[arg(short = 'A', long, conflicts_with_all = ["object", "namespace"])]
    all_namespaces: bool,

    /// How to print the result.
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = TableForm::Table)]
    pub(super) output: TableForm,

    #[command(flatten)]
    pub(super) colours: ColourFlags,

    #[command(flatten)]
    pub(super) cluster: ClusterFlags,
}

impl IgnoredArgs {
    /// Whose fields are meant.
    pub(super) fn meant(&self) -> Result<Meant, CliError> {
        Meant::read(self.all_namespaces, &self.object)
    }
}
