//! The arguments of `flyball build`: its help, what can be typed, and the request that comes of it. Those for what a
//! build does not do are in `kustomize_flags`.

use std::path::PathBuf;

use clap::Args;

use super::kustomize_flags::{IgnoredFlags, RefusedFlags};
use super::switch::{BOOL, go_bool, is_on};
use crate::error::CliError;

#[cfg(test)]
mod tests;

const ABOUT: &str = "\
Build a kustomization and print its objects as YAML, as `kustomize build` does.

DIR is a directory with a kustomization.yaml, kustomization.yml or Kustomization file; the default is
the current directory. A build needs no cluster, and no network unless --fetch-remote is given.";

const EXAMPLES: &str = "\
Examples:
  # Build the current directory
  flyball build

  # Build an overlay and apply it
  flyball build overlays/production | kubectl apply -f -

  # Write one file per object
  mkdir -p out && flyball build overlays/production -o out

Exit code: 0 if the build succeeded, 1 otherwise. Errors and warnings go to standard error.

Helm charts, plugins and functions are not supported by design; remote bases and targets only with
--fetch-remote. A build that needs one of them fails, and the error names it, the file and what to do instead.";

const ROOT_ONLY: &str = "LoadRestrictionsRootOnly";
const UNRESTRICTED: &str = "LoadRestrictionsNone";

/// Build a kustomization and print its objects, as `kustomize build` does.
#[derive(Debug, Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
#[group(skip)]
pub(crate) struct BuildArgs {
    /// Directory with a kustomization file [default: .].
    // Several are accepted here, so that the error is kustomize's.
    #[arg(value_name = "DIR", num_args = 0..)]
    directories: Vec<PathBuf>,

    /// Write to this file; if it is an existing directory, write one file per object into it.
    #[arg(short, long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,

    /// Which files a kustomization may load: LoadRestrictionsRootOnly (in or below its own directory) or
    /// LoadRestrictionsNone (any).
    #[arg(long, value_name = "RULE", default_value = ROOT_ONLY)]
    load_restrictor: String,

    /// Fetch remote bases with git, which kustomize does by default; single files behind URLs are not fetched.
    #[arg(long, require_equals = true, value_parser = go_bool, value_name = BOOL)]
    fetch_remote: Option<Option<bool>>,

    /// Order of the objects: legacy or none. Deprecated: use `sortOptions` in the kustomization file.
    #[arg(long, value_name = "ORDER")]
    reorder: Option<String>,

    #[arg(long, hide = true, require_equals = true, value_parser = go_bool, value_name = BOOL)]
    enable_managedby_label: Option<Option<bool>>,

    #[command(flatten)]
    ignored: IgnoredFlags,

    #[command(flatten)]
    refused: RefusedFlags,
}

/// What to build and what to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// As typed.
    pub(super) directory: PathBuf,
    /// A file, or an existing directory for one file per object; otherwise standard output.
    pub(super) output: Option<PathBuf>,
    /// Whether files must be in or below the kustomization that names them.
    pub(super) restricted: bool,
    /// The deprecated `--reorder`, if it was given.
    pub(super) legacy_sort: Option<bool>,
    /// The deprecated `--enable-managedby-label`.
    pub(super) managed_by_label: bool,
    /// Whether remote bases are fetched.
    pub(super) fetch_remote: bool,
}

impl BuildArgs {
    /// What is asked for, if it makes sense and is supported.
    pub(super) fn resolve(self) -> Result<Request, CliError> {
        self.refused.check()?;
        let mut directories = self.directories.into_iter();
        let directory = directories.next().unwrap_or_else(|| PathBuf::from("."));
        if directories.next().is_some() {
            return Err(CliError::usage("specify one path to kustomization.yaml"));
        }
        let restricted = match self.load_restrictor.as_str() {
            "" | ROOT_ONLY => true,
            UNRESTRICTED => false,
            other => return Err(illegal("load-restrictor", other, [ROOT_ONLY, UNRESTRICTED])),
        };
        let legacy_sort = match self.reorder.as_deref() {
            None => None,
            Some("legacy") => Some(true),
            Some("none") => Some(false),
            Some(other) => return Err(illegal("reorder", other, ["legacy", "none"])),
        };
        Ok(Request {
            directory,
            output: self.output,
            restricted,
            legacy_sort,
            managed_by_label: is_on(self.enable_managedby_label),
            fetch_remote: is_on(self.fetch_remote),
        })
    }
}

fn illegal(flag: &str, value: &str, legal: [&str; 2]) -> CliError {
    CliError::usage(format!("illegal flag value --{flag} {value}; legal values: [{}]", legal.join(" ")))
}
