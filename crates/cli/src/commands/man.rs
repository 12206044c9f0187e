//! `flyball man`: a manual page for `flyball` and for each command, made from the definitions of the arguments. It is
//! for packages, and not in the help.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use crate::error::CliError;

#[cfg(test)]
mod tests;

/// Write the manual pages into a directory.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct ManArgs {
    /// The directory; it is made if there is none.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

/// Writes them.
pub(crate) fn run(args: &ManArgs, tree: clap::Command) -> Result<(), CliError> {
    let shown = args.directory.display().to_string();
    fs::create_dir_all(&args.directory).map_err(|error| CliError::file("mkdir", &shown, &error))?;
    clap_mangen::generate_to(tree, &args.directory).map_err(|error| CliError::file("write", &shown, &error))
}
