//! The commands, one file each. This one only lists and dispatches them.

pub(crate) mod build;

use clap::Subcommand;

use crate::error::CliError;
use crate::output::Output;

/// A command with its arguments. What is said of each in the help stands at its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Build(build::BuildArgs),
}

/// Carries a command out.
pub(crate) fn run(command: Command, output: &mut Output<'_>) -> Result<(), CliError> {
    match command {
        Command::Build(args) => build::run(args, output),
    }
}
